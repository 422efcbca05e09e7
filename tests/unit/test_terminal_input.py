"""What a terminal sends is cut into the same tokens however it is cut into reads; keys never wait, nothing is lost."""

import re
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.terminal_input import JOIN, LONGEST_STRING, Expecting, InputToken, InputTokenizer, TokenKind

CURSOR_KEY = b"\x1b[1;5A"
KITTY_KEY = b"\x1b[94:94;5:1u"
SGR_MOUSE = b"\x1b[<35;10;5M"
X10_MOUSE = b"\x1b[M !!"
RXVT_MOUSE = b"\x1b[32;10;5M"
COLOUR = b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\"
VERSION = b"\x1bP>|XTerm(412)\x1b\\"
FENCE = b"\x1b[?64;1;2c"
PASTE = b"\x1b[200~a\x1e.\x1b[A\xc3\xa9\x1b[201~"

PIECES = st.binary(max_size=12) | st.sampled_from(
    [
        *(CURSOR_KEY, KITTY_KEY, SGR_MOUSE, X10_MOUSE, RXVT_MOUSE, COLOUR, VERSION, FENCE, PASTE),
        *(b"\x1b", b"\x1b[", b"\x1b]", b"\x1bO", b"\x1bOP", b"\x1b[[A", b"\x1b[I", b"\x1bx", b"\x1b\xc3\xa9"),
        *(b"\x1b[3$", b"ls\r", "é漢".encode(), b"\x1b[200~", b"\x1b]4;9", b"\x1bP>|", b"\x1b_Gi=31;OK\x1b\\"),
        b"\x1b[?997;1n",
    ]
)
INPUT = st.lists(PIECES, max_size=6).map(b"".join)


def read(
    *chunks: bytes, expecting: Expecting = Expecting.NOTHING, keys: Sequence[bytes] = (), every: float = 0.0
) -> list[InputToken]:
    """Return the tokens of chunks that come so many seconds apart, and of what is let go in the end."""
    tokenizer, now = InputTokenizer(keys), 0.0
    tokens: list[InputToken] = []
    for chunk in chunks:
        tokens += tokenizer.let_go(now=now)
        tokens += tokenizer.feed(chunk, now=now, expecting=lambda: expecting)
        now += every
    while (due_at := tokenizer.next_wakeup()) is not None:
        tokens += tokenizer.let_go(now=due_at)
    return tokens


def joined(tokens: Sequence[InputToken]) -> list[tuple[TokenKind, bytes]]:
    """Return kinds and bytes, each with the beginning that was given before, neighbouring text and paste in one."""
    done: list[tuple[TokenKind, bytes]] = []
    for token in tokens:
        if token.given:
            assert done.pop()[1] == token.given
        if done and done[-1][0] is token.kind and token.kind in (TokenKind.TEXT, TokenKind.PASTE):
            done[-1] = (token.kind, done[-1][1] + token.data)
        else:
            done.append((token.kind, token.whole))
    return done


def spelled(data: bytes) -> list[tuple[TokenKind, bytes]]:
    return joined(read(data, expecting=Expecting.ANSWERS))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"ls\x03\r", TokenKind.TEXT),
        ("é漢".encode(), TokenKind.TEXT),
        (b"\xff\x80", TokenKind.TEXT),
        (b"\x1b", TokenKind.KEY),
        (b"\x1bx", TokenKind.KEY),
        (b"\x1b\xe6\xbc\xa2", TokenKind.KEY),
        (b"\x1b[", TokenKind.KEY),
        (b"\x1b[A", TokenKind.KEY),
        (b"\x1bOP", TokenKind.KEY),
        (b"\x1bO2P", TokenKind.KEY),
        (b"\x1b[[A", TokenKind.KEY),
        (CURSOR_KEY, TokenKind.KEY),
        (KITTY_KEY, TokenKind.KEY),
        (b"\x1b[57442;5:3u", TokenKind.KEY),
        (b"\x1b[27;5;54~", TokenKind.KEY),
        (b"\x1b[7;1R", TokenKind.KEY),
        (SGR_MOUSE, TokenKind.MOUSE),
        (b"\x1b[<0;1;1m", TokenKind.MOUSE),
        (X10_MOUSE, TokenKind.MOUSE),
        (RXVT_MOUSE, TokenKind.MOUSE),
        (b"\x1b[I", TokenKind.FOCUS),
        (b"\x1b[O", TokenKind.FOCUS),
        (COLOUR, TokenKind.ANSWER),
        (b"\x1b]10;rgb:f/f/f\x07", TokenKind.ANSWER),
        (VERSION, TokenKind.ANSWER),
        (FENCE, TokenKind.ANSWER),
        (b"\x1b[?997;1n", TokenKind.ANSWER),
        (b"\x1b[?2026;2$y", TokenKind.ANSWER),
        (b"\x1b[>41;412;0c", TokenKind.ANSWER),
    ],
)
def test_each_piece_is_one_token_of_its_kind(data: bytes, kind: TokenKind) -> None:
    assert spelled(data) == [(kind, data)]


