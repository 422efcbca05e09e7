"""What may ever be written on the user's terminal, as a grammar: whatever a program printed far away.

It is written down here a second time on purpose, apart from the painter: text without control characters, and those
sequences that move, colour, erase and switch what a session may switch. Nothing that makes a terminal answer, report,
read or run something but the questions that rmosh itself asks.
"""

import re
from typing import Final

#: Characters that are no control characters: neither C0, DEL nor C1 (U+0080 to U+009F), nor bytes that are no UTF-8.
#: Source: ECMA-48 section 5.
_TEXT: Final = r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]"

_NUMBERS: Final = r"\d{0,4}(?:[;:]\d{0,4}){0,200}"

_MODES: Final = "(?:1|5|7|9|25|1000|1002|1003|1004|1005|1006|1007|1015|1016|1001|1049|2004|2026)"

_SEQUENCES: Final = (
    r"[\t\r\n\x07\x08]",
    r"\x1b[=>M78]",
    rf"\x1b\[{_NUMBERS}[ABCDEFGHJKLMPSTXdm@]",  # cursor, erasing, insertion, scrolling, colours
    rf"\x1b\[{_NUMBERS}r",  # scroll region
    rf"\x1b\[\?{_MODES}[hl]",
    r"\x1b\[\?1007[sr]",  # what the wheel does in the alternate screen is put aside and taken back
    r"\x1b\[[0-6] q",  # the cursor's shape
    r"\x1b\[2[23];[0-2]t",  # the window's title is put aside and taken back
    r"\x1b\[(?:[=>]\d{1,2}|<)u",  # kitty's keyboard flags
    r"\x1b\[>4(?:;[0-2])?m",  # xterm's modifyOtherKeys
    r"\x1b\[#[PQ]",  # all colours are kept and brought back
    rf"\x1b\](?:[0127]|8|9|777);{_TEXT}{{0,8192}}\x1b\\",
    r"\x1b\]52;[cpqs0-7]{0,64};[A-Za-z0-9+/=]*\x1b\\",  # write only: never a question mark
    rf"\x1b\]99;[A-Za-z0-9_+.:=-]{{0,80}};{_TEXT}{{0,8192}}\x1b\\",  # kitty's notifications, without `p=?`
    r"\x1b\]4(?:;\d{1,3};#[0-9a-f]{6}){1,16}\x1b\\",  # colours are set as numbers only: never asked for
    r"\x1b\]1\d;#[0-9a-f]{6}\x1b\\",
    r"\x1b\]1(?:04(?:;\d{1,3}){1,256}|1\d)\x1b\\",
    r"\x1b\]22;[A-Za-z0-9_-]{0,32}\x1b\\",  # the pointer's shape
    r"\x1b\]133;(?:A;redraw=0|[BC]|D(?:;\d{1,3})?)\x1b\\",
    r"\x1b\]1337;SetMark\x1b\\",
)

_ALLOWED: Final = re.compile(f"(?:{_TEXT}|{'|'.join(_SEQUENCES)})*")


def forbidden(painted: bytes) -> bytes:
    """Return what of some painted bytes the grammar does not allow, from there on; b"" where all of it is allowed."""
    text = painted.decode("utf-8", "surrogateescape")
    end = 0 if (match := _ALLOWED.match(text)) is None else match.end()
    return text[end : end + 60].encode("utf-8", "surrogateescape")
