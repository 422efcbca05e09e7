"""Links that move, break and stop while somebody types: nothing typed is lost or doubled, the screens agree."""

import os
import signal

import pytest

from rmosh_netem.link import LinkModel
from tests.e2e.pty_program import PtyProgram
from tests.e2e.session_host import Host, Typist, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.sshd]

#: An ordinary mobile link.
MOBILE = LinkModel(delay=0.03, jitter=0.01, loss=0.02)


def test_typing_goes_on_while_a_nat_rebinds(host: Host[PtyProgram]) -> None:
    program = host.shell(link=MOBILE)
    typist = Typist(host, program, seed=1)
    typist.type(150, lambda number: host.relay.rebind() if number % 15 == 14 else None)
    typist.check()


def test_typing_goes_on_while_the_client_changes_its_address(host: Host[PtyProgram]) -> None:
    program = host.shell(link=MOBILE)
    typist = Typist(host, program, seed=2)
    typist.type(150, lambda number: host.relay.rebind(f"127.0.1.{number}") if number % 15 == 14 else None)
    typist.check()


def test_typing_goes_on_over_a_link_that_loses_doubles_and_reorders(host: Host[PtyProgram]) -> None:
    program = host.shell(link=LinkModel(delay=0.02, jitter=0.3, reorder=True, loss=0.2, duplicate=0.3))
    typist = Typist(host, program, seed=3)
    typist.type(150)
    typist.check()


def test_typing_through_a_blackout_is_caught_up_and_the_notice_goes_away(host: Host[PtyProgram]) -> None:
    program = host.shell(link=MOBILE)
    typist = Typist(host, program, seed=4)
    typist.type(20)
    host.relay.change(up=LinkModel(loss=1.0), down=LinkModel(loss=1.0))
    typist.type(60)
    program.wait_for("rmosh: last contact")
    host.relay.change(up=MOBILE, down=MOBILE)
    typist.type(20)
    typist.check()


def test_path_that_swallows_large_datagrams_still_carries_screens(host: Host[PtyProgram]) -> None:
    program = host.shell(link=LinkModel(delay=0.01, mtu=600))
    program.type("clear; head -c 30000 /dev/urandom | base64 -w 79 | tail -n 20; echo do''ne\r")
    screen = program.wait_for("done")
    assert min(len(line) for line in screen.splitlines()[1:18]) == 79


def test_client_that_was_stopped_shows_what_happened_meanwhile_and_loses_no_key(host: Host[PtyProgram]) -> None:
    program = host.shell(link=MOBILE)
    counted, taken = host.path("counted"), host.path("taken")
    program.type(f"clear; (for i in $(seq 12); do echo $i; echo $i >> {counted}; sleep .25; done) & cat > {taken}\r")
    program.wait_for("1\n2")
    program.send_signal(signal.SIGSTOP)
    program.type("typed while it was stopped")
    wait_until(lambda: counted.read_text().endswith("12\n"), "the far side went on")
    program.send_signal(signal.SIGCONT)
    program.wait_for(lambda screen: "\n12" in screen and "typed while it was stopped" in screen)
    program.type("\r\x04\rexit\r")
    assert program.wait_exit() == 0
    assert taken.read_text() == "typed while it was stopped\n"


def test_server_that_stalls_loses_no_key(host: Host[PtyProgram]) -> None:
    program = host.shell(link=MOBILE)
    typist = Typist(host, program, seed=5)
    server = host.only_server()
    typist.type(10)
    os.kill(server, signal.SIGSTOP)
    typist.type(100)
    os.kill(server, signal.SIGCONT)
    typist.type(10)
    typist.check()
