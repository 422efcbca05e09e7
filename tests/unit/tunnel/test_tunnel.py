"""A tunnel on its event loop, over a fake core: work has its turn, and the end is said and heard."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from rmosh.channels.channel import ClientEvent
from rmosh.channels.closing.bare_ends import SessionClosed
from rmosh.channels.closing.frames import Close, CloseKind
from rmosh.containment import Containment
from rmosh.session.status import LinkStatus
from rmosh.session.wishes import PathWanted
from rmosh.transport.path import Datagram, Path
from rmosh_client.bootstrap.request import Fate, SessionStatus
from rmosh_client.link.claims import Claims
from rmosh_client.link.clocks import monotonic
from rmosh_client.link.event_loop import EventLoop
from rmosh_client.link.network_watch import NetworkWatch
from rmosh_client.link.refusal import RefusalProbe
from rmosh_client.link.sockets import SocketTable
from rmosh_client.reaching.contact import ContactWatch
from rmosh_client.reaching.ending import Ending
from rmosh_client.reaching.liveness import LivenessCheck
from rmosh_client.reaching.reach import ServerReach
from rmosh_client.reaching.server_addresses import ServerAddresses
from rmosh_client.resolving.whereabouts import Whereabouts
from rmosh_client.tracing.link_log import LinkLog
from rmosh_client.tunnel.link_news import LinkNews
from rmosh_client.tunnel.tunnel import Tunnel
from tests.unit.client_ui.client_ui_driver import AnsweredQuestion
from tests.unit.client_ui.client_ui_status import HEALTHY


@dataclass
class FakeCore:
    """Notes what it is told, and says what the test has it say."""

    calls: list[str] = field(default_factory=list)
    events: deque[ClientEvent] = field(default_factory=deque)
    link: LinkStatus = HEALTHY
    quit_arrived: bool = False
    hears_goodbyes: bool = True
    was_heard: bool = True
    active_path: Path | None = None
    streams: object = None

    def receive_datagram(self, untrusted: bytes, source: Path, *, now: float, received_at: float | None = None) -> None:
        self.calls.append("receive")

    def datagrams_to_send(self, *, now: float, clock: Callable[[], float] | None = None) -> list[Datagram]:
        self.calls.append("send")
        return []

    def next_wakeup(self, *, now: float) -> float | None:
        return None

    def next_event(self) -> ClientEvent | None:
        return self.events.popleft() if self.events else None

    def status(self, *, now: float) -> LinkStatus:
        return self.link

    def quit(self, *, now: float) -> None:
        self.calls.append("quit")
        self.quit_arrived = self.hears_goodbyes

    def add_path(self, path: Path, *, now: float) -> None:
        self.calls.append("path")

    def drop_path(self, path: Path, *, now: float) -> None: ...
    def network_changed(self, *, now: float) -> None: ...
    def woke_up(self, *, now: float) -> None: ...
    def send_failed(self, path: Path, *, now: float, too_long: int | None = None) -> None: ...


class CountedWork:
    """Notes its turns."""

    next_wakeup = None

    def __init__(self, core: FakeCore) -> None:
        self._core = core
        self.turns = 0

    def turn(self, *, now: float) -> None:
        self._core.calls.append("work")
        self.turns += 1


class FaultyWork(CountedWork):
    """Fails once by a fault of ours."""

    def turn(self, *, now: float) -> None:
        if not self.turns:
            self.turns = 1
            raise ValueError("a fault of ours")
        super().turn(now=now)


@dataclass
class Place:
    core: FakeCore
    loop: EventLoop
    tunnel: Tunnel


@pytest.fixture
def place() -> Iterator[Place]:
    core, loop, now = FakeCore(), EventLoop(), monotonic()
    sockets = SocketTable(["127.0.0.1"], 9)
    told = AnsweredQuestion(lambda: SessionStatus(Fate.UNREACHABLE))
    where = Whereabouts(("127.0.0.1",))
    reach = ServerReach(
        core=core,
        walls=Containment(now=now),
        sockets=sockets,
        network=NetworkWatch(),
        contact=ContactWatch(hosts=["127.0.0.1"], port=9, now=now),
        liveness=LivenessCheck(lambda: told),
        addresses=ServerAddresses(where, claims=Claims(), reserve=(), look_up=lambda _: (), now=now),
        refusal=RefusalProbe(),
        log=LinkLog(print),
    )
    yield Place(core, loop, Tunnel(core, reach, loop, LinkNews("box", None)))  # type: ignore[arg-type]  # as far as used
    told.close()
    reach.network.close()
    reach.stop()
    sockets.close()


def test_work_has_its_turn_before_datagrams_leave_and_the_server_hears_of_the_end(place: Place) -> None:
    work = CountedWork(place.core)
    place.tunnel.add(work)
    with place.tunnel.begun():
        assert place.core.calls == []
        assert place.tunnel.run(until=lambda: work.turns > 0) is None
    assert place.core.calls == ["work", "send", "quit", "send"]


def test_a_server_that_ends_it_is_told_nothing_more(place: Place) -> None:
    place.core.events.append(SessionClosed(Close(CloseKind.SERVER_STOPPED, 15, "it was ended by `rmosh kill`")))
    with place.tunnel.begun():
        ended = place.tunnel.run(until=lambda: False)
    assert ended == Ending(255, "the server stopped: it was ended by `rmosh kill`")
    assert "quit" not in place.core.calls


def test_a_signal_ends_it_once_the_server_knows(place: Place) -> None:
    with place.tunnel.begun():
        place.tunnel.leave(Ending(143))
        assert place.tunnel.run(until=lambda: False) == Ending(143)
    assert place.core.calls.count("quit") == 1


def test_a_second_signal_waits_for_nobody(place: Place) -> None:
    place.core.hears_goodbyes = False
    with place.tunnel.begun():
        place.tunnel.leave(Ending(143))
        assert place.tunnel.run(until=lambda: True) is None
        place.tunnel.leave(Ending(130))
        assert place.tunnel.run(until=lambda: False) == Ending(143)


def test_a_goodbye_that_nobody_hears_is_given_up(place: Place) -> None:
    place.core.hears_goodbyes, place.core.was_heard = False, False
    began = monotonic()
    with place.tunnel.begun():
        pass
    assert monotonic() - began < 1.0


def test_new_sockets_are_tried_where_the_core_wants_a_path(place: Place) -> None:
    place.core.events.append(PathWanted())
    with place.tunnel.begun():
        place.tunnel.run(until=lambda: "path" in place.core.calls)


def test_a_fault_in_the_work_is_survived(place: Place) -> None:
    place.tunnel.add(FaultyWork(place.core))
    with place.tunnel.begun():
        place.tunnel.run(until=lambda: "work" in place.core.calls)
