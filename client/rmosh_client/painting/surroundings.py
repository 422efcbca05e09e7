"""What a terminal has besides its screen, told to the user's own: titles, the directory, the clipboard, prompts."""

from rmosh.terminal.cells import Frame, blank_frame
from rmosh_client.painting import strings
from rmosh_client.painting.abilities import Abilities


class Surroundings:
    """Remembers what was told."""

    def __init__(self, abilities: Abilities) -> None:
        self._abilities = abilities
        self._told = blank_frame(rows=1, columns=1)
        self._titles = ("", "")
        self._directory = ""
        self._prompts = 0
        self._title_pushed = False

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
        return told

    def new_prompt_row(self, frame: Frame) -> int | None:
        """Return the row that a new prompt began in, once; None where that is not on the screen."""
        is_new, self._prompts = frame.prompt.serial != self._prompts, frame.prompt.serial
        row = frame.prompt.line - frame.history
        is_shown = 0 <= row < len(frame.rows) and not frame.modes.alternate_screen
        return row if is_new and is_shown and self._abilities.strings else None

    def restore(self) -> bytes:
        """Return what gives the window its own title back; what is told next is told whole."""
        given_back = strings.TITLE_POP if self._title_pushed else b""
        self._title_pushed = False
        self._titles, self._directory = ("", ""), ""
        return given_back

    def _retitled(self, frame: Frame) -> bytes:
        before, self._titles = self._titles, (frame.title, frame.icon_name)
        if self._titles == before:
            return b""
        push = b"" if self._title_pushed else strings.TITLE_PUSH
        self._title_pushed = True
        if frame.title == frame.icon_name:
            return push + strings.both_titles(frame.title)
        changed_title = strings.title(frame.title) if frame.title != before[0] else b""
        changed_icon = strings.icon_name(frame.icon_name) if frame.icon_name != before[1] else b""
        return push + changed_title + changed_icon
