"""Getting back into sessions, being in one together, naming, listing and ending them: real sshd, PTY and UDP."""

import json
import os
import re
import shlex
import signal
import subprocess
from typing import Any

import pytest

from rmosh_netem.link import LinkModel
from tests.e2e.needed import needs
from tests.e2e.pty_program import PtyProgram
from tests.e2e.session_host import PLAIN_SHELL, PROMPT, Host, wait_until
from tests.e2e.stand_ins import Agent
from tests.patience import PATIENCE


def said(program: PtyProgram) -> str:
    """Return what an errand printed, once it is over well."""
    assert program.wait_exit() == 0, program.screen
    return program.screen


def listed(host: Host[PtyProgram]) -> list[dict[str, Any]]:
    """Return what `rmosh ls --json` knows."""
    program = host.errand("ls", "--json", "box", rows=200, columns=200)
    known: list[dict[str, Any]] = json.loads(said(program))
    return known


@needs("vim")
def test_a_client_that_was_killed_is_followed_by_another_that_sees_the_same_screen(host: Host[PtyProgram]) -> None:
    program = host.shell()
    program.type("printf 'once\\ntwice\\n'; cd /; vim -n -u NONE -i NONE\r")
    program.wait_for("~")
    program.type("ihello there")
    program.wait_for("hello there")
    program.send_signal(signal.SIGKILL)
    program.wait_exit()
    second = host.errand("attach", "box")
    second.wait_for("hello there")
    assert second.frame.modes.application_cursor
    second.type("\x1b:q!\r")
    second.wait_for("twice")
    assert not second.frame.modes.application_cursor
    second.type("exit 5\r")
    assert second.wait_exit() == 5


def test_detaching_leaves_the_session_running_and_says_how_to_come_back(host: Host[PtyProgram]) -> None:
    program = host.shell(columns=400)  # the advice has long paths in it here, and stands in one line
    settings = program.settings
    program.type("echo before\r")
    program.wait_for("before\n")
    program.type("\x1ed")
    assert program.wait_exit() == 0
    assert program.settings != settings
    (session,) = listed(host)
    assert session["command"].startswith("bash")
    advice = re.search("`rmosh (.*)` brings you back", program.screen)
    assert advice is not None, program.screen
    assert advice[1].endswith(f"box {session['id'][:8]}")
    again = host.as_printed(advice[1])
    again.wait_for("before")
    again.type("exit\r")
    assert again.wait_exit() == 0


def test_a_named_session_is_started_once_and_attached_to_afterwards(host: Host[PtyProgram]) -> None:
    first = host.shell("-S", "work")
    first.type("echo fi''rst\r")
    first.wait_for("first\n")
    second = host.open("-S", "work", "box", "--", *PLAIN_SHELL)
    second.wait_for("first\n")
    assert len(listed(host)) == 1
    host.only_server()
    second.type("exit 3\r")
    assert (first.wait_exit(), second.wait_exit()) == (3, 3)
    third = host.errand("attach", "box", "work")
    assert third.wait_exit() != 0
    assert "ended with status 3" in re.sub(r"\s+", " ", third.screen)


def test_two_that_want_the_same_name_at_once_get_one_session(host: Host[PtyProgram]) -> None:
    racers = [host.open("-S", "race", "box", "--", *PLAIN_SHELL) for _ in range(4)]
    wait_until(lambda: all(PROMPT.rstrip() in racer.screen for racer in racers), "a prompt in each", pump=racers)
    assert len(listed(host)) == 1
    host.only_server()
    racers[0].type("echo to''gether\r")
    wait_until(lambda: all("together" in racer.screen for racer in racers), "the others see it", pump=racers)


def test_everyone_sees_what_one_types_and_the_size_follows_the_typist(host: Host[PtyProgram]) -> None:
    large = host.shell("-S", "pair", rows=30, columns=100)
    small = host.open("-S", "pair", "box", rows=20, columns=60)
    small.wait_for(PROMPT.rstrip())
    small.type("stty size\r")
    wait_until(lambda: "20 60" in large.screen, "the typist's size", pump=[large, small])
    wait_until(lambda: large.screen.startswith("·" * 100), "marks around the smaller screen", pump=[large, small])
    large.type("stty size\r")
    wait_until(lambda: "30 100" in small.screen, "the other's size", pump=[large, small])


def test_a_reader_sees_and_cannot_type(host: Host[PtyProgram]) -> None:
    writer = host.shell("-S", "talk", "--compress", "all")
    reader = host.errand("attach", "--read-only", "--compress", "no", "box", "talk")
    reader.wait_for(PROMPT.rstrip())
    reader.type("echo no\r")
    writer.type("echo y''es\r")
    wait_until(lambda: "yes" in reader.screen, "the reader sees it", pump=[reader, writer])
    assert "echo no" not in writer.screen
    assert "(read-only)" in said(host.errand("ls", "box")).replace("\n", "")


