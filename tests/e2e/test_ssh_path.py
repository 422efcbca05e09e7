"""Sessions whose datagrams go inside the SSH channel: UDP is blocked, comes and goes; logins end and begin anew."""

import os
import signal
from pathlib import Path

import pytest

from rmosh_netem.firewall import Firewall
from rmosh_netem.link import LinkModel
from tests.e2e.pty_program import PtyProgram
from tests.e2e.session_host import PROMPT, Host, Typist, pump_for, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.sshd]

#: An ordinary link.
LINK = LinkModel(delay=0.02)

BLOCKED = Firewall(blocked=True)
OPEN = Firewall()

INSIDE = "path          inside SSH"
BY_UDP = "path          [127.0.0.3]"


def path_is(program: PtyProgram, words: str) -> None:
    """Wait until the box of figures says so, and close it."""
    program.type("\x1ei")
    program.wait_for(words)
    program.type("\x1ei")
    program.wait_for(lambda screen: "last contact  " not in screen)


def children(pid: int) -> list[int]:
    """Return the processes that a process has started and that have not ended."""
    told = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in told if not is_gone(int(child))]


def is_gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state in "ZX"


def login_of(program: PtyProgram) -> int:
    """Return the login process of a session that is inside SSH."""
    wait_until(lambda: len(children(program.pid)) == 1, "one login process runs", pump=[program])
    return children(program.pid)[0]


def test_a_session_stays_inside_ssh_where_udp_is_blocked_and_ends_with_the_shell(host: Host[PtyProgram]) -> None:
    program = host.shell("--path", "auto", link=LINK, firewall=BLOCKED)
    path_is(program, INSIDE)
    path_is(program, "by UDP      no answer")
    login = login_of(program)
    typist = Typist(host, program, seed=1)
    typist.type(30)
    typist.check()
    program.type("exit 7\r")
    assert program.wait_exit() == 7
    wait_until(lambda: is_gone(login), "the login process ends with the session")


def test_a_session_goes_over_to_udp_when_that_opens_and_back_when_it_closes(host: Host[PtyProgram]) -> None:
    program = host.shell("--path", "auto", link=LINK, firewall=BLOCKED)
    path_is(program, INSIDE)
    host.relay.put_up(OPEN)
    path_is(program, BY_UDP)
    host.relay.put_up(BLOCKED)
    typist = Typist(host, program, seed=2)
    typist.type(15)
    typist.check()
    path_is(program, INSIDE)


def test_no_key_is_lost_or_doubled_while_a_firewall_comes_and_goes(host: Host[PtyProgram]) -> None:
    program = host.shell("--path", "auto", link=LINK)
    typist = Typist(host, program, seed=3)
    typist.type(120, lambda number: host.relay.put_up(BLOCKED if number // 6 % 2 else OPEN))
    typist.check()


@pytest.mark.parametrize("way", [(), ("--ssh", "ssh")], ids=["by-rmosh", "by-ssh"])
def test_a_path_that_ends_is_opened_again_by_a_login_that_asks_nothing(
    host: Host[PtyProgram], way: tuple[str, ...]
) -> None:
    program = host.shell("--path", "auto", *way, link=LINK, firewall=BLOCKED)
    first = login_of(program)
    os.kill(first, signal.SIGKILL)
    typist = Typist(host, program, seed=4)
    typist.type(15)
    typist.check()
    path_is(program, INSIDE)
    assert login_of(program) != first


def test_a_terminal_that_the_configuration_asks_ssh_for_is_no_part_of_the_path(host: Host[PtyProgram]) -> None:
    program = host.shell("--path", "ssh", "--ssh", "ssh", "-o", "RequestTTY=force", link=LINK)
    path_is(program, INSIDE)
    program.type("exit 3\r")
    assert program.wait_exit() == 3


def test_a_session_s_process_that_is_killed_leaves_none_behind(host: Host[PtyProgram]) -> None:
    program = host.shell("--path", "auto", link=LINK, firewall=BLOCKED)
    login = login_of(program)
    os.kill(program.pid, signal.SIGKILL)
    wait_until(lambda: is_gone(login), "the login process ends")


def test_a_terminal_that_closes_ends_the_session_and_all_that_carried_it(host: Host[PtyProgram]) -> None:
    program = host.shell("--path", "auto", link=LINK, firewall=BLOCKED)
    login = login_of(program)
    program.hang_up()
    wait_until(lambda: is_gone(program.pid) and is_gone(login), "both processes end")
    wait_until(lambda: host.servers() == [], "the server was told")


def test_a_session_inside_ssh_is_stopped_and_goes_on(host: Host[PtyProgram]) -> None:
    program = host.shell("--path", "auto", link=LINK, firewall=BLOCKED)
    program.type("(sleep 1; echo me''anwhile) &\r")
    pump_for(program, 0.3)
    os.kill(program.pid, signal.SIGSTOP)
    pump_for(program, 1.2)
    os.kill(program.pid, signal.SIGCONT)
    program.wait_for("meanwhile")
    program.type("echo go''es on\r")
    program.wait_for("goes on")


def test_with_path_ssh_udp_is_never_used(host: Host[PtyProgram]) -> None:
    program = host.shell("--path", "ssh", link=LINK)
    pump_for(program, 0.5)
    path_is(program, INSIDE)
    up = host.relay.counters()["up"]
    assert up["sent"] == up["streamed"] > 0


def test_with_path_udp_the_ssh_connection_closes_at_once(host: Host[PtyProgram]) -> None:
    program = host.shell("--path", "udp", link=LINK)
    wait_until(lambda: children(program.pid) == [], "no login process runs", pump=[program])
    path_is(program, BY_UDP)


def test_through_a_jump_host_a_host_without_udp_is_reached(host: Host[PtyProgram]) -> None:
    through = f"ProxyCommand=ssh -F {host.sshd.configure()} -W %h:%p box"
    program = host.shell("--path", "auto", "-o", through, link=LINK, firewall=BLOCKED)
    path_is(program, INSIDE)
    program.type("echo the''re\r")
    program.wait_for("there")


def test_a_login_that_would_ask_is_the_user_s_and_the_notice_says_for_which_key(host: Host[PtyProgram]) -> None:
    program = host.shell("--path", "auto", link=LINK, firewall=BLOCKED)
    keys = host.sshd.authorized_keys.read_text()
    host.sshd.authorized_keys.write_text("")
    os.kill(login_of(program), signal.SIGKILL)
    program.wait_for("Ctrl-^ l logs in again")
    host.sshd.authorized_keys.write_text(keys)
    program.type("\x1el")
    program.wait_for(PROMPT.rstrip())
    program.type("echo ba''ck\r")
    program.wait_for("back")