def test_a_paste_is_told_from_keys_and_what_is_in_it_is_not_looked_into() -> None:
    inside = PASTE[6:-6]
    around = [(TokenKind.PASTE_BEGIN, b"\x1b[200~"), (TokenKind.PASTE, inside), (TokenKind.PASTE_END, b"\x1b[201~")]
    assert spelled(b"x" + PASTE + b"y") == [(TokenKind.TEXT, b"x"), *around, (TokenKind.TEXT, b"y")]


@given(INPUT, st.lists(st.integers(0, 100), max_size=6), st.sampled_from(Expecting))
def test_no_byte_is_lost_or_moved_however_input_is_cut(data: bytes, cuts: list[int], expecting: Expecting) -> None:
    chunks = [data[start:end] for start, end in pairwise([0, *sorted(min(cut, len(data)) for cut in cuts), len(data)])]
    assert b"".join(token.data for token in read(*chunks, expecting=expecting)) == data
    assert b"".join(token.data for token in read(*chunks, expecting=expecting, every=0.1)) == data


@given(INPUT, st.lists(st.integers(0, 100), max_size=6), st.sampled_from(Expecting), st.booleans())
def test_the_same_bytes_are_the_same_tokens_however_they_are_cut_into_reads(
    data: bytes, cuts: list[int], expecting: Expecting, rxvt: bool
) -> None:
    """But right behind an ESC that is Alt's: that one is Escape, as a hand types no two keys at once."""
    places = [cut for cut in cuts if cut < len(data) and not re.fullmatch(rb"\x1b[^\[O\x1b]", data[cut - 1 : cut + 1])]
    chunks = [data[start:end] for start, end in pairwise([0, *sorted(places), len(data)])]
    keys = [b"\x1b[3$", b"\x1b[a", b"\x1b\t"] if rxvt else []
    cut, whole = (joined(read(*each, expecting=expecting, keys=keys)) for each in (chunks, [data]))
    assert cut == whole


@pytest.mark.parametrize(
    "piece",
    [CURSOR_KEY, KITTY_KEY, SGR_MOUSE, X10_MOUSE, RXVT_MOUSE, COLOUR, VERSION, FENCE, PASTE, b"\x1bO2P", b"\x1b[[A"],
)
def test_a_sequence_is_the_same_whether_it_comes_whole_in_two_or_byte_by_byte(piece: bytes) -> None:
    whole = spelled(piece)
    for cut in range(1, len(piece)):
        assert joined(read(piece[:cut], piece[cut:], expecting=Expecting.ANSWERS)) == whole
    assert joined(read(*[bytes([byte]) for byte in piece], expecting=Expecting.ANSWERS)) == whole


@pytest.mark.parametrize("character", ["é", "漢", "🙂"])
def test_a_character_is_the_same_however_it_is_cut_also_with_alt(character: str) -> None:
    data = character.encode()
    for cut in range(1, len(data)):
        assert joined(read(data[:cut], data[cut:])) == [(TokenKind.TEXT, data)]
        assert read(b"\x1b" + data[:cut], data[cut:]) == [InputToken(TokenKind.KEY, b"\x1b" + data)]


@pytest.mark.parametrize(
    "key", [b"\x1b", b"\x1b[", b"\x1bO", b"\x1b]", b"\x1bP", b"\x1b_", b"\x1bx", b"\x1b[A", b"\x03", b"a", b"\x1b]1x"]
)
@pytest.mark.parametrize("expecting", [Expecting.NOTHING, Expecting.ANSWERS])
def test_a_key_is_given_at_once(key: bytes, expecting: Expecting) -> None:
    tokenizer = InputTokenizer()
    assert b"".join(token.data for token in tokenizer.feed(key, now=0.0, expecting=lambda: expecting)) == key
    assert tokenizer.next_wakeup() is None


def test_escape_is_given_at_once_and_what_goes_on_from_it_says_so() -> None:
    tokenizer = InputTokenizer()
    assert list(tokenizer.feed(b"\x1b", now=0.0)) == [InputToken(TokenKind.KEY, b"\x1b")]
    assert list(tokenizer.feed(b"[", now=0.01)) == [InputToken(TokenKind.KEY, b"[", given=b"\x1b")]
    assert list(tokenizer.feed(b"A", now=0.02)) == [InputToken(TokenKind.KEY, b"A", given=b"\x1b[")]


