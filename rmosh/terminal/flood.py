"""The shortest way for floods: of lines that scroll off at once nothing is made, their bytes are kept as they came.

All that has to be known of such lines is how many rows they fill, and which renditions they leave. Whoever wants to
see them executes their bytes then, on a screen of one row; nearly always nobody does.
"""

import re
from collections.abc import Sequence
from operator import add
from typing import Final, NamedTuple

from rmosh.terminal.grid import Grid, default_tab_stops
from rmosh.terminal.rows import TAB_WIDTH, tab_stop
from rmosh.terminal.width import COMMON_WIDTHS, Widths, in_known_widths, wide_alone

#: Fewest bytes worth looking at. Reason: in smaller reads it saves a tenth at most. Source:
#: tests/benchmarks/chosen_numbers.py, smallest-flood.
MIN_FLOOD: Final = 2048

#: How many screens they have to fill about. Reason: one is executed all the same, and of fewer too little passes.
#: Source: tests/benchmarks/chosen_numbers.py, screens-of-a-flood.
MIN_SCREENS: Final = 2

#: Bytes kept in one part, but for its last line. Reason: whoever wants one line executes all of it, some milliseconds.
PART_SIZE: Final = 1 << 14

#: Most bytes of sequences in a row, on average. Reason: history is bounded in bytes, 300 a line unless the user wants
#: otherwise, and shall hold no fewer lines than if it kept what is made of them.
MAX_STYLING: Final = 200

_NEWLINE: Final = b"\r\n"

_PRINTABLE: Final = bytes(range(0x20, 0x7F))

#: What may stand in such lines: what is printed, as UTF-8, and these controls.
_PRINTED_AND_CONTROLS: Final = bytes((*range(0x20, 0x7F), *range(0x80, 0x100), *b"\t\r\n\x1b\x07"))

#: Controls of two bytes, which stand for sequences. Source: ECMA-48 section 5.3.
_C1: Final = re.compile(rb"\xc2[\x80-\x9f]")

#: What changes the pen: renditions, a link (OSC 8), and the letters that `tput sgr0` asks for. All of it leaves no more
#: than the last of the latter two does and, behind the last reset, the renditions.
_RENDITION: Final = rb"\x1b\[[0-9;:]{0,64}m"
_LINK: Final = rb"\x1b\]8;[ -~]{1,300}(?:\x07|\x1b\\)"
_LETTERS: Final = b"\x1b(B"
_RENDITIONS: Final = re.compile(_RENDITION)
_LINKS: Final = re.compile(_LINK)
_PEN_CHANGES: Final = re.compile(b"|".join((_RENDITION, _LINK, re.escape(_LETTERS))).decode())
_RESETS: Final = (b"\x1b[m", b"\x1b[0m")

#: A rendition that sets nothing but a 24-bit colour, of the text or behind it. Source: ISO 8613-6.
_DIRECT: Final = re.compile(rb"\x1b\[([34])8;2(?:;(?:1?[0-9]{1,2}|2[0-4][0-9]|25[0-5])){3}m")

#: What erases a line from the cursor on.
_ERASERS: Final = ("\x1b[K", "\x1b[0K")

#: A sequence that is none of these. It is looked for in the first bytes, so that other floods lose no time here.
_OTHER: Final = re.compile(rb"\x1b(?!\[[0-9;:]*m|\[0?K|\]8;|\\|\(B)")

#: What stands for erasing while columns are counted: no text has it. Source: ASCII, vertical tabulation.
_ERASED: Final = "\v"

#: What makes the columns of a line other than the sum of its characters'.
_MOVES: Final = "\t\r" + _ERASED
_MOVE: Final = re.compile(f"([{_MOVES}])")


class Measured(NamedTuple):
    """Lines of a flood: what they draw, in characters of the same columns, and how many rows each of them fills."""

    drawn: Sequence[str]
    rows: Sequence[int]


