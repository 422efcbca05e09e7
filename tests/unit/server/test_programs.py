"""A program for a stream: started as sshd would, its bytes untouched both ways, its end told, its client's end felt."""

import os
import selectors
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from rmosh.forwarding.answers import AnswerStatus
from rmosh.forwarding.records import Exited, InputClosed, Killed, Output, Record, RecordReader
from rmosh.forwarding.requests import RunProgram
from rmosh_server.forwarding.programs import NotStarted, Programs
from rmosh_server.forwarding.running_program import RunningProgram
from rmosh_server.shell.account import Account
from tests.patience import PATIENCE
from tests.unit.forwarding.streams import stream_pair


class Far:
    """The far side's loop around one program, and the client's end of its stream."""

    def __init__(
        self, command: str, *, window: int = 1 << 20, environment: tuple[str, ...] = (), terminal: str = ""
    ) -> None:
        self._selector = selectors.DefaultSelector()
        self._programs = Programs(self._watch)
        self.client, server = stream_pair(window=window)
        self.reader = RecordReader()
        self.records: list[Record] = []
        request = RunProgram(command, environment=environment, terminal=terminal, rows=33, columns=99)
        self.ends = 0
        self.program = self._programs.start(request, server, client=b"client", ways_to_client={}, on_end=self._ended)

    def _ended(self) -> None:
        self.ends += 1

    def _watch(self, descriptor: int, events: int, program: RunningProgram) -> None:
        action = program.stream_changed
        is_known = descriptor in self._selector.get_map()
        if events and is_known:
            self._selector.modify(descriptor, events, action)
        elif events:
            self._selector.register(descriptor, events, action)
        elif is_known:
            self._selector.unregister(descriptor)

    def turn(self) -> None:
        self.program.stream_changed()
        for key, _ in self._selector.select(0.01):
            key.data()
        if self.program.process is not None:
            process, status = os.waitpid(self.program.process, os.WNOHANG)
            if process:
                self._programs.child_ended(process, status)
        self.records += self.reader.feed(self.client.read())

    def run_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, self.records
            self.turn()

    def run(self, stdin: bytes = b"") -> tuple[bytes, bytes, Record]:
        """Give it some input and its end, and let it run to its own; return output, errors and how it ended."""
        while stdin:
            stdin = stdin[self.client.write(stdin) :]
            self.turn()
        self.client.finish()
        self.run_until(lambda: self.client.at_end)
        assert self.program.is_over and self.ends == 1
        *outputs, ending = [record for record in self.records if not isinstance(record, InputClosed)]
        texts = {
            kind: b"".join([o.data for o in outputs if isinstance(o, Output) and o.is_error is kind])
            for kind in (False, True)
        }
        return texts[False], texts[True], ending

    def close(self) -> None:
        self.program.close()
        if self.program.process is not None:
            os.kill(self.program.process, signal.SIGKILL)
            os.waitpid(self.program.process, 0)
        self._selector.close()


@pytest.fixture
def far() -> Iterator[Callable[..., Far]]:
    started: list[Far] = []

    def start(command: str, **options: object) -> Far:
        started.append(Far(command, **options))  # type: ignore[arg-type]  # as the test names them
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> Account:
    account = Account("ann", str(tmp_path), "/bin/sh")
    monkeypatch.setattr("rmosh_server.forwarding.programs.own_account", lambda: account)
    return account


def test_output_errors_and_status_come_apart(far: Callable[..., Far]) -> None:
    assert far("echo out; echo err >&2; exit 7").run() == (b"out\n", b"err\n", Exited(7))


def test_all_bytes_pass_untouched_through_a_window_far_smaller_than_they_are(far: Callable[..., Far]) -> None:
    data = bytes(range(256)) * 2000
    assert far("cat", window=3000).run(data) == (data, b"", Exited(0))


def test_a_program_that_a_signal_ended_says_which(far: Callable[..., Far]) -> None:
    assert far("kill -9 $$").run() == (b"", b"", Killed(9))


def test_a_shell_reads_its_commands_where_none_is_given(far: Callable[..., Far]) -> None:
    assert far("").run(b"echo $0; exit 3\n") == (b"-sh\n", b"", Exited(3))


def test_it_runs_at_home_without_a_terminal_in_a_session_of_its_own(far: Callable[..., Far], account: Account) -> None:
    told, _, _ = far('pwd; echo "$USER $TERM-"; ps -o sid= -p $$; echo $$; tty').run()
    home, user, session, process, terminal = told.decode().split("\n")[:5]
    assert (home, user, terminal) == (account.home, "ann -", "not a tty")
    assert int(session) == int(process)


