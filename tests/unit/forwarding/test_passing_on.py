"""The far side's programs at the user's agent and display: the rooms of both ends, with streams between them."""

import contextlib
import os
import select
import socket
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rmosh.forwarding.agent_protocol import string
from rmosh.forwarding.x11 import COOKIE_KIND
from rmosh_client.forwarding.forwards import Forwards
from rmosh_client.forwarding.passed_on import AgentAccess, DisplayAccess, DisplayAddress, PassedOn
from rmosh_client.forwarding.passing_on import PassingOn
from rmosh_client.forwarding.questions import QUESTION_PATIENCE, Questions
from rmosh_client.forwarding.settings import ForwardSettings
from rmosh_server.forwarding.offers import OFFER_PATIENCE
from rmosh_server.forwarding.opened_ways import OpenedWays
from rmosh_server.forwarding.permissions import Permissions, Rules
from rmosh_server.forwarding.room import Forwarding
from rmosh_server.forwarding.ways import ClientsMachines
from tests.patience import PATIENCE
from tests.unit.forwarding.far_side import FakeStreams

LIST, FAILURE = string(b"\x0b"), string(b"\x05")
SIGN = string(b"\x0d" + string(b"a key") + string(b"data") + bytes(4))


class FakeAgent:
    """Listens as an agent and answers each message with its own name; `bound` are the session-binds that it got."""

    def __init__(self, directory: str, name: str) -> None:
        self.path = f"{directory}/{name}"
        self.bound: list[bytes] = []
        self._name = name.encode()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        self._listener.listen()
        self._connections: list[socket.socket] = []

    def turn(self) -> None:
        while select.select([self._listener], [], [], 0)[0]:
            self._connections.append(self._listener.accept()[0])
        for connection in [*self._connections]:
            if select.select([connection], [], [], 0)[0]:
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        head = connection.recv(4)
        if not head:
            self._connections.remove(connection)
            connection.close()
            return
        message = connection.recv(struct.unpack(">I", head)[0])
        if message[0] == 27:
            self.bound.append(message)
        connection.sendall(string(b"\x06" if message[0] == 27 else b"\x0e" + self._name))

    def close(self) -> None:
        for each in (self._listener, *self._connections):
            each.close()


class Screen:
    """Where questions are shown."""

    def __init__(self) -> None:
        self.words = ""

    def show(self, words: str) -> None:
        self.words = words


