"""Questions on the user's terminal, below a real job-control shell: no signal leaves it silent or a secret shown."""

import os
import select
import shlex
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.pty_program import PtyProgram
from tests.e2e.session_host import so_many
from tests.e2e.sshd import Sshd
from tests.e2e.stand_ins import Announcer
from tests.patience import PATIENCE

pytestmark = [pytest.mark.slow]

SECRET = "open-sesame"

#: Asks as a login does, on an event loop, and tells the answer's length.
ASKING = """
import asyncio, sys
from rmosh.errors import BootstrapError
from rmosh_client.bootstrap.prompts import TerminalPrompts

async def ask():
    answer = TerminalPrompts().ask("Secret: ", echo=sys.argv[1] == "echo")
    print("ANSWERED", None if answer is None else len(answer))

try:
    asyncio.run(ask())
except BootstrapError as error:
    sys.exit(error.exit_status)
"""


@pytest.fixture
def asking(tmp_path: Path) -> Callable[..., list[str]]:
    """The command that asks one question: `asking()`, or `asking("echo")` for one that shows the answer."""
    script = tmp_path / "asking.py"
    script.write_text(ASKING)
    return lambda how="silent": [sys.executable, str(script), how]


@pytest.fixture
def shell(pty_program: Callable[..., PtyProgram]) -> Callable[..., PtyProgram]:
    """A job-control shell that runs a command: `shell(command)`."""

    def run(command: list[str], wanted: str = "Secret:") -> PtyProgram:
        program = pty_program(["bash", "--norc", "--noprofile", "-i"], env=dict(os.environ) | {"PS1": "ready% "})
        program.wait_for("ready%")
        program.type(shlex.join(command) + "\r")
        program.wait_for(wanted)
        return program

    return run


def job_of(program: PtyProgram) -> int:
    """The process that the shell has started."""
    children = Path(f"/proc/{program.pid}/task/{program.pid}/children").read_text().split()
    return int(children[-1])


def waits_in_state(pid: int, state: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != state:
        assert time.monotonic() < deadline
        select.select([], [], [], 0.02)


def answered(program: PtyProgram, questions: int) -> None:
    program.wait_for(lambda screen: screen.count("Secret:") == questions)
    program.type(f"{SECRET}\r")
    program.wait_for(f"ANSWERED {len(SECRET)}")
    assert "sesame" not in program.screen
    program.type("echo back-$((6*7))\r")
    assert "echo back-$((6*7))" in program.wait_for("back-42")


def test_after_control_z_the_shell_echoes_and_fg_asks_again_in_silence(
    shell: Callable[..., PtyProgram], asking: Callable[..., list[str]]
) -> None:
    program = shell(asking())
    program.type("half")
    program.type("\x1a")
    program.wait_for(lambda screen: screen.count("ready%") == 2)
    program.type("echo seen\r")
    program.wait_for("ready% echo seen\nseen")
    program.type("fg\r")
    answered(program, 2)


def test_control_z_twice_is_as_good_as_once(shell: Callable[..., PtyProgram], asking: Callable[..., list[str]]) -> None:
    program = shell(asking())
    for count in (2, 3):
        program.type("\x1a")
        program.wait_for(so_many("ready%", count))
        program.type("fg\r")
        program.wait_for(so_many("Secret:", count))
    answered(program, 3)


def test_a_stop_that_cannot_be_caught_does_not_show_the_secret_afterwards(
    shell: Callable[..., PtyProgram], asking: Callable[..., list[str]]
) -> None:
    program = shell(asking())
    os.kill(job_of(program), signal.SIGSTOP)
    program.wait_for(lambda screen: screen.count("ready%") == 2)
    program.type("fg\r")
    answered(program, 2)


def test_a_question_in_the_background_waits_for_fg(
    shell: Callable[..., PtyProgram], asking: Callable[..., list[str]]
) -> None:
    program = shell(["sleep", "0"], wanted="ready%")
    program.type(f"{shlex.join(asking())} &\r")
    program.wait_for("[1] ")
    waits_in_state(job_of(program), "T")
    program.type("\r")
    program.wait_for("Stopped")
    program.type("fg\r")
    program.wait_for("Secret:")
    answered(program, program.screen.count("Secret:"))


def test_a_question_with_echo_is_asked_again_too(
    shell: Callable[..., PtyProgram], asking: Callable[..., list[str]]
) -> None:
    program = shell(asking("echo"))
    program.type("\x1a")
    program.wait_for(lambda screen: screen.count("ready%") == 2)
    program.type("fg\r")
    program.wait_for(lambda screen: screen.count("Secret:") == 2)
    program.type("shown\r")
    assert "Secret: shown" in program.wait_for("ANSWERED 5")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGALRM])
def test_a_deadly_signal_gives_the_terminal_back_first(
    pty_program: Callable[..., PtyProgram], asking: Callable[..., list[str]], number: int
) -> None:
    program = pty_program(asking())
    before = program.settings
    program.wait_for("Secret:")
    assert program.settings != before
    program.send_signal(number)
    assert program.wait_exit() == -number
    assert program.settings == before


def test_control_c_gives_the_terminal_back_and_ends_the_command(
    pty_program: Callable[..., PtyProgram], asking: Callable[..., list[str]]
) -> None:
    program = pty_program(asking())
    before = program.settings
    program.wait_for("Secret:")
    program.type("\x03")
    assert program.wait_exit() == 130
    assert program.settings == before


def test_an_end_of_the_input_that_was_typed_ahead_is_the_answer_and_a_line_is_not(
    pty_program: Callable[..., PtyProgram], asking: Callable[..., list[str]]
) -> None:
    """As `script -c "rmosh host" /dev/null </dev/null` has it, which would wait for ever (util-linux 2.38)."""
    program = pty_program(asking())
    program.type("\x04")
    program.wait_for("ANSWERED None")
    program = pty_program(asking())
    program.type("typed ahead\r")
    program.wait_for("Secret:")
    program.type("four\r")
    program.wait_for("ANSWERED 4")


def test_a_signal_that_was_ignored_stays_ignored(
    pty_program: Callable[..., PtyProgram], asking: Callable[..., list[str]]
) -> None:
    program = pty_program(["sh", "-c", f"trap '' HUP; exec {shlex.join(asking())}"])
    program.wait_for("Secret:")
    program.send_signal(signal.SIGHUP)
    program.type(f"{SECRET}\r")
    program.wait_for(f"ANSWERED {len(SECRET)}")
    assert program.screen.count("Secret:") == 1


@pytest.mark.sshd
def test_a_login_stopped_at_its_question_goes_on_in_silence(
    sshd: Sshd, shell: Callable[..., PtyProgram], make_key: Callable[..., Path], announcer: Announcer
) -> None:
    locked = make_key("locked", passphrase=SECRET)
    sshd.authorize(locked)
    config = sshd.configure(f"IdentityFile {locked}", own_key=False)
    start_only = str(Path(__file__).with_name("start_only.py"))
    program = shell(
        [sys.executable, start_only, "-F", str(config), "--server", str(announcer.script), "box"], wanted="Passphrase"
    )
    program.type("\x1a")
    program.wait_for(lambda screen: screen.count("ready%") == 2)
    program.type("fg\r")
    program.wait_for(lambda screen: screen.count("Passphrase for the key") == 2)
    program.type(f"{SECRET}\r")
    program.wait_for("STARTED")
    assert "sesame" not in program.screen
