"""Which of the server's addresses are tried, and when."""

import itertools
import socket
from collections.abc import Callable, Iterator

import pytest

from rmosh.containment import Containment
from rmosh.transport.path import Datagram, Path
from rmosh_client.bootstrap.request import Fate, SessionStatus
from rmosh_client.link.claims import A_ROUND, IN_ALL, MOST_CLAIMED, Claims
from rmosh_client.link.event_loop import EventLoop
from rmosh_client.link.sockets import SocketTable
from rmosh_client.reaching.datagram_carrier import DatagramCarrier
from rmosh_client.reaching.server_addresses import (
    ATTEMPT_DELAY,
    LOOK_AFTER,
    LOOK_AGAIN,
    LOOK_AGAIN_AT_MOST,
    LookWatch,
    ServerAddresses,
)
from rmosh_client.resolving.whereabouts import Whereabouts, to_try
from tests.patience import PATIENCE
from tests.unit.client_ui.client_ui_driver import FakeSession
from tests.unit.client_ui.client_ui_status import HEALTHY, UNHEARD, silent_for

#: Loopback addresses, so that nothing leaves this machine.
FIRST, SECOND, THIRD, CLAIMED = "127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"


class Bench:
    """A client whose sockets are real and whose clock is not."""

    def __init__(self, *reached: str, claimed: tuple[str, ...] = (), finds: tuple[str, ...] = ()) -> None:
        self.session = FakeSession(link=UNHEARD)
        self.where = Whereabouts(reached, claimed, "box.example")
        self.sockets = SocketTable(to_try(self.where), 60001)
        self.finds = finds
        self.looks = 0
        self.loop = EventLoop()
        paths, _ = self.sockets.open_fresh()
        self.first, *reserve = paths
        self.addresses = ServerAddresses(
            self.where, claims=Claims(claimed), reserve=reserve, look_up=self._look_up, now=0.0
        )
        walls = Containment(now=0.0)
        self.carrier = DatagramCarrier(self.session, self.sockets, walls, self.addresses.claims)

    def _look_up(self, _where: Whereabouts) -> tuple[str, ...]:
        self.looks += 1
        return self.finds

    def turn(self, now: float) -> None:
        self.addresses.turn(self.session.status(now=now), self.carrier, self.loop, now=now)

    def answered(self, now: float) -> None:
        """Have a question answered that was asked in a thread."""
        self.addresses.on_news = lambda: self.turn(now)
        self.loop.turn(within=PATIENCE)

    @property
    def tried(self) -> list[str]:
        """The hosts of paths that were added, the newest first."""
        return [path.host for path in reversed(self.session.paths)]


@pytest.fixture
def benches() -> Iterator[Callable[..., Bench]]:
    """Makes benches, and clears them away."""
    made: list[Bench] = []

    def make(*reached: str, **more: tuple[str, ...]) -> Bench:
        made.append(Bench(*reached, **more))
        return made[-1]

    yield make
    for bench in made:
        bench.sockets.close()


def test_the_others_are_tried_a_moment_after_the_likeliest(benches: Callable[..., Bench]) -> None:
    bench = benches(FIRST, SECOND, THIRD)
    assert bench.addresses.next_wakeup() == ATTEMPT_DELAY
    bench.turn(ATTEMPT_DELAY - 0.01)
    assert bench.tried == []
    bench.turn(ATTEMPT_DELAY)
    assert bench.tried == [SECOND, THIRD]
    bench.turn(2 * ATTEMPT_DELAY)
    assert bench.tried == [SECOND, THIRD]


def test_where_the_likeliest_answers_the_others_are_left_alone(benches: Callable[..., Bench]) -> None:
    bench = benches(FIRST, SECOND)
    bench.session.active_path, bench.session.link = bench.first, HEALTHY
    bench.turn(1.0)
    assert bench.tried == []


def test_a_stream_that_answers_does_not_keep_udp_from_being_tried(benches: Callable[..., Bench]) -> None:
    bench = benches(FIRST, SECOND)
    bench.session.active_path, bench.session.link = Path.stream(7), HEALTHY
    bench.turn(1.0)
    assert bench.tried == [SECOND]


def test_on_silence_the_name_is_looked_up_and_what_it_stands_for_now_is_tried_first(
    benches: Callable[..., Bench],
) -> None:
    bench = benches(FIRST, finds=(SECOND,))
    bench.session.active_path, bench.session.link = bench.first, silent_for(LOOK_AFTER)
    bench.turn(10.0)
    bench.answered(10.1)
    assert bench.tried == [SECOND]
    assert bench.session.paths[0].port == 60001
    bench.turn(10.0 + LOOK_AGAIN)
    bench.answered(10.1 + LOOK_AGAIN)
    assert (bench.looks, bench.tried) == (2, [SECOND])


