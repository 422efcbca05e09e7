"""Client and server core against a peer that holds the keys and means harm, and against a driver that reads nothing."""

import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.announce import Announce, new_announce
from rmosh.channels.closing.bare_ends import SessionClosed
from rmosh.channels.closing.frames import Close, CloseKind
from rmosh.channels.echo.frames import Echo
from rmosh.channels.input.frames import Input
from rmosh.channels.input.policy import INPUT_BACKLOG, INPUT_WINDOW
from rmosh.channels.newest.frames import Colours, Window
from rmosh.channels.screen.frames import ScreenAck, ScreenSymbol
from rmosh.channels.screen.receiver import ScreenChanged
from rmosh.screen import encode_change
from rmosh.session.attachment import Guest
from rmosh.session.channels import FRAMES
from rmosh.session.client import ClientSession
from rmosh.session.events import MemorySpared, PtyInput, PtyResize
from rmosh.session.server import ServerSession
from rmosh.terminal.cells import blank_frame
from rmosh.transport.frame_type import WireFrame
from rmosh.transport.frames import Ping
from rmosh.transport.keys import SessionKeys
from rmosh.transport.path import Path
from rmosh.transport.policy import FLOOR_MTU
from rmosh.transport.sealing import Sealer

PATH = Path(0, "peer", 60000)


def announce() -> Announce:
    return new_announce(port=60000, entropy=bytes(range(40)))


def entropy(count: int) -> bytes:
    return random.Random(1).randbytes(count)


def client() -> ClientSession:
    return ClientSession(announce(), rows=24, columns=80, paths=[PATH], entropy=entropy, now=0.0)


def server() -> ServerSession:
    core = ServerSession(rows=24, columns=80, entropy=entropy, now=0.0)
    core.attach(announce(), Guest(24, 80), now=0.0)
    return core


class Hostile:
    """A peer with the keys: seals whatever frames it likes, one datagram each time."""

    def __init__(self, core: ClientSession | ServerSession) -> None:
        told = announce()
        keys = SessionKeys.derive(told.secret)
        chain = keys.to_client if isinstance(core, ClientSession) else keys.to_server
        self._sealer = Sealer(chain, now=0.0)
        self._core = core
        self._number = -1

    def say(self, *frames: WireFrame, now: float = 1.0) -> None:
        self.say_bytes(b"".join(map(FRAMES.encode, frames)), now=now)

    def say_bytes(self, plaintext: bytes, *, now: float = 1.0) -> None:
        self._number += 1
        self._core.receive_datagram(self._sealer.seal(self._number, plaintext), PATH, now=now)
        self._core.datagrams_to_send(now=now)
        self._core.next_wakeup(now=now)


def events_of(core: ClientSession | ServerSession) -> list[object]:
    events: list[object] = []
    while (event := core.next_event()) is not None:
        events.append(event)
    return events


FROM_SERVER = st.one_of(
    st.builds(Echo, offset=st.integers(0, 1 << 40), age=st.floats(0, 65)),
    st.builds(ScreenAck, number=st.integers(0, 1 << 40)),
    st.builds(Close, kind=st.sampled_from(CloseKind), last_frame=st.integers(0, 1 << 40)),
    st.builds(
        lambda number, data: ScreenSymbol(number, 0, len(data), len(data), 0, 0, data),
        number=st.integers(1, 1 << 40),
        data=st.binary(min_size=1, max_size=60),
    ),
    st.just(Ping()),
)

FROM_CLIENT = st.one_of(
    st.builds(Input, offset=st.integers(0, 1 << 20), data=st.binary(min_size=1, max_size=60)),
    st.builds(Window, serial=st.integers(0, 1 << 40), rows=st.integers(1, 60), columns=st.integers(1, 200)),
    st.builds(ScreenAck, number=st.integers(0, 1 << 40)),
    st.builds(Close, kind=st.sampled_from(CloseKind)),
    st.just(Ping()),
)


@pytest.mark.slow
@given(st.lists(st.lists(FROM_SERVER | FROM_CLIENT, min_size=1, max_size=5), max_size=10))
def test_no_frames_of_a_server_raise_in_the_client_and_its_events_stay_few(said: list[Sequence[WireFrame]]) -> None:
    core = client()
    peer = Hostile(core)
    core.send_input(b"typed", now=0.5)
    for step, frames in enumerate(said):
        peer.say(*frames, now=1.0 + step)
    assert len(events_of(core)) <= 4


@pytest.mark.slow
@given(st.lists(st.lists(FROM_CLIENT | FROM_SERVER, min_size=1, max_size=5), max_size=10))
def test_no_frames_of_a_client_raise_in_the_server(said: list[Sequence[WireFrame]]) -> None:
    core = server()
    peer = Hostile(core)
    for step, frames in enumerate(said):
        peer.say(*frames, now=1.0 + step)
    typed = b"".join(event.data for event in events_of(core) if isinstance(event, PtyInput))
    assert len(typed) <= INPUT_WINDOW


