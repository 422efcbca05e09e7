"""What ties a type byte to its frame, and what writers and readers of frames share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rmosh.errors import Malformed, UsageError
from rmosh.transport.frames import Frame
from rmosh.wire import Reader


@dataclass(frozen=True, slots=True)
class FrameType:
    """One line of the protocol's table of frames."""

    code: int
    name: str
    shape: type[Frame]
    eliciting: bool
    write: Callable[[bytearray, Any], None]
    read: Callable[[Reader], Frame]


def fits(value: int, *, lowest: int = 0, highest: int, what: str) -> int:
    """Return a value that the protocol allows.

    Raises:
        UsageError: it is outside the bounds.
    """
    if not lowest <= value <= highest:
        raise UsageError(f"{what} is {value}, the protocol allows {lowest} to {highest}")
    return value


def varint_from_1(reader: Reader, *, highest: int, what: str) -> int:
    """Read a number that is not 0.

    Raises:
        Malformed: it is outside the bounds.
    """
    value = reader.varint(limit=highest)
    if value == 0:
        raise Malformed(f"{what} is 0, the least is 1")
    return value
