"""Blocks made of what scrolled off as it came, without values in between: the way of a flood.

A block made here reads back as the same lines as one that `rmosh.history.line_codec` makes of them.
"""

from collections.abc import Sequence

from rmosh.history.line_codec import MAX_SHORT, BlockWriter, encode_lines, encode_plain, ended
from rmosh.terminal.history import Entry, Unfinished, lines_of
from rmosh.terminal.lines import Line
from rmosh.terminal.pens import Pen, is_plain
from rmosh.terminal.runs import Run
from rmosh.terminal.scrolled import scrolled_line


def encode_entries(entries: Sequence[Entry]) -> bytes:
    """Return the block of at most MAX_BLOCK_LINES entries that are one line each."""
    kinds = set(map(type, entries))
    if kinds <= {str, Unfinished}:
        return encode_plain([ended(entry, wrapped=type(entry) is Unfinished) for entry in entries])  # type: ignore[arg-type]
    if Line not in kinds:
        return encode_lines(lines_of(entries))
    writer = BlockWriter()
    numbers: dict[Pen, int] = {}
    for entry in entries:
        if type(entry) is Line and _write_as_written(writer, entry, numbers):
            continue
        if isinstance(entry, str):
            _write_plain(writer, entry, wrapped=type(entry) is Unfinished)
            continue
        for line in [scrolled_line(entry)] if type(entry) is Line else lines_of([entry]):
            writer.line(line)
    return writer.finish()


def _write_plain(writer: BlockWriter, text: str, *, wrapped: bool) -> None:
    """Write a line in the default style, in runs of which each is short."""
    text = text if wrapped else text.rstrip(" ")
    whole, rest = divmod(len(text), MAX_SHORT)
    writer.texts.append(text)
    writer.shape += (whole + (rest > 0) << 1 | wrapped, *(0, MAX_SHORT) * whole, *(0, rest) * (rest > 0))
    writer.count += 1


def _write_as_written(writer: BlockWriter, line: Line, numbers: dict[Pen, int]) -> bool:
    """Write a line whose writes follow each other without gaps, as most do; False if it is another.

    Args:
        numbers: the numbers of the styles of the pens met in this block.
    """
    runs = line.runs
    if line.is_read or line.has_gap or (runs and not line.wrapped and _ends_blank(runs[-1])):
        return False
    texts, shape = writer.texts, writer.shape
    begun = len(texts), len(shape)
    shape.append(0)
    column = 0
    for start, end, text, pen in runs:
        if start != column or type(text) is not str:
            del texts[begun[0] :], shape[begun[1] :]
            return False
        column = end
        number = numbers.get(pen)
        if number is None:
            number = numbers[pen] = writer.number(pen)
        texts.append(text)
        length = len(text)
        while length > MAX_SHORT:
            shape.append(number)
            shape.append(MAX_SHORT)
            length -= MAX_SHORT
        shape.append(number)
        shape.append(length)
    shape[begun[1]] = len(shape) - begun[1] - 1 | line.wrapped
    writer.count += 1
    return True


def _ends_blank(run: Run) -> bool:
    """Tell whether a line ends in blanks that mean nothing."""
    _, _, text, pen = run
    return type(text) is str and text[-1:] == " " and is_plain(pen)