def test_who_is_here_is_shown_and_follows_who_comes_and_goes(host: Host[PtyProgram]) -> None:
    first = host.shell("-S", "crowd", rows=24, columns=80)
    first.type("\x1ew")
    first.wait_for("only you are here")
    reader = host.errand("attach", "--read-only", "box", rows=20, columns=60)
    wait_until(lambda: "60x20, reads only" in first.screen, "the reader is told", pump=[first, reader])
    assert "you: 80x24, leads" in first.screen
    reader.wait_for("ready$")  # and knows by then what it is
    reader.type("\x1ew")
    reader.wait_for("you: 60x20, reads only")  # in a window that is smaller than the session
    reader.type("\x1ei")
    reader.wait_for("round trip")
    reader.type("\x1e.")
    assert reader.wait_exit() == 0
    assert "you left; the session goes on" in reader.screen
    wait_until(lambda: "reads only" not in first.screen, "the reader has gone", pump=[first])


def test_a_reader_who_leaves_before_anything_has_arrived_leaves_the_session_running(host: Host[PtyProgram]) -> None:
    program = host.shell("-S", "kept")
    reader = host.open("-S", "kept", "--read-only", "box", link=LinkModel(delay=0.3))
    reader.type("\x1e.")  # ahead: taken at the start, before the host has told who is here
    assert reader.wait_exit() == 0
    assert "you left; the session goes on" in reader.screen
    program.type("exit\r")
    assert program.wait_exit() == 0


def test_nobody_looks_on_where_there_is_no_session_of_that_name(host: Host[PtyProgram]) -> None:
    reader = host.open("-S", "none", "--read-only", "box")
    assert reader.wait_exit() == 255
    assert "there is no session named none to watch" in " ".join(reader.screen.split())
    assert listed(host) == []


def test_taking_over_sends_the_others_away(host: Host[PtyProgram]) -> None:
    first = host.shell("-S", "mine")
    second = host.errand("attach", "--detach-others", "box")
    second.wait_for(PROMPT.rstrip())
    assert first.wait_exit() == 0
    assert "has taken the session over" in first.screen
    second.type("echo st''ill\r")
    second.wait_for("still\n")


def test_quitting_ends_the_session_only_for_the_last_one(host: Host[PtyProgram]) -> None:
    first = host.shell("-S", "both")
    second = host.errand("attach", "box")
    second.wait_for(PROMPT.rstrip())
    first.type("\x1e.")
    assert first.wait_exit() == 0
    assert "you left; the session goes on" in first.screen
    second.type("echo go''ing on\r")
    second.wait_for("going on\n")
    second.type("\x1e.")
    assert second.wait_exit() == 255
    wait_until(lambda: not host.servers(), "the session has ended")


def test_killing_ends_a_session_and_detaching_from_the_host_sends_clients_away(host: Host[PtyProgram]) -> None:
    program = host.shell("-S", "gone")
    assert "gone" in said(host.errand("detach", "box", "gone"))
    assert program.wait_exit() == 0
    assert "detached" in said(host.errand("ls", "box"))
    assert "was ended" in said(host.errand("kill", "box", "gone"))
    wait_until(lambda: not host.servers(), "the session has ended")
    assert said(host.errand("ls", "box")) == "no sessions"
    assert listed(host) == []
    told = said(host.errand("log", "box", "gone"))
    assert "named gone: rmosh-server" in told
    assert re.search("ended: server_stopped 15, it was ended by `rmosh kill`", told.replace("\n", "")), told


def test_a_session_that_is_not_there_or_not_the_only_one_is_named_with_the_remedy(host: Host[PtyProgram]) -> None:
    nothing = host.errand("attach", "box")
    assert nothing.wait_exit() != 0
    assert "there is no session" in nothing.screen
    for name in ("one", "two"):
        host.shell("-S", name)
    several = host.errand("attach", "box")
    several.wait_for("which one? [1-2]")
    several.type("\n")
    assert several.wait_exit() != 0
    assert "there are 2 sessions: one and two" in re.sub(r"\s+", " ", several.screen)
    unknown = host.errand("kill", "box", "three", columns=200)
    assert unknown.wait_exit() == 1
    assert "rmosh: box: there is no session 'three'; there are one and two" in unknown.screen