def outruns(screen: Grid, untrusted: bytes, start: int, end: int) -> bool:
    """Tell whether that part of some bytes is about enough to fill several screens."""
    length = end - start
    return length >= MIN_FLOOD and (
        length >= MIN_SCREENS * screen.rows * screen.columns
        or untrusted.count(_NEWLINE, start, end) >= MIN_SCREENS * screen.rows
    )


def is_plain(screen: Grid) -> bool:
    """Tell whether lines go from the screen's bottom to history one by one, whatever text and renditions they hold."""
    return (
        screen.fast_limit > 1
        and screen.keeps_history
        and screen.top == 0
        and screen.bottom == screen.rows - 1
        and screen.rows > 1
        and not (screen.counts_graphemes or screen.guards_areas)
        and screen.tab_stops == default_tab_stops(screen.columns)
    )


def is_at_fresh_line(screen: Grid) -> bool:
    """Tell whether the cursor stands at the beginning of the last row, on which nothing was written."""
    return (
        screen.row == screen.bottom
        and screen.column == 0
        and not screen.wrap_pending
        and screen.lines[screen.row].is_untouched
    )


def has_sequences(untrusted: bytes) -> bool:
    """Tell whether there is more in such lines than text and what moves the cursor."""
    return b"\x1b" in untrusted


def whole_lines(untrusted: bytes) -> tuple[int, int]:
    """Return where the first line begins that has both ends in these bytes, and where the last such one ends."""
    return untrusted.find(_NEWLINE) + len(_NEWLINE), untrusted.rfind(_NEWLINE) + len(_NEWLINE)


def passing_lines(untrusted: bytes, *, rows: int, columns: int, widths: Widths) -> list[tuple[bytes, int]]:
    """Return those of some lines, printed in the last row, that leave the screen; in parts, each with its height.

    None of them where they hold more than what `measured` understands.

    Args:
        untrusted: whole lines.
        rows, columns: the size of the screen.
    """
    if _OTHER.search(untrusted, 0, max(0, untrusted.rfind(_NEWLINE, 0, MIN_FLOOD))):
        return []
    flood = measured(untrusted, columns=columns, widths=widths)
    staying = staying_lines(flood, height=rows - 1) if flood is not None else 0
    if flood is None or staying == len(flood.rows):
        return []
    end = len(untrusted)
    for _ in range(staying):
        end = untrusted.rfind(_NEWLINE, 0, end - len(_NEWLINE)) + len(_NEWLINE)
    parts: list[tuple[bytes, int]] = []
    start = line = 0
    while start < end:
        newline = untrusted.find(_NEWLINE, start + PART_SIZE, end)
        content = untrusted[start : end if newline < 0 else newline + len(_NEWLINE)]
        first, line = line, line + content.count(_NEWLINE)
        parts.append((content, sum(flood.rows[first:line])))
        start += len(content)
    return parts


def pen_changes_of(untrusted: bytes) -> bytes:
    """Return the sequences of such lines that have a say in what they leave."""
    if not has_sequences(untrusted):
        return b""
    reset = max(map(untrusted.rfind, _RESETS))
    renditions: list[bytes] = _RENDITIONS.findall(untrusted, max(0, reset))
    links: list[bytes] = _LINKS.findall(untrusted) if b"\x1b]" in untrusted else []
    return (_LETTERS if _LETTERS in untrusted else b"") + b"".join(links[-1:] + _last_of_each(renditions))


def _last_of_each(renditions: Sequence[bytes]) -> list[bytes]:
    """Return renditions but for those that do nothing, because one that sets the same bits comes later."""
    last: dict[bytes, bytes] = {}
    for rendition in dict.fromkeys(reversed(renditions)):
        direct = _DIRECT.fullmatch(rendition)
        last.setdefault(direct[1] if direct else rendition, rendition)
    return [*last.values()][::-1]