@given(st.binary(min_size=1, max_size=100))
@pytest.mark.parametrize("make", [client, server])
def test_no_authentic_bytes_raise(make: Callable[[], ClientSession | ServerSession], plaintext: bytes) -> None:
    core = make()
    Hostile(core).say_bytes(plaintext)
    typed = [event.data for event in events_of(core) if isinstance(event, PtyInput)]
    assert len(b"".join(typed)) <= len(plaintext)


@pytest.mark.slow
def test_a_server_that_floods_echoes_and_screens_cannot_fill_an_unread_queue() -> None:
    core = client()
    peer = Hostile(core)
    blank = blank_frame(rows=1, columns=1)
    content = encode_change(blank, blank_frame(rows=2, columns=2), input_offset=0)
    for number in range(1, 1000):
        peer.say(*[Echo(0, 1.0)] * 100, ScreenSymbol(number, 0, len(content), len(content), 0, 0, content))
    events = events_of(core)
    assert len(events) == 2
    assert [event for event in events if isinstance(event, ScreenChanged)]


def test_a_client_that_floods_input_gets_a_window_and_no_more_while_the_program_does_not_read() -> None:
    core = server()
    peer = Hostile(core)
    for offset in range(0, 4 * INPUT_WINDOW, 1024):
        peer.say(Input(offset, bytes(1024)))
    assert sum(len(event.data) for event in events_of(core) if isinstance(event, PtyInput)) == INPUT_WINDOW


def test_of_many_windows_in_one_datagram_only_the_newest_takes_effect() -> None:
    core = server()
    Hostile(core).say(*[Window(serial, 10 + serial % 90, 80) for serial in range(1, 400)])
    assert events_of(core) == [PtyResize(10 + 399 % 90, 80)]


def test_an_older_window_that_arrives_late_changes_nothing() -> None:
    core = server()
    peer = Hostile(core)
    peer.say(Window(2, 30, 100))
    peer.say(Window(1, 50, 50))
    assert events_of(core) == [PtyResize(30, 100)]


def test_a_second_close_is_no_second_event() -> None:
    core = server()
    peer = Hostile(core)
    for _ in range(3):
        peer.say(Close(CloseKind.CLIENT_QUIT))
    assert events_of(core) == [SessionClosed(Close(CloseKind.CLIENT_QUIT))]
    assert core.is_ending
    assert not core.is_over  # what runs in it has not ended yet


def test_a_close_waits_for_the_frame_it_names_but_not_for_ever() -> None:
    core = client()
    Hostile(core).say(Close(CloseKind.EXITED, last_frame=9), now=1.0)
    assert events_of(core) == []
    wakeup = core.next_wakeup(now=1.0)
    assert wakeup is not None
    core.datagrams_to_send(now=2.5)
    assert [type(event) for event in events_of(core)] == [SessionClosed]


@pytest.mark.parametrize("code", [0x5E, 0x7F])
def test_a_frame_of_a_channel_that_is_unknown_spoils_nothing_beside_it(code: int) -> None:
    core = server()
    Hostile(core).say_bytes(bytes([code, 3]) + b"new" + FRAMES.encode(Window(1, 30, 90)))
    assert PtyResize(30, 90) in events_of(core)


def test_a_client_earns_the_first_screen_behind_its_first_words_until_it_hears_the_server() -> None:
    core = client()
    said = core.datagrams_to_send(now=0.0)
    assert len(said[0].data) < 200
    assert [len(datagram.data) for datagram in said[1:]] == [FLOOR_MTU]
    Hostile(core).say(Ping(), now=0.1)
    core.resize(rows=30, columns=90, now=0.2)
    assert all(len(datagram.data) < 200 for datagram in core.datagrams_to_send(now=0.2))


def test_the_terminals_colours_reach_the_programs_that_ask() -> None:
    core = server()
    Hostile(core).say(Colours(((17, 0x002B36),)))
    core.output(b"\x1b]11;?\x1b\\", now=0.0)
    assert PtyInput(b"\x1b]11;rgb:0000/2b2b/3636\x1b\\") in events_of(core)


@pytest.mark.parametrize(("lines", "times"), [(30_000, 1), (1_000, 0)])
def test_the_memory_of_a_flood_can_go_back_once_when_the_session_rests(lines: int, times: int) -> None:
    core = server()
    core.output(
        b"".join([b"line %d of a log that is no longer than most\r\n" % number for number in range(lines)]), now=1.0
    )
    now = 1.0
    for _ in range(lines // 200):
        core.datagrams_to_send(now=now)
        now = max(now, core.next_wakeup(now=now) or now)
    assert [type(event) for event in events_of(core)].count(MemorySpared) == times


def test_a_client_leaves_a_paste_with_the_terminal_while_enough_waits_to_be_sent() -> None:
    core = client()
    core.send_input(bytes(INPUT_BACKLOG - 1), now=0.0)
    assert not core.input_held_up
    core.send_input(b"x", now=0.0)
    assert core.input_held_up
