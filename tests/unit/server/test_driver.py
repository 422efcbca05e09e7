"""The server's loop, with a real PTY and socket, a fake session core and a clock that the test moves."""

import contextlib
import os
import select
import signal
import socket
from collections import deque
from collections.abc import Callable, Iterator

import pytest

from rmosh.channels.channel import FaultContained
from rmosh.channels.closing.bare_ends import SessionClosed
from rmosh.channels.closing.frames import Close, CloseKind
from rmosh.containment import LEFT_OFF_FOR, MOST_FAULTS
from rmosh.session.attachment import Guest
from rmosh.session.events import PtyInput, PtyResize, ServerEvent
from rmosh.session.policy import FIRST_CONTACT_TIMEOUT
from rmosh.session.server import AttachmentStatus
from rmosh.terminal.cells import LineDiscipline
from rmosh.transport.path import Datagram, Path
from rmosh_server.serving import driver
from rmosh_server.serving.driver import ENDED_PATIENCE, KEY_SIZE, OUTPUT_PER_TURN, ServerDriver
from rmosh_server.serving.loop import LINGER_PATIENCE, QUIT_PATIENCE, REFRESH_INTERVAL, STOPPED_PATIENCE, Control
from rmosh_server.serving.ssh_paths import PROOF_PATIENCE, SshPaths
from rmosh_server.shell.pty import PIECE_SIZE, open_pty
from rmosh_server.sockets.ssh_channel import ChannelEnds, SshChannel
from rmosh_server.sockets.udp import PortRange, UdpSocket, bind_first_free
from rmosh_server.systems.program import Program
from tests.patience import PATIENCE

CLIENT = b"client 1"