def measured(untrusted: bytes, *, columns: int, widths: Widths) -> Measured | None:
    """Return how many rows each of these lines fills, printed one after the other in a terminal of so many columns.

    None if they hold anything else than text, what changes the pen, tabs, returns to the line's beginning, and erasing
    behind the cursor; or more sequences than may be kept as they came.

    Args:
        untrusted: ends with a new line.
    """
    if untrusted.isascii() and not has_sequences(untrusted):
        controls = untrusted.translate(None, _PRINTABLE)
        if controls == _NEWLINE * (len(controls) // 2):
            return _measured_plain(untrusted, columns)
    count = untrusted.count(_NEWLINE)
    if untrusted.translate(None, _PRINTED_AND_CONTROLS) or untrusted.count(b"\n") != count:
        return None
    try:
        text = untrusted.decode()
    except UnicodeDecodeError:
        return None
    bare = _PEN_CHANGES.sub("", text) if "\x1b" in text else text
    styling = len(text) - len(bare)
    if "\x1b" in bare:
        for eraser in _ERASERS:
            bare = bare.replace(eraser, _ERASED)
    if "\x1b" in bare or "\a" in bare:
        return None
    if not bare.isascii():
        if _C1.search(untrusted):
            return None
        bare = in_known_widths(bare, widths)
    lines = bare.split("\r\n")[:-1]
    rows = _rows_of(bare, lines, columns)
    return Measured(lines, rows) if len(lines) == count and styling <= MAX_STYLING * sum(rows) else None


def _measured_plain(untrusted: bytes, columns: int) -> Measured:
    lines = untrusted.decode("ascii").split("\r\n")[:-1]
    lengths = list(map(len, lines))
    if max(lengths, default=0) <= columns:
        return Measured(lines, [1] * len(lines))
    return Measured(lines, [-(-length // columns) or 1 for length in lengths])


def _rows_of(bare: str, lines: Sequence[str], columns: int) -> list[int]:
    wide = "" if bare.isascii() else wide_alone(bare)
    if "\t" in bare:  # where wide characters are before it, a tab moves by as much as one may
        bare = bare.replace("\t", " " * TAB_WIDTH) if wide.strip("\r\n") else bare.expandtabs(TAB_WIDTH)
    most = list(map(len, bare.split("\r\n")[:-1]))
    if wide:
        most = list(map(add, most, map(len, wide.split("\r\n"))))
    if max(most, default=0) < columns:
        return [1] * len(lines)
    return [1 if each < columns else _rows(line, each, columns) for line, each in zip(lines, most, strict=True)]


def _rows(line: str, most: int, columns: int) -> int:
    """Return how many rows a line fills that has so many columns at most."""
    if line.isprintable():  # nothing in it moves the cursor
        rows = -(-most // columns)
        if line.isascii() or most + rows - 1 <= rows * columns:  # a wide one without room leaves a column
            return rows
    rows, column = 1, 0
    for piece in _MOVE.split(line):
        if piece == "\t":
            column = max(column, tab_stop(column, columns))
        elif piece == "\r":
            column = 0
        elif piece == _ERASED:
            column = min(column, columns - 1)
        else:
            further, column = _written(piece, column, columns)
            rows += further
    return rows


def _written(text: str, column: int, columns: int) -> tuple[int, int]:
    """Return how many rows below text ends, and where; the column after the last one while a wrap is pending."""
    if text.isascii():
        rows, rest = divmod(max(0, column + len(text) - 1), columns)
        return (rows, rest + 1) if text else (0, column)
    rows = 0
    for character in text:
        width = COMMON_WIDTHS.of(character)
        if column + width > columns:
            rows, column = rows + 1, 0
        column += width
    return rows, column


def staying_lines(flood: Measured, *, height: int) -> int:
    """Return how many of the last lines are needed to fill so many rows, and to draw what was drawn last of all."""
    filled = needed = 0
    has_drawn = False
    for count, (line, rows) in enumerate(zip(reversed(flood.drawn), reversed(flood.rows), strict=True), start=1):
        filled += rows
        has_drawn = has_drawn or bool(line.strip(_MOVES))
        if filled >= height:
            needed = needed or count
            if has_drawn:
                return count
    return needed or len(flood.rows)
