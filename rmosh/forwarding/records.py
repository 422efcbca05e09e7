"""What a program that runs at the far side says: records in the direction towards whoever asked for it.

A record is its kind (varint), its length (varint) and so many bytes. The other direction carries the program's standard
input as it is, and that direction's end is the input's. Records of an unknown kind are passed over.
"""

from enum import Enum
from typing import Final, TypeAlias

from rmosh.errors import Malformed
from rmosh.lazy_dataclass import dataclass
from rmosh.wire import Reader, append_bytes, append_varint, encode_varint

#: Longest record in bytes, its head not counted. Reason: a read of a pipe brings 64 KiB at most.
MAX_RECORD: Final = 1 << 16

#: Most bytes of a record's head. Reason: a kind below 64 takes one byte, a length of MAX_RECORD four; both may be
#: written longer than they must be.
MAX_HEAD: Final = 16

#: Highest exit status. Source: POSIX, waitpid().
_MAX_STATUS: Final = 255

#: Highest signal number. Reason: above the real-time signals of every system.
_MAX_SIGNAL: Final = 127


class RecordKind(Enum):
    """What a record is; its value is the kind on the wire."""

    OUTPUT = 1
    ERRORS = 2
    INPUT_CLOSED = 3
    EXITED = 4
    KILLED = 5


@dataclass(frozen=True, slots=True)
class Output:
    """Bytes of the program's standard output, or of its standard error."""

    data: bytes
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class InputClosed:
    """The program takes no more input: what is still on its way is dropped."""


@dataclass(frozen=True, slots=True)
class Exited:
    """The program ended by itself, with this status; all its output came before."""

    status: int


@dataclass(frozen=True, slots=True)
class Killed:
    """A signal of this number ended the program; all its output came before."""

    signal: int


Record: TypeAlias = Output | InputClosed | Exited | Killed

#: Kinds whose bytes are handed on as they come; the others are taken whole.
_STREAMED: Final = {RecordKind.OUTPUT.value: False, RecordKind.ERRORS.value: True}

#: Longest of the records that are taken whole. Reason: one small number; the rest is left to later versions.
_MAX_WHOLE: Final = 64


def output_head(size: int, *, is_error: bool) -> bytes:
    """Return what so many bytes of output, at most MAX_RECORD, follow."""
    kind = RecordKind.ERRORS if is_error else RecordKind.OUTPUT
    return encode_varint(kind.value) + encode_varint(size)


def encode_ending(ending: "InputClosed | Exited | Killed") -> bytes:
    """Return a record without output.

    Raises:
        UsageError: its number does not fit.
    """
    content, buffer = bytearray(), bytearray()
    if isinstance(ending, Exited):
        kind = RecordKind.EXITED
        append_varint(content, ending.status)
    elif isinstance(ending, Killed):
        kind = RecordKind.KILLED
        append_varint(content, ending.signal)
    else:
        kind = RecordKind.INPUT_CLOSED
    append_varint(buffer, kind.value)
    append_bytes(buffer, bytes(content))
    return bytes(buffer)


class RecordReader:
    """Cuts a direction into records; keeps a head, or one short record, and no output."""

    def __init__(self) -> None:
        self._held = b""
        self._kind = 0
        self._left = 0

    def feed(self, untrusted: bytes) -> list[Record]:
        """Return what these bytes bring; output as far as it is there.

        Raises:
            Malformed: a record is too long, or its number is out of bounds.
        """
        records: list[Record] = []
        rest = self._held + untrusted if self._held else untrusted
        position = 0
        while position < len(rest):
            if not self._left:
                start = self._begin(rest, position, records)
                if start is None:
                    break
                position = start
                continue
            piece = rest[position : position + self._left]
            position += len(piece)
            self._left -= len(piece)
            if self._kind in _STREAMED:
                records.append(Output(piece, is_error=_STREAMED[self._kind]))
        self._held = rest[position:]
        return records

    def _begin(self, rest: bytes, position: int, records: list[Record]) -> int | None:
        """Take the head of a record, and all of a short one; return where to go on, None where more is needed."""
        head = rest[position : position + MAX_HEAD]
        reader = Reader(head)
        try:
            kind, size = reader.varint(), reader.varint()
        except Malformed:
            if len(head) >= MAX_HEAD:
                raise
            return None
        if size > (MAX_RECORD if kind in _STREAMED else _MAX_WHOLE):
            raise Malformed(f"a record of kind {kind} has {size} bytes, which is too long")
        start = position + len(head) - reader.remaining
        if kind in _STREAMED or kind not in _WHOLE:
            self._kind, self._left = kind, size
            return start
        if len(rest) < start + size:
            return None
        records.append(_read_whole(kind, rest[start : start + size]))
        return start + size


_WHOLE: Final = frozenset((RecordKind.INPUT_CLOSED.value, RecordKind.EXITED.value, RecordKind.KILLED.value))


def _read_whole(kind: int, untrusted: bytes) -> Record:
    """Read a record that is no output; what a later version adds behind its number is passed over."""
    reader = Reader(untrusted)
    if kind == RecordKind.EXITED.value:
        return Exited(reader.varint(limit=_MAX_STATUS))
    if kind == RecordKind.KILLED.value:
        return Killed(reader.varint(limit=_MAX_SIGNAL))
    return InputClosed()
