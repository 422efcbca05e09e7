"""Keys of terminals that are no xterm arrive as xterm's. Sequences: ncurses 6.4's entries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.terminal_input import InputTokenizer
from rmosh_client.typing.foreign_keys import ForeignKeys
from tests.unit.client_ui.client_ui_typing import bytes_of, tokens_of

RXVT = {
    "khome": b"\x1b[7~", "kend": b"\x1b[8~", "kf1": b"\x1b[11~", "kcuu1": b"\x1b[A", "kUP": b"\x1b[a",
    "kLFT5": b"\x1bOd", "kDC": b"\x1b[3$", "kdch1": b"\x1b[3~", "kcbt": b"\x1b[Z",
}  # fmt: skip
LINUX = {"kf1": b"\x1b[[A", "khome": b"\x1b[1~", "kend": b"\x1b[4~", "kcbt": b"\x1b\t", "kcuu1": b"\x1b[A"}
TMUX = {"khome": b"\x1b[1~", "kend": b"\x1b[4~", "kf1": b"\x1bOP", "kcuu1": b"\x1bOA", "kUP": b"\x1b[1;2A"}
XTERM = {"khome": b"\x1bOH", "kend": b"\x1bOF", "kcuu1": b"\x1bOA", "kf1": b"\x1bOP", "kLFT5": b"\x1b[1;5D"}


def translated(foreign: ForeignKeys, typed: bytes, *, application_cursor: bool) -> bytes:
    tokens = tokens_of(typed, keys=list(foreign.sequences))
    return bytes_of(foreign.translate(tokens, application_cursor=application_cursor))


@pytest.mark.parametrize(
    ("keys", "typed", "normal", "application"),
    [
        (RXVT, b"\x1b[7~", b"\x1b[H", b"\x1bOH"),
        (RXVT, b"a\x1b[8~b", b"a\x1b[Fb", b"a\x1bOFb"),
        (RXVT, b"\x1b[11~\x1b[a\x1bOd\x1b[3$", b"\x1bOP\x1b[1;2A\x1b[1;5D\x1b[3;2~", None),
        (RXVT, b"\x1b[A\x1bOA\x1b[3~\x1b[Z", b"\x1b[A\x1bOA\x1b[3~\x1b[Z", None),
        (LINUX, b"\x1b[[A\x1b\t", b"\x1bOP\x1b[Z", None),
        (LINUX, b"\x1b[1~\x1b[4~", b"\x1b[H\x1b[F", b"\x1bOH\x1bOF"),
        (TMUX, b"\x1b[1~\x1bOP\x1b[1;2A", b"\x1b[H\x1bOP\x1b[1;2A", b"\x1bOH\x1bOP\x1b[1;2A"),
    ],
)
def test_a_key_is_told_as_xterm_tells_it(
    keys: dict[str, bytes], typed: bytes, normal: bytes, application: bytes | None
) -> None:
    foreign = ForeignKeys(keys)
    assert translated(foreign, typed, application_cursor=False) == normal
    assert translated(foreign, typed, application_cursor=True) == (normal if application is None else application)


@given(st.binary(max_size=40))
def test_an_xterm_is_taken_at_its_word(typed: bytes) -> None:
    assert translated(ForeignKeys(XTERM), typed, application_cursor=True) == typed


def test_a_paste_stays_as_it_is_however_it_comes() -> None:
    foreign = ForeignKeys(RXVT)
    tokenizer = InputTokenizer(foreign.sequences)
    pasted = [
        bytes_of(foreign.translate(list(tokenizer.feed(part, now=0.0)), application_cursor=False))
        for part in (b"\x1b[200~x\x1b[7~", b"\x1b[8~\x1b[201~")
    ]
    assert pasted == [b"\x1b[200~x\x1b[7~", b"\x1b[8~\x1b[201~"]
    assert translated(foreign, b"\x1b[7~", application_cursor=False) == b"\x1b[H"


@given(st.binary(max_size=20), st.binary(max_size=20))
def test_what_is_no_key_of_the_terminal_stays(before: bytes, after: bytes) -> None:
    keys = ForeignKeys({"khome": b"\x1b[7~"})
    rest = before.replace(b"\x1b", b"") + b"\x1b[7~" + after.replace(b"\x1b", b"")
    assert translated(keys, rest, application_cursor=False) == rest.replace(b"\x1b[7~", b"\x1b[H")