class Session:
    """A server's room and the rooms of its clients."""

    def __init__(self, directory: str, permissions: Permissions | None = None) -> None:
        self.now = 1000.0
        self.told: list[str] = []
        self.complaints: list[str] = []
        self.directory = directory
        self.clients: dict[bytes, tuple[FakeStreams, Forwards]] = {}
        self.offering: dict[bytes, PassingOn] = {}
        environment = {"PATH": directory}
        Path(directory, "xauth").write_text("#!/bin/sh\nexec /bin/cat > /dev/null\n")
        Path(directory, "xauth").chmod(0o755)
        self.ways = ClientsMachines(OpenedWays(), [directory], bytes(8), environment, "/")
        self.server = Forwarding(
            lambda: [(name, streams) for name, (streams, _) in self.clients.items()],
            unheard=lambda _: 0.0,
            complain=self.complaints.append,
            permissions=lambda: permissions or Permissions(),
            ways=lambda: self.ways,
            clock=lambda: self.now,
        )
        self.programs: list[socket.socket] = []
        self.also_turning: list[Callable[[], None]] = []
        self.screen = Screen()

    def attach(self, name: bytes, passed_on: PassedOn, *, confirms: bool = False) -> Questions:
        here, there = FakeStreams(side=0), FakeStreams(side=1)
        here.other, there.other = there, here
        forwards = Forwards(here, ForwardSettings(), tell=self.told.append, clock=lambda: self.now, host="box")
        self.clients[name] = there, forwards
        questions = Questions(self.screen.show, forwards.resources.ready_set, clock=lambda: self.now)
        asking = questions if confirms else None
        self.offering[name] = PassingOn(forwards.resources, passed_on, questions=asking, tell=self.told.append)
        self.turn()
        return questions

    def leave(self, name: bytes) -> None:
        self.offering.pop(name).close()
        self.server.client_left(name)
        self.clients.pop(name)[1].close()

    def turn(self, times: int = 10) -> None:
        for _ in range(times):
            for _, forwards in self.clients.values():
                forwards.turn(now=self.now)
            self.server.turn(now=self.now)
            for turn in self.also_turning:
                turn()
        assert self.complaints == []

    def until(self, happened: Callable[[], object]) -> None:
        give_up = time.monotonic() + PATIENCE
        while not happened():
            assert time.monotonic() < give_up
            self.turn(1)

    @property
    def agent_path(self) -> str:
        return f"{self.directory}/{bytes(8).hex()}.agent"

    def program(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self.agent_path)
        connection.setblocking(False)
        self.programs.append(connection)
        return connection

    def said_to(self, program: socket.socket, request: bytes = b"") -> bytes:
        """Return what a program is answered; b"" where it is turned away, in whichever way a socket tells."""
        with contextlib.suppress(BrokenPipeError):
            program.send(request)
        got: list[bytes] = []

        def came() -> bool:
            try:
                got.append(program.recv(65536))
            except BlockingIOError:
                pass
            except ConnectionError:
                got.append(b"")
            return bool(got)

        self.until(came)
        return got[0]

    def close(self) -> None:
        for name in [*self.clients]:
            self.leave(name)
        self.server.close()
        self.ways.close()
        for program in self.programs:
            program.close()


@pytest.fixture
def directory() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="rmosh-") as made:
        yield made


@pytest.fixture
def session(directory: str) -> Iterator[Session]:
    made = Session(directory)
    yield made
    made.close()


@pytest.fixture
def agents(directory: str, session: Session) -> Iterator[list[FakeAgent]]:
    made = [FakeAgent(directory, name) for name in ("one", "two")]
    session.also_turning += [each.turn for each in made]
    yield made
    for each in made:
        each.close()


def offered(agent: FakeAgent) -> PassedOn:
    return PassedOn(agent=AgentAccess(agent.path))


def test_a_program_is_answered_by_the_newest_client_s_agent(session: Session, agents: list[FakeAgent]) -> None:
    one, two = agents
    session.attach(b"a", offered(one))
    assert session.said_to(session.program(), LIST) == string(b"\x0eone")
    session.attach(b"b", offered(two))
    assert session.said_to(session.program(), LIST) == string(b"\x0etwo")
    session.leave(b"b")
    assert session.said_to(session.program(), LIST) == string(b"\x0eone")
    assert one.bound and two.bound


def test_without_a_client_a_program_waits_for_a_moment_and_is_turned_away(
    session: Session, agents: list[FakeAgent]
) -> None:
    session.attach(b"a", offered(agents[0]))
    session.leave(b"a")
    program = session.program()
    program.send(LIST)
    session.turn()
    session.attach(b"b", offered(agents[1]))
    assert session.said_to(program) == string(b"\x0etwo")
    session.leave(b"b")
    program = session.program()
    session.now += OFFER_PATIENCE + 0.1
    assert session.said_to(program) == b""


def test_a_session_that_began_without_an_agent_tells_what_to_type(session: Session, agents: list[FakeAgent]) -> None:
    session.attach(b"a", offered(agents[0]))
    assert session.told == [
        f"this session began without your agent; for it, type: export SSH_AUTH_SOCK='{session.agent_path}'"
    ]
    session.attach(b"b", offered(agents[1]))
    assert len(session.told) == 1


