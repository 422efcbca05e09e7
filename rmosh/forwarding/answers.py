"""What came of a request: the answer that the other direction of its stream begins with."""

from enum import Enum
from typing import Final

from rmosh.forwarding.first_message import append_port, append_text, counted_message, take_port, take_text
from rmosh.lazy_dataclass import dataclass
from rmosh.wire import Reader, append_varint

#: Longest text of an answer in bytes: one line for people. Source: PROTOCOL.md.
MAX_ANSWER_TEXT: Final = 1024


class AnswerStatus(Enum):
    """What came of it; the value is its code. One that is unknown stands for FAILED."""

    DONE = 0
    FAILED = 1
    NOT_UNDERSTOOD = 2
    NOT_ALLOWED = 3
    REFUSED = 4
    TIMED_OUT = 5
    NO_SUCH_HOST = 6
    UNREACHABLE = 7
    IN_USE = 8
    NO_PERMISSION = 9
    NOT_THERE = 10
    TOO_MANY = 11


_CODES: Final = frozenset(status.value for status in AnswerStatus)


@dataclass(frozen=True, slots=True)
class RequestAnswer:
    """What came of a request.

    Attributes:
        text: why not, in one line for people; what was asked for, where the status is DONE and it is a text.
        port: what a listener got; 0 where none was asked for.
    """

    status: AnswerStatus
    text: str = ""
    port: int = 0

    @property
    def is_done(self) -> bool:
        """Whether what was asked for is there."""
        return self.status is AnswerStatus.DONE


def encode_answer(answer: RequestAnswer) -> bytes:
    """Return what a stream begins with, its length first; a text that is too long is cut.

    Raises:
        UsageError: the port is none.
    """
    message = bytearray()
    append_varint(message, answer.status.value)
    text = answer.text.encode("utf-8", "surrogateescape")[:MAX_ANSWER_TEXT]
    append_text(message, text.decode("utf-8", "ignore"))
    append_port(message, answer.port)
    return counted_message(bytes(message))


def parse_answer(untrusted: bytes) -> RequestAnswer:
    """Return an answer from its bytes, without their length; what is unprintable is left out of its text.

    Raises:
        Malformed: they end within a field, or a value is out of bounds.
    """
    reader = Reader(untrusted)
    code = reader.varint()
    text = take_text(reader)
    port = take_port(reader)
    status = AnswerStatus(code) if code in _CODES else AnswerStatus.FAILED
    return RequestAnswer(status, "".join([character for character in text if character.isprintable()]), port)
