"""Reading the history: the viewer tied to what is here of it, to the server for the rest, to clipboard and files."""

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from rmosh.terminal.cells import Frame
from rmosh.terminal.scrolled import ScrolledLine
from rmosh.terminal_input import InputToken
from rmosh_client.showing.scrollback import ReceivedHistory
from rmosh_client.words import lines_in_words

if TYPE_CHECKING:
    from rmosh_client.viewing.gathering import Request
    from rmosh_client.viewing.viewer import Viewer

#: Slices of a search taken in one go. Reason: keys and the screen come in between; one slice takes 0.1 to 1 ms.
_SLICES: Final = 4


class KnownHistory:
    """The history as the viewer sees it: up to the live screen, from the first line that can still be had."""

    def __init__(self, history: ReceivedHistory) -> None:
        self._history = history
        self.end = 0

    @property
    def oldest(self) -> int:
        """First line that is here or that the server still keeps."""
        archive, kept = self._history.archive, self._history.kept
        if kept is None:
            return self.end
        first = archive.first_here
        joins = archive.missing(first, kept.oldest) is None
        return min(self.end, first if joins and first < kept.oldest else max(kept.oldest, archive.oldest))

    def lines(self, start: int, stop: int) -> list[ScrolledLine | None]:
        """Return the lines of a range, None for each that was not received yet."""
        return self._history.archive.lines(start, stop)

    def missing_within(self, start: int, stop: int) -> tuple[int, int] | None:
        """Return the smallest range that holds all lines of a range that are not here; None where all are."""
        return self._history.archive.missing_within(start, stop)


class HistoryReader:
    """Open while the user reads; knows nothing of the live screen but that it goes on below the history."""

    def __init__(
        self, history: ReceivedHistory, *, fetch: Callable[[int, int], None], copy: Callable[[str], str | None]
    ) -> None:
        """Begin closed.

        Args:
            fetch: asks the server for the lines between two numbers.
            copy: puts a text on the clipboard; returns why that cannot be done, or None.
        """
        self._known = KnownHistory(history)
        self._fetch = fetch
        self._copy = copy
        self._viewer: Viewer | None = None
        self._asked = range(0)
        self._has_more = False

    @property
    def is_open(self) -> bool:
        """Whether the history is shown instead of the live screen."""
        return self._viewer is not None

    def open(self, live: Frame, *, rows: int, columns: int) -> None:
        """Show the history."""
        from rmosh_client.viewing.viewer import Viewer  # 20 files that most sessions never need

        self._known.end = live.history
        self._viewer = Viewer(self._known, rows=rows, columns=columns)
        self._asked = range(0)
        self.changed(live)

    def close(self) -> None:
        """Show the live screen again."""
        self._viewer = None
        self._has_more = False

    def type(self, tokens: Sequence[InputToken]) -> None:
        """Take what was typed while it is open."""
        if self._viewer is not None:
            self._obey(self._viewer.type(tokens))
            self.go_on()

    def changed(self, live: Frame) -> None:
        """Take note that lines came, or that the live screen is another."""
        if self._viewer is None:
            return
        self._known.end = live.history
        self._viewer.screen_changed(live)
        self._obey(self._viewer.history_changed())
        self.go_on()

    def resize(self, *, rows: int, columns: int) -> None:
        """Take note of the terminal's new size."""
        if self._viewer is not None:
            self._viewer.resize(rows=rows, columns=columns)

    def go_on(self) -> None:
        """Search a little further, and ask for what is wanted now."""
        viewer = self._viewer
        if viewer is None:
            return
        self._has_more = False
        for _ in range(_SLICES):
            self._has_more = viewer.search_on()
            if not self._has_more:
                self._obey(viewer.type(()))
                break
        wanted = None if self._viewer is None else viewer.wanted
        if wanted is not None:
            start, stop = wanted
            if not (self._asked.start <= start and stop <= self._asked.stop):
                self._asked = range(start, stop)
                self._fetch(start, stop)

    def next_wakeup(self, *, now: float) -> float | None:
        """Return when to `go_on` without another reason; None where there is nothing left to search."""
        return now if self._has_more else None

    def frame(self, *, reachable: bool) -> Frame | None:
        """Return what to show instead of the live screen; None while closed."""
        return None if self._viewer is None else self._viewer.frame(reachable=reachable)

    def _obey(self, requests: "list[Request]") -> None:
        from rmosh_client.viewing.gathering import Copy, LeaveViewer, Save

        for request in requests:
            if isinstance(request, LeaveViewer):
                self.close()
            elif self._viewer is not None and isinstance(request, Copy):
                problem = self._copy(request.text)
                self._viewer.done(problem or f"{lines_in_words(request.lines)} copied")
                if request.leaves and problem is None:
                    self.close()
            elif self._viewer is not None and isinstance(request, Save):
                self._viewer.done(saved(request.path, request.text))


def saved(path: str, text: str) -> str:
    """Write a text to a new file; return in words how that went."""
    path = os.path.expanduser(path)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="utf-8", errors="replace") as opened:
            opened.write(text)
    except FileExistsError:
        return f"not saved: there is a file of that name, give another one: {path}"
    except OSError as error:
        return f"not saved: {error.strerror}: {path}"
    return f"saved {lines_in_words(text.count(chr(10)))} to {path}"
