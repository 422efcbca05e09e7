"""What somebody on the path who only listens learns from the sizes of datagrams: little."""

from collections.abc import Iterable

import pytest

from rmosh.transport.header import OVERHEAD_BYTES
from rmosh.transport.path import Datagram
from rmosh.transport.policy import (
    COVER_AFTER_TYPING,
    PADDED_SIZES,
    SLOT_INTERVAL,
    SLOT_SIZE,
    SMALLEST_TO_CLIENT,
    SMALLEST_TO_SERVER,
    WIRE_HEADERS,
)
from rmosh_netem.link import LinkModel
from rmosh_netem.virtual import Core
from tests.world.virtual_session import EchoingSession, key_latencies, make_virtual_session, percentile

SEED = 2026


class Tap:
    """A core as the listener sees it: when it sends, and how much.

    Attributes:
        heard: moment and bytes of each datagram.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self.heard: list[tuple[float, int]] = []
        self.receive_datagram = core.receive_datagram
        self.next_wakeup = core.next_wakeup
        self.next_event = core.next_event

    def datagrams_to_send(self, *, now: float) -> Iterable[Datagram]:
        datagrams = list(self._core.datagrams_to_send(now=now))
        self.heard += [(now, len(datagram.data)) for datagram in datagrams]
        return datagrams

    @property
    def sizes(self) -> set[int]:
        """Bytes of frames in the datagrams."""
        return {size - OVERHEAD_BYTES for _, size in self.heard}


def tapped(session: EchoingSession) -> tuple[Tap, Tap]:
    up, down = Tap(session.world.client), Tap(session.world.server)
    session.world.client, session.world.server = up, down
    return up, down


def session_after_its_start(delay: float = 0.05) -> tuple[EchoingSession, Tap, Tap]:
    session = make_virtual_session(LinkModel(delay=delay), seed=SEED)
    session.world.run(3)
    return session, *tapped(session)


WHAT_IS_TYPED = {
    "a letter": (b"k", b"k"),
    "an arrow": (b"\x1b[D", b"\x1b[D"),
    "a letter in colour": (b"k", b"\x1b[32mk\x1b[m"),
    "a letter of a password": (b"k", b""),
    "a key that is deleted": (b"\x7f", b"\x08 \x08"),
    "nothing": (b"", b""),
}


@pytest.mark.parametrize("typed", WHAT_IS_TYPED)
def test_all_keys_and_their_echoes_acknowledgements_and_signs_of_life_look_alike(typed: str) -> None:
    session, up, down = session_after_its_start()
    key, echo = WHAT_IS_TYPED[typed]
    session.program = lambda data: echo
    for _ in range(20):
        session.type(key)
        session.world.run(0.3)
    assert len(up.heard) > 5
    assert up.sizes == {SMALLEST_TO_SERVER}
    assert down.sizes == {SMALLEST_TO_CLIENT}


@pytest.mark.slow
def test_everything_comes_in_a_few_sizes() -> None:
    session, _, down = session_after_its_start()
    for length in range(1, 3000, 37):
        session.output(b"\x1b[H\x1b[2J" + b"x" * length)
        session.world.run(0.4)
    room = session.attachment._endpoint.recovery.mtu.size - OVERHEAD_BYTES
    assert down.sizes <= {*PADDED_SIZES, room}


def test_an_idle_session_costs_less_than_fifteen_bytes_a_second_each_way() -> None:
    session, up, down = session_after_its_start()
    session.world.run(70)
    for tap in (up, down):
        tap.heard.clear()
    session.world.run(500)
    for tap in (up, down):
        assert sum(size + WIRE_HEADERS for _, size in tap.heard) / 500 <= 15


# --- obscured typing: what is on the wire tells neither when keys are typed nor how many -----------------------------


def typing_seen(moments: list[float], *, program: bytes | None = None) -> tuple[Tap, Tap, EchoingSession]:
    """Type a key at each moment, in seconds after the start; return what the listener hears from then on."""
    session = make_virtual_session(LinkModel(delay=0.05), seed=SEED, obscures_typing=True)
    session.world.run(3)
    up, down = tapped(session)
    if program is not None:
        session.program = lambda data: program
    began = session.world.now
    for moment in moments:
        session.world.run(began + moment - session.world.now)
        session.type(b"k")
    session.world.run(1.0)
    return up, down, session


def as_heard(tap: Tap) -> list[tuple[int, int]]:
    """Return microseconds since the first datagram, and size, of each."""
    began = tap.heard[0][0]
    return [(round(1e6 * (moment - began)), size) for moment, size in tap.heard]


RHYTHMS = {
    "three keys": [0.0, 0.9, 1.8],
    "a quick typist": [0.0, *(0.013 + 0.031 * number for number in range(57)), 1.8],
    "an uneven one": [0.0, 0.11, 0.5, 0.5001, 0.93, 1.7, 1.79, 1.8],
}


@pytest.mark.parametrize("rhythm", RHYTHMS)
@pytest.mark.parametrize("program", [None, b"", b"\x1b[32mk\x1b[m"], ids=["echo", "no echo", "colour"])
def test_obscured_typing_looks_the_same_whatever_is_typed_in_which_rhythm(rhythm: str, program: bytes | None) -> None:
    up, down, session = typing_seen(RHYTHMS[rhythm], program=program)
    usual_up, usual_down, _ = typing_seen([0.0, 0.9, 1.8])
    assert as_heard(up) == as_heard(usual_up)
    assert as_heard(down) == as_heard(usual_down)
    assert len(up.heard) >= 2.8 / SLOT_INTERVAL
    assert up.sizes == down.sizes == {SLOT_SIZE}
    assert session.given == session.typed


def test_obscured_typing_goes_on_for_a_random_while_and_then_ends() -> None:
    whiles = set()
    for seed in range(5):
        session = make_virtual_session(LinkModel(delay=0.05), seed=seed, obscures_typing=True)
        session.world.run(3)
        up, _ = tapped(session)
        session.type(b"k")
        session.world.run(5)
        slots = [moment - up.heard[0][0] for moment, size in up.heard if size - OVERHEAD_BYTES == SLOT_SIZE]
        whiles.add(round(slots[-1], 2))
    least, most = COVER_AFTER_TYPING
    assert all(least - SLOT_INTERVAL <= length <= most for length in whiles)
    assert len(whiles) == 5


@pytest.mark.parametrize("delay", [0.0005, 0.05, 0.3])
def test_an_obscured_key_is_shown_two_beats_late_at_most(delay: float) -> None:
    session = make_virtual_session(LinkModel(delay=delay), seed=SEED, obscures_typing=True)
    session.world.run(3)
    latencies = key_latencies(session, 100, gaps=(0.08, 0.3), seed=SEED)
    assert percentile(latencies, 0.99) <= 2 * delay + 2 * SLOT_INTERVAL + 0.001


def test_obscured_typing_gets_every_key_through_a_bad_link() -> None:
    session = make_virtual_session(LinkModel(delay=0.05, loss=0.2, jitter=0.02), seed=SEED, obscures_typing=True)
    session.world.run(3)
    key_latencies(session, 200, gaps=(0.02, 0.3), seed=SEED)
    session.output(b"x" * 20_000)
    assert session.world.run_until(session.converged, limit=20)


def test_an_idle_obscured_session_costs_no_more() -> None:
    session = make_virtual_session(LinkModel(delay=0.05), seed=SEED, obscures_typing=True)
    session.world.run(3)
    session.type(b"k")
    session.world.run(80)
    up, down = tapped(session)
    session.world.run(500)
    for tap in (up, down):
        assert sum(size + WIRE_HEADERS for _, size in tap.heard) / 500 <= 15
