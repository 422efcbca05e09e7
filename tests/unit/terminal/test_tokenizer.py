"""Cutting streams into text and controls: whole, cut anywhere, cut short, endless."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.terminal.tokenizer import CUT, MAX_SEQUENCE, MAX_STRING, Tokenizer

_SEQUENCES = [
    "a",
    "é",
    "漢",
    "\r\n",
    "\r",
    "\x1b[1m",
    "\x1b[?2",
    "\x1b]0;t\x07",
    "\x1b]2;u\x1b\\",
    "\x1bPq\x1b\\",
    "\x1b(",
    "0",
]
_SEQUENCES += ["\x1b(", "0", "\x1b", "\x18", "\x9b", "\x9d", "\x9c", "[", "\x1bX", "\x1b_a", "\x07", "\x1b[\x08", "m"]


def tokens(*chunks: bytes) -> list[str]:
    """Return the pieces of a stream, neighbouring texts joined and empty ones left out."""
    tokenizer = Tokenizer()
    found: list[str] = []
    was_text = False
    for chunk in chunks:
        for index, piece in enumerate(tokenizer.split(chunk)):
            is_text = index % 2 == 0
            if is_text and was_text and piece:
                found[-1] += piece
            elif piece:
                found.append(piece)
                was_text = is_text
    return found


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"ab\r\ncd", ["ab", "\r\n", "cd"]),
        (b"a\x1b[1;31mb", ["a", "\x1b[1;31m", "b"]),
        (b"\x1b[?25l\x1b[>c\x1b[!p\x1b[ q", ["\x1b[?25l", "\x1b[>c", "\x1b[!p", "\x1b[ q"]),
        (b"\x1b]0;a;b\x07c", ["\x1b]0;a;b\x07", "c"]),
        (b"\x1b]0;a\x1b\\c", ["\x1b]0;a\x1b\\", "c"]),
        ("\x1b]2;“q”\x07".encode(), ["\x1b]2;“q”\x07"]),
        (b"\x1bPq~\x07~\x1b\\x", ["\x1bPq~\x07~\x1b\\", "x"]),
        (b"\x1b_a\x1b\\\x1b^b\x1b\\\x1bXc\x1b\\d", ["\x1b_a\x1b\\", "\x1b^b\x1b\\", "\x1bXc\x1b\\", "d"]),
        (b"\x1b[31\x1b[32mX", ["\x1b[31", "\x1b[32m", "X"]),
        (b"\x1b[31\x18X", ["\x1b[31", "\x18", "X"]),
        (b"\x1b[\x081mC", ["\x1b[\x081m", "C"]),
        (b"\x1b(0\x1b#8\x1b7", ["\x1b(0", "\x1b#8", "\x1b7"]),
        ("\u009b1mX\u0085".encode(), ["\x1b[1m", "X", "\x1bE"]),
        (b"A\xffB\xe4\xb8C", ["A\ufffdB\ufffdC"]),
    ],
)
def test_a_stream_is_cut_into_text_and_whole_controls(stream: bytes, expected: list[str]) -> None:
    assert tokens(stream) == expected


@given(st.lists(st.sampled_from(_SEQUENCES), max_size=20), st.data())
def test_where_the_stream_is_cut_into_chunks_makes_no_difference(parts: list[str], data: st.DataObject) -> None:
    stream = "".join(parts).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    chunks = [stream[start:end] for start, end in pairwise([0, *cuts, len(stream)])]
    ended = b"\x18\x18"  # cancels whatever is unfinished, so that nothing is held back
    whole, cut = tokens(stream, ended), tokens(*chunks, ended)
    # A cut may take CR LF apart and turn an unfinished sequence into a dropped one: neither means anything else.
    assert executed(cut) == executed(whole)


def executed(found: list[str]) -> list[str]:
    """Return tokens in a form that does not tell CR LF from CR and LF, nor shows strings that were cut short."""
    plain: list[str] = []
    for token in found:
        endings = {"\x1b]": ("\x07", "\x1b\\")}.get(token[:2], ("\x1b\\",))
        if token == "\r\n":
            plain += ["\r", "\n"]
        elif token[:2] not in ("\x1b]", "\x1bP", "\x1bX", "\x1b_", "\x1b^") or token.endswith(endings):
            plain.append(token)
    return plain


@given(st.lists(st.binary(max_size=50), max_size=10))
def test_garbage_never_raises_and_pieces_are_always_odd(chunks: list[bytes]) -> None:
    tokenizer = Tokenizer()
    for chunk in chunks:
        assert len(tokenizer.split(chunk)) % 2 == 1


@pytest.mark.parametrize("size", [1000, 4096, 70_000])
def test_of_a_string_longer_than_the_bound_only_the_beginning_is_told_however_it_is_cut(size: int) -> None:
    endless = [b"\x1b]52;c;", *[b"A" * size] * (MAX_STRING // size + 1), b"\x07after"]
    [cut, after] = tokens(*endless)
    assert cut == "\x1b]52;c;" + "A" * (MAX_STRING - 7) + CUT
    assert after == "after"


def test_a_sequence_longer_than_the_bound_is_swallowed_to_its_end() -> None:
    chunks = [b"\x1b[", *[b"1;" * 100] * (MAX_SEQUENCE // 100), b"1mafter"]
    (dropped, *rest) = tokens(*chunks)
    assert len(dropped) > MAX_SEQUENCE
    assert rest == ["after"]


@pytest.mark.parametrize("unfinished", [b"\x1b", b"\x1b[1", b"\x1b]0;a", b"\x1bP", b"\xe6\xbc", b"\x1b("])
def test_it_is_at_rest_only_between_sequences(unfinished: bytes) -> None:
    tokenizer = Tokenizer()
    assert tokenizer.at_rest
    tokenizer.split(b"text" + unfinished)
    assert not tokenizer.at_rest
