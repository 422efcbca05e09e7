"""The escape key's machine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.errors import BootstrapError
from rmosh.terminal_input import InputTokenizer
from rmosh_client.typing import escape
from rmosh_client.typing.escape import Command, EscapeKey, EscapeMachine, parse_escape_key
from tests.unit.client_ui.client_ui_typing import escaped


def feed(data: bytes, key: str = "^^") -> list[bytes | Command]:
    return escaped(EscapeMachine(parse_escape_key(key)), data)


@pytest.mark.parametrize(
    ("typed", "command"),
    [(b".", Command.QUIT), (b"\x1a", Command.SUSPEND), (b"?", Command.HELP), (b"i", Command.CONNECTION)],
)
def test_each_command_is_found_within_text(typed: bytes, command: Command) -> None:
    assert feed(b"ab\x1e" + typed + b"cd") == [b"ab", command, b"cd"]


def test_guesses_are_switched_in_every_session_and_a_tunnel_is_the_demos() -> None:
    assert feed(b"\x1ep\x1eb") == [Command.PREDICTION, b"\x1eb"]
    assert escaped(EscapeMachine(EscapeKey(), with_tunnel=True), b"\x1eb") == [Command.TUNNEL]


def test_a_use_of_a_key_is_answered_behind_the_escape_key_where_that_may_be_asked_and_by_no_letter_alone() -> None:
    asking = EscapeMachine(EscapeKey(), with_answers=True)
    assert escaped(asking, b"yn\x1ey\x1en") == [b"yn", Command.ALLOW, Command.REFUSE]
    assert feed(b"\x1ey") == [b"\x1ey"]


@pytest.mark.parametrize("second", [b"\x1e", b"^"])
def test_escape_key_itself_is_sent_when_asked_for(second: bytes) -> None:
    assert feed(b"a\x1e" + second + b"b") == [b"a\x1eb"]


def test_any_other_key_after_the_escape_key_is_sent_with_it() -> None:
    assert feed(b"\x1ex") == [b"\x1ex"]


def test_escape_key_waits_for_the_next_key() -> None:
    machine = EscapeMachine(EscapeKey())
    assert escaped(machine, b"\x1e") == []
    assert escaped(machine, b".") == [Command.QUIT]


def test_printable_escape_key_counts_only_at_the_start_of_a_line() -> None:
    assert feed(b"a~.", "~") == [b"a~."]
    assert feed(b"a\r~.", "~") == [b"a\r", Command.QUIT]
    assert feed(b"~.", "~") == [Command.QUIT]


def test_printable_escape_key_twice_sends_one() -> None:
    assert feed(b"~~.", "~") == [b"~."]


def test_without_an_escape_key_everything_is_sent() -> None:
    assert feed(b"\x1e.~.", "none") == [b"\x1e.~."]


@pytest.mark.parametrize(
    "encoded", [b"\x1b[54;5u", b"\x1b[54:94;6u", b"\x1b[94;5u", b"\x1b[54;69u", b"\x1b[27;5;54~", b"\x1b[27;6;94~"]
)
def test_escape_key_is_found_in_extended_keyboard_modes(encoded: bytes) -> None:
    assert feed(encoded + b".") == [Command.QUIT]


def test_release_of_the_escape_key_does_not_count_as_a_key() -> None:
    assert feed(b"\x1b[94;5:3u") == [b"\x1b[94;5:3u"]


@pytest.mark.parametrize(("text", "code"), [("^^", 0x1E), ("^a", 1), ("^]", 0x1D), ("~", 0x7E), ("^", 0x5E)])
def test_escape_option_is_read(text: str, code: int) -> None:
    assert parse_escape_key(text) == EscapeKey(code)


@pytest.mark.parametrize("text", ["", "ab", "é", " ", "^ä", "^^^"])
def test_nonsense_escape_option_is_refused(text: str) -> None:
    with pytest.raises(BootstrapError):
        parse_escape_key(text)


@pytest.mark.parametrize(("key", "name"), [("^^", "Ctrl-^"), ("^a", "Ctrl-A"), ("~", "~"), ("none", "none")])
def test_escape_key_is_named_as_it_is_typed(key: str, name: str) -> None:
    assert str(parse_escape_key(key)) == name


@given(st.binary(max_size=40), st.sampled_from(["^^", "~", "none"]))
def test_input_without_the_escape_key_passes_unchanged(data: bytes, key: str) -> None:
    plain = data.replace(b"\x1e", b"").replace(b"~", b"").replace(b"\x1b[", b"")
    assert b"".join(part for part in feed(plain, key) if isinstance(part, bytes)) == plain


@given(st.lists(st.binary(min_size=1, max_size=6), max_size=6))
def test_how_input_is_cut_into_reads_does_not_matter(pieces: list[bytes]) -> None:
    pieces = [piece.replace(b"\x1b", b"\x1e") for piece in pieces]
    machine = EscapeMachine(EscapeKey())
    cut = escaped(machine, *pieces)
    whole = feed(b"".join(pieces))
    assert _joined(cut) == _joined(whole)


def test_every_state_has_an_answer_to_every_key() -> None:
    for table in (escape._TRANSITIONS, escape._PRINTABLE_TRANSITIONS):
        assert set(table) == {(state, key) for state in escape._State for key in escape._Key}


def _joined(parts: list[bytes | Command]) -> list[bytes | Command]:
    joined: list[bytes | Command] = []
    for part in parts:
        if joined and isinstance(part, bytes) and isinstance(joined[-1], bytes):
            joined[-1] += part
        else:
            joined.append(part)
    return joined


@pytest.mark.parametrize(
    "between",
    [
        b"\x1b[54;5:3u",  # the escape key's own release
        b"\x1b[54;5:3u\x1b[57442;5:3u\x1b[57441;2u",  # that of Ctrl, and Shift before a question mark
        b"\x1b[1;1:3A",  # that of an arrow key from before
        b"\x1b[<35;10;5M",
        b"\x1b[M !!",
        b"\x1b[O\x1b[I",
    ],
)
def test_what_is_no_key_may_stand_between_the_escape_key_and_its_command(between: bytes) -> None:
    machine = EscapeMachine(EscapeKey())
    assert escaped(machine, b"\x1b[54;5u") == []
    assert escaped(machine, between) == []
    assert escaped(machine, b"d") == [Command.DETACH]
    assert escaped(machine, b"\x1b[100;1:3u") == [b"\x1b[100;1:3u"]


def test_what_stood_between_is_sent_in_its_place_where_no_command_follows() -> None:
    machine = EscapeMachine(EscapeKey())
    sent = [escaped(machine, typed) for typed in (b"\x1b[54;5u", b"\x1b[54;5:3u", b"\x1b[120;1u")]
    assert sent == [[], [], [b"\x1b[54;5u\x1b[54;5:3u\x1b[120;1u"]]


@pytest.mark.parametrize("key", ["^^", "~", "^["])
def test_a_paste_never_holds_the_escape_key(key: str) -> None:
    pasted = b"\x1b[200~\r\x1e.~.\x1b.\x1b[201~"
    assert feed(pasted, key) == [pasted]
    assert feed(b"\x1e" + pasted) == [b"\x1e" + pasted]


def test_escape_typed_before_the_escape_key_is_a_key_of_its_own() -> None:
    assert feed(b"\x1b\x1e.") == [b"\x1b", Command.QUIT]


def test_where_escape_is_the_escape_key_an_arrow_is_still_an_arrow() -> None:
    assert feed(b"\x1b[A\x1bOA", "^[") == [b"\x1b[A\x1bOA"]
    assert feed(b"\x1b.", "^[") == [Command.QUIT]


def test_a_reported_escape_key_is_found_however_it_is_cut() -> None:
    report = b"\x1b[54:94;6:1u"
    for cut in range(3, len(report)):
        tokenizer, machine = InputTokenizer(), EscapeMachine(EscapeKey())
        for piece in (report[:cut], report[cut:]):
            assert machine.feed(list(tokenizer.feed(piece, now=0.0))) == []
        assert escaped(machine, b".") == [Command.QUIT]
