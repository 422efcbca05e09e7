"""What is said at a door: one line of JSON in, the word that it was heard, one line out, then it is closed.

Both ends are of one user, but one of them may be of another version.
"""

from enum import Enum
from typing import Any, Final, TypeAlias

from rmosh.errors import Malformed
from rmosh.json_object import format_line, parse_object
from rmosh.lazy_dataclass import dataclass

#: Longest line of either in bytes. Reason: what a command line may have on the way to a host, and JSON may double it.
MAX_DOOR_LINE: Final = 1 << 16

#: What people are told is no JSON object.
_WHAT: Final = "what is said at a door"

#: What is said as soon as a question was heard.
HEARD: Final = b"heard\n"

#: Most words of a question, and most addresses of an answer.
_MOST_WORDS: Final = 4096
_MOST_ADDRESSES: Final = 16


class Wish(Enum):
    """What may be asked."""

    SERVE = "serve"
    CHECK = "check"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class DoorQuestion:
    """What somebody wants at a door.

    Attributes:
        words: what `rmosh-server` is to be run with on the host, for Wish.SERVE.
        hello: the line that it is told.
    """

    wish: Wish
    words: tuple[str, ...] = ()
    hello: str = ""


@dataclass(frozen=True, slots=True)
class Served:
    """What `rmosh-server` said.

    Attributes:
        output: of its standard output.
        addresses: numeric addresses at which the host answers, the best first.
    """

    output: str
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Here:
    """Somebody is there, a process with this id."""

    process: int


@dataclass(frozen=True, slots=True)
class Refused:
    """It cannot be had here, for this reason."""

    why: str


Answer: TypeAlias = Served | Here | Refused


def format_question(question: DoorQuestion) -> bytes:
    """Return a question's line."""
    return format_line({"wish": question.wish.value, "words": question.words, "hello": question.hello})


def format_answer(answer: Answer) -> bytes:
    """Return an answer's line."""
    if isinstance(answer, Here):
        return format_line({"process": answer.process})
    if isinstance(answer, Refused):
        return format_line({"refused": answer.why})
    return format_line({"output": answer.output, "addresses": answer.addresses})


def parse_question(untrusted: bytes) -> DoorQuestion:
    """Read a line.

    Raises:
        Malformed: it is no question.
    """
    told = parse_object(untrusted, called=_WHAT)
    try:
        wish = Wish(told.get("wish"))
    except ValueError:
        raise Malformed("nobody here knows what is asked") from None
    return DoorQuestion(wish, _texts(told, "words", most=_MOST_WORDS), _text(told, "hello"))


def parse_answer(untrusted: bytes) -> Answer:
    """Read a line; it may hold a secret, which no message repeats.

    Raises:
        Malformed: it is no answer.
    """
    told = parse_object(untrusted, called=_WHAT)
    if "refused" in told:
        return Refused(_text(told, "refused"))
    if "process" in told:
        return Here(_number(told, "process"))
    return Served(_text(told, "output"), _texts(told, "addresses", most=_MOST_ADDRESSES))


def _text(told: dict[str, Any], key: str) -> str:
    value = told.get(key, "")
    if not isinstance(value, str):
        raise Malformed(f"{key} is no text")
    return value


def _texts(told: dict[str, Any], key: str, *, most: int) -> tuple[str, ...]:
    values = told.get(key, [])
    if not isinstance(values, list) or len(values) > most or not all(isinstance(value, str) for value in values):
        raise Malformed(f"{key} is no list of at most {most} texts")
    return tuple(values)


def _number(told: dict[str, Any], key: str) -> int:
    value = told.get(key)
    if type(value) is not int:
        raise Malformed(f"{key} is no number")
    return value
