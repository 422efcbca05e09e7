"""Control strings for the terminal around the screen: titles, links, clipboard, notifications and the like.

Everything in them came from the peer: unprintable characters are dropped, so no string ends early.
"""

import base64
import re
from typing import Final

from rmosh.terminal.cells import Clipboard, Notification
from rmosh_client.painting.glyphs import printable

#: String terminator. ST rather than BEL: it is the standard's. Source: ECMA-48 section 8.3.143.
_END: Final = "\x1b\\"

#: Longest title and directory in characters; longer ones are cut. Source: our own choice.
_LONGEST_TITLE: Final = 1024
_LONGEST_DIRECTORY: Final = 4096

#: Longest link in characters; a longer one is left out. Source: OSC 8's draft, 2083 for the URI.
_LONGEST_LINK: Final = 2083 + 256

#: Largest clipboard copy in bytes; a larger one is left out. Source: xterm's limit is near, tmux's is 1 MB.
_LARGEST_COPY: Final = 1 << 20

_SELECTIONS: Final = re.compile("[cpqs0-7]*")

#: Longest notification in characters, title and body each. Source: our own choice; desktops show less.
_LONGEST_NOTIFICATION: Final = 512

#: What OSC 9 takes for a command of ConEmu's rather than for words. Source: ConEmu's manual.
_NUMBERED: Final = re.compile(r"\d+(;|\Z)")

#: A prompt begins in this row; we redraw it ourselves after a resize. Source: OSC 133's specification, kitty's option.
PROMPT_MARK: Final = b"\x1b]133;A;redraw=0\x1b\\"

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
    return _string("52", f"{copied.selection};{base64.b64encode(copied.content).decode('ascii')}")


def notification(told: Notification) -> bytes:
    """Return the sequence that shows a desktop notification (OSC 9, with a title OSC 777)."""
    title = printable(told.title, limit=_LONGEST_NOTIFICATION).replace(";", ",")
    body = printable(told.body, limit=_LONGEST_NOTIFICATION)
    if title:
        return _string("777", f"notify;{title};{body}")
    return b"" if _NUMBERED.match(body) else _string("9", body)


def _string(number: str, content: str) -> bytes:
    return f"\x1b]{number};{content}{_END}".encode()