class FakeCore:
    """A session core that notes what it is told, and says what the test has it say."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.source: Path | None = None
        self.events: deque[ServerEvent] = deque()
        self.paths: dict[Path, bytes] = {}
        self.outgoing: list[bytes] = []
        self.refused: list[tuple[Path, int]] = []
        self.written = b""
        self.flags: list[LineDiscipline] = []
        self.taken = 0
        self.close: Close | None = None
        self.finished = False
        self.heard_at: float | None = None
        self.calls: list[str] = []
        self.connection_ids: frozenset[bytes] = frozenset()
        self.attachments: tuple[AttachmentStatus, ...] = ()
        self.synchronizing = False

    def receive_datagram(self, untrusted: bytes, source: Path, *, now: float, received_at: float | None = None) -> None:
        self.calls.append("receive")
        self.received.append(untrusted)
        self.source = source
        self.heard_at = now

    def add_path(self, client: bytes, path: Path, *, now: float) -> None:
        self.paths[path] = client

    def drop_path(self, path: Path, *, now: float) -> None:
        del self.paths[path]

    def datagrams_to_send(self, *, now: float, clock: Callable[[], float] | None = None) -> list[Datagram]:
        self.calls.append("send")
        if self.source is None:
            return []
        outgoing, self.outgoing = self.outgoing, []
        return [Datagram(self.source, data) for data in outgoing]

    def send_failed(self, path: Path, *, too_long: int, now: float) -> None:
        self.refused.append((path, too_long))

    def next_wakeup(self, *, now: float) -> float | None:
        return None

    def next_event(self) -> ServerEvent | None:
        return self.events.popleft() if self.events else None

    def output(self, data: bytes, *, now: float) -> None:
        self.calls.append("output")
        self.written += data

    def line_discipline(self, flags: LineDiscipline, *, now: float) -> None:
        self.flags.append(flags)

    def input_taken(self, client: bytes, input_offset: int, *, now: float) -> None:
        self.taken = input_offset

    def shell_ended(self, close: Close, *, now: float) -> None:
        self.close = close


class FakePresence:
    """Counts."""

    def __init__(self) -> None:
        self.refreshed = 0
        self.left = 0
        self.endings: list[Close] = []
        self.on_news: Callable[[], None] = lambda: None

    def refresh(self) -> None:
        self.refreshed += 1

    def leave(self) -> None:
        self.on_news()
        self.left += 1

    def ended(self, close: Close) -> None:
        self.on_news()
        self.endings.append(close)

    def client_left(self, client: bytes, *, now: float) -> None:
        """Nobody asks."""


class FakeSignals:
    """A readable descriptor and the signals that the test sends."""

    def __init__(self) -> None:
        self.reading, self.writing = os.pipe()

    def fileno(self) -> int:
        return self.reading

    def send(self, number: int) -> None:
        os.write(self.writing, bytes([number]))

    def take(self) -> set[int]:
        return set(os.read(self.reading, 100))


class Bench:
    """A driver and all that it stands between."""

    def __init__(self, script: str, control: Control | None = None) -> None:
        self.now = 1000.0
        self.core = FakeCore()
        self.signals = FakeSignals()
        self.presence = FakePresence()
        self.complaints: list[str] = []
        self.udp: UdpSocket = bind_first_free(PortRange(0, 0))
        self.streams = SshPaths(self.core, tell=self.complaints.append)
        self.pty = open_pty(rows=24, columns=80)
        self.shell = self.pty.start(Program("/bin/sh", ("sh", "-c", script)), {"PATH": os.environ["PATH"]})
        self.client = socket.socket(type=socket.SOCK_DGRAM)
        self.client.connect(("127.0.0.1", self.udp.port))
        self.client.settimeout(PATIENCE)
        self.driver = ServerDriver(
            self.core,
            self.udp,
            self.streams,
            self.pty,
            self.signals,
            shell=self.shell,
            presence=self.presence,
            complain=self.complaints.append,
            control=control,
            clock=lambda: self.now,
        )

    def turn_until(self, condition: Callable[[], bool]) -> None:
        """Take turns until something holds, waiting for real processes only."""
        while not condition():
            waited_for = [self.udp.fileno(), self.signals.fileno(), *self._open_pty()]
            readable, _, _ = select.select(waited_for, [], [], PATIENCE)
            assert readable, f"nothing happened for {PATIENCE} s; output so far: {self.core.written!r}"
            self.driver.turn()

    def turn(self) -> None:
        """Take one turn that has something to do."""
        self.client.send(b"")
        self.driver.turn()

    def contact(self) -> None:
        """Have the client be heard."""
        self.turn()
        assert self.core.heard_at is not None

    def wait_for_end(self) -> None:
        """Wait until the program has ended, and leave it to the driver to collect it."""
        os.waitid(os.P_PID, self.shell, os.WEXITED | os.WNOWAIT)
        self.signals.send(signal.SIGCHLD)

    def close(self) -> None:
        self.pty.close()
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(self.shell, signal.SIGKILL)
            os.waitpid(self.shell, 0)
        self.udp.close()
        self.client.close()
        os.close(self.signals.reading)
        os.close(self.signals.writing)

    def _open_pty(self) -> list[int]:
        return [self.pty.fileno()] if self.pty.fileno() >= 0 else []


@pytest.fixture
def bench_for() -> Iterator[Callable[[str], Bench]]:
    with contextlib.ExitStack() as stack:

        def build(script: str, control: Control | None = None) -> Bench:
            bench = Bench(script, control)
            stack.callback(bench.close)
            return bench

        yield build


def test_datagrams_go_to_the_core_and_its_answers_back(bench_for: Callable[[str], Bench]) -> None:
    bench = bench_for("read line")
    bench.core.outgoing = [b"answer"]
    bench.client.send(b"question")
    bench.driver.turn()
    assert bench.core.received == [b"question"]
    assert bench.client.recv(100) == b"answer"


def test_a_channel_that_shows_nothing_is_let_go_in_time_though_nothing_else_happens(
    bench_for: Callable[[str], Bench],
) -> None:
    bench = bench_for("read line")
    bench.contact()
    reading, far_writing = os.pipe()
    far_reading, writing = os.pipe()
    far_lifeline, lifeline = os.pipe()
    channel = SshChannel(ChannelEnds(reading, writing, lifeline, "0" * 32), follows_line=True)
    bench.streams.adopt(channel, CLIENT, now=bench.now)
    bench.now += PROOF_PATIENCE
    bench.driver.turn()
    assert bench.core.paths == {}
    assert os.read(far_lifeline, 1) == b""
    for descriptor in (far_writing, far_reading, far_lifeline):
        os.close(descriptor)


def test_the_core_learns_which_datagrams_are_too_long_for_this_host_to_send(bench_for: Callable[[str], Bench]) -> None:
    bench = bench_for("cat")
    bench.contact()
    bench.core.outgoing = [b"short", bytes(65_508)]  # one more than UDP over IPv4 carries
    bench.turn()
    assert bench.core.source is not None
    assert bench.core.refused == [(bench.core.source, 65_508)]


def test_typed_bytes_reach_the_program_and_its_output_the_core(bench_for: Callable[[str], Bench]) -> None:
    bench = bench_for("read line; echo got $line; read more")
    bench.core.events.append(PtyInput(b"abc\r", 4, CLIENT))
    bench.turn()
    assert bench.core.taken == 4
    bench.turn_until(lambda: b"got abc\r\n" in bench.core.written)


@pytest.mark.parametrize("behind", [(), (PtyInput(b"", 0, b""),)], ids=["alone", "before a terminal's answer"])
def test_what_a_program_answers_to_a_key_at_once_leaves_in_the_keys_own_turn(
    bench_for: Callable[[str], Bench], behind: tuple[PtyInput, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "ANSWER_PATIENCE", PATIENCE)
    bench = bench_for("stty raw -echo; echo ready; cat")
    bench.turn_until(lambda: b"ready" in bench.core.written)
    bench.core.events += [PtyInput(b"k", 1, CLIENT), *behind]
    bench.core.calls.clear()
    bench.turn()
    assert bench.core.written.endswith(b"k")
    assert bench.core.calls == ["receive", "output", "send"]


def test_the_rest_of_an_update_is_taken_in_the_same_turn(
    bench_for: Callable[[str], Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "REST_PATIENCE", PATIENCE)
    bench = bench_for("stty raw -echo; echo ready; read line; echo first; sleep 0.05; echo last; sleep 1000")
    bench.turn_until(lambda: b"ready" in bench.core.written)

    def output(data: bytes, *, now: float) -> None:
        bench.core.written += data
        bench.core.synchronizing = b"last" not in data

    bench.core.output = output  # type: ignore[method-assign]  # ours in its place
    bench.pty.write(memoryview(b"\n"))
    select.select([bench.pty], [], [], PATIENCE)
    bench.core.calls.clear()
    bench.driver.turn()
    assert bench.core.written.endswith(b"first\nlast\n")
    assert bench.core.calls == ["send"]


def test_no_answer_is_waited_for_where_something_else_is_to_be_done(
    bench_for: Callable[[str], Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "ANSWER_PATIENCE", 1000 * PATIENCE)
    bench = bench_for("stty raw -echo; echo ready; sleep 1000")
    bench.turn_until(lambda: b"ready" in bench.core.written)
    bench.core.events.append(PtyInput(bytes(KEY_SIZE + 1), KEY_SIZE + 1, CLIENT))
    bench.turn()
    bench.core.events.append(PtyInput(b"k", KEY_SIZE + 2, CLIENT))
    bench.signals.send(signal.SIGUSR1)
    bench.turn()
    assert bench.core.taken == KEY_SIZE + 2


def test_a_resize_reaches_the_program(bench_for: Callable[[str], Bench]) -> None:
    bench = bench_for("read line; stty size; read more")
    bench.core.events.append(PtyResize(400, 1000))
    bench.core.events.append(PtyInput(b"\r", 1, CLIENT))
    bench.turn()
    bench.turn_until(lambda: b"400 1000" in bench.core.written)


def test_changes_of_the_line_discipline_are_told_once(bench_for: Callable[[str], Bench]) -> None:
    bench = bench_for("stty -echo; echo off; read line")
    bench.turn_until(lambda: b"off" in bench.core.written)
    bench.turn()
    assert (bench.core.flags[-1].echo, bench.core.flags[-1].canonical) == (False, True)
    assert len(bench.core.flags) == len(set(bench.core.flags))


def test_another_process_in_the_foreground_is_told_and_the_one_before_known_again(
    bench_for: Callable[[str], Bench],
) -> None:
    bench = bench_for("exec bash --norc -c 'set -m; sh -c \"echo one; read line\"; echo two; read line'")
    bench.turn_until(lambda: b"one" in bench.core.written)
    bench.turn()
    asking = bench.core.flags[-1]
    bench.core.events.append(PtyInput(b"\r", 1, CLIENT))
    bench.turn()
    bench.turn_until(lambda: b"two" in bench.core.written)
    bench.turn()
    after = bench.core.flags[-1]
    assert (asking.reader, after.reader) == (1, 0)
    assert after.switches > asking.switches
    assert len(bench.core.flags) == len(set(bench.core.flags))


def test_typed_input_is_written_before_a_flood_is_read(bench_for: Callable[[str], Bench]) -> None:
    bench = bench_for("trap 'echo interrupted; exit 0' INT; while :; do echo flood; done")
    bench.turn_until(lambda: b"flood" in bench.core.written)
    bench.core.events.append(PtyInput(b"\x03", 1, CLIENT))
    bench.client.send(b"")
    bench.core.calls.clear()
    select.select([bench.pty], [], [], PATIENCE)
    bench.driver.turn()
    assert bench.core.taken == 1
    assert bench.core.calls[0] == "receive"
    bench.turn_until(lambda: b"interrupted" in bench.core.written)


def test_a_flood_gets_only_its_share_of_a_turn(bench_for: Callable[[str], Bench]) -> None:
    bench = bench_for("yes")
    bench.turn_until(lambda: b"y" in bench.core.written)
    for _ in range(20):
        before = len(bench.core.written)
        select.select([bench.pty], [], [], PATIENCE)
        bench.driver.turn()
        assert len(bench.core.written) - before < 2 * OUTPUT_PER_TURN


def test_a_slow_emulator_ends_a_flood_s_turn_by_time(bench_for: Callable[[str], Bench]) -> None:
    bench = bench_for("yes")

    def slow_output(data: bytes, *, now: float) -> None:
        bench.core.written += data
        bench.now += 1.0

    bench.core.output = slow_output  # type: ignore[method-assign]  # ours in its place
    bench.contact()
    start = bench.now
    select.select([bench.pty], [], [], PATIENCE)
    bench.driver.turn()
    assert bench.now - start <= 2.0


@pytest.mark.parametrize(("speed", "size"), [(1e9, OUTPUT_PER_TURN), (1e7, 30_000), (1e6, PIECE_SIZE)])
def test_as_much_output_is_taken_at_once_as_a_turn_has_time_for(
    bench_for: Callable[[str], Bench], speed: float, size: int
) -> None:
    bench = bench_for("yes")
    asked: list[int] = []
    whole: list[bytes] = []
    read = bench.pty.read

    def read_as_asked(size: int) -> bytes:
        asked.append(size)
        return read(size)

    def output_at_speed(data: bytes, *, now: float) -> None:
        whole.extend([data] if len(data) >= PIECE_SIZE else [])
        bench.now += len(data) / speed

    bench.pty.read = read_as_asked  # type: ignore[method-assign, assignment]  # ours in its place
    bench.core.output = output_at_speed  # type: ignore[method-assign]  # ours in its place
    bench.turn_until(lambda: len(whole) > 3)
    assert asked[0] == PIECE_SIZE
    assert max(asked) == pytest.approx(size, abs=1)


def test_a_program_that_does_not_read_blocks_nothing(bench_for: Callable[[str], Bench]) -> None:
    bench = bench_for("stty raw -echo; echo ready; sleep 1000")
    bench.turn_until(lambda: b"ready" in bench.core.written)
    bench.core.events.append(PtyInput(b"x" * 60000, 60000, CLIENT))
    bench.core.events.append(PtyInput(b"y", 60001, CLIENT))
    bench.turn()
    assert bench.core.taken < 60000
    bench.core.outgoing = [b"still here"]
    bench.client.send(b"hello?")
    bench.driver.turn()
    assert bench.client.recv(100) == b"still here"


def test_waiting_input_goes_on_when_the_program_reads_again(bench_for: Callable[[str], Bench]) -> None:
    bench = bench_for("stty raw -echo; echo ready; head -c 60001 | tail -c 1; read line")
    bench.turn_until(lambda: b"ready" in bench.core.written)
    bench.core.events.append(PtyInput(b"x" * 60000 + b"y", 60001, CLIENT))
    bench.turn()
    for _ in range(1000):
        if bench.core.taken == 60001:
            break
        bench.driver.turn()
    assert bench.core.taken == 60001
    bench.turn_until(lambda: bench.core.written.endswith(b"y"))


def test_the_exit_status_is_told_after_the_last_output(bench_for: Callable[[str], Bench]) -> None:
    bench = bench_for("echo last words; exit 7")
    bench.contact()
    bench.wait_for_end()
    bench.turn_until(lambda: bench.core.close is not None)
    assert bench.core.close == Close(CloseKind.EXITED, 7)
    assert bench.core.written == b"last words\r\n"
    assert not bench.driver.over
    assert bench.presence.endings == [Close(CloseKind.EXITED, 7)]  # `attach` tells it though the client may not know
    bench.core.finished = True
    assert bench.driver.over
    assert bench.driver.run() == Close(CloseKind.EXITED, 7)
    assert len(bench.presence.endings) == 1
    assert bench.presence.left == 1


def test_the_client_is_told_of_the_end_before_the_host_is(bench_for: Callable[[str], Bench]) -> None:
    bench = bench_for("read line; exit 7")
    bench.contact()
    bench.core.outgoing = [b"status 7"]
    waited: list[bytes] = []
    bench.presence.on_news = lambda: waited.append(b"" if bench.core.outgoing else b"told")
    os.write(bench.pty.fileno(), b"\n")
    bench.wait_for_end()
    bench.turn_until(lambda: bench.core.close is not None)
    assert waited == [b"told", b"told"]


def test_however_slow_the_emulator_is_no_last_output_is_lost(bench_for: Callable[[str], Bench]) -> None:
    bench = bench_for("head -c 3000 /dev/zero | tr '\\0' x; echo last words")
    read_all = bench.pty.read

    def slow_output(data: bytes, *, now: float) -> None:
        bench.core.written += data
        bench.now += 1.0

    pieces: deque[bytes] = deque()

    def read_little(size: int = PIECE_SIZE) -> bytes:
        if not pieces:
            data = read_all()
            pieces.extend(data[start : start + 100] for start in range(0, len(data), 100))
        return pieces.popleft() if pieces else b""

    bench.core.output = slow_output  # type: ignore[method-assign]  # ours in its place
    bench.pty.read = read_little  # type: ignore[method-assign]  # ours in its place
    bench.wait_for_end()
    bench.turn_until(lambda: bench.core.close is not None)
    assert bench.core.written == b"x" * 3000 + b"last words\r\n"


def test_a_program_killed_by_a_signal_is_told_as_such(bench_for: Callable[[str], Bench]) -> None:
    bench = bench_for("kill -9 $$")
    bench.contact()
    bench.wait_for_end()
    bench.turn_until(lambda: bench.core.close is not None)
    assert bench.core.close == Close(CloseKind.SIGNALLED, 9)


def test_a_program_that_ended_before_the_loop_began_is_noticed(bench_for: Callable[[str], Bench]) -> None:
    bench = bench_for("exit 3")
    os.waitid(os.P_PID, bench.shell, os.WEXITED | os.WNOWAIT)
    bench.core.finished = True
    assert bench.driver.run() == Close(CloseKind.EXITED, 3)


def test_a_client_that_sleeps_may_learn_of_the_end_later_but_not_for_ever(
    bench_for: Callable[[str], Bench],
) -> None:
    bench = bench_for("exit 0")
    bench.contact()
    bench.wait_for_end()
    bench.turn_until(lambda: bench.core.close is not None)
    bench.now += ENDED_PATIENCE - 1
    assert not bench.driver.over
    bench.now += 1
    assert bench.driver.over


def test_a_session_that_is_over_waits_a_moment_for_a_client_that_may_let_others_in(
    bench_for: Callable[[str], Bench],
) -> None:
    bench = bench_for("exit 0")
    guest = Guest(24, 80, streams=True)
    bench.core.attachments = (AttachmentStatus(b"client", guest, (24, 80), True, 0.0, 0.0, 0.0),)
    bench.contact()
    bench.wait_for_end()
    bench.turn_until(lambda: bench.core.close is not None)
    bench.core.finished = True
    assert not bench.driver.over
    bench.now += LINGER_PATIENCE
    assert bench.driver.over


def test_a_shell_that_ends_at_once_waits_no_longer_for_a_client_than_any(
    bench_for: Callable[[str], Bench],
) -> None:
    bench = bench_for("exit 0")
    bench.wait_for_end()
    bench.turn_until(lambda: bench.core.close is not None)
    bench.now += FIRST_CONTACT_TIMEOUT
    assert bench.driver.over


def test_background_processes_do_not_keep_a_session_whose_shell_ended(bench_for: Callable[[str], Bench]) -> None:
    bench = bench_for("sleep 1000 & exit 0")
    bench.contact()
    bench.wait_for_end()
    bench.turn_until(lambda: bench.core.close is not None)
    bench.core.finished = True
    assert bench.driver.over


def test_a_client_that_quits_hangs_up_the_shell_and_is_answered_for_a_while(
    bench_for: Callable[[str], Bench],
) -> None:
    bench = bench_for("read line")
    bench.contact()
    bench.core.events.append(SessionClosed(Close(CloseKind.CLIENT_QUIT)))
    bench.turn()
    bench.wait_for_end()
    bench.driver.turn()
    assert bench.core.close is None
    bench.core.outgoing = [b"goodbye"]
    bench.client.send(b"quit, again")
    bench.driver.turn()
    assert bench.client.recv(100) == b"goodbye"
    assert not bench.driver.over
    bench.now += QUIT_PATIENCE
    assert bench.driver.run() == Close(CloseKind.CLIENT_QUIT)


def test_a_shell_that_ignores_the_hang_up_does_not_keep_the_server(bench_for: Callable[[str], Bench]) -> None:
    bench = bench_for("trap '' HUP; echo ready; while :; do sleep 0.1; done")
    bench.turn_until(lambda: b"ready" in bench.core.written)
    bench.contact()
    bench.core.events.append(SessionClosed(Close(CloseKind.CLIENT_QUIT)))
    bench.turn()
    bench.now += QUIT_PATIENCE
    assert bench.driver.over


def test_a_server_told_to_stop_tells_the_client_and_hangs_up(bench_for: Callable[[str], Bench]) -> None:
    bench = bench_for("read line")
    bench.contact()
    bench.signals.send(signal.SIGTERM)
    bench.driver.turn()
    assert bench.core.close is not None
    assert bench.core.close.kind is CloseKind.SERVER_STOPPED
    bench.wait_for_end()
    bench.driver.turn()
    assert bench.core.close.kind is CloseKind.SERVER_STOPPED
    assert not bench.driver.over
    bench.now += STOPPED_PATIENCE
    assert bench.driver.over


def test_a_server_that_waits_to_tell_an_end_stops_soon_when_told_to(bench_for: Callable[[str], Bench]) -> None:
    bench = bench_for("exit 5")
    bench.contact()
    bench.wait_for_end()
    bench.turn_until(lambda: bench.core.close is not None)
    bench.signals.send(signal.SIGTERM)
    bench.driver.turn()
    bench.now += STOPPED_PATIENCE
    assert bench.driver.run() == Close(CloseKind.EXITED, 5)


def test_a_server_that_no_client_reaches_ends(bench_for: Callable[[str], Bench]) -> None:
    bench = bench_for("read line")
    bench.now += FIRST_CONTACT_TIMEOUT
    bench.driver.turn()
    assert bench.driver.run().kind is CloseKind.FAILED


def test_a_client_once_heard_may_be_silent_for_a_year(bench_for: Callable[[str], Bench]) -> None:
    bench = bench_for("read line")
    bench.contact()
    bench.now += 365 * 86400
    bench.turn()
    assert not bench.driver.over


def test_the_session_s_file_is_kept_fresh(bench_for: Callable[[str], Bench]) -> None:
    bench = bench_for("read line")
    bench.contact()
    assert bench.presence.refreshed == 0
    bench.now += REFRESH_INTERVAL
    bench.turn()
    bench.turn()
    assert bench.presence.refreshed == 1


def test_a_failing_core_can_still_be_made_to_say_goodbye(bench_for: Callable[[str], Bench]) -> None:
    bench = bench_for("read line")
    bench.contact()
    bench.core.outgoing = [b"sorry"]
    bench.driver.abandon(Close(CloseKind.FAILED))
    assert bench.core.close == Close(CloseKind.FAILED)
    assert bench.client.recv(100) == b"sorry"
    bench.wait_for_end()


class BrokenControl:
    """A question that waits and fails whoever would answer it."""

    def __init__(self) -> None:
        self.reading, self.writing = os.pipe()
        os.write(self.writing, b"?")
        self.tries = 0
        self.next_wakeup = float("inf")

    def fileno(self) -> int:
        return self.reading

    def answer_questions(self, *, now: float) -> None:
        self.tries += 1
        raise KeyError("a fault of our own")


def test_a_fault_that_the_core_survived_is_complained_of(bench_for: Callable[[str], Bench]) -> None:
    bench = bench_for("cat")
    bench.core.events.append(FaultContained("a fault in the history, it was reset"))
    bench.turn()
    assert bench.complaints == ["a fault in the history, it was reset"]


def test_a_question_that_fails_again_and_again_is_left_alone_and_the_session_goes_on(
    bench_for: Callable[..., Bench],
) -> None:
    control = BrokenControl()
    bench = bench_for("read line; echo got $line; read line", control)
    for _ in range(20):
        bench.turn()
    assert control.tries == MOST_FAULTS
    bench.core.events.append(PtyInput(b"it\n", 3, CLIENT))
    bench.turn()
    bench.turn_until(lambda: b"got it" in bench.core.written)
    bench.now += LEFT_OFF_FOR
    bench.turn()
    bench.turn()
    assert control.tries == MOST_FAULTS + 1
    assert not bench.driver.over
    os.close(control.reading)
    os.close(control.writing)


def test_programs_are_told_to_draw_anew_after_the_terminal_was_made_anew(bench_for: Callable[..., Bench]) -> None:
    bench = bench_for("trap 'echo drawn; exit' WINCH; echo ready; while :; do read line; done")
    bench.turn_until(lambda: b"ready" in bench.core.written)
    bench.core.events.append(PtyResize(24, 80, redraw=True))
    bench.turn()
    bench.turn_until(lambda: b"drawn" in bench.core.written)
