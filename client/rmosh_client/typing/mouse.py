"""Reports of the mouse where the screen does not begin in the terminal's corner. Sans-IO."""

import re
from collections.abc import Sequence
from typing import Final

from rmosh.terminal_input import InputToken, TokenKind

#: A report in SGR form (mode 1006), which is what programs ask for: buttons, column, row, press or release.
_REPORT: Final = re.compile(rb"\x1b\[<(\d{1,5});(\d{1,5});(\d{1,5})([Mm])")


def displaced(tokens: Sequence[InputToken], *, top: int, left: int, rows: int, columns: int) -> list[InputToken]:
    """Return what was typed with mouse reports counted from the screen's corner; those beside it are left out.

    Args:
        top, left: where the screen begins on the terminal, 0-based.
        rows, columns: of the screen.
    """
    if not (top or left):
        return list(tokens)
    moved: list[InputToken] = []
    for token in tokens:
        report = _REPORT.fullmatch(token.whole) if token.kind is TokenKind.MOUSE else None
        if report is None:
            moved.append(token)
            continue
        column, row = int(report[2]) - left, int(report[3]) - top
        if 1 <= row <= rows and 1 <= column <= columns:
            whole = b"\x1b[<%b;%d;%d%b" % (report[1], column, row, report[4])
            moved.append(InputToken(TokenKind.MOUSE, whole[len(token.given) :], token.given))
    return moved
