"""What a terminal has besides its screen, told to the user's own: titles, directory, clipboard, colours, marks."""

from collections.abc import Sequence

from rmosh.terminal.cells import Frame, Mark, MarkKind, Progress, blank_frame
from rmosh_client.painting import strings
from rmosh_client.painting.abilities import Abilities
from rmosh_client.painting.colours import ColourSetter


class Surroundings:
    """Remembers what was told.

    Attributes:
        colours: those that programs set.
    """

    def __init__(self, abilities: Abilities) -> None:
        self._abilities = abilities
        self._told = blank_frame(rows=1, columns=1)
        self.colours = ColourSetter()
        self._titles = ("", "")
        self._is_titled = False
        self._directory = ""
        self._pointer = ""
        self._progress = Progress()
        self._prompts = self._marks = 0
        self._title_pushed = False
        self._watches_colours = False

    @property
    def may_copy(self) -> bool:
        """Whether the terminal takes texts for the clipboard, and the user lets it."""
        return self._abilities.strings and self._abilities.clipboard

    def change(self, frame: Frame) -> bytes:
        """Return what tells of titles, directory and clipboard, where they are others than before."""
        before, self._told = self._told, frame
        if not self._abilities.strings:
            return b""
        told = self._retitled(frame)
        if frame.working_directory != self._directory:
            self._directory = frame.working_directory
            told += strings.working_directory(frame.working_directory)
        if frame.clipboard.serial != before.clipboard.serial and self.may_copy:
            told += strings.clipboard(frame.clipboard)
        return told + self.colours.change(frame.colours) + self._adorned(frame.pointer, frame.progress)

    def watch_colours(self) -> bytes:
        """Return what asks the terminal to report when its colours change."""
        if not self._abilities.strings or self._watches_colours:
            return b""
        self._watches_colours = True
        return strings.WATCH_COLOURS[0]

    def _adorned(self, pointer: str, progress: Progress) -> bytes:
        """Return what shows the pointer's shape and a task's progress."""
        told = b""
        if pointer != self._pointer:
            self._pointer = pointer
            told += strings.pointer(pointer)
        if progress != self._progress:
            self._progress = progress
            told += strings.progress(progress)
        return told

    def new_marks(self, frame: Frame) -> Sequence[tuple[int, Mark]]:
        """Return what was marked since, with the rows, the oldest first, each once; what is not on the screen never."""
        if not frame.marks and frame.prompt.serial == self._prompts:
            return ()
        marks = [mark for mark in frame.marks if mark.serial > self._marks]
        if not frame.marks and frame.prompt.serial != self._prompts:  # a server that tells of no marks but prompts
            marks = [Mark(MarkKind.PROMPT, frame.prompt.serial, frame.prompt.line, 0)]
        self._prompts = frame.prompt.serial
        self._marks = max([mark.serial for mark in frame.marks], default=self._marks)
        if frame.modes.alternate_screen or not self._abilities.strings:
            return ()
        placed = [(mark.line - frame.history, mark) for mark in marks if mark.column < frame.columns]
        return [(row, mark) for row, mark in placed if 0 <= row < len(frame.rows)]

    def restore(self) -> bytes:
        """Return what gives the terminal its own title, colours and pointer back; what is told next is told whole."""
        given_back = self.colours.restore() + self._adorned("", Progress())
        if self._title_pushed:
            given_back += strings.TITLE_POP
        if self._watches_colours:
            given_back += strings.WATCH_COLOURS[1]
        self._title_pushed = self._watches_colours = self._is_titled = False
        self._titles, self._directory = ("", ""), ""
        return given_back

    def _retitled(self, frame: Frame) -> bytes:
        before, self._titles = self._titles, (frame.title, frame.icon_name)
        was_titled, self._is_titled = self._is_titled, frame.is_titled
        if not self._abilities.title or (self._titles == before and self._is_titled <= was_titled):
            return b""
        push = b"" if self._title_pushed else strings.TITLE_PUSH
        self._title_pushed = True
        if frame.title == frame.icon_name:
            return push + strings.both_titles(frame.title)
        changed_title = strings.title(frame.title) if frame.title != before[0] else b""
        changed_icon = strings.icon_name(frame.icon_name) if frame.icon_name != before[1] else b""
        return push + changed_title + changed_icon