@pytest.mark.parametrize("ssh", [(), ("--ssh", "ssh")])
def test_of_several_sessions_one_is_taken_by_its_number(host: Host[PtyProgram], ssh: tuple[str, ...]) -> None:
    for name in ("one", "two"):
        host.shell("-S", name).type(f"echo it is {name[0]}''{name[1:]}\r")
    attached = host.errand("attach", *ssh, "box", columns=100)
    screen = attached.wait_for("which one? [1-2]")
    (line,) = [line for line in screen.splitlines() if " two " in line and "bash" in line]
    attached.type(line.split()[0] + "\n")
    attached.wait_for("it is two\n")
    attached.type("exit 4\r")
    assert attached.wait_exit() == 4


@pytest.mark.parametrize(
    ("errand", "words"),
    [("attach", ("box", "self")), ("attach", ("--read-only", "--detach-others", "box")), ("", ("-S", "self", "box"))],
)
def test_a_session_is_not_shown_in_itself(host: Host[PtyProgram], errand: str, words: tuple[str, ...]) -> None:
    """It would go round for ever, and keep itself alive with nobody there."""
    program = host.shell("-S", "self", rows=24, columns=200)
    program.type("clear\r")
    program.type(shlex.join(host.words(*words, errand=errand)) + "; echo st''atus $?\r")
    program.wait_for("status 255")
    assert "this is session self already" in program.screen
    assert [session["name"] for session in listed(host)] == ["self"]
    program.type("exit 3\r")
    assert program.wait_exit() == 3


def test_a_login_tells_of_sessions_that_nobody_is_at(host: Host[PtyProgram]) -> None:
    program = host.shell("-S", "forgotten")
    program.type("\x1ed")
    assert program.wait_exit() == 0
    login = host.open("box")
    login.wait_for("1 detached session: forgotten (bash")
    login.wait_for("box forgotten` gets back to it")
    login.type("exit\r")
    login.wait_exit()


def test_a_session_that_ends_is_there_for_nobody_any_more(host: Host[PtyProgram]) -> None:
    program = host.shell("-S", "ended")
    program.type("trap '' HUP TERM; echo deaf\r")  # takes some seconds to be ended
    program.wait_for("deaf\n")
    program.type("\x1e.")
    assert program.wait_exit() == 255
    assert listed(host) == []
    login = host.shell()
    assert "detached" not in login.screen
    assert host.errand("attach", "box", "ended").wait_exit() == 255
    login.type("exit\r")
    login.wait_exit()


def test_the_systems_ssh_lists_and_attaches_as_well(host: Host[PtyProgram]) -> None:
    program = host.shell("-S", "plain")
    program.type("\x1ed")
    assert program.wait_exit() == 0
    assert "plain" in said(host.errand("ls", "--ssh", "ssh", "box"))
    again = host.errand("attach", "--ssh", "ssh", "box")
    again.wait_for(PROMPT.rstrip())
    again.type("exit 2\r")
    assert again.wait_exit() == 2


@pytest.mark.sshd
def test_a_session_is_not_led_to_the_agent_that_ssh_forwards(host: Host[PtyProgram], agent: Agent) -> None:
    environment = host.sshd.client_env | agent.environment
    ssh = ["ssh", "-A", "-F", str(host.sshd.configure()), "box", "printenv SSH_AUTH_SOCK"]
    assert subprocess.run(ssh, env=environment, check=True, capture_output=True, timeout=PATIENCE).stdout.startswith(
        b"/"
    )
    program = host.open("--ssh", "ssh -A", "box", "--", "echo the agent: [$SSH_AUTH_SOCK]; exit 3", env=environment)
    assert program.wait_exit() == 3
    assert "the agent: []" in program.screen


def test_a_killed_server_leaves_nothing_that_keeps_its_name(host: Host[PtyProgram]) -> None:
    program = host.shell("-S", "again")
    os.kill(host.only_server(), signal.SIGKILL)
    # Whichever comes first: the user sees it and is off, or the client has found out that it is gone.
    program.wait_for(lambda screen: "last contact" in screen or "server is gone" in screen)
    if "server is gone" not in program.screen:
        program.type("\x1e.")
    program.wait_exit()
    fresh = host.shell("-S", "again")
    fresh.type("exit 6\r")
    assert fresh.wait_exit() == 6


@pytest.mark.linux
@pytest.mark.slow
def test_coming_and_going_over_ssh_leaves_no_descriptors_behind(host: Host[PtyProgram]) -> None:
    program = host.shell("-S", "many")
    server = host.only_server()

    def descriptors() -> int:
        return len(os.listdir(f"/proc/{server}/fd"))

    before = descriptors()  # its own login's among them, which has a few at most
    for _ in range(5):
        guest = host.errand("attach", "box")
        guest.wait_for(PROMPT.rstrip())
        guest.type("\x1ed")
        assert guest.wait_exit() == 0
    wait_until(lambda: descriptors() <= before, "what the guests came by is closed")
    program.type("exit\r")
    assert program.wait_exit() == 0
