"""How a copy goes, in one line of the terminal; where there is none, only what failed. The one door to rich."""

import sys
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.table import Column

#: Most columns that a file's name and how many there are may take, in cells; a fraction of the window if that is less.
_LONGEST_NAME: Final = 40
_PART_OF_NAME: Final = 4

#: Fewest characters of a name that tell something; where there is no room for them, the number of files is told alone.
_SHORTEST_NAME: Final = 6

#: Fewest columns of a window that have room for the bar as well. Reason: a name, sizes, speed and time take 60.
_ROOM_FOR_BAR: Final = 72


class Told:
    """Only what fails is told."""

    def begins(self, name: str, size: int) -> None:
        """Say nothing."""

    def moved(self, size: int) -> None:
        """Say nothing."""

    def failed(self, what: str) -> None:
        """Say what could not be copied."""
        print(f"rmosh: {what}", file=sys.stderr)


class Bar:
    """What moves is shown, and what fails is told above it."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False)
        columns = self._console.width
        self._name_columns = min(_LONGEST_NAME, columns // _PART_OF_NAME)
        self._progress = Progress(
            TextColumn("{task.description}", table_column=Column(no_wrap=True, max_width=self._name_columns)),
            *([BarColumn()] if columns >= _ROOM_FOR_BAR else []),
            DownloadColumn(table_column=Column(no_wrap=True)),
            TransferSpeedColumn(table_column=Column(no_wrap=True)),
            TimeRemainingColumn(compact=True, elapsed_when_finished=True, table_column=Column(no_wrap=True)),
            console=self._console,
        )
        self._task = self._progress.add_task("", total=0)
        self._total = self._files = 0

    def stop(self) -> None:
        """Leave it as it is; of several files, none stands for the others any more."""
        if self._files > 1:
            self._progress.update(self._task, description=f"{self._files} files")
        self._progress.stop()

    def begins(self, name: str, size: int) -> None:
        """Show a further file, which has so many bytes to be copied."""
        if not self._files:
            self._progress.start()  # only now: a login may ask its questions, and a copy may fail before it begins
        self._total += size
        self._files += 1
        self._progress.update(self._task, description=escape(self._described(name)), total=self._total)

    def _described(self, name: str) -> str:
        """Return the end of a name, which tells files apart, as far as there is room beside their number."""
        many = f" ({self._files} files)" if self._files > 1 else ""
        room = self._name_columns - len(many)
        if len(name) <= room:
            return name + many
        return f"…{name[len(name) - room + 1 :]}{many}" if room >= _SHORTEST_NAME else f"{self._files} files"

    def moved(self, size: int) -> None:
        """Show so many bytes more."""
        self._progress.advance(self._task, size)

    def failed(self, what: str) -> None:
        """Say what could not be copied."""
        self._console.print(f"rmosh: {what}", markup=False, soft_wrap=True)
