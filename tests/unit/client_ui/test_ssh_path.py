"""Which login process carries a session inside SSH, and when another is started: with logins that are made up."""

import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from rmosh.errors import Stage
from rmosh.session.status import LinkStatus
from rmosh_client.bootstrap.request import Fate, SessionStatus
from rmosh_client.link.clocks import monotonic
from rmosh_client.link.event_loop import EventLoop
from rmosh_client.link.sockets import SocketTable
from rmosh_client.login.messages import ErrandKind, Failed, FateTold, FromLogin, PathGone, PathOpened
from rmosh_client.reaching.ssh_path import SshPath
from rmosh_client.running.login_by_user import log_in_for_path
from rmosh_client.tracing.link_log import LinkLog
from tests.unit.client_ui.client_ui_driver import FakeSession
from tests.unit.client_ui.client_ui_status import HEALTHY


class FakeLogin:
    """A login process as the session's process has it."""

    def __init__(self, kind: ErrandKind) -> None:
        self.kind = kind
        self.datagrams, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._reading, self._writing = os.pipe()
        self._said: list[FromLogin] = []
        self.is_over = self.was_let_go = self.has_ended = False

    def fileno(self) -> int:
        return self._reading

    def says(self, message: FromLogin | None) -> None:
        """Say something; None ends it."""
        if message is not None:
            self._said.append(message)
            os.write(self._writing, b"!")
        else:
            self.is_over = True
            os.write(self._writing, b".")

    def take(self) -> list[FromLogin]:
        os.read(self._reading, 100)
        said, self._said = self._said, []
        return said

    def let_go(self) -> None:
        self.was_let_go = True
        self.close()

    def terminate(self) -> None:
        self.is_over = True

    def close(self) -> None:
        if not self.has_ended:
            for descriptor in (self._reading, self._writing):
                os.close(descriptor)
            self.datagrams.close()
            self.theirs.close()
        self.is_over = self.has_ended = True


class Bench:
    """A session with one path inside SSH."""

    def __init__(self) -> None:
        self.session = FakeSession()
        self.sockets = SocketTable([], 0)
        self.loop = EventLoop()
        self.logins: list[FakeLogin] = []
        self.told: list[SessionStatus] = []
        self.cannot_begin = False
        self.ssh_path = SshPath(self.session, self.sockets, LinkLog(print), self.loop, self.begin)  # type: ignore[arg-type]
        self.ssh_path.on_told = self.told.append
        self.first = FakeLogin(ErrandKind.SESSION)
        self.path = self.sockets.add_stream(self.first.datagrams)
        self.session.paths = [self.path]
        self.session.active_path = self.path
        self.ssh_path.carry(self.first, self.path)  # type: ignore[arg-type]

    def begin(self, kind: ErrandKind) -> FakeLogin:
        if self.cannot_begin:
            raise OSError(11, "Resource temporarily unavailable")
        self.logins.append(FakeLogin(kind))
        return self.logins[-1]

    def goes_on(self) -> None:
        self.loop.turn(within=0)

    def silent(self, seconds: float = 60.0) -> float:
        """Have been silent for so long; return the moment."""
        now = monotonic()
        self.ssh_path.look(silent_for(seconds), now=now)
        return now


def silent_for(seconds: float) -> LinkStatus:
    return replace(HEALTHY, srtt=0.05, rttvar=0.01, last_contact=seconds, silence=seconds, unheard=seconds)


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.ssh_path.stop()
    made.sockets.close()


def test_the_first_login_carries_until_udp_has_held(bench: Bench) -> None:
    assert bench.ssh_path.is_open
    bench.ssh_path.close()
    assert not bench.ssh_path.is_open
    assert bench.session.paths == []
    assert bench.first.was_let_go
    bench.ssh_path.close()


def killed(bench: Bench) -> None:
    bench.first.says(None)


def broken(bench: Bench) -> None:
    bench.first.says(PathGone("the SSH connection broke"))
    bench.first.says(None)


@pytest.mark.parametrize("end", [killed, broken])
def test_a_path_that_is_gone_is_opened_anew_once_a_few_round_trips_brought_nothing(
    bench: Bench, end: Callable[[Bench], None]
) -> None:
    bench.ssh_path.look(silent_for(0.0), now=monotonic())
    end(bench)
    bench.goes_on()
    assert bench.session.paths == []
    now = monotonic()
    bench.ssh_path.look(silent_for(0.2), now=now + 0.1)
    assert bench.logins == []
    bench.ssh_path.look(silent_for(1.1), now=now + 1.0)
    (again,) = bench.logins
    assert again.kind is ErrandKind.PATH
    again.says(PathOpened())
    bench.goes_on()
    (path,) = bench.session.paths
    assert path.is_stream
    assert path != bench.path
    assert bench.sockets.descriptors[path.socket] == again.datagrams.fileno()


