"""The fields of a screen message that only some peers read, and frames without them for those that do not."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from operator import is_
from typing import Final

from rmosh.errors import Malformed
from rmosh.lazy_dataclass import replace
from rmosh.screen.fields import FIRST_OPTIONAL, Field, FieldCodec
from rmosh.screen.limits import MAX_POINTER, MAX_SENT_IDENTIFIER
from rmosh.screen.text import append_cut_text, read_text
from rmosh.terminal.cells import (
    COLOUR_PLACES,
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_ROWS,
    ColoursSet,
    Frame,
    Mark,
    MarkKind,
    NotificationDetails,
    Progress,
    ProgressState,
    Row,
    blank_frame,
)
from rmosh.terminal.style_table import INDEXED_BIT, number_of
from rmosh.wire import Reader, append_varint, append_varints

_BLANK: Final = blank_frame(rows=1, columns=1)

_MARK_KINDS: Final = tuple(MarkKind)

#: Largest values of what `rmosh.terminal.cells` says of Progress, Mark and NotificationDetails.
_MAX_PERCENT: Final = 100
_MAX_STATUS: Final = 255
_MAX_URGENCY: Final = 2


def readable(frame: Frame, reads: int) -> Frame:
    """Return a frame as a peer gets it that reads these fields only; the same object where it lacks nothing.

    What was sent is what later differences start from, also once the peer has said that it reads more.

    Args:
        reads: as in READS: bit 0 for the first optional field.
    """
    for bit, without in _WITHOUT.items():
        if not reads & bit:
            frame = without(frame)
    return frame


def reads_tabs(reads: int) -> bool:
    """Tell whether a peer reads where tabs are, in screens and in lines that scrolled off.

    Args:
        reads: as in READS.
    """
    return bool(reads & _bit_of(TABS))


def _bit_of(field: FieldCodec) -> int:
    """Return the bit in READS of an optional field."""
    return field.flag >> FIRST_OPTIONAL


def _with_default(name: str, frame: Frame) -> Frame:
    default = getattr(_BLANK, name)
    return frame if getattr(frame, name) == default else replace(frame, **{name: default})


def _with_rows(made_of: Callable[[Row], Row], frame: Frame) -> Frame:
    rows = tuple(map(made_of, frame.rows))
    return frame if all(map(is_, rows, frame.rows)) else replace(frame, rows=rows)


def _row_without_tabs(row: Row) -> Row:
    return row.replace(tabs=()) if row.tabs else row


def _row_without_indexes(row: Row) -> Row:
    table = row.table
    indexed = [place for place in map(ord, set(row.styles)) if number_of(table.packed[place]) & INDEXED_BIT]
    if not indexed:
        return row
    named = {place: table.characters[table.packed[place] & ~INDEXED_BIT] for place in indexed}
    return row.restyled(row.styles.translate(named))


def _append_colours(content: bytearray, colours: ColoursSet) -> None:
    append_varint(content, len(colours))
    due = 0
    for place, colour in colours:
        append_varint(content, place - due)
        content += colour.to_bytes(3, "big")
        due = place + 1


def _read_colours(reader: Reader) -> ColoursSet:
    colours: list[tuple[int, int]] = []
    due = 0
    for _ in range(reader.varint(limit=COLOUR_PLACES)):
        place = due + reader.varint(limit=COLOUR_PLACES)
        if place >= COLOUR_PLACES:
            raise Malformed(f"there is no colour {place}")
        colours.append((place, int.from_bytes(reader.bytes(3), "big")))
        due = place + 1
    return tuple(colours)


def _append_progress(content: bytearray, progress: Progress) -> None:
    append_varints(content, (progress.state, progress.percent))


def _read_progress(reader: Reader) -> Progress:
    return Progress(ProgressState(reader.varint(limit=max(ProgressState))), reader.varint(limit=_MAX_PERCENT))


def _append_marks(content: bytearray, marks: tuple[Mark, ...]) -> None:
    append_varint(content, len(marks))
    for mark in marks:
        status = 0 if mark.status is None else mark.status + 1
        append_varints(content, (_MARK_KINDS.index(mark.kind), mark.serial, mark.line, mark.column, status))


def _read_marks(reader: Reader) -> tuple[Mark, ...]:
    return tuple([_read_mark(reader) for _ in range(reader.varint(limit=len(_MARK_KINDS)))])


def _read_mark(reader: Reader) -> Mark:
    kind = _MARK_KINDS[reader.varint(limit=len(_MARK_KINDS) - 1)]
    serial, line = reader.varint(), reader.varint()
    column, status = reader.varint(limit=MAX_COLUMNS - 1), reader.varint(limit=_MAX_STATUS + 1)
    return Mark(kind, serial, line, column, status - 1 if status else None)


def _append_details(content: bytearray, details: NotificationDetails) -> None:
    append_varint(content, details.serial)
    append_cut_text(content, details.identifier, limit=MAX_SENT_IDENTIFIER)
    append_varint(content, details.urgency)


def _read_details(reader: Reader) -> NotificationDetails:
    serial = reader.varint()
    identifier = read_text(reader, limit=MAX_SENT_IDENTIFIER)
    return NotificationDetails(serial, identifier, reader.varint(limit=_MAX_URGENCY))


def _append_tabs(content: bytearray, tabs: Sequence[tuple[int, int]]) -> None:
    append_varint(content, len(tabs))
    due = 0
    for row, column in tabs:
        append_varints(content, (row - due, column))
        due = row


def _read_tabs(reader: Reader) -> tuple[tuple[int, int], ...]:
    tabs: list[tuple[int, int]] = []
    row = 0
    for _ in range(reader.varint(limit=MAX_CELLS)):
        row += reader.varint(limit=MAX_ROWS - 1)
        tabs.append((row, reader.varint(limit=MAX_COLUMNS - 1)))
    return tuple(tabs)


#: Where tabs begin in the rows that a message patches: of rows, not of the whole frame as the other fields.
TABS: Final = FieldCodec(Field.TABS, "tabs", _append_tabs, _read_tabs)

#: In the order in which they stand in a message.
OPTIONAL_FIELDS: Final = (
    FieldCodec(Field.TITLED, "is_titled", append_varint, lambda reader: bool(reader.varint(limit=1))),
    FieldCodec(Field.COLOURS, "colours", _append_colours, _read_colours),
    FieldCodec(
        Field.POINTER,
        "pointer",
        partial(append_cut_text, limit=MAX_POINTER),
        partial(read_text, limit=MAX_POINTER),
    ),
    FieldCodec(Field.PROGRESS, "progress", _append_progress, _read_progress),
    FieldCodec(Field.MARKS, "marks", _append_marks, _read_marks),
    FieldCodec(Field.NOTIFICATION_DETAILS, "notification_details", _append_details, _read_details),
)

#: Bit of READS that is for no field but for renditions with bit 11, `Attribute.INDEXED`.
_INDEXED_READ: Final = 1 << 31

#: The bits of READS, and what makes a frame for a peer without each of them.
_WITHOUT: Final[Mapping[int, Callable[[Frame], Frame]]] = {
    **{_bit_of(field): partial(_with_default, field.name) for field in OPTIONAL_FIELDS},
    _bit_of(TABS): partial(_with_rows, _row_without_tabs),
    _INDEXED_READ: partial(_with_rows, _row_without_indexes),
}

#: What this version reads, as READS tells it.
ALL_READ: Final = sum(_WITHOUT)
