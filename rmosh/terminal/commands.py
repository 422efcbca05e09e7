"""Operating system commands (OSC): titles, links, the working directory, the clipboard, notifications, progress.

Everything a program sends here is bounded in length and free of control characters. Nothing is ever read back.
"""

import binascii
import re
from collections.abc import Callable, Mapping
from typing import Final

from rmosh.terminal.cells import Clipboard, Progress, ProgressState
from rmosh.terminal.notifications import Notifications
from rmosh.terminal.vocabulary import printable

#: Longest title, in characters. Reason: no window shows more; bounds the frame. Source: our own choice.
MAX_TITLE: Final = 1024

#: Longest link, parameters and all, in bytes of UTF-8. Source: VTE's limits, 2083 for a URI and 250 for its id.
MAX_LINK: Final = 2333

#: Longest working directory URL, in characters. Reason: as for titles. Source: our own choice.
MAX_DIRECTORY: Final = 1024

#: Most bytes of one copy. Reason: bounds the frame that carries it. Source: our own choice.
MAX_CLIPBOARD: Final = 1 << 17

#: Most titles kept by XTWINOPS 22. Source: xterm keeps 10.
MAX_TITLES: Final = 10

#: Selections that OSC 52 knows. Source: xterm's ctlseqs.
_SELECTIONS: Final = frozenset("cpqs01234567")


#: Progress as OSC 9;4 tells it: the state, and the percentage where there is one. Source: ConEmu's manual.
_PROGRESS: Final = re.compile(r"4;([0-4])(?:;(\d{0,9}))?;?")

#: What a shape may be called, X's names and CSS's alike. Source: X's cursorfont.h, kitty's "Mouse pointer shapes".
_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]{1,32}")

#: Most shapes kept. Source: kitty keeps 16.
_MOST_SHAPES: Final = 16

#: What a URL spells as it is of a path, and of a host. Source: RFC 3986 sections 2.3 and 3.3.
_SPELLED_OUT: Final = re.compile(rb"[^A-Za-z0-9/._~-]")
_NO_HOST: Final = re.compile(r"[^A-Za-z0-9.:-]")


class WindowState:
    """What OSC sets around the screen, and the link that text is part of.

    Attributes:
        is_titled: a program set a title or an icon name.
        link: "" or "params;uri" of the text written from now on.
    """

    def __init__(self) -> None:
        self.working_directory = ""
        self.clipboard = Clipboard()
        self.notifications = Notifications()
        self.pointer = PointerShape()
        self._host = ""
        self._handlers: Mapping[str, Callable[[str], None]] = {
            "0": lambda title: self._set_titles("0", title),
            "1": lambda title: self._set_titles("1", title),
            "2": lambda title: self._set_titles("2", title),
            "7": self._set_directory,
            "8": self._set_link,
            "9": self._tell_or_show_progress,
            "22": self.pointer.execute,
            "52": self._copy,
            "99": self.notifications.tell_part,
            "777": self.notifications.tell_titled,
            "1337": self._obey_iterm,
        }
        self.reset()

    def reset(self) -> None:
        """Forget titles, link, progress and the pointer's shape, as a full reset does."""
        self.progress = Progress()
        self.pointer.reset()
        self.title = ""
        self.icon_name = ""
        self.is_titled = False
        self.link = ""
        self._titles: list[tuple[str, str]] = []

    def execute(self, command: str) -> None:
        """Execute an OSC, given without its introducer and terminator; unknown ones do nothing."""
        number, _, rest = command.partition(";")
        handler = self._handlers.get(number)
        if handler is not None:
            handler(rest)

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

    def set_title(self, title: str) -> None:
        """Set the title alone."""
        self._set_titles("2", title)

    def _set_titles(self, number: str, title: str) -> None:
        title = printable(title, MAX_TITLE)
        self.is_titled = True
        if number != "1":
            self.title = title
        if number != "2":
            self.icon_name = title

    def _set_link(self, rest: str) -> None:
        """OSC 8: text is part of a link from here on; no URI ends it, and so does one that is too long."""
        parameters, _, uri = rest.partition(";")
        link = printable(f"{parameters};{uri}", MAX_LINK + 1) if uri else ""
        self.link = link if len(link.encode()) <= MAX_LINK else ""

    def _set_directory(self, location: str) -> None:
        """OSC 7."""
        self.working_directory = printable(location, MAX_DIRECTORY)

    def _tell_or_show_progress(self, rest: str) -> None:
        """OSC 9: ConEmu's progress, or a notification; a percentage that is left out stays."""
        shown = _PROGRESS.fullmatch(rest)
        if shown is None:
            self.notifications.tell_words(rest)
            return
        state = ProgressState(int(shown[1]))
        has_percent = state not in (ProgressState.NONE, ProgressState.UNKNOWN)
        percent = min(int(shown[2]), 100) if shown[2] else self.progress.percent
        self.progress = Progress(state, percent if has_percent else 0)

    def _obey_iterm(self, rest: str) -> None:
        """OSC 1337, of which the shell's host and directory are kept, as OSC 7 tells them."""
        name, _, value = rest.partition("=")
        if name == "RemoteHost":
            self._host = value.rpartition("@")[2]
        elif name == "CurrentDir" and value.startswith("/"):
            self._set_directory(location_of(value, host=self._host))

    def _copy(self, rest: str) -> None:
        """OSC 52: copy, or clear where it is no base64; a question for what the clipboard holds is not answered."""
        selection, separator, encoded = rest.partition(";")
        if not separator or encoded == "?":
            return
        from base64 import b64decode  # which most servers do without

        try:
            content = b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            content = b""
        if len(content) <= MAX_CLIPBOARD:
            known = "".join([letter for letter in dict.fromkeys(selection) if letter in _SELECTIONS])
            self.clipboard = Clipboard(self.clipboard.serial + 1, known, content)


class PointerShape:
    """The shape that a program asks for, with those below it."""

    def __init__(self) -> None:
        self._shapes = [""]

    @property
    def name(self) -> str:
        """The shape's name; "" as the terminal likes."""
        return self._shapes[-1]

    def reset(self) -> None:
        """Ask for nothing any more."""
        self._shapes = [""]

    def count_on(self, name: str) -> None:
        """Take over what was asked for before."""
        self._shapes = [name]

    def execute(self, rest: str) -> None:
        """OSC 22: set (also `=`), keep one more (`>`), or go back to the one below (`<`); questions get no answer."""
        action, names = (rest[0], rest[1:]) if rest[:1] in ("=", ">", "<", "?") else ("=", rest)
        wanted = [name for name in names.split(",", _MOST_SHAPES)[:_MOST_SHAPES] if _SHAPE.fullmatch(name)]
        if action == "=":
            self._shapes[-1] = wanted[0] if wanted else ""
        elif action == ">":
            self._shapes += wanted
            del self._shapes[:-_MOST_SHAPES]
        elif action == "<" and len(self._shapes) > 1:
            self._shapes.pop()


def location_of(path: str, *, host: str) -> str:
    """Return the file URL of a path on a host, as OSC 7 tells it."""
    spelled = _SPELLED_OUT.sub(lambda match: b"%%%02X" % match[0][0], path.encode("utf-8", "replace"))
    return f"file://{_NO_HOST.sub('', host)}{spelled.decode('ascii')}"
