"""Round trips are the path's: what either process did meanwhile, or how long it slept, is not taken for a queue."""

from dataclasses import dataclass, field

import pytest

from rmosh.transport.endpoint import Endpoint
from rmosh_netem.link import LinkModel
from tests.world.virtual_session import SERVER_AS_SEEN, EchoingSession, client_as_seen, make_virtual_session

#: A round trip at least, one a little longer, what the server needs for a frame, and the client for showing one and for
#: reading its socket; in seconds.
RTT, LONGER, MAKING, SHOWING = 0.100, 0.102, 0.022, 0.050


@dataclass
class Clock:
    """Moves on by what was done when it is looked at."""

    now: float
    cost: float
    looked: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        self.looked.append(self.now + self.cost)
        return self.looked[-1]


def server_end(session: EchoingSession) -> Endpoint:
    return session.attachment._endpoint


def exchange(session: EchoingSession, *, tells: bool) -> None:
    """Let the server make a frame, and the client take its time to read it and to answer."""
    now = session.world.now
    session.output(b"a line of text\r\n")
    left = now + MAKING
    frames = session.server.datagrams_to_send(now=now, clock=Clock(now, MAKING) if tells else None)
    came = left + LONGER / 2
    read = came + SHOWING
    for each in frames:
        arrived = came if tells else None
        session.client.receive_datagram(each.data, SERVER_AS_SEEN, now=read, received_at=arrived)
    answers = session.client.datagrams_to_send(now=read, clock=Clock(read, SHOWING) if tells else None)
    back = (read + SHOWING if tells else read) + LONGER / 2
    for each in answers:
        session.server.receive_datagram(each.data, client_as_seen(0), now=back + MAKING, received_at=back)
    session.world.now = back + MAKING


@pytest.mark.parametrize(("tells", "expected"), [(True, LONGER), (False, LONGER + MAKING + SHOWING)])
def test_the_time_that_frames_take_to_make_and_to_show_is_no_queue(*, tells: bool, expected: float) -> None:
    session = make_virtual_session(LinkModel(delay=RTT / 2), seed=1)
    session.world.run(3)
    assert session.same_screen()
    rtt = server_end(session).recovery.rtt
    assert rtt.minimum == pytest.approx(RTT)
    for _ in range(5):
        exchange(session, tells=tells)
    assert rtt.latest == pytest.approx(expected, abs=0.001)
