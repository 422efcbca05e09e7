"""What a login asks of a process that was forked for it, and what that answers: a line of JSON each.

The login says a request, with descriptors. The process answers that it is able to, or not. Only then, when the login
says `start`, is anything begun: who was left waiting for too long has made no promise. The rest, with the secret, comes
through a pipe that is among the descriptors.
"""

from collections.abc import Mapping
from typing import Any, Final

from rmosh.errors import Malformed
from rmosh.json_object import format_line, parse_object
from rmosh.lazy_dataclass import dataclass, field_names

#: Longest request in bytes. Reason: it holds two environments, and Linux gives a program 128 kB at least; who has more
#: is served by a process of his own.
LONGEST_REQUEST: Final = 1 << 20

#: Longest answer in bytes, a number or a word why not, and that word's characters. Reason: each takes up to six bytes,
#: or twelve outside of the first plane.
MAX_REPLY: Final = 2048
_LONGEST_REASON: Final = 160

#: Most descriptors that are passed. Reason: those of a handover, and its pipe.
MAX_DESCRIPTORS: Final = 16

#: What the login says once it will wait for what comes of it.
START: Final = b"start\n"

#: Largest number of a descriptor, and of a mask of a file's mode.
_MAX_DESCRIPTOR: Final = (1 << 31) - 1
_MAX_MASK: Final = 0o777


@dataclass(frozen=True, slots=True)
class ForkRequest:
    """What a session has of its login, and the program that it starts.

    Attributes:
        surroundings: what has to be equal; see `surroundings.py`.
        installed: which server the login has run.
        environment, directory, umask: the login's own.
        program: its file, and its words with its own name first; none for a tunnel.
        program_environment: the program's.
        port: the UDP port, for `ps`.
        descriptors: their numbers at the login, in the order in which they are passed.
        pipe, terminal: which of them the handover comes through, and which is the program's; -1 for none.
    """

    surroundings: Mapping[str, str]
    installed: "tuple[str, ...]"
    environment: Mapping[str, str]
    directory: str
    umask: int
    program: "tuple[str, ...]"
    program_environment: Mapping[str, str]
    port: int
    descriptors: "tuple[int, ...]"
    pipe: int
    terminal: int


_FIELDS: Final = tuple(field_names(ForkRequest))


def format_request(request: ForkRequest) -> bytes:
    """Return the line."""
    return format_line({name: getattr(request, name) for name in _FIELDS})


def parse_request(untrusted: bytes) -> ForkRequest:
    """Read the line.

    Raises:
        Malformed: it is none.
    """
    told = parse_object(untrusted, called="a request")
    descriptors = _numbers(told.get("descriptors"))
    if len(descriptors) > MAX_DESCRIPTORS or len({*descriptors}) < len(descriptors):
        raise Malformed("a request has too many descriptors, or one twice")
    pipe, terminal = (_number(told.get(name), least=-1) for name in ("pipe", "terminal"))
    if pipe not in descriptors or terminal not in (-1, *descriptors):
        raise Malformed("a request's pipe and terminal are among its descriptors")
    return ForkRequest(
        surroundings=_texts(told.get("surroundings")),
        installed=_words(told.get("installed")),
        environment=_texts(told.get("environment")),
        directory=_words([told.get("directory")])[0],
        program=_words(told.get("program")),
        program_environment=_texts(told.get("program_environment")),
        umask=_number(told.get("umask"), most=_MAX_MASK),
        port=_number(told.get("port"), most=65535),
        descriptors=descriptors,
        pipe=pipe,
        terminal=terminal,
    )


def format_reply(reply: Mapping[str, "int | str"]) -> bytes:
    """Return the line of an answer."""
    return format_line(reply)


def format_refusal(reason: str) -> bytes:
    """Return the line of an answer that says why not, as far as that has room."""
    return format_reply({"unlike": reason[:_LONGEST_REASON]})


def parse_reply(untrusted: bytes) -> "dict[str, int]":
    """Read the numbers of an answer; texts in it are for people.

    Raises:
        Malformed: it is none.
    """
    told = parse_object(untrusted, called="a reply")
    return {name: _number(value) for name, value in told.items() if type(value) is int}


def _number(value: Any, *, least: int = 0, most: int = _MAX_DESCRIPTOR) -> int:
    if type(value) is not int or not least <= value <= most:
        raise Malformed(f"a number from {least} to {most} is missing")
    return value


def _numbers(value: Any) -> "tuple[int, ...]":
    if not isinstance(value, list):
        raise Malformed("a request's descriptors are a list")
    return tuple([_number(each) for each in value])


def _words(value: Any) -> "tuple[str, ...]":
    """Return what can be a program's words."""
    if not isinstance(value, list) or not all(_is_word(each) for each in value):
        raise Malformed("words are a list of texts")
    return tuple(value)


def _texts(value: Any) -> "dict[str, str]":
    if not isinstance(value, dict) or not all(_is_word(each) for pair in value.items() for each in pair):
        raise Malformed("an environment is an object of texts")
    return value


def _is_word(value: Any) -> bool:
    """Whether the system can be told this: bytes that are no UTF-8 stand as half surrogates of a kind."""
    if not isinstance(value, str) or "\0" in value:
        return False
    try:
        value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True
