"""What a terminal reports between the keys: the mouse, also where the screen does not begin in the corner. Sans-IO."""

import re
from typing import Final

#: A report in SGR form (mode 1006), which is what programs ask for: buttons, column, row, press or release.
_REPORT: Final = re.compile(rb"\x1b\[<(\d{1,5});(\d{1,5});(\d{1,5})([Mm])")

#: The same in whatever form, and the window's focus: what is no key. Source: xterm, modes 9, 1000 to 1006, 1015, 1004.
REPORT: Final = rb"\x1b\[(?:<?[\d;]+[Mm]|M[\s\S]{3}|[IO])"
_NO_KEY: Final = re.compile(REPORT)


def has_key(typed: bytes) -> bool:
    """Tell whether something was pressed on the keyboard."""
    return bool(_NO_KEY.sub(b"", typed))


def displaced(typed: bytes, *, top: int, left: int, rows: int, columns: int) -> bytes:
    """Return what was typed with mouse reports counted from the screen's corner; those beside it are left out.

    Args:
        top, left: where the screen begins on the terminal, 0-based.
        rows, columns: of the screen.
    """
    if not (top or left) or b"\x1b[<" not in typed:
        return typed

    def moved(report: "re.Match[bytes]") -> bytes:
        column, row = int(report[2]) - left, int(report[3]) - top
        if not (1 <= row <= rows and 1 <= column <= columns):
            return b""
        return b"\x1b[<%b;%d;%d%b" % (report[1], column, row, report[4])

    return _REPORT.sub(moved, typed)
