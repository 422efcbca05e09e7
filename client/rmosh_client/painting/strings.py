"""Control strings for the terminal around the screen: titles, links, clipboard, notifications and the like.

Everything in them came from the peer: unprintable characters are dropped, so no string ends early.
"""

import binascii
import re
from typing import Final

from rmosh.terminal.cells import Clipboard, Mark, MarkKind, Notification, NotificationDetails, Progress, ProgressState
from rmosh_client.plain_text import printable

#: String terminator. ST rather than BEL: it is the standard's. Source: ECMA-48 section 8.3.143.
_END: Final = "\x1b\\"

#: Longest title and directory in characters; longer ones are cut. Reason: no title bar shows more, and no path is
#: longer (PATH_MAX of Linux).
_LONGEST_TITLE: Final = 1024
_LONGEST_DIRECTORY: Final = 4096

#: Longest link in characters; a longer one is left out. Source: OSC 8's draft, 2083 for the URI.
_LONGEST_LINK: Final = 2083 + 256

#: Largest clipboard copy in bytes; a larger one is left out. Source: xterm's limit is near, tmux's is 1 MB.
_LARGEST_COPY: Final = 1 << 20

_SELECTIONS: Final = re.compile("[cpqs0-7]*")

#: Longest notification in characters, title and body each. Reason: desktops show less.
_LONGEST_NOTIFICATION: Final = 512

#: What OSC 9 takes for a command of ConEmu's rather than for words. Source: ConEmu's manual.
_NUMBERED: Final = re.compile(r"\d+(;|\Z)")

#: What an identifier of OSC 99 may have, and a pointer's shape. Source: kitty's manual; X's cursorfont.h.
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9_+.-]{1,64}")
_POINTER: Final = re.compile(r"[A-Za-z0-9_-]{1,32}")

#: Ties the two parts of a notification together that has no identifier of its own.
_OWN_IDENTIFIER: Final = "rmosh"

#: A prompt begins in this row; we redraw it ourselves after a resize. Source: OSC 133's specification, kitty's option.
_PROMPT: Final = "A;redraw=0"

#: Report when the colours change between dark and light (mode 2031), and do so no more. Source: contour's manual.
WATCH_COLOURS: Final = (b"\x1b[?2031h", b"\x1b[?2031l")

LINK_END: Final = b"\x1b]8;;\x1b\\"
TITLE_PUSH: Final = b"\x1b[22;0t"
TITLE_POP: Final = b"\x1b[23;0t"


def title(text: str) -> bytes:
    """Return the sequence that sets the window's title (OSC 2)."""
    return _string("2", printable(text, limit=_LONGEST_TITLE))


def icon_name(text: str) -> bytes:
    """Return the sequence that sets the icon's name (OSC 1)."""
    return _string("1", printable(text, limit=_LONGEST_TITLE))


def both_titles(text: str) -> bytes:
    """Return the sequence that sets title and icon name alike (OSC 0)."""
    return _string("0", printable(text, limit=_LONGEST_TITLE))


def working_directory(location: str) -> bytes:
    """Return the sequence that tells the terminal which directory the shell is in (OSC 7)."""
    return _string("7", printable(location, limit=_LONGEST_DIRECTORY))


def link(target: str) -> bytes:
    """Return the sequence that opens a hyperlink given as "params;uri" (OSC 8); no link opens none."""
    if len(target) > _LONGEST_LINK or ";" not in target:
        return LINK_END
    return _string("8", printable(target, limit=_LONGEST_LINK))


def clipboard(copied: Clipboard) -> bytes:
    """Return the sequence that puts text on the clipboard (OSC 52), nothing for an oversize or odd copy."""
    if len(copied.content) > _LARGEST_COPY or not _SELECTIONS.fullmatch(copied.selection):
        return b""
    return _string("52", f"{copied.selection};{binascii.b2a_base64(copied.content, newline=False).decode('ascii')}")


def notification(told: Notification) -> bytes:
    """Return the sequence that shows a desktop notification (OSC 9, with a title OSC 777)."""
    title = printable(told.title, limit=_LONGEST_NOTIFICATION).replace(";", ",")
    body = printable(told.body, limit=_LONGEST_NOTIFICATION)
    if title:
        return _string("777", f"notify;{title};{body}")
    return b"" if _NUMBERED.match(body) else _string("9", body)


def kitty_notification(told: Notification, details: NotificationDetails) -> bytes:
    """Return the sequences that show a notification as kitty's protocol has it (OSC 99), the title before the words."""
    title = printable(told.title, limit=_LONGEST_NOTIFICATION)
    body = printable(told.body, limit=_LONGEST_NOTIFICATION)
    known = details.identifier if _IDENTIFIER.fullmatch(details.identifier) else ""
    urgency = f":u={details.urgency}" if details.urgency in (0, 2) else ""
    if not title:
        identifier = f"i={known}" if known else ""
        return _string("99", f"{(identifier + urgency).lstrip(':')};{body}")
    identifier = known or _OWN_IDENTIFIER
    return _string("99", f"i={identifier}:d=0{urgency};{title}") + _string("99", f"i={identifier}:p=body;{body}")


def pointer(name: str) -> bytes:
    """Return the sequence that gives the mouse pointer a shape (OSC 22); "" and odd names give it its usual one."""
    return _string("22", name if _POINTER.fullmatch(name) else "")


def progress(told: Progress) -> bytes:
    """Return the sequence that shows how a task is getting on (OSC 9;4)."""
    if told.state in (ProgressState.NONE, ProgressState.UNKNOWN):
        return _string("9", f"4;{told.state.value}")
    return _string("9", f"4;{told.state.value};{min(told.percent, 100)}")


def mark(made: Mark) -> bytes:
    """Return the sequence that marks where the cursor is (OSC 133; a line of interest by OSC 1337)."""
    if made.kind is MarkKind.INTEREST:
        return _string("1337", "SetMark")
    if made.kind is MarkKind.PROMPT:
        return _string("133", _PROMPT)
    return _string("133", made.kind.value if made.status is None else f"{made.kind.value};{made.status}")


def _string(number: str, content: str) -> bytes:
    return f"\x1b]{number};{content}{_END}".encode()
