"""A `FrameDiff` as bytes, and back from a stranger's bytes.

A message is a varint of flags (`Field`) saying which fields follow, then the content, deflated if
that made it shorter: the changed fields in the order of `_FIELDS`, the rows last. Knows nothing
of datagrams; PROTOCOL.md gives every field's size and bound.
"""

from functools import partial
from typing import Final

from rmosh.compression import Compression
from rmosh.errors import Malformed
from rmosh.lazy_dataclass import replace
from rmosh.screen.change import FrameDiff, Size
from rmosh.screen.compression import deflated, inflated
from rmosh.screen.fields import Field, FieldCodec
from rmosh.screen.limits import (
    MAX_INFLATED,
    MAX_MESSAGE,
    MAX_SELECTION,
    MAX_SENT_CLIPBOARD,
    MAX_SENT_NAME,
    MAX_SENT_NOTIFICATION,
    TooLarge,
)
from rmosh.screen.optional_fields import OPTIONAL_FIELDS, TABS
from rmosh.screen.row_stream import append_rows, read_rows
from rmosh.screen.text import append_cut_text, read_text
from rmosh.terminal.cells import (
    MAX_COLUMNS,
    MAX_ROWS,
    Clipboard,
    Cursor,
    LineDiscipline,
    Modes,
    Notification,
    Prompt,
)
from rmosh.wire import Reader, append_bytes, append_varint, encode_varint

#: Values of Modes.mouse and Modes.mouse_encoding by their number in a message. Source: rmosh.terminal.cells.
_MOUSE: Final = (0, 9, 1000, 1001, 1002, 1003)
_MOUSE_ENCODING: Final = (0, 1005, 1006, 1015, 1016)

#: Modes that are on or off, from bit 0 up.
_SWITCHES: Final = (
    "alternate_screen",
    "application_cursor",
    "application_keypad",
    "bracketed_paste",
    "focus_events",
    "reverse_screen",
)

#: Largest values of what `rmosh.terminal.cells` says of Cursor and Modes.
_MAX_CURSOR_SHAPE: Final = 6
_MAX_KEYBOARD_FLAGS: Final = 31
_MAX_MODIFY_OTHER_KEYS: Final = 2
_MAX_ALTERNATE_SCROLL: Final = 2

#: The flags of a message that has every field.
_ALL_FLAGS: Final = sum(Field)

_NOTHING: Final = FrameDiff()


def encode(change: FrameDiff, compression: Compression = Compression.LAYOUT) -> bytes:
    """Return a change as bytes; what is above a bound of `limits` is cut or left out.

    Raises:
        TooLarge: it would be above MAX_MESSAGE, MAX_INFLATED or MAX_STYLES all the same.
    """
    if change.clipboard and len(change.clipboard.content) > MAX_SENT_CLIPBOARD:
        change = replace(change, clipboard=None)
    content = bytearray()
    flags = 0
    for field in _FIELDS:
        value = getattr(change, field.name)
        if value != getattr(_NOTHING, field.name):
            flags |= field.flag
            field.append(content, value)
    texts_end = len(content)
    if change.rows:
        row_flags, texts_end = append_rows(content, change.rows)
        flags |= row_flags
    if len(content) > MAX_INFLATED:
        raise TooLarge(f"a change of {len(content)} bytes is above the bound, {MAX_INFLATED}")
    shrunk = deflated(content, texts_end=texts_end, compression=compression)
    message = encode_varint(flags) + content if shrunk is None else encode_varint(flags | Field.DEFLATED) + shrunk
    if len(message) > MAX_MESSAGE:
        raise TooLarge(f"a change of {len(content)} bytes, {len(message)} when deflated, is above the bounds")
    return message


def decode(untrusted: bytes) -> FrameDiff:
    """Read a change; whether it fits a base frame, `apply` tells.

    Raises:
        Malformed: the bytes do not follow the format or are above a bound of `limits`.
    """
    reader = Reader(untrusted)
    flags = reader.varint(limit=_ALL_FLAGS)
    if flags & Field.DEFLATED:
        reader = Reader(inflated(reader.rest(), limit=MAX_INFLATED))
    values = {field.name: field.read(reader) for field in _FIELDS if flags & field.flag}
    rows = read_rows(reader, flags) if flags & Field.ROWS else ()
    reader.end()
    return FrameDiff(rows=rows, **values)


def _append_size(content: bytearray, size: Size) -> None:
    append_varint(content, size.rows)
    append_varint(content, size.columns)


def _read_size(reader: Reader) -> Size:
    return Size(reader.varint(limit=MAX_ROWS), reader.varint(limit=MAX_COLUMNS))


def _append_cursor(content: bytearray, cursor: Cursor) -> None:
    append_varint(content, cursor.row)
    append_varint(content, cursor.column)
    content.append(cursor.shape << 1 | cursor.visible)