def test_where_programs_begin_afterwards_the_host_tells_them_and_nobody_else(
    session: Session, agents: list[FakeAgent]
) -> None:
    session.attach(b"a", PassedOn())
    resources = session.clients[b"a"][1].resources
    offered_here = PassingOn(
        resources, offered(agents[0]), questions=None, tell=session.told.append, begins_programs=True
    )
    assert not offered_here.is_settled
    session.turn()
    assert offered_here.is_settled and session.told == []
    assert session.ways.environment() == {"SSH_AUTH_SOCK": session.agent_path}
    offered_here.close()


def test_what_an_administrator_forbids_is_told_once(directory: str) -> None:
    session = Session(directory, Permissions([Rules("/etc/ssh/sshd_config, line 7", agent=False, x11=False)]))
    try:
        session.attach(b"a", PassedOn(AgentAccess("/x"), DisplayAccess((), "", b"")))
        assert ["not forwarded" in line and "line 7" in line for line in session.told] == [True, True]
        assert not os.path.exists(session.agent_path)
    finally:
        session.close()


def test_an_agent_that_is_gone_is_told_and_its_program_turned_away(session: Session) -> None:
    session.attach(b"a", PassedOn(agent=AgentAccess("/nowhere/agent")))
    session.told.clear()
    assert session.said_to(session.program(), LIST) == b""
    assert "/nowhere/agent does not answer" in session.told[0]


@pytest.mark.parametrize("allowed", [True, False])
def test_the_user_is_asked_which_key_for_which_program(
    session: Session, agents: list[FakeAgent], allowed: bool
) -> None:
    questions = session.attach(b"a", offered(agents[0]), confirms=True)
    with contextlib.closing(session.program()) as program:
        program.send(SIGN)
        session.until(lambda: session.screen.words)
        assert f"(process {os.getpid()})" in session.screen.words and "SHA256:" in session.screen.words
        assert questions.answer(allowed=allowed)
        assert session.said_to(program) == (string(b"\x0eone") if allowed else FAILURE)
    assert session.screen.words == ""


def test_a_question_that_nobody_answers_is_a_no(session: Session, agents: list[FakeAgent]) -> None:
    session.attach(b"a", offered(agents[0]), confirms=True)
    with contextlib.closing(session.program()) as program:
        program.send(SIGN)
        session.until(lambda: session.screen.words)
        session.now += QUESTION_PATIENCE + 0.1
        assert session.said_to(program) == FAILURE
    assert session.screen.words == ""


def test_a_question_goes_with_its_program(session: Session, agents: list[FakeAgent]) -> None:
    session.attach(b"a", offered(agents[0]), confirms=True)
    program = session.program()
    program.send(SIGN)
    session.until(lambda: session.screen.words)
    session.leave(b"a")
    assert session.said_to(program) == b""


def test_a_program_that_speaks_something_else_is_cut_off(session: Session, agents: list[FakeAgent]) -> None:
    session.attach(b"a", offered(agents[0]))
    with contextlib.closing(session.program()) as program:
        assert session.said_to(program, b"\xff" * 100) == b""
    assert session.said_to(session.program(), LIST) == string(b"\x0eone")


def test_keys_that_only_some_hosts_may_use_are_not_offered_where_nobody_knows_the_host(
    session: Session, tmp_path: Path
) -> None:
    # OpenSSH 9.2: ssh-add -h; a login by another program leaves no proof of the host.
    with tempfile.TemporaryDirectory(prefix="rmosh-agent-") as place, ssh_agent(f"{place}/a") as path:
        for name in ("free", "bound", "host"):
            subprocess.run(["ssh-keygen", "-qt", "ed25519", "-N", "", "-C", name, "-f", tmp_path / name], check=True)
        (tmp_path / "known").write_text("box " + (tmp_path / "host.pub").read_text())
        environment = os.environ | {"SSH_AUTH_SOCK": path}
        known = ["-H", str(tmp_path / "known"), "-h", "box"]
        subprocess.run(["ssh-add", "-q", tmp_path / "free"], env=environment, check=True)
        subprocess.run(["ssh-add", "-q", *known, tmp_path / "bound"], env=environment, check=True)
        session.attach(b"a", PassedOn(agent=AgentAccess(path)))
        listed = session.said_to(session.program(), LIST)
        assert b"free" in listed and b"bound" not in listed


