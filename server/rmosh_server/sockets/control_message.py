"""What a session and its own user's other processes say to each other: a line of JSON each way.

Neither end takes the other for hostile, for the kernel has told who it is; but it may be of another version, and its
texts go to terminals.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from rmosh.errors import Malformed
from rmosh.json_object import format_line, parse_object
from rmosh_server.plain_text import plain

#: Longest question and longest answer, in bytes. Reason: an answer names at most 16 clients, a question one.
MAX_QUESTION: Final = 8192
MAX_ANSWER: Final = 65536

#: Most levels of lists and objects. Reason: an answer lists clients, and each of them a size.
MAX_DEPTH: Final = 4

#: A JSON object.
Message: TypeAlias = Mapping[str, Any]


def encode_message(message: Message) -> bytes:
    """Return a message as one line, its newline included."""
    return format_line(message)


def decode_message(untrusted: bytes) -> dict[str, Any]:
    """Read a message; what is unprintable in its texts is left out.

    Raises:
        Malformed: it is no JSON object, or a deeper one than any message is.
    """
    message = parse_object(untrusted, called="a message")
    return {plain(key): _cleaned(value, depth=2) for key, value in message.items()}


def _cleaned(value: Any, *, depth: int) -> Any:
    if isinstance(value, str):
        return plain(value)
    if not isinstance(value, (dict, list)):
        return value
    if depth > MAX_DEPTH:
        raise Malformed(f"a message has at most {MAX_DEPTH} levels")
    if isinstance(value, list):
        return [_cleaned(member, depth=depth + 1) for member in value]
    return {plain(key): _cleaned(member, depth=depth + 1) for key, member in value.items()}