def _read_cursor(reader: Reader) -> Cursor:
    row = reader.varint(limit=MAX_ROWS - 1)
    column = reader.varint(limit=MAX_COLUMNS - 1)
    look = reader.byte()
    if look >> 1 > _MAX_CURSOR_SHAPE:
        raise Malformed(f"there is no cursor shape {look >> 1}")
    return Cursor(row, column, bool(look & 1), look >> 1)


def _append_modes(content: bytearray, modes: Modes) -> None:
    content.append(sum(getattr(modes, name) << bit for bit, name in enumerate(_SWITCHES)))
    content.append(_MOUSE.index(modes.mouse))
    content.append(_MOUSE_ENCODING.index(modes.mouse_encoding))
    content.append(modes.keyboard_flags)
    content.append(modes.modify_other_keys)
    content.append(modes.alternate_scroll)


def _read_modes(reader: Reader) -> Modes:
    switches = reader.varint(limit=(1 << len(_SWITCHES)) - 1)
    return Modes(
        **{name: bool(switches >> bit & 1) for bit, name in enumerate(_SWITCHES)},
        mouse=_MOUSE[reader.varint(limit=len(_MOUSE) - 1)],
        mouse_encoding=_MOUSE_ENCODING[reader.varint(limit=len(_MOUSE_ENCODING) - 1)],
        keyboard_flags=reader.varint(limit=_MAX_KEYBOARD_FLAGS),
        modify_other_keys=reader.varint(limit=_MAX_MODIFY_OTHER_KEYS),
        alternate_scroll=reader.varint(limit=_MAX_ALTERNATE_SCROLL),
    )


def _append_more(content: bytearray, more: int) -> None:
    """Append how many more, or fewer: 0, -1, 1, -2 ... as 0, 1, 2, 3 ..."""
    append_varint(content, more << 1 if more >= 0 else ~(more << 1))


def _read_more(reader: Reader) -> int:
    folded = reader.varint()
    return ~(folded >> 1) if folded & 1 else folded >> 1


def _append_clipboard(content: bytearray, clipboard: Clipboard) -> None:
    append_varint(content, clipboard.serial)
    append_cut_text(content, clipboard.selection, limit=MAX_SELECTION)
    append_bytes(content, clipboard.content)


def _read_clipboard(reader: Reader) -> Clipboard:
    serial = reader.varint()
    selection = read_text(reader, limit=MAX_SELECTION)
    return Clipboard(serial, selection, reader.counted_bytes(limit=MAX_SENT_CLIPBOARD))


def _append_line_discipline(content: bytearray, line_discipline: LineDiscipline) -> None:
    content.append(line_discipline.echo | line_discipline.canonical << 1)
    append_varint(content, line_discipline.reader)
    append_varint(content, line_discipline.switches)


def _read_line_discipline(reader: Reader) -> LineDiscipline:
    flags = reader.varint(limit=3)
    return LineDiscipline(bool(flags & 1), bool(flags & 2), reader.varint(), reader.varint())


def _append_notification(content: bytearray, notification: Notification) -> None:
    append_varint(content, notification.serial)
    append_cut_text(content, notification.title, limit=MAX_SENT_NOTIFICATION)
    append_cut_text(content, notification.body, limit=MAX_SENT_NOTIFICATION)


def _read_notification(reader: Reader) -> Notification:
    serial = reader.varint()
    title = read_text(reader, limit=MAX_SENT_NOTIFICATION)
    return Notification(serial, title, read_text(reader, limit=MAX_SENT_NOTIFICATION))


def _append_prompt(content: bytearray, prompt: Prompt) -> None:
    append_varint(content, prompt.serial)
    append_varint(content, prompt.line)


def _read_prompt(reader: Reader) -> Prompt:
    return Prompt(reader.varint(), reader.varint())


_append_name: Final = partial(append_cut_text, limit=MAX_SENT_NAME)
_read_name: Final = partial(read_text, limit=MAX_SENT_NAME)

#: All fields but the rows, in the order in which they stand in a message.
_FIELDS: Final = (
    FieldCodec(Field.SIZE, "size", _append_size, _read_size),
    FieldCodec(Field.CURSOR, "cursor", _append_cursor, _read_cursor),
    FieldCodec(Field.HISTORY, "history", _append_more, _read_more),
    FieldCodec(Field.LINE_DISCIPLINE, "line_discipline", _append_line_discipline, _read_line_discipline),
    FieldCodec(Field.MODES, "modes", _append_modes, _read_modes),
    FieldCodec(Field.BELLS, "bells", _append_more, _read_more),
    FieldCodec(Field.TITLE, "title", _append_name, _read_name),
    FieldCodec(Field.ICON_NAME, "icon_name", _append_name, _read_name),
    FieldCodec(Field.WORKING_DIRECTORY, "working_directory", _append_name, _read_name),
    FieldCodec(Field.CLIPBOARD, "clipboard", _append_clipboard, _read_clipboard),
    FieldCodec(Field.NOTIFICATION, "notification", _append_notification, _read_notification),
    FieldCodec(Field.PROMPT, "prompt", _append_prompt, _read_prompt),
    *OPTIONAL_FIELDS,
    TABS,
)