@contextlib.contextmanager
def ssh_agent(path: str) -> Iterator[str]:
    with subprocess.Popen(["ssh-agent", "-D", "-a", path], stdout=subprocess.DEVNULL) as process:
        give_up = time.monotonic() + PATIENCE
        while not os.path.exists(path):
            assert time.monotonic() < give_up
            select.select([], [], [], 0.01)
        yield path
        process.terminate()


# --- X11 -----------------------------------------------------------------------------------------------------

REAL = bytes(range(100, 116))


class FakeDisplay:
    """Listens as a display and keeps what it is sent."""

    def __init__(self, directory: str) -> None:
        self.path = f"{directory}/X9"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        self._listener.listen()
        self._listener.setblocking(False)
        self.heard = b""
        self._connections: list[socket.socket] = []

    def turn(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._connections.append(self._listener.accept()[0])
            self._connections[-1].setblocking(False)
        for connection in self._connections:
            with contextlib.suppress(BlockingIOError):
                if data := connection.recv(4096):
                    self.heard += data
                    connection.sendall(b"hello")

    def close(self) -> None:
        for each in (self._listener, *self._connections):
            each.close()


@pytest.fixture
def display(directory: str, session: Session) -> Iterator[FakeDisplay]:
    made = FakeDisplay(directory)
    session.also_turning.append(made.turn)
    yield made
    made.close()


def shown(cookie: bytes) -> bytes:
    kind = COOKIE_KIND.encode()
    head = b"l\0" + struct.pack("<HHHHH", 11, 0, len(kind), len(cookie), 0)
    return head + kind + bytes(-len(kind) % 4) + cookie + bytes(-len(cookie) % 4)


def with_display(session: Session, display: FakeDisplay, *, lasts: float = 0.0) -> tuple[bytes, socket.socket]:
    """Attach, and return the cookie that programs there find, and a program's connection."""
    access = DisplayAccess((DisplayAddress(display.path),), COOKIE_KIND, REAL, lasts)
    session.attach(b"a", PassedOn(display=access))
    opened = session.ways._opened.display
    assert opened is not None
    [told] = session.told
    assert told == f"this session began without your display; for it, type: export DISPLAY={opened.name}"
    program = socket.create_connection(("127.0.0.1", 6000 + opened.number))
    program.setblocking(False)
    return bytes.fromhex(opened.cookie), program


def test_a_window_s_program_is_let_through_with_the_real_cookie(session: Session, display: FakeDisplay) -> None:
    cookie, program = with_display(session, display)
    with contextlib.closing(program):
        whole = shown(cookie) + b"and more"
        for place in range(len(whole)):
            program.send(whole[place : place + 1])
            session.turn(1)
        assert session.said_to(program).startswith(b"hello")
        session.until(lambda: display.heard.endswith(b"and more"))
    assert display.heard == shown(REAL) + b"and more"


@pytest.mark.parametrize("said", [shown(bytes(16)), shown(b""), b"GET / HTTP/1.0\r\n\r\n", b"l" + b"\xff" * 100])
def test_whoever_shows_another_cookie_never_reaches_the_display(
    session: Session, display: FakeDisplay, said: bytes
) -> None:
    _, program = with_display(session, display)
    with contextlib.closing(program):
        assert session.said_to(program, said) == b""
    assert display.heard == b""


def test_after_its_time_an_untrusted_program_is_turned_away(session: Session, display: FakeDisplay) -> None:
    cookie, program = with_display(session, display, lasts=1200)
    session.now += 1201
    with contextlib.closing(program):
        assert session.said_to(program, shown(cookie)) == b""
    assert display.heard == b""
