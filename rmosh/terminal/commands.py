"""Operating system commands (OSC): titles, links, the working directory, copies to the clipboard, notifications.

Everything a program sends here is bounded in length and free of control characters. Nothing is ever read back.
"""

import base64
import binascii
import re
from typing import Final

from rmosh.terminal.cells import Clipboard, Notification

#: Longest title, in characters. Reason: no window shows more; bounds the frame. Source: our own choice.
MAX_TITLE: Final = 1024

#: Longest link, parameters and all, in bytes of UTF-8. Source: VTE's limits, 2083 for a URI and 250 for its id.
MAX_LINK: Final = 2333

#: Longest working directory URL, in characters. Reason: as for titles. Source: our own choice.
MAX_DIRECTORY: Final = 1024

#: Longest notification's title, and body, in characters. Reason: desktops show less. Source: our own choice.
MAX_NOTIFICATION: Final = 512

#: Most bytes of one copy. Reason: bounds the frame that carries it. Source: our own choice.
MAX_CLIPBOARD: Final = 1 << 17

#: Most titles kept by XTWINOPS 22. Source: xterm keeps 10.
MAX_TITLES: Final = 10

#: Selections that OSC 52 knows. Source: xterm's ctlseqs.
_SELECTIONS: Final = frozenset("cpqs01234567")


#: What OSC 9 means besides notifications: numbered commands, progress (4) most of all. Source: ConEmu's manual.
_NUMBERED: Final = re.compile(r"\d+(;|\Z)")


class WindowState:
    """What OSC sets: title, icon name, directory, clipboard, notification and the link that text is part of.

    Attributes:
        link: "" or "params;uri" of the text written from now on.
    """

    def __init__(self) -> None:
        self.working_directory = ""
        self.clipboard = Clipboard()
        self.notification = Notification()
        self.reset()

    def reset(self) -> None:
        """Forget titles and link, as a full reset does."""
        self.title = ""
        self.icon_name = ""
        self.link = ""
        self._titles: list[tuple[str, str]] = []

    def execute(self, command: str) -> None:
        """Execute an OSC, given without its introducer and terminator; unknown ones do nothing."""
        number, _, rest = command.partition(";")
        if number in ("0", "1", "2"):
            self._set_titles(number, _printable(rest, MAX_TITLE))
        elif number == "7":
            self.working_directory = _printable(rest, MAX_DIRECTORY)
        elif number == "8":
            self._set_link(rest)
        elif number == "52":
            self._copy(rest)
        elif number == "9" and not _NUMBERED.match(rest):
            self._notify("", rest)
        elif number == "777" and rest.startswith("notify;"):
            title, _, body = rest[len("notify;") :].partition(";")
            self._notify(title, body)

    def push_titles(self) -> None:
        """XTWINOPS 22: keep the titles."""
        self._titles.append((self.title, self.icon_name))
        del self._titles[:-MAX_TITLES]

    def pop_titles(self, what: int) -> None:
        """XTWINOPS 23: bring back both (0), the icon name (1) or the title (2) that were kept last."""
        if self._titles:
            title, icon_name = self._titles.pop()
            self.title = title if what != 1 else self.title
            self.icon_name = icon_name if what != 2 else self.icon_name

    def _set_titles(self, number: str, title: str) -> None:
        if number != "1":
            self.title = title
        if number != "2":
            self.icon_name = title

    def _set_link(self, rest: str) -> None:
        """OSC 8: text is part of a link from here on; no URI ends it, and so does one that is too long."""
        parameters, _, uri = rest.partition(";")
        link = _printable(f"{parameters};{uri}", MAX_LINK + 1) if uri else ""
        self.link = link if len(link.encode()) <= MAX_LINK else ""

    def _notify(self, title: str, body: str) -> None:
        title, body = _printable(title, MAX_NOTIFICATION), _printable(body, MAX_NOTIFICATION)
        if title or body:
            self.notification = Notification(self.notification.serial + 1, title, body)

    def _copy(self, rest: str) -> None:
        """OSC 52: copy; a question for what the clipboard holds is not answered."""
        selection, separator, encoded = rest.partition(";")
        if not separator or encoded == "?":
            return
        try:
            content = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            return
        if len(content) <= MAX_CLIPBOARD:
            known = "".join([letter for letter in dict.fromkeys(selection) if letter in _SELECTIONS])
            self.clipboard = Clipboard(self.clipboard.serial + 1, known, content)


def _printable(text: str, length: int) -> str:
    """Return text of at most `length` characters without any control character."""
    return "".join([character for character in text[:length] if character >= " " and not "\x7f" <= character <= "\x9f"])
