"""A tunnel at the server: its loop, what it answers to its own user, and how it is listed among sessions."""

import os
import re
import socket
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from rmosh.announce import new_announce
from rmosh.channels.closing.bare_ends import SessionClosed
from rmosh.channels.closing.frames import Close, CloseKind
from rmosh.session.events import ClientLeft, ServerEvent
from rmosh.session.tunnel_server import TunnelServer
from rmosh.transport.path import Datagram, Path
from rmosh_server.command.errands import list_as_table
from rmosh_server.command.options import NewSession, parse_arguments
from rmosh_server.desk.questions import AWAY_AFTER, Facts
from rmosh_server.desk.sessions import LiveSession, _choose, tell_of_detached
from rmosh_server.desk.tunnel_desk import TunnelDesk
from rmosh_server.serving.loop import QUIT_PATIENCE
from rmosh_server.serving.served_streams import ServedStreams
from rmosh_server.serving.settings import TUNNEL_TIMEOUT, ForwardingSettings, Settings
from rmosh_server.serving.ssh_paths import SshPaths
from rmosh_server.serving.tunnel_driver import TunnelDriver
from rmosh_server.sockets.asking import Door
from rmosh_server.sockets.udp import PortRange, UdpSocket, bind_first_free
from tests.unit.server.test_driver import FakePresence, FakeSignals

ID = bytes(range(8))
QUIT = Close(CloseKind.CLIENT_QUIT)


class FakeTunnel:
    """A core that notes in which order it is asked, and says what the test has it say."""

    def __init__(self, calls: list[str]) -> None:
        self._calls = calls
        self.events: deque[ServerEvent] = deque()
        self.ended: Close | None = None
        self.finished = False
        self.heard_at: float | None = None
        self.connection_ids: frozenset[bytes] = frozenset()

    def receive_datagram(self, untrusted: bytes, source: Path, *, now: float, received_at: float | None = None) -> None:
        self._calls.append("receive")
        self.heard_at = now

    def datagrams_to_send(self, *, now: float, clock: Callable[[], float] | None = None) -> list[Datagram]:
        self._calls.append("send")
        return []

    def send_failed(self, path: Path, *, too_long: int, now: float) -> None: ...
    def add_path(self, client: bytes, path: Path, *, now: float) -> None: ...
    def drop_path(self, path: Path, *, now: float) -> None: ...

    def next_wakeup(self, *, now: float) -> float | None:
        return None

    def next_event(self) -> ServerEvent | None:
        return self.events.popleft() if self.events else None

    def end(self, close: Close, *, now: float) -> None:
        self.ended = close


class NotedStreams(ServedStreams):
    """Serves nothing, and notes what it is told."""

    def __init__(self, calls: list[str]) -> None:
        super().__init__(lambda: (), unheard=lambda _: 0.0, complain=print, settings=ForwardingSettings())
        self._calls = calls
        self.left: list[bytes] = []

    def turn(self, *, now: float) -> None:
        self._calls.append("forward")

    def client_left(self, client: bytes) -> None:
        self.left.append(client)

    def close(self, *, for_good: bool = True) -> None:
        self._calls.append("close")


class Bench:
    """A tunnel's driver and all that it stands between."""

    def __init__(self, idle_timeout: float = TUNNEL_TIMEOUT) -> None:
        self.now = 1000.0
        self.calls: list[str] = []
        self.core = FakeTunnel(self.calls)
        self.forwarding = NotedStreams(self.calls)
        self.presence = FakePresence()
        self.udp: UdpSocket = bind_first_free(PortRange(0, 0))
        self.client = socket.socket(type=socket.SOCK_DGRAM)
        self.client.connect(("127.0.0.1", self.udp.port))
        self.signals = FakeSignals()
        self.driver = TunnelDriver(
            self.core,
            self.udp,
            SshPaths(self.core, tell=print),
            self.signals,
            served=self.forwarding,
            presence=self.presence,
            complain=print,
            control=None,
            idle_timeout=idle_timeout,
            clock=lambda: self.now,
        )

    def turn(self) -> None:
        self.client.send(b"")
        self.driver.turn()

    def close(self, *, for_good: bool = True) -> None:
        self.udp.close()
        self.client.close()
        os.close(self.signals.reading)
        os.close(self.signals.writing)


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.close()


def test_what_came_is_forwarded_before_anything_leaves(bench: Bench) -> None:
    bench.turn()
    assert bench.calls == ["receive", "forward", "send"]


def test_it_ends_when_its_client_says_so_and_hears_the_goodbye_again_for_a_while(bench: Bench) -> None:
    bench.turn()
    bench.core.events += [ClientLeft(ID), SessionClosed(QUIT)]
    bench.turn()
    assert bench.forwarding.left == [ID]
    assert bench.calls.count("close") == 1
    assert not bench.driver.over
    bench.turn()
    assert bench.calls[-1] == "send"
    bench.now += QUIT_PATIENCE
    assert bench.driver.over
    assert bench.driver.run() == QUIT
    assert bench.presence.left == 1


