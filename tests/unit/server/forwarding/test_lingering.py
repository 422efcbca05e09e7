"""A server that stays after its session's end, for those whom its client lets in."""

import sys

from rmosh.channels.closing.policy import NEVER
from rmosh.forwarding.requests import Linger, Serve
from rmosh_server.forwarding.lingering import LINGERS_FOR
from tests.unit.server.forwarding.room import Room


def test_it_stays_while_a_client_wants_it_and_ten_minutes_at_most_for_nobody() -> None:
    room = Room(own_program=(sys.executable, "-c", ""))
    assert room.forwarding.lingers_until == -NEVER
    stream = room.client.ask(Linger())
    assert room.answer(stream).is_done
    assert room.forwarding.lingers_until == room.now + LINGERS_FOR
    before = room.forwarding.lingers_until
    room.now += 60.0
    assert room.answer(room.client.ask(Serve(("new",), ""))).is_done
    assert room.forwarding.lingers_until > before
    room.close()


def test_it_stays_no_longer_for_a_client_that_takes_its_wish_back() -> None:
    room = Room()
    stream = room.client.ask(Linger())
    assert room.answer(stream).is_done
    stream.finish()
    room.until(lambda: room.forwarding.lingers_until == -NEVER)
    room.close()