def test_a_home_that_is_not_there_is_told_as_sshd_tells_it(
    far: Callable[..., Far], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rmosh_server.forwarding.programs.own_account", lambda: Account("ann", "/nowhere", "/bin/sh"))
    assert far("pwd").run() == (
        b"/\n",
        b"Could not chdir to home directory /nowhere: No such file or directory\n",
        Exited(0),
    )


def test_variables_are_set_unless_they_make_programs_run_something_else(far: Callable[..., Far]) -> None:
    wished = ("COLOUR=a=b c", "LD_PRELOAD=/evil.so", "NOTHING")
    assert far('echo "$COLOUR $LD_PRELOAD"', environment=wished).run()[0] == b"a=b c \n"


def test_what_a_child_still_writes_is_waited_for(far: Callable[..., Far]) -> None:
    assert far("(sleep 0.1; echo late) & exit 4").run() == (b"late\n", b"", Exited(4))


def test_a_program_that_writes_faster_than_the_link_is_held_up(far: Callable[..., Far]) -> None:
    flood = far("exec cat /dev/zero", window=5000)
    flood.run_until(lambda: bool(flood.records))
    deadline = time.monotonic() + PATIENCE
    while flood.client.other.room and time.monotonic() < deadline:
        flood.program.stream_changed()
    assert flood.client.other.room == 0
    assert len(flood.program._to_client) <= 1 << 17


def test_a_program_that_reads_nothing_holds_up_its_client(far: Callable[..., Far]) -> None:
    deaf = far("sleep 60", window=100_000)
    for _ in range(20):
        deaf.client.write(bytes(deaf.client.room))
        deaf.program.stream_changed()
    assert deaf.client.room == 0


def test_a_client_hears_that_no_more_input_is_taken_and_is_not_held_up_by_it(far: Callable[..., Far]) -> None:
    closing = far("exec <&-; echo closed; sleep 60", window=100_000)
    closing.run_until(lambda: Output(b"closed\n") in closing.records)
    for _ in range(5):
        closing.client.write(bytes(closing.client.room))
        closing.turn()
    assert InputClosed() in closing.records
    assert closing.client.room == 100_000


def test_output_that_nobody_reads_any_more_ends_its_writer(far: Callable[..., Far]) -> None:
    flood = far("exec yes", window=5000)
    flood.run_until(lambda: bool(flood.records))
    flood.program.output_broken(is_error=False)
    assert flood.run()[2] == Killed(signal.SIGPIPE)


def test_errors_go_on_where_only_the_output_is_broken(far: Callable[..., Far]) -> None:
    trapping = far('trap "" PIPE; echo ready >&2; read line; echo lost; echo $? >&2; exit 5')
    trapping.run_until(lambda: bool(trapping.records))
    trapping.program.output_broken(is_error=False)
    _, errors, ending = trapping.run(b"go\n")
    assert (errors[-2:], ending) == (b"1\n", Exited(5))


@pytest.mark.parametrize("gone", ["reset", "hang up"])
def test_a_program_whose_client_is_gone_gets_sighup(far: Callable[..., Far], gone: str) -> None:
    waiting = far("trap '' PIPE; trap 'exit 9' HUP; echo ready; while :; do sleep 0.01; done")
    waiting.run_until(lambda: bool(waiting.records))
    process = waiting.program.process
    assert process is not None
    if gone == "reset":
        waiting.client.reset(0)
        waiting.program.stream_changed()
    else:
        waiting.program.close()
    _, status = os.waitpid(process, 0)
    waiting.program._process = None
    assert os.waitstatus_to_exitcode(status) == 9


def test_what_was_left_running_by_one_that_ended_is_not_signalled(far: Callable[..., Far]) -> None:
    left = far("sleep 60 & echo $!")
    left.run_until(lambda: left.program.process is None)
    child = int(next(record.data for record in left.records if isinstance(record, Output)))
    left.client.reset(0)
    left.program.stream_changed()
    os.kill(child, signal.SIGKILL)  # raises where it is not there any more


@pytest.mark.linux
def test_a_program_has_a_terminal_of_its_own_where_one_is_wanted(far: Callable[..., Far]) -> None:
    told, errors, ending = far('tty; stty size; echo "$TERM" >&2; exit 3', terminal="vt100").run()
    assert told.split(b"\r\n")[1:] == [b"33 99", b"vt100", b""]
    assert told.startswith(b"/dev/pts/")
    assert (errors, ending) == (b"", Exited(3))


def test_a_terminal_is_over_with_its_program_whoever_still_has_it(far: Callable[..., Far]) -> None:
    assert far("trap '' HUP; sleep 3 & echo last", terminal="vt100").run()[0] == b"last\r\n"


def test_what_is_typed_into_a_terminal_is_the_programs_input(far: Callable[..., Far]) -> None:
    typed = far("stty -echo; echo ready; read line; echo got $line", terminal="vt100")
    typed.run_until(lambda: bool(typed.records))
    assert typed.run(b"this\n")[0] == b"ready\r\ngot this\r\n"


def test_a_terminal_hangs_up_when_its_client_is_gone(far: Callable[..., Far]) -> None:
    waiting = far("echo ready; exec sleep 60", terminal="vt100")
    waiting.run_until(lambda: bool(waiting.records))
    process = waiting.program.process
    assert process is not None
    waiting.program.close()
    _, status = os.waitpid(process, 0)
    waiting.program._process = None
    assert os.waitstatus_to_exitcode(status) == -signal.SIGHUP


@pytest.mark.parametrize("command", ["echo\0", "\0"])
def test_a_command_with_nul_is_refused(far: Callable[..., Far], command: str) -> None:
    with pytest.raises(NotStarted) as refusal:
        far(command)
    assert refusal.value.status is AnswerStatus.FAILED


@pytest.mark.linux
def test_an_account_without_its_shell_is_told_so(far: Callable[..., Far], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rmosh_server.forwarding.programs.own_account", lambda: Account("ann", "/", "/no/shell"))
    before = os.listdir("/proc/self/fd")
    with pytest.raises(NotStarted) as refusal:
        far("true")
    assert "/no/shell is not there" in str(refusal.value)
    assert len(os.listdir("/proc/self/fd")) <= len(before) + 1  # the test's own selector


@pytest.mark.linux
def test_no_descriptor_of_the_servers_reaches_a_program(far: Callable[..., Far]) -> None:
    kept = os.dup(0)
    try:
        listed = {int(name) for name in far("exec ls /proc/self/fd").run()[0].split()}
        ours = {int(name) for name in os.listdir("/proc/self/fd") if _is_kept(int(name))}
        assert kept in ours
        assert listed.isdisjoint(ours - {0, 1, 2, 3})  # 3 is the directory that it lists
    finally:
        os.close(kept)


def _is_kept(descriptor: int) -> bool:
    try:
        return not os.get_inheritable(descriptor)
    except OSError:  # the listing's own
        return False