def test_it_ends_when_its_client_was_not_heard_for_a_day(bench: Bench) -> None:
    bench.turn()
    bench.now += TUNNEL_TIMEOUT
    bench.core.events += [ClientLeft(ID)]
    bench.core.heard_at = None
    bench.driver.turn()
    assert bench.core.ended is not None
    assert bench.core.ended.kind is CloseKind.SERVER_STOPPED


def test_who_kills_it_has_the_client_told(bench: Bench) -> None:
    bench.turn()
    bench.driver.stop("it was ended by `rmosh kill`", now=bench.now)
    assert bench.core.ended == Close(CloseKind.SERVER_STOPPED, 15, "it was ended by `rmosh kill`")
    bench.core.finished = True
    assert bench.driver.over


@pytest.mark.parametrize(
    ("settings", "seconds"),
    [
        (Settings(), TUNNEL_TIMEOUT),
        (Settings(client_timeout=60.0), 60.0),
        (Settings(idle_timeout=90.0), 90.0),
    ],
)
def test_a_tunnel_waits_for_a_day_at_most(settings: Settings, seconds: float) -> None:
    assert (settings.of_a_tunnel.idle_timeout, settings.of_a_tunnel.client_timeout) == (seconds, seconds)


# --- the desk ------------------------------------------------------------------------------------------------


class TunnelAtItsDesk:
    def __init__(self) -> None:
        self.ended: list[str] = []
        self.core = TunnelServer(entropy=os.urandom, now=0.0)
        self.core.attach(new_announce(port=7, entropy=ID + bytes(32)), name="me@laptop", now=0.0)
        self.desk = TunnelDesk(
            Facts(ID, "", started=1000.0, port=60001),
            self.core,
            ssh_paths=SshPaths(self.core, tell=print),
            end=lambda why, _now: self.ended.append(why),
            unsent=lambda: 0,
            network=str,
        )

    def ask(self, now: float = 5.0, **question: object) -> Mapping[str, Any]:
        return self.desk.answer(question, now=now)


@pytest.fixture
def tunnel() -> TunnelAtItsDesk:
    return TunnelAtItsDesk()


def test_a_tunnel_describes_itself_and_its_client(tunnel: TunnelAtItsDesk) -> None:
    facts = tunnel.ask(do="describe")
    assert (facts["id"], facts["tunnel"], facts["streams"], facts["attached"]) == (ID.hex(), True, 0, True)
    assert [(client["name"], client["here"], client["unheard"]) for client in facts["clients"]] == [
        ("me@laptop", True, 5.0)
    ]
    assert tunnel.ask(AWAY_AFTER + 1, do="describe")["attached"] is False


def test_a_tunnel_is_ended_by_kill_and_lets_nobody_else_in(tunnel: TunnelAtItsDesk) -> None:
    assert "without a terminal" in tunnel.ask(do="attach", rows=24, columns=80)["error"]
    assert tunnel.ask(do="path", client="00" * 8)["error"] == f"it has no client {'00' * 8}"
    assert tunnel.ask(do="path", client=ID.hex(), stream="")["error"] == "no SSH channel was passed with its nonce"
    assert tunnel.ask(do="kill") == {"killed": True}
    assert tunnel.ended == ["it was ended by `rmosh kill`"]
    tunnel.core.end(QUIT, now=6.0)
    assert tunnel.ask(do="describe") == {"error": "the tunnel is ending"}


# --- among sessions ------------------------------------------------------------------------------------------


def listed(tunnel: TunnelAtItsDesk) -> LiveSession:
    return LiveSession(Door("/nowhere", "t"), dict(tunnel.ask(AWAY_AFTER + 1, do="describe")))


def test_it_is_listed_as_a_tunnel(tunnel: TunnelAtItsDesk) -> None:
    row = list_as_table([listed(tunnel)], now=1090.0).splitlines()[1]
    cells = re.split(r" {2,}", row)
    assert (cells[0], *cells[-3:]) == (ID.hex()[:8], "-", "(a tunnel)", "detached")


def test_who_wants_a_session_is_not_given_a_tunnel_nor_told_of_one(tunnel: TunnelAtItsDesk) -> None:
    session = LiveSession(Door("/nowhere", "s"), {"id": "f" * 16, "command": "vim", "clients": []})
    alive = [listed(tunnel), session]
    assert _choose(alive, "") == [session]
    assert _choose([listed(tunnel)], "") == []
    assert _choose(alive, ID.hex()[:6]) == alive[:1]
    assert tell_of_detached([listed(tunnel)]) == ""
    assert tell_of_detached(alive).startswith("1 detached session: ffffffff (vim)")


def test_a_tunnel_is_asked_for_by_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    wanted = parse_arguments(["new", "--tunnel", "--hello"])
    assert isinstance(wanted, NewSession)
    assert wanted.is_tunnel
    for more in (["--name", "a"], ["--read-only"], ["--", "ls"]):
        with pytest.raises(SystemExit):
            parse_arguments(["new", "--tunnel", *more])
        assert "a tunnel has no name, no reader and no command" in capsys.readouterr().err