def test_an_address_that_the_name_stands_for_no_more_is_given_up_but_for_the_one_in_use(
    benches: Callable[..., Bench],
) -> None:
    bench = benches(FIRST, finds=(SECOND,))
    bench.session.active_path, bench.session.link = bench.first, silent_for(LOOK_AFTER)
    bench.turn(10.0)
    bench.answered(10.1)
    bench.finds = (THIRD,)
    bench.addresses.network_changed(now=11.0)
    bench.turn(11.0)
    bench.answered(11.1)
    assert bench.tried == [THIRD]
    fresh, _ = bench.sockets.open_fresh()
    assert [path.host for path in fresh] == [THIRD, FIRST]


def test_a_name_that_is_not_found_changes_nothing(benches: Callable[..., Bench]) -> None:
    bench = benches(FIRST)
    bench.session.link = silent_for(LOOK_AFTER)
    bench.turn(10.0)
    bench.answered(10.1)
    assert (bench.looks, bench.tried) == (1, [])


def test_what_ssh_finds_and_its_host_claims_is_tried(benches: Callable[..., Bench]) -> None:
    bench = benches(FIRST)
    bench.addresses.told(SessionStatus(Fate.ALIVE, reached=(SECOND,), claimed=("127.0.0.9", "224.0.0.1")))
    bench.turn(0.1)
    assert bench.tried == [SECOND]


# --- when ------------------------------------------------------------------------------------------------------------


def looks(watch: LookWatch, *, until: float) -> list[float]:
    """Return when a name is looked up while the server says nothing from 0 on."""
    found, now = [], 0.0
    while now < until:
        watch.look(silent_for(now) if now else HEALTHY, now=now)
        if watch.is_due(now=now):
            found.append(now)
            watch.looked(now=now)
        now += 0.5
    return found


def test_a_silent_servers_name_is_looked_up_again_and_again_but_ever_less_often() -> None:
    times = looks(LookWatch(), until=2000.0)
    pauses = [after - before for before, after in itertools.pairwise(times)]
    assert times[0] == pytest.approx(LOOK_AFTER, abs=0.5)
    assert pauses == sorted(pauses)
    assert pauses[0] == LOOK_AGAIN
    assert pauses[-1] == LOOK_AGAIN_AT_MOST


def test_a_changed_network_has_it_looked_up_at_once() -> None:
    watch = LookWatch()
    looks(watch, until=1000.0)
    watch.network_changed(now=1000.0)
    assert watch.is_due(now=1000.0)
    watch.looked(now=1000.0)
    assert watch.next_wakeup() == 1000.0 + LOOK_AGAIN


def test_a_server_that_answers_is_not_looked_up() -> None:
    watch = LookWatch()
    looks(watch, until=100.0)
    watch.look(HEALTHY, now=100.0)
    assert watch.next_wakeup() is None


# --- whom a hostile server names -------------------------------------------------------------------------------------


def sent_to(bench: Bench, path: Path, *, times: int) -> int:
    """Return how many of so many datagrams left for a path."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there:
        there.bind((path.host, 0))
        there.setblocking(False)
        bench.sockets.close()
        bench.sockets = SocketTable([path.host], there.getsockname()[1])
        (way,), _ = bench.sockets.open_fresh()
        carrier = DatagramCarrier(bench.session, bench.sockets, Containment(now=0.0), bench.addresses.claims)
        arrived = 0
        for _ in range(times):
            bench.session.outgoing.append(Datagram(way, b"probe"))
            carrier.send(now=0.0)
            try:
                arrived += there.recv(100) == b"probe"
            except BlockingIOError:
                continue
        return arrived


def test_an_address_that_only_the_server_speaks_of_gets_few_datagrams_unless_it_answers(
    benches: Callable[..., Bench],
) -> None:
    bench = benches(FIRST, claimed=(CLAIMED,))
    assert sent_to(bench, Path(0, CLAIMED, 9), times=A_ROUND + 10) == A_ROUND
    assert sent_to(bench, Path(0, FIRST, 9), times=A_ROUND + 10) == A_ROUND + 10


def test_what_the_server_answered_from_is_its_own() -> None:
    claims = Claims([CLAIMED])
    claims.answered(CLAIMED)
    assert all(claims.may_send_to(CLAIMED) for _ in range(IN_ALL + 1))


def test_however_often_the_network_changes_there_is_an_end() -> None:
    claims = Claims([CLAIMED])
    sent = 0
    for _ in range(100):
        claims.renew()
        sent += sum(claims.may_send_to(CLAIMED) for _ in range(100))
    assert sent == IN_ALL


def test_a_server_that_claims_ever_more_addresses_is_believed_of_the_first_ones() -> None:
    claims = Claims()
    for number in range(100):
        claims.claim([f"203.0.113.{number}"])
    assert claims.claim(["203.0.113.99"]) == ()
    assert claims.claim([f"203.0.113.{MOST_CLAIMED - 1}"]) == (f"203.0.113.{MOST_CLAIMED - 1}",)
