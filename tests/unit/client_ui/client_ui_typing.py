"""What is typed, as the client's parts take it, and what they give back as bytes."""

import math
from collections.abc import Iterable, Sequence

from rmosh.terminal_input import InputToken, InputTokenizer
from rmosh_client.typing.escape import Command, EscapeMachine
from rmosh_client.typing.interview import Interview


def tokens_of(data: bytes, *, keys: Sequence[bytes] = ()) -> list[InputToken]:
    """Return what is typed at once, with nothing to follow it."""
    tokenizer = InputTokenizer(keys)
    return [*tokenizer.feed(data, now=0.0), *tokenizer.let_go(now=math.inf)]


def bytes_of(tokens: Iterable[InputToken]) -> bytes:
    """Return the tokens' bytes."""
    return b"".join([token.data for token in tokens])


def sifted(interview: Interview, *chunks: bytes, now: float = 0.0) -> bytes:
    """Return the bytes that pass an interview at once."""
    return b"".join([bytes_of(interview.sift(chunk, now=now)) for chunk in chunks])


def escaped(machine: EscapeMachine, *chunks: bytes) -> list[bytes | Command]:
    """Return what the escape key's machine makes of chunks, tokens as bytes."""
    results = [result for chunk in chunks for result in machine.feed(tokens_of(chunk))]
    return [result if isinstance(result, Command) else bytes_of(result) for result in results]