@pytest.mark.parametrize("next_key", [b"[", b"O", b"x"])
def test_escape_and_a_key_typed_after_it_are_two(next_key: bytes) -> None:
    tokens = read(b"\x1b", next_key, every=JOIN)
    assert tokens == [InputToken(TokenKind.KEY, b"\x1b"), InputToken(TokenKind.TEXT, next_key)]


def test_escape_and_another_key_are_two_even_where_they_come_together() -> None:
    assert read(b"\x1b", b"j") == [InputToken(TokenKind.KEY, b"\x1b"), InputToken(TokenKind.TEXT, b"j")]


def test_the_beginning_of_a_sequence_is_let_go_when_nothing_follows() -> None:
    tokenizer = InputTokenizer()
    assert list(tokenizer.feed(b"a\x1b[1;", now=1.0)) == [InputToken(TokenKind.TEXT, b"a")]
    assert (tokenizer.held, tokenizer.next_wakeup()) == (b"\x1b[1;", 1.0 + JOIN)
    assert list(tokenizer.let_go(now=1.02)) == []
    assert list(tokenizer.let_go(now=1.0 + JOIN)) == [InputToken(TokenKind.KEY, b"\x1b[1;")]
    assert tokenizer.next_wakeup() is None


def test_what_came_in_time_is_joined_though_it_is_looked_at_late() -> None:
    tokenizer = InputTokenizer()
    assert list(tokenizer.feed(b"\x1b[1;", now=0.0)) == []
    assert list(tokenizer.feed(b"5A", now=9.0)) == [InputToken(TokenKind.KEY, CURSOR_KEY)]


@pytest.mark.parametrize("answer", [COLOUR, VERSION, FENCE, b"\x1b[7;1R"])
def test_an_answer_that_is_due_is_waited_for_longer_than_a_key(answer: bytes) -> None:
    for cut in range(3, len(answer)):
        tokens = read(answer[:cut], answer[cut:], expecting=Expecting.ANSWERS, every=1.0)
        assert [token.data for token in tokens] == [answer]


def test_an_answer_cut_in_its_first_byte_is_held_where_another_has_just_come() -> None:
    for cut in range(1, len(COLOUR)):
        tokens = read(COLOUR[:cut], COLOUR[cut:], expecting=Expecting.MORE_ANSWERS)
        assert tokens == [InputToken(TokenKind.ANSWER, COLOUR)]


def test_what_is_left_of_an_answer_that_never_comes_whole_is_no_key() -> None:
    assert read(b"\x1b]11;rgb:", expecting=Expecting.ANSWERS) == [InputToken(TokenKind.ANSWER, b"\x1b]11;rgb:")]


def test_where_no_answer_is_due_a_bracket_with_alt_begins_no_string() -> None:
    assert joined(read(b"\x1b]11;x\x07")) == [(TokenKind.KEY, b"\x1b]"), (TokenKind.TEXT, b"11;x\x07")]


def test_a_terminals_own_keys_are_keys_whatever_they_look_like() -> None:
    rxvt = [b"\x1b[3$", b"\x1b[M"]
    assert joined(read(b"\x1b[3$\x1b[Mx", keys=rxvt)) == [
        (TokenKind.KEY, rxvt[0]),
        (TokenKind.KEY, rxvt[1]),
        (TokenKind.TEXT, b"x"),
    ]
    assert joined(read(b"\x1b[3", b"$", keys=rxvt)) == [(TokenKind.KEY, rxvt[0])]


def test_a_paste_that_never_ends_is_over_when_nothing_more_of_it_comes() -> None:
    tokenizer = InputTokenizer()
    assert [token.kind for token in tokenizer.feed(b"\x1b[200~ab", now=0.0)] == [TokenKind.PASTE_BEGIN, TokenKind.PASTE]
    assert list(tokenizer.feed(b"c", now=4.0)) == [InputToken(TokenKind.PASTE, b"c")]
    assert list(tokenizer.feed(b"d", now=9.5)) == [InputToken(TokenKind.TEXT, b"d")]


def test_a_paste_goes_on_when_reading_does() -> None:
    tokenizer = InputTokenizer()
    list(tokenizer.feed(b"\x1b[200~ab", now=0.0))
    tokenizer.resume(now=60.0)
    assert list(tokenizer.feed(b"c", now=60.0)) == [InputToken(TokenKind.PASTE, b"c")]


@given(st.lists(st.binary(max_size=40) | PIECES, max_size=8), st.sampled_from(Expecting))
def test_what_is_held_back_is_bounded(chunks: list[bytes], expecting: Expecting) -> None:
    tokenizer = InputTokenizer()
    for chunk in [*chunks, b"\x1b]1;", b"x" * 2 * LONGEST_STRING]:
        list(tokenizer.feed(chunk, now=0.0, expecting=lambda: expecting))
        assert len(tokenizer.held) <= LONGEST_STRING + 8