def test_a_path_that_is_gone_is_not_missed_where_udp_answers(bench: Bench) -> None:
    bench.session.active_path = replace(bench.path, host="192.0.2.1", port=60001)
    bench.first.says(None)
    bench.goes_on()
    for tenth in range(100):
        bench.ssh_path.look(silent_for(0.0), now=monotonic() + tenth / 10)
    assert bench.logins == []


def test_a_new_path_takes_the_place_of_one_that_is_silent(bench: Bench) -> None:
    bench.silent()
    (again,) = bench.logins
    bench.silent()
    assert len(bench.logins) == 1, "one login at a time"
    again.says(PathOpened())
    bench.goes_on()
    assert bench.first.was_let_go
    assert len(bench.session.paths) == 1
    again.theirs.send(b"from the server")
    assert [data for data, *_ in bench.sockets.receive(bench.session.paths[0].socket)] == [b"from the server"]


def test_a_login_that_fails_leaves_the_old_path_and_rests(bench: Bench) -> None:
    now = bench.silent()
    bench.logins[0].says(Failed(Stage.CONNECT, "no route to host", "", 255))
    bench.goes_on()
    assert bench.ssh_path.is_open
    assert bench.logins[0].was_let_go
    bench.ssh_path.look(silent_for(60.1), now=now + 0.1)
    assert len(bench.logins) == 1
    bench.ssh_path.hurry(now=now + 0.2)
    bench.ssh_path.look(silent_for(60.2), now=now + 0.2)
    assert len(bench.logins) == 2


@pytest.mark.parametrize("stage", [Stage.AUTHENTICATION, Stage.HOST_KEY])
def test_a_login_that_would_ask_is_left_to_the_user(bench: Bench, stage: Stage) -> None:
    now = bench.silent()
    bench.logins[0].says(Failed(stage, "permission denied", "", 255))
    bench.logins[0].says(None)
    bench.goes_on()
    bench.ssh_path.look(silent_for(1000.0), now=now + 1000.0)
    assert len(bench.logins) == 1
    assert bench.ssh_path.in_words(key="Ctrl-^ l", now=now) == "Ctrl-^ l logs in again"
    login = bench.ssh_path.begin_for_user()
    assert login is not None
    assert bench.logins[1].kind is ErrandKind.PATH_BY_USER
    bench.ssh_path.take_over(login)
    assert bench.first.was_let_go
    assert len(bench.session.paths) == 1
    bench.ssh_path.look(silent_for(0.0), now=now + 1001.0)
    assert bench.ssh_path.in_words(key="Ctrl-^ l", now=now) == ""


def test_the_user_s_login_ends_one_that_is_under_way(bench: Bench) -> None:
    bench.silent()
    login = bench.ssh_path.begin_for_user()
    assert bench.logins[0].was_let_go
    bench.ssh_path.failed_for_user()
    assert login is not None
    login.close()
    assert bench.ssh_path.is_open


def test_a_login_of_the_user_s_that_cannot_be_started_is_told_in_words_and_may_be_tried_again(bench: Bench) -> None:
    bench.cannot_begin = True
    terminal: Any = None  # which is not reached
    assert "Resource temporarily unavailable" in log_in_for_path(bench.ssh_path, terminal)
    assert bench.ssh_path.in_words(key="Ctrl-^ l", now=monotonic()) == "Ctrl-^ l logs in again"
    bench.cannot_begin = False
    login = bench.ssh_path.begin_for_user()
    assert login is not None
    login.close()


def test_a_session_that_ssh_knows_to_be_over_is_told_of(bench: Bench) -> None:
    bench.silent()
    bench.logins[0].says(FateTold(SessionStatus(Fate.UNKNOWN)))
    bench.goes_on()
    assert bench.told == [SessionStatus(Fate.UNKNOWN)]


def test_a_system_that_starts_no_process_is_asked_again_later(bench: Bench) -> None:
    bench.cannot_begin = True
    now = bench.silent()
    bench.cannot_begin = False
    bench.ssh_path.look(silent_for(60.0), now=now)
    assert bench.logins == []
    due = bench.ssh_path.next_wakeup()
    assert due is not None
    bench.ssh_path.look(silent_for(90.0), now=due)
    assert len(bench.logins) == 1


def test_the_end_of_the_session_ends_every_login_and_waits_only_for_one_that_may_ask(bench: Bench) -> None:
    bench.silent()
    bench.ssh_path.stop()
    assert (bench.first.has_ended, bench.first.was_let_go) == (True, True)
    assert (bench.logins[0].has_ended, bench.logins[0].was_let_go) == (True, False)


def test_a_session_without_such_a_path_never_logs_in_again(bench: Bench) -> None:
    plain = SshPath(bench.session, bench.sockets, LinkLog(print), bench.loop, None)
    plain.look(silent_for(1000.0), now=1000.0)
    assert bench.logins == []
    assert plain.in_words(key="Ctrl-^ l", now=1000.0) == ""
    assert plain.next_wakeup() is None
    assert plain.begin_for_user() is None
