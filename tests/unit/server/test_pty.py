"""The pseudo-terminal and the program in it."""

import contextlib
import os
import select
import signal
import tty
from collections.abc import Iterator

import pytest

from rmosh.errors import BootstrapError
from rmosh_server.shell.pty import Pty, open_pty
from rmosh_server.systems import start_on_terminal
from rmosh_server.systems.forking import fork_on_terminal
from rmosh_server.systems.program import Program
from tests.patience import PATIENCE

#: The runner may have threads, as the server has not: Python 3.15 warns of a fork then.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


@pytest.fixture(params=[start_on_terminal, fork_on_terminal], ids=["as here", "by fork"])
def pty(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pty]:
    monkeypatch.setattr("rmosh_server.shell.pty.start_on_terminal", request.param)
    with contextlib.closing(open_pty(rows=24, columns=80)) as opened:
        yield opened


def run(pty: Pty, script: str, environment: dict[str, str] | None = None) -> bytes:
    """Run a shell script in the PTY; return all it wrote."""
    child = pty.start(Program("/bin/sh", ("sh", "-c", script)), environment or {"PATH": os.environ["PATH"]})
    written = b""
    while not written.endswith(b"END\r\n"):
        assert select.select([pty], [], [], PATIENCE)[0], written
        written += pty.read()
    os.waitpid(child, 0)
    return written.removesuffix(b"END\r\n")


def test_the_program_leads_a_session_whose_terminal_is_the_pty(pty: Pty) -> None:
    assert run(pty, "tty; tty </dev/tty; ps -o sid= -p $$ | grep -qw $$ && echo leads; echo END").split() == [
        pty.name.encode(),
        b"/dev/tty",
        b"leads",
    ]


def test_the_window_has_the_size_asked_for_and_every_later_one(pty: Pty) -> None:
    assert run(pty, "stty size; echo END") == b"24 80\r\n"
    for rows, columns in ((1, 1), (400, 1000), (1000, 400)):
        pty.resize(rows=rows, columns=columns)
        assert run(pty, "stty size; echo END") == f"{rows} {columns}\r\n".encode()


def test_the_kernel_edits_lines_in_utf8(pty: Pty) -> None:
    assert b" iutf8" in run(pty, "stty -a; echo END")


def test_the_program_has_only_the_environment_given(pty: Pty) -> None:
    assert run(pty, "echo $ONE:$HOME; echo END", {"ONE": "1"}) == b"1:\r\n"


def test_the_program_inherits_no_other_descriptor(pty: Pty) -> None:
    reading, writing = os.pipe()
    theirs = f"for fd in {pty.fileno()} {reading} {writing}; do test -e /proc/$$/fd/$fd && echo $fd; done; echo END"
    assert run(pty, theirs) == b""
    os.close(reading)
    os.close(writing)


def test_the_program_has_default_signals_even_if_we_ignore_them(pty: Pty) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        script = "while read name set; do case $name in Sig[IB]*) echo $name$set;; esac; done </proc/self/status"
        sets = dict(line.split(b":") for line in run(pty, f"{script}; echo END").split())
    finally:
        signal.signal(signal.SIGHUP, before)
    hangup = 1 << (signal.SIGHUP - 1)
    assert int(sets[b"SigIgn"], 16) & hangup == 0
    assert int(sets[b"SigBlk"], 16) == 0


def test_echo_and_canonical_mode_are_read_from_the_terminal(pty: Pty) -> None:
    assert pty.echoes() == (True, True)
    run(pty, "stty -echo; echo END")
    assert pty.echoes() == (False, True)
    run(pty, "stty raw -echo; printf 'END\\r\\n'")
    assert pty.echoes() == (False, False)


def test_the_group_in_the_foreground_is_the_one_that_reads_what_is_typed(pty: Pty) -> None:
    child = pty.start(Program("/bin/sh", ("sh", "-c", "echo asking; read answer")), {})
    assert select.select([pty], [], [], PATIENCE)[0]
    assert pty.foreground() == child
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert pty.foreground() == 0


def test_all_that_was_written_before_the_end_can_be_read_after_it(pty: Pty) -> None:
    child = pty.start(Program("/bin/sh", ("sh", "-c", "echo last words")), {})
    os.waitpid(child, 0)
    assert pty.read() == b"last words\r\n"
    assert pty.read() == b""


def test_a_shell_that_does_not_exist_is_an_error_that_names_it(pty: Pty) -> None:
    with pytest.raises(BootstrapError, match=r"/no/such/shell could not be started: No such file"):
        pty.start(Program("/no/such/shell", ("-shell",)), {})


def test_a_shell_that_may_not_be_executed_is_an_error_that_says_so(pty: Pty) -> None:
    with pytest.raises(BootstrapError, match="/etc/passwd could not be started: Permission denied"):
        pty.start(Program("/etc/passwd", ("-passwd",)), {})


def test_a_program_that_does_not_read_never_blocks_us(pty: Pty) -> None:
    tty.setraw(pty.descriptors[1])  # else the kernel drops what is too long for a line, as fast as we write
    data = memoryview(b"x" * 4096)
    written = [pty.write(data) for _ in range(100)]
    assert written[-1] == 0


def test_hanging_up_reaches_the_program(pty: Pty) -> None:
    child = pty.start(Program("/bin/sh", ("sh", "-c", "echo up; read line")), {"PATH": os.environ["PATH"]})
    assert select.select([pty], [], [], PATIENCE)[0]
    pty.close()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGHUP


def test_no_pseudo_terminal_left_is_an_error_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> tuple[int, int]:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "openpty", refuse)
    with pytest.raises(BootstrapError, match="no pseudo-terminal could be opened: No space left"):
        open_pty(rows=24, columns=80)
