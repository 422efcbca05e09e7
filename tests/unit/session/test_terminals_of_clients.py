"""Programs are answered as the terminal of whoever typed last would, and get no key event that they never asked for."""

import pytest

from rmosh.announce import new_announce
from rmosh.session.attachment import Guest
from rmosh.session.contained_terminal import presses_of
from rmosh.session.events import PtyInput
from rmosh.traits import Traits
from tests.unit.session.session_room import Room, Visitor

#: As they answered, asked by `CSI ? u`, `CSI ? 4 m`, XTVERSION and DA2.
KITTY = Traits(keyboard_protocol=True, direct_colour=True, name="kitty(0.48.2)", attributes="1;4000;48", cell=(18, 9))
XTERM = Traits(key_modifiers=True, direct_colour=True, name="XTerm(412)", attributes="41;412;0", cell=(17, 8))
URXVT = Traits(attributes="85;95;0")

_QUESTIONS = b"\x1b[?u\x1b[?4m\x1b[>0q\x1b[>c\x1b[16t\x1b[14t\x1bP+q524742\x1b\\\x1b[48;2;1;2;3m\x1bP$qm\x1b\\\x1b[m"
_ANSWERS = {
    KITTY: b"\x1b[?0u\x1bP>|kitty(0.48.2)\x1b\\\x1b[>1;4000;48c\x1b[6;18;9t\x1b[4;432;720t"
    b"\x1bP1+r524742=382F382F38\x1b\\\x1bP1$r48:2:1:2:3m\x1b\\",
    XTERM: b"\x1b[>4;0m\x1bP>|XTerm(412)\x1b\\\x1b[>41;412;0c\x1b[6;17;8t\x1b[4;408;640t"
    b"\x1bP1+r524742=382F382F38\x1b\\\x1bP1$r48:2:1:2:3m\x1b\\",
}


def asked(room: Room, question: bytes = _QUESTIONS) -> bytes:
    room.server.output(question, now=room.now)
    answers = b""
    while (event := room.server.next_event()) is not None:
        answers += event.data if isinstance(event, PtyInput) else b""
    return answers


def came(room: Room, traits: Traits, *, read_only: bool = False) -> Visitor:
    visitor = room.attach(read_only=read_only)
    visitor.core.tell_terminal(traits, now=room.now)
    room.run(0.2)
    return visitor


@pytest.mark.parametrize("traits", [KITTY, XTERM])
def test_a_program_is_answered_as_the_terminal_would(traits: Traits) -> None:
    room = Room()
    came(room, traits)
    assert asked(room) == _ANSWERS[traits]


def test_what_the_login_told_is_known_to_the_first_program() -> None:
    room = Room()
    announce = new_announce(port=60000, entropy=bytes(range(40)))
    room.server.attach(announce, Guest(24, 80, traits=XTERM), now=room.now)
    assert asked(room) == _ANSWERS[XTERM]


def test_a_terminal_that_says_little_promises_nothing() -> None:
    room = Room()
    came(room, URXVT)
    assert asked(room, b"\x1b[?u\x1b[?4m\x1b[16t\x1b[14t") == b""
    assert asked(room, b"\x1bP+q524742\x1b\\\x1b[48;2;1;2;3m\x1bP$qm\x1b\\") == b"\x1bP0+r\x1b\\\x1bP0$r\x1b\\"
    assert asked(room, b"\x1b[0;48;5;7m\x1bP$qm\x1b\\") == b"\x1bP1$r47m\x1b\\"
    assert asked(room, b"\x1b[>c\x1b[>q").startswith(b"\x1b[>85;95;0c\x1bP>|rmosh(")


def test_the_one_who_typed_last_counts_and_nobody_s_leaving_changes_that() -> None:
    room = Room()
    kitty, xterm = came(room, KITTY), came(room, XTERM)
    came(room, URXVT, read_only=True)
    assert asked(room) == _ANSWERS[XTERM]
    room.type(kitty, b"x")
    assert asked(room) == _ANSWERS[KITTY]
    kitty.core.detach(now=room.now)
    room.run(1.0)
    assert asked(room) == _ANSWERS[XTERM]
    xterm.core.detach(now=room.now)
    room.run(1.0)
    assert asked(room) == _ANSWERS[XTERM]


def test_a_client_that_does_not_tell_leaves_the_answers_as_they_always_were() -> None:
    room = Room()
    room.attach()
    assert asked(room, b"\x1b[>1u\x1b[?u\x1b[>c") == b"\x1b[?1u\x1b[>41;370;0c"


def typed(room: Room, visitor: Visitor, keys: bytes) -> bytes:
    room.events.clear()
    room.type(visitor, keys)
    return b"".join([event.data for event in room.events if isinstance(event, PtyInput) and event.client])


def test_a_release_arrives_only_where_a_program_asked_for_it() -> None:
    room = Room()
    visitor = came(room, KITTY)
    keys = b"\x1b[113;1:3u\x1b[1;1:3A\x1b[3;5:3~\x1b[106;1:2uq\x1b[97;5u\x1b[1;5A"
    assert typed(room, visitor, keys) == b"q\x1b[97;5u\x1b[1;5A"
    room.server.output(b"\x1b[>3u", now=room.now)
    assert typed(room, visitor, keys) == keys
    room.server.output(b"\x1b[<u", now=room.now)
    assert typed(room, visitor, b"\x1b[113;1:3u") == b""
    assert visitor.core.input_backlog == 0


@pytest.mark.parametrize("keys", [b"", b"\x1b[97;5:1u", b"\x1b[4:3m", b"\x1b[<0;3;3M", b"\x1b[200~1;2:3u\x1b[201~"])
def test_what_is_no_event_of_a_key_passes(keys: bytes) -> None:
    assert presses_of(keys) == keys
