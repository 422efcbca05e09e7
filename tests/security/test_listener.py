"""What somebody on the path who only listens learns from the sizes of datagrams: little."""

import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from rmosh.transport.header import OVERHEAD_BYTES
from rmosh.transport.path import Datagram
from rmosh.transport.policy import PADDED_SIZES, SMALLEST_TO_CLIENT, SMALLEST_TO_SERVER, WIRE_HEADERS
from rmosh_netem.link import LinkModel
from rmosh_netem.virtual import Core

sys.path.insert(0, str(Path(__file__).parents[1] / "world"))

from virtual_session import EchoingSession, make_virtual_session

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
    room = session.attachment._endpoint.mtu.size - OVERHEAD_BYTES
    assert down.sizes <= {*PADDED_SIZES, room}


def test_an_idle_session_costs_less_than_fifteen_bytes_a_second_each_way() -> None:
    session, up, down = session_after_its_start()
    session.world.run(70)
    for tap in (up, down):
        tap.heard.clear()
    session.world.run(500)
    for tap in (up, down):
        assert sum(size + WIRE_HEADERS for _, size in tap.heard) / 500 <= 15
