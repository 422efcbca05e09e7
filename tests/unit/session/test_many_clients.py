"""Several clients of one session: each with its own keys, acknowledgements and window, none in another's way."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh import PROTOCOL_VERSION
from rmosh.announce import Announce, new_announce
from rmosh.channels.closing.bare_ends import SessionClosed
from rmosh.channels.closing.frames import Close, CloseKind
from rmosh.channels.closing.policy import GOODBYE_PATIENCE
from rmosh.channels.input.frames import Input
from rmosh.channels.newest.ends import PeopleChanged
from rmosh.channels.newest.frames import MAX_WINDOW, People, Person
from rmosh.errors import UsageError
from rmosh.session.attachment import Guest
from rmosh.session.channels import FRAMES
from rmosh.session.events import ClientLeft, PtyInput, PtyResize
from rmosh.session.policy import FIRST_CONTACT_TIMEOUT, MAX_CLIENTS, PEOPLE_INTERVAL
from rmosh.session.roster import fitted
from rmosh.transport.connection_ids import IDS_AHEAD, IDS_BEHIND
from rmosh.transport.keys import SessionKeys
from rmosh.transport.path import Path
from rmosh.transport.sealing import Sealer
from rmosh.transport.traffic import SMALLEST_ROOM
from rmosh.wire import MAX_VARINT
from tests.unit.session.session_room import CHANCE, Room, Visitor

CELLS = st.integers(1, MAX_WINDOW)


def shown(visitor: Visitor) -> str:
    return "".join(cell.text for cell in visitor.core.frame.rows[0].cells).rstrip()


def test_all_clients_see_what_each_of_them_types() -> None:
    room = Room()
    first, second = room.attach(), room.attach()
    room.type(first, b"one ")
    room.type(second, b"two")
    assert (shown(first), shown(second)) == ("one two", "one two")
    assert (first.core.input_backlog, second.core.input_backlog) == (0, 0)


def test_the_terminal_has_the_size_of_the_window_that_was_typed_in_last() -> None:
    room = Room()
    small, large = room.attach(rows=20, columns=60), room.attach(rows=50, columns=132)
    assert room.size == (50, 132)
    room.type(small, b"x")
    assert room.size == (20, 60)
    assert (len(large.core.frame.rows), large.core.frame.columns) == (20, 60)


def test_a_window_that_changes_elsewhere_does_not_change_the_terminal() -> None:
    room = Room()
    quiet, typist = room.attach(rows=20, columns=60), room.attach(rows=30, columns=90)
    quiet.core.resize(rows=40, columns=100, now=room.now)
    room.run(0.3)
    assert room.size == (30, 90)
    typist.core.resize(rows=31, columns=91, now=room.now)
    room.run(0.3)
    assert room.size == (31, 91)
    room.type(quiet, b"x")
    assert room.size == (40, 100)


def test_when_the_typist_leaves_the_size_follows_whoever_typed_before() -> None:
    room = Room()
    first, second = room.attach(rows=20, columns=60), room.attach(rows=30, columns=90)
    second.core.detach(now=room.now)
    room.run(0.3)
    assert room.size == (20, 60)
    assert second.core.quit_arrived
    assert [status.session_id for status in room.server.attachments] == [first.announce.session_id]


def test_a_client_that_only_looks_sees_all_but_neither_types_nor_sets_the_size() -> None:
    room = Room()
    typist, viewer = room.attach(), room.attach(rows=40, columns=100, read_only=True)
    room.type(typist, b"hello")
    assert (shown(viewer), room.size) == ("hello", (24, 80))
    keys = SessionKeys.derive(viewer.announce.secret)
    sealer = Sealer(keys.to_server, now=room.now)
    forged = sealer.seal(10_000, FRAMES.encode(Input(0, b"rm -rf")))
    room.server.receive_datagram(forged, viewer.path, now=room.now)
    room.run(0.3)
    assert [event.data for event in room.events if isinstance(event, PtyInput)] == [b"hello"]


def test_programs_see_the_colours_of_the_terminal_that_was_typed_in_last() -> None:
    room = Room()
    dark, light = room.attach(), room.attach()
    dark.core.tell_colours({17: 0x101010}, now=room.now)
    light.core.tell_colours({17: 0xFAFAFA}, now=room.now)
    room.run(0.3)
    room.server.output(b"\x1b[?2031h\x1b]11;?\x1b\\", now=room.now)
    assert answers(room) == [b"\x1b]11;rgb:fafa/fafa/fafa\x1b\\"]
    room.type(dark, b"x")
    assert answers(room) == [b"\x1b[?997;1n"]
    light.core.tell_colours({17: 0xFFFFFF}, now=room.now)
    room.run(0.3)
    assert answers(room) == []
    dark.core.detach(now=room.now)
    room.run(0.3)
    assert answers(room) == [b"\x1b[?997;2n"]


def answers(room: Room) -> list[bytes]:
    """Return what the terminal answered since the last call."""
    room.run(0.02)
    said = [event.data for event in room.events if isinstance(event, PtyInput) and not event.client]
    room.events.clear()
    return said


def test_what_programs_set_around_the_screen_reaches_a_client_that_comes_later() -> None:
    room = Room()
    first = room.attach()
    room.server.output(b"\x1b]12;#102030\x07\x1b]22;wait\x07\x1b]9;4;1;30\x07\x1b]2;\x07", now=room.now)
    room.run(0.3)
    second, guest = room.attach(), room.attach(read_only=True)
    for visitor in (first, second, guest):
        frame = visitor.core.frame
        assert (frame.colours, frame.pointer, frame.progress.percent) == (((258, 0x102030),), "wait", 30)
        assert frame.is_titled


def test_a_client_of_an_earlier_version_is_sent_no_field_that_it_does_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rmosh.channels.newest.ends.ALL_READ", 0)
    room = Room()
    visitor = room.attach()
    room.server.output(b"\x1b]12;#102030\x07\x1b]22;wait\x07text", now=room.now)
    room.run(0.3)
    assert shown(visitor) == "text"
    assert (visitor.core.frame.colours, visitor.core.frame.pointer) == ((), "")


@pytest.mark.slow
def test_a_dead_client_neither_slows_the_others_nor_is_talked_to_without_end() -> None:
    room = Room()
    dead, live = room.attach(), room.attach()
    dead.asleep = True
    sent_to_the_dead = 0
    for _ in range(120):
        room.server.output(b".", now=room.now)
        for datagram in room.server.datagrams_to_send(now=room.now):
            sent_to_the_dead += datagram.path == dead.path
            if datagram.path == live.path:
                live.core.receive_datagram(datagram.data, live.path, now=room.now)
        room.run(1.0)
    assert shown(live) == "." * 80
    assert sent_to_the_dead < 120
    dead.asleep = False
    room.run(30.0)
    assert dead.core.frame == live.core.frame == room.server.screen


def test_a_client_that_was_detached_hears_why_and_the_others_go_on() -> None:
    room = Room()
    first, second = room.attach(), room.attach()
    room.server.detach(first.announce.session_id, message="taken over", now=room.now)
    room.run(0.5)
    assert [event.close for event in first.events if isinstance(event, SessionClosed)] == [
        Close(CloseKind.DETACHED, 0, "taken over", last_frame=1)
    ]
    room.type(second, b"still here")
    assert (shown(second), second.ended) == ("still here", [])
    assert ClientLeft(first.announce.session_id) in room.events


def test_a_client_that_quits_ends_the_session_only_when_it_is_the_last() -> None:
    room = Room()
    first, second = room.attach(), room.attach()
    first.core.quit(now=room.now)
    room.run(0.5)
    assert not [event for event in room.events if isinstance(event, SessionClosed)]
    second.core.quit(now=room.now)
    room.run(0.5)
    assert [event.close.kind for event in room.events if isinstance(event, SessionClosed)] == [CloseKind.CLIENT_QUIT]


def test_the_end_of_the_shell_reaches_everybody_also_one_that_slept() -> None:
    room = Room()
    awake, sleeper = room.attach(), room.attach()
    sleeper.asleep = True
    room.server.output(b"logout", now=room.now)
    room.server.shell_ended(Close(CloseKind.EXITED, 3), now=room.now)
    room.run(10.0)
    assert (awake.ended, room.server.finished) == ([CloseKind.EXITED], False)
    sleeper.asleep = False
    sleeper.core.woke_up(now=room.now)
    room.run(30.0)
    assert (sleeper.ended, shown(sleeper), room.server.finished) == ([CloseKind.EXITED], "logout", True)


def test_the_end_of_the_shell_comes_in_one_datagram_with_the_last_screen() -> None:
    room = Room()
    visitor = room.attach()
    room.run(1.0)
    room.server.output(b"logout", now=room.now)
    room.server.shell_ended(Close(CloseKind.EXITED, 3), now=room.now)
    (datagram,) = room.server.datagrams_to_send(now=room.now)
    visitor.core.receive_datagram(datagram.data, datagram.path, now=room.now)
    room.run(0.01)
    assert (visitor.ended, shown(visitor)) == ([CloseKind.EXITED], "logout")


def test_a_session_that_ends_inside_a_full_screen_program_ends_with_what_was_written_before_it() -> None:
    room = Room()
    visitor = room.attach()
    room.server.output(b"never shown\r\n\x1b[?1049h\x1b[Hprogram \x1b]0;left half sa", now=room.now)
    room.server.shell_ended(Close(CloseKind.EXITED, 0), now=room.now)
    room.run(0.5)
    assert (visitor.ended, shown(visitor)) == ([CloseKind.EXITED], "never shown")
    assert not visitor.core.frame.modes.alternate_screen


def test_a_session_without_clients_is_finished_as_soon_as_its_shell_is() -> None:
    room = Room()
    visitor = room.attach()
    visitor.core.detach(now=room.now)
    room.run(GOODBYE_PATIENCE + 1.0)
    room.server.shell_ended(Close(CloseKind.EXITED, 0), now=room.now)
    assert room.server.finished
    assert room.server.next_wakeup(now=room.now) is None


def test_a_client_that_never_comes_is_forgotten() -> None:
    room = Room()
    visitor = Visitor(new_announce(port=1, entropy=CHANCE.randbytes(40)), room.attach().core, Path(0, "nowhere", 1))
    room.server.attach(visitor.announce, Guest(24, 80), now=room.now)
    assert len(room.server.attachments) == 2
    room.server.datagrams_to_send(now=room.now + FIRST_CONTACT_TIMEOUT + 1)
    assert len(room.server.attachments) == 1


def test_a_thousand_attachments_leave_no_more_than_the_bound() -> None:
    room = Room()
    for _ in range(1000):
        announce = new_announce(port=1, entropy=CHANCE.randbytes(40))
        room.now += 0.01
        room.server.attach(announce, Guest(24, 80), now=room.now)
        while room.server.next_event() is not None:
            pass
    assert len(room.server.attachments) == MAX_CLIENTS


def test_the_modes_of_the_session_reach_a_client_that_comes_later() -> None:
    room = Room()
    room.attach()
    room.server.output(b"\x1b[?1049h\x1b[?1003h\x1b[?1006h\x1b[?2004h\x1b[5 q\x1b]2;editor\x07text", now=room.now)
    room.run(0.2)
    later = room.attach()
    assert later.core.frame == room.server.screen
    assert later.core.frame.modes.mouse == 1003
    assert room.events.count(PtyResize(24, 80)) == 0


def test_a_client_whose_connection_ids_another_has_is_not_let_in_until_that_one_is_gone() -> None:
    room = Room()
    first = room.attach()
    twin = Announce(PROTOCOL_VERSION, 60000, b"twin id!", first.announce.secret)
    with pytest.raises(UsageError, match="connection ids"):
        room.server.attach(twin, Guest(24, 80), now=room.now)
    assert len(room.server.attachments) == 1
    room.type(first, b"still here")
    assert shown(first) == "still here"
    room.server.detach(first.announce.session_id, now=room.now)
    room.run(0.5)
    room.server.attach(twin, Guest(24, 80), now=room.now)


def test_clients_that_change_their_networks_are_told_apart_and_leave_no_id_behind() -> None:
    room = Room()
    visitors = [room.attach() for _ in range(3)]
    for _ in range(40):
        for visitor in visitors:
            visitor.core.network_changed(now=room.now)
        room.run(0.1)
    for visitor in visitors:
        room.type(visitor, b"x")
    assert shown(visitors[0]) == "xxx"
    assert len(room.server._demultiplexer._by_id) == 3 * (IDS_BEHIND + 1 + IDS_AHEAD)
    for visitor in visitors[1:]:
        visitor.core.detach(now=room.now)
    room.run(1 + GOODBYE_PATIENCE)
    assert len(room.server._demultiplexer._by_id) == IDS_BEHIND + 1 + IDS_AHEAD


def test_sixteen_clients_with_the_longest_names_are_all_told_of_in_the_smallest_datagram() -> None:
    room = Room()
    for number in range(MAX_CLIENTS):
        room.attach(rows=1000, columns=1000, name=f"{number:02}" + "ü" * 19, read_only=number > 0)
    room.run(PEOPLE_INTERVAL + 1.0)
    for visitor in room.visitors:
        (*_, told) = [event.people for event in visitor.events if isinstance(event, PeopleChanged)]
        assert [person.name[:2] for person in told] == [f"{number:02}" for number in range(MAX_CLIENTS)]
        assert [person.is_you for person in told] == [other is visitor for other in room.visitors]
        assert len(FRAMES.encode(People(MAX_VARINT, told))) <= SMALLEST_ROOM
    assert room.stalls == {}


def test_a_guest_whose_window_changes_all_the_time_has_the_others_told_twice_a_second() -> None:
    room = Room()
    typist, viewer = room.attach(), room.attach(read_only=True)
    room.run(2.0)
    typist.events.clear()
    for turn in range(100):
        viewer.core.resize(rows=10 + turn, columns=80, now=room.now)
        room.run(0.05)
    assert len([event for event in typist.events if isinstance(event, PeopleChanged)]) <= 5.0 / PEOPLE_INTERVAL + 1


@pytest.mark.slow
def test_what_is_too_long_for_the_way_to_one_client_is_not_sent_so_long_to_that_one_alone() -> None:
    room = Room()
    room.attach(rows=50, columns=160)
    far = room.attach(rows=50, columns=160)
    room.most[far.path] = 1300
    for turn in range(8):
        colours = "".join(f"\x1b[38;5;{(turn * 7 + cell * 31) % 256}m{chr(33 + cell % 90)}" for cell in range(2000))
        room.server.output(colours.encode(), now=room.now)
        room.run(0.1)
    sizes = [attachment._endpoint.recovery.mtu.size for attachment in room.server._contacts.values()]
    assert sizes[0] > 1300 >= sizes[1], sizes
    assert 1 <= len(room.refused) <= 10, room.refused


def test_datagrams_for_nobody_here_are_counted_and_those_of_clients_that_left_too() -> None:
    room = Room()
    visitor = room.attach()
    room.server.receive_datagram(b"", visitor.path, now=room.now)
    room.server.receive_datagram(bytes(1200), visitor.path, now=room.now)
    (datagram, *_) = visitor.core.datagrams_to_send(now=room.now + 20.0)
    room.server.receive_datagram(datagram.data[:-1] + b"x", visitor.path, now=room.now)
    assert room.server.dropped == {"Foreign": 2, "NotAuthentic": 1}
    room.server.detach(visitor.announce.session_id, now=room.now)
    room.run(GOODBYE_PATIENCE + 1.0)
    assert room.server.attachments == ()
    assert room.server.dropped["NotAuthentic"] == 1


PERSONS = st.builds(
    Person, st.text(max_size=20).map(lambda name: name * 4), CELLS, CELLS, st.booleans(), st.booleans(), st.booleans()
)


@pytest.mark.slow
@given(st.integers(0, MAX_CLIENTS).flatmap(lambda count: st.lists(PERSONS, min_size=count, max_size=count)))
def test_any_people_fit_the_smallest_datagram_and_lose_only_the_ends_of_long_names(people: list[Person]) -> None:
    told = fitted(People(MAX_VARINT, tuple(people)))
    assert len(FRAMES.encode(told)) <= SMALLEST_ROOM
    for person, as_told in zip(people, told.people, strict=True):
        assert replace(as_told, name=person.name) == person
        assert as_told.name == person.name or person.name.startswith(as_told.name.removesuffix("…"))
        assert len(as_told.name.encode("utf-8", "replace")) >= min(12, len(person.name.encode("utf-8", "replace")))
