"""`rmosh demo`: everything real but the SSH server, on this machine alone."""

import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rmosh_client.demo.words import registry_of
from tests.e2e import own_home
from tests.e2e.pty_program import PtyProgram
from tests.e2e.registered import Registered, wait_until_gone
from tests.e2e.session_host import pump_for
from tests.patience import PATIENCE

pytestmark = [pytest.mark.slow]

#: A link that is quick enough for tests, and slow enough for guesses to be shown.
QUICK = ("--delay", "20ms", "--loss", "1%", "--roam", "0.5s")
PROMPT = "[demo: 20 ms, 1 % loss] $"


def environment(directory: str) -> dict[str, str]:
    own = {"TMPDIR": directory, "HOME": directory, "TERM": "xterm-256color"}
    return dict(os.environ) | own | own_home.VARIABLES


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A place for a demo's temporary files, where they can be told from everybody else's."""
    with tempfile.TemporaryDirectory(prefix="rmosh-test-") as directory:
        yield Path(directory)
        for left in leftovers(Path(directory)):
            Registered(registry_of(left)).kill()


@pytest.fixture
def demo(
    temporary: Path, pty_program: Callable[..., PtyProgram], rmosh_command: list[str]
) -> Callable[..., PtyProgram]:
    """Starts a demo: `demo(words...)`."""

    def start(*words: str, **options: object) -> PtyProgram:
        return pty_program([*rmosh_command, "demo", *words], env=environment(str(temporary)), **options)

    return start


def leftovers(temporary: Path) -> list[Path]:
    return list(temporary.glob("rmosh-demo-*"))


def command_lines() -> dict[int, str]:
    """Return the command line of every process."""
    words = ["ps", "-axww", "-o", "pid=,args="]
    told = subprocess.run(words, capture_output=True, text=True, errors="replace", timeout=PATIENCE, check=True).stdout
    return {int(line.split()[0]): line for line in told.splitlines()}


def processes_of(directory: Path) -> set[int]:
    """Return the processes that were started for a demo in this directory: those that name it, and its servers."""
    named = {process for process, line in command_lines().items() if os.fspath(directory) in line}
    return named | set(Registered(registry_of(directory)).processes())


def assert_all_gone(directory: Path, started: set[int]) -> None:
    """Fail unless the processes and files of a demo are gone within some seconds."""
    assert started
    for process in started:
        wait_until_gone(process)
    deadline = time.monotonic() + PATIENCE
    while directory.exists() and time.monotonic() < deadline:
        select.select([], [], [], 0.05)
    assert not directory.exists()


def last_line(screen: str) -> str:
    return screen.split("\n")[-1]


def test_demo_tells_its_story_within_the_session_and_leaves_nothing(
    demo: Callable[..., PtyProgram], temporary: Path
) -> None:
    program = demo(*QUICK)
    screen = program.wait_for(PROMPT)
    assert "20 ms each way, 1 % of all packets are lost" in screen
    assert "Three things to try" in screen
    [directory] = leftovers(temporary)
    started = processes_of(directory)
    program.wait_for(lambda screen: "ms there and back" in last_line(screen))
    for key in "echo hel''lo":
        program.type(key)
        pump_for(program, 0.05)
    program.type("\r")
    program.wait_for("\nhello")
    moved = re.compile(r"moved (once|twice|\d\d? times); \d+ of")
    program.wait_for(lambda screen: moved.search(last_line(screen)) is not None)
    program.type("exit 7\r")
    assert program.wait_exit() == 7
    after = program.screen
    assert re.search(r"\d+ of \d+ keys shown at once, the host's answers \d+ ms later", after)
    assert "survived" in after
    assert "HOST: what you would give to ssh" in after
    assert "there and back" not in after
    assert leftovers(temporary) == []
    assert_all_gone(directory, started)


def test_a_tunnel_is_a_key_of_the_demo_and_is_told_of_in_a_small_window_too(demo: Callable[..., PtyProgram]) -> None:
    program = demo(*QUICK, "--roam", "0", rows=10, columns=40)
    program.wait_for(PROMPT)
    program.type(b"\x1e?")
    program.wait_for("tunnel")
    program.type(b"qa")
    program.wait_for("$ a")
    program.type(b"\x1eb")
    program.wait_for(lambda screen: "tunnel" in last_line(screen))
    program.type("bc")
    program.wait_for("$ abc")  # guessed, as nobody answers
    program.type(b"\x1e.")
    assert program.wait_exit() == 255
    assert re.search(rb"[1-9] s of tunnel survived", program.output)


def test_guesses_go_and_come_back_by_a_key(demo: Callable[..., PtyProgram]) -> None:
    program = demo("--delay", "100ms", "--loss", "0", "--roam", "0")
    program.wait_for("$")
    program.type("a")
    program.wait_for("$ a")
    program.type(b"\x1ep")
    program.wait_for("guesses are off")
    program.type(b"\x1ep")
    program.wait_for("guesses are on again")


def test_a_link_that_only_delays_leaves_the_whole_window_to_the_session(demo: Callable[..., PtyProgram]) -> None:
    program = demo("--delay", "40ms", "--loss", "0", "--roam", "0")
    program.wait_for("[demo: 40 ms, 0 % loss] $")
    began = time.monotonic()
    program.type("clear; stty size\r")
    program.wait_for("24 80\n")
    assert time.monotonic() - began >= 0.08  # it delays from the first screen on
    assert len(program.screen.split("\n")) <= 3


def end_by_sigkill(program: PtyProgram, _temporary: Path) -> None:
    program.send_signal(signal.SIGKILL)


def end_by_closing_the_window(program: PtyProgram, _temporary: Path) -> None:
    program.hang_up()


def end_by_killing_the_far_side(program: PtyProgram, temporary: Path) -> None:
    [directory] = leftovers(temporary)
    for process, line in command_lines().items():
        if os.fspath(directory) in line and "demo_server" in line:
            os.kill(process, signal.SIGKILL)
    program.type(b"\x1e.")


@pytest.mark.parametrize(
    "end",
    [end_by_sigkill, end_by_closing_the_window, end_by_killing_the_far_side],
)
def test_whatever_ends_a_demo_nothing_is_left_of_it(
    demo: Callable[..., PtyProgram], end: Callable[[PtyProgram, Path], None], temporary: Path
) -> None:
    program = demo("--delay", "5ms", "--loss", "0", "--roam", "0")
    program.wait_for("[demo: 5 ms, 0 % loss] $")
    [directory] = leftovers(temporary)
    started = processes_of(directory)
    end(program, temporary)
    assert_all_gone(directory, started)


def test_demo_that_is_interrupted_while_it_starts_leaves_nothing(
    demo: Callable[..., PtyProgram], temporary: Path
) -> None:
    program = demo(*QUICK)
    program.wait_for("starting a host")
    program.type(b"\x03")
    assert program.wait_exit() == 128 + signal.SIGINT
    assert leftovers(temporary) == []


@pytest.mark.parametrize("words", [("--delay", "fast"), ("--loss", "200%"), ("--roam", "5")])
def test_impossible_links_are_told(demo: Callable[..., PtyProgram], words: tuple[str, ...]) -> None:
    program = demo(*words)
    assert program.wait_exit() == 255
    assert "rmosh demo --help" in program.screen


@pytest.mark.parametrize(("given", "named"), [("stdin", "standard input"), ("stdout", "standard output")])
def test_a_demo_without_a_terminal_is_refused_before_anything_is_started(
    rmosh_command: list[str], tmp_path: Path, given: str, named: str
) -> None:
    controller, terminal = os.openpty()
    streams = {"stdin": terminal, "stdout": terminal} | {given: subprocess.DEVNULL}
    ended = subprocess.run(
        [*rmosh_command, "demo"],
        stdin=streams["stdin"],
        stdout=streams["stdout"],
        stderr=subprocess.PIPE,
        text=True,
        env=environment(str(tmp_path)),
        check=False,
    )
    os.close(terminal)
    os.close(controller)
    assert ended.returncode == 255
    assert ended.stderr.splitlines() == [
        f"rmosh: {named} is not a terminal, and rmosh shows a screen",
        "hint: run it in a terminal, without redirecting its input or output",
    ]


def test_a_demo_in_a_terminal_that_cannot_show_it_is_refused_before_anything_is_started(
    pty_program: Callable[..., PtyProgram], rmosh_command: list[str]
) -> None:
    program = pty_program([*rmosh_command, "demo"], env=dict(os.environ) | {"TERM": "dumb"})
    assert program.wait_exit() == 255
    assert program.screen.startswith("rmosh: TERM is 'dumb'")


def test_a_demo_without_a_loopback_interface_says_so(
    pty_program: Callable[..., PtyProgram], rmosh_command: list[str]
) -> None:
    if os.getuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("only root can take the loopback interface away (unshare, of util-linux)")
    env = dict(os.environ) | {"TERM": "xterm"}
    program = pty_program(["unshare", "-n", *rmosh_command, "demo"], env=env)
    assert program.wait_exit() == 255
    assert "talks to itself over 127.0.0.1, which does not work here" in " ".join(program.screen.split())
    assert "ip link set lo up" in program.screen
