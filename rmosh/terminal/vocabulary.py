"""Control codes and the ends of escape and control sequences, by the names of ECMA-48 and the VT manuals; and text
without them.

They are pyte's names, and a test holds the values equal to pyte's. Importing them from there would run pyte's screens
and wcwidth's tables, 3 MB of a session's memory (PSS) and 24 ms of its start, measured with pyte 0.8.2.
"""

from typing import Final

#: Control codes. Source: ECMA-48 section 8.3.
BEL: Final = "\x07"
BS: Final = "\x08"
HT: Final = "\x09"
LF: Final = "\x0a"
VT: Final = "\x0b"
FF: Final = "\x0c"
CR: Final = "\x0d"
SO: Final = "\x0e"
SI: Final = "\x0f"
ST: Final = "\x1b\\"

#: What follows ESC. Source: ECMA-48 section 8.3, VT510 manual.
RIS: Final = "c"
IND: Final = "D"
NEL: Final = "E"
HTS: Final = "H"
RI: Final = "M"
DECSC: Final = "7"
DECRC: Final = "8"

#: What follows ESC #. Source: VT510 manual.
DECALN: Final = "8"

#: What ends a control sequence. Source: ECMA-48 section 8.3, VT510 manual.
ICH: Final = "@"
CUU: Final = "A"
CUD: Final = "B"
CUF: Final = "C"
CUB: Final = "D"
CNL: Final = "E"
CPL: Final = "F"
CHA: Final = "G"
CUP: Final = "H"
ED: Final = "J"
EL: Final = "K"
IL: Final = "L"
DL: Final = "M"
DCH: Final = "P"
ECH: Final = "X"
HPR: Final = "a"
DA: Final = "c"
VPA: Final = "d"
VPR: Final = "e"
HVP: Final = "f"
TBC: Final = "g"
SM: Final = "h"
RM: Final = "l"
SGR: Final = "m"
DSR: Final = "n"
DECSTBM: Final = "r"


def printable(text: str, length: int) -> str:
    """Return text of at most `length` characters without any control character."""
    return "".join([character for character in text[:length] if character >= " " and not "\x7f" <= character <= "\x9f"])
