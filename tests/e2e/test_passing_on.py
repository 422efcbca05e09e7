"""The user's agent and display in a session: real ssh-agent, git, Xvfb and X11 programs."""

import itertools
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.pty_program import PtyProgram
from tests.e2e.session_host import PROMPT, Host, wait_until
from tests.e2e.sshd import Sshd, user_name
from tests.e2e.stand_ins import Agent
from tests.patience import PATIENCE

#: Tells what a session answers from what it answered before.
_COUNT = itertools.count()

needs_x11 = pytest.mark.skipif(
    not all(map(shutil.which, ("Xvfb", "xauth", "xclock", "xwininfo", "xdpyinfo"))),
    reason="X11 programs are not installed (apt install xvfb xauth x11-apps x11-utils)",
)


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A directory whose sockets have paths that are short enough, however many run the tests."""
    with tempfile.TemporaryDirectory(prefix="on-", ignore_cleanup_errors=True) as directory:
        yield Path(directory)


@pytest.fixture
def second_agent() -> Iterator[Agent]:
    with tempfile.TemporaryDirectory(prefix="rmosh-agent-") as place:
        path = f"{place}/socket"
        running = subprocess.Popen(["ssh-agent", "-D", "-a", path], stdout=subprocess.DEVNULL)
        try:
            wait_until(lambda: os.path.exists(path), "the agent listens")
            yield Agent({"SSH_AUTH_SOCK": path}, Path(place))
        finally:
            running.terminate()
            running.wait()


def listed(program: PtyProgram) -> str:
    """Return what ssh-add says in a session; it never waits long for an agent that is not there."""
    number = next(_COUNT)
    program.type(f"clear; timeout 5 ssh-add -l; echo do''ne {number}\r")
    return program.wait_for(f"done {number}")


def test_programs_of_a_session_use_the_agent_git_among_them(
    host: Host[PtyProgram], agent: Agent, make_key: Callable[..., Path], make_sshd: Callable[..., Sshd], tmp_path: Path
) -> None:
    key = make_key("at-home")
    agent.add(key)
    other = make_sshd()
    other.authorize(key)
    repository = tmp_path / "repository"
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    git = ["git", "-C", str(repository), "-c", "user.name=me", "-c", "user.email=me@example.org"]
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "first"], check=True)
    program = host.shell("-A", env=host.sshd.client_env | agent.environment)
    assert "at-home" in listed(program)
    ssh = f"ssh -F none -p {other.port} -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -o LogLevel=ERROR"
    program.type(f"clear; git init -q clone; cd clone; export GIT_SSH_COMMAND='{ssh}'\r")
    program.type(f"git fetch {user_name()}@127.0.0.1:{repository} && echo fet''ched\r")
    program.wait_for("fetched")
    program.type("clear; ls -l $SSH_AUTH_SOCK; exit\r")
    assert program.wait_exit() == 0
    wait_until(lambda: not list((host.directory / "sessions").glob("*.agent")), "the agent's socket is gone")


def test_keys_for_some_hosts_only_are_used_from_the_host_that_the_login_went_to(
    host: Host[PtyProgram], agent: Agent, make_key: Callable[..., Path]
) -> None:
    # OpenSSH 9.2: ssh-add -h, with the login's proof and, where ssh itself logs in, without one.
    here = f"[127.0.0.1]:{host.sshd.port}"
    known = ["-H", str(host.sshd.known_hosts), "-h", here, "-h", f"{here}>{here}"]
    agent.add(make_key("for-this-host"), *known)
    agent.add(make_key("for-all-hosts"))
    environment = host.sshd.client_env | agent.environment
    shown = listed(host.shell("-A", env=environment))
    assert "for-this-host" in shown and "for-all-hosts" in shown
    shown = listed(host.shell("-A", "--ssh", "ssh", env=environment))
    assert "for-this-host" not in shown and "for-all-hosts" in shown


def test_the_newest_client_s_agent_counts_and_never_a_reader_s(
    host: Host[PtyProgram], agent: Agent, second_agent: Agent, make_key: Callable[..., Path]
) -> None:
    agent.add(make_key("first"))
    second_agent.add(make_key("second"))
    theirs = host.sshd.client_env | second_agent.environment
    program = host.shell("-A", env=host.sshd.client_env | agent.environment)
    reader = host.errand("attach", "-A", "--read-only", "box", env=theirs)
    reader.wait_for(PROMPT.rstrip())
    assert "first" in listed(program)
    attached = host.errand("attach", "-A", "box", env=theirs)
    attached.wait_for("done")
    wait_until(lambda: "second" in listed(attached), "the newest client's agent")
    attached.type("\x1ed")
    attached.wait_exit()
    wait_until(lambda: "first" in listed(program), "the agent of who is left")


def test_each_use_is_asked_about_in_the_session_s_screen(
    host: Host[PtyProgram], agent: Agent, make_key: Callable[..., Path]
) -> None:
    key = make_key("at-home")
    agent.add(key)
    program = host.shell("-A", "--confirm-agent", env=host.sshd.client_env | agent.environment, columns=120)
    assert "at-home" in listed(program)
    sign = f"ssh-keygen -q -Y sign -n test -f {key}.pub < /dev/null > /dev/null 2>&1; echo status $?\r"
    for answer, status in (("n", "status 255"), ("y", "status 0")):
        program.type(f"clear; {sign}")
        question = program.wait_for("y allows it").replace("\n", "").replace(" ", "")  # however long the file's path
        assert "yourkeyat-homeSHA256:" in question and "ssh-keygen-q-Ysign" in question
        program.type(f"\x1e{answer}")
        program.wait_for(status)


def test_without_the_option_a_session_has_no_agent(host: Host[PtyProgram], agent: Agent) -> None:
    program = host.shell(env=host.sshd.client_env | agent.environment)
    program.type("clear; echo [$SSH_AUTH_SOCK][$DISPLAY]\r")
    program.wait_for("[][]")


@dataclass
class Display:
    """An Xvfb of the test's own."""

    environment: dict[str, str]

    def windows(self) -> str:
        told = subprocess.run(
            ["xwininfo", "-root", "-tree"],
            env=os.environ | self.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return told.stdout


@pytest.fixture
def display(tmp_path: Path) -> Iterator[Display]:
    file = str(tmp_path / "xauthority")
    cookie = secrets.token_hex(16)
    subprocess.run(["xauth", "-q", "-f", file, "add", ":0", ".", cookie], check=True, stderr=subprocess.DEVNULL)
    reading, writing = os.pipe()
    command = [
        "Xvfb",
        "-displayfd",
        str(writing),
        "-auth",
        file,
        "-noreset",
        "-nolisten",
        "tcp",
        "-screen",
        "0",
        "640x480x24",
    ]
    process = subprocess.Popen(command, pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            number = told.readline().strip()
        subprocess.run(["xauth", "-q", "-f", file, "add", f":{number}", ".", cookie], check=True)
        yield Display({"DISPLAY": f":{number}", "XAUTHORITY": file})
    finally:
        process.terminate()
        process.wait()


@needs_x11
def test_windows_of_programs_there_are_shown_here(host: Host[PtyProgram], display: Display) -> None:
    program = host.shell("-Y", env=host.sshd.client_env | display.environment)
    program.type("clear; echo $DISPLAY; xclock -title from-far-away & true\r")
    program.wait_for("localhost:")
    wait_until(lambda: "from-far-away" in display.windows(), "its window", pump=[program])
    program.type("clear; XAUTHORITY=/dev/null timeout 5 xclock; echo sta''tus $?\r")
    program.wait_for("status 1")
    program.type("kill %1; wait; clear; exit\r")
    assert program.wait_exit() == 0
    kept = ["xauth", "-q", "-f", str(host.directory / ".Xauthority"), "list"]
    wait_until(lambda: subprocess.run(kept, capture_output=True).stdout == b"", "its cookie is gone")


@needs_x11
def test_untrusted_programs_show_windows_and_may_do_less(host: Host[PtyProgram], display: Display) -> None:
    # X.Org 21.1, Xsecurity(7): no XTEST, by which one program types in another's window.
    seen = subprocess.run(
        ["xdpyinfo"], env=os.environ | display.environment, capture_output=True, text=True, check=True
    )
    assert "XTEST" in seen.stdout
    options = ("-X", "-o", "ForwardX11Trusted=no")
    program = host.shell(*options, env=host.sshd.client_env | display.environment)
    program.type("clear; xclock -title from-far-away & true\r")
    wait_until(lambda: "from-far-away" in display.windows(), "its window", pump=[program])
    program.type("kill %1; clear; xdpyinfo | grep -e XTEST -e 'number of ext'; echo e''nd\r")
    shown = program.wait_for("end")
    assert "number of ext" in shown and "XTEST" not in shown


def test_what_cannot_be_forwarded_is_said_in_a_line(sshd: Sshd, rmosh_start: Callable[..., PtyProgram]) -> None:
    program = rmosh_start(sshd, "-A", "-X", "box", env={"DISPLAY": ""})
    program.wait_for("STARTED")
    assert "no agent is forwarded: SSH_AUTH_SOCK is not set here" in program.screen
    assert "X11 is not forwarded: DISPLAY is not set here" in program.screen


def test_a_command_in_a_pipeline_uses_the_agent_as_well(
    host: Host[PtyProgram], agent: Agent, make_key: Callable[..., Path]
) -> None:
    agent.add(make_key("at-home"))
    words = host.words("-A", "box", "ssh-add -l; echo $SSH_AUTH_SOCK")
    ran = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE,
                         env=host.sshd.client_env | agent.environment)  # fmt: skip
    assert "at-home" in ran.stdout and ".agent" in ran.stdout, ran.stderr
    assert ran.stderr == ""
