"""One UDP port for all sessions of a host: real clients over bad links, while the keeper goes away and comes again."""

import contextlib
import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from rmosh_netem.link import LinkModel
from rmosh_server.port.place import is_possible
from tests.e2e.pty_program import PtyProgram
from tests.e2e.session_host import Host, Typist, free_udp_port, wait_until
from tests.patience import PATIENCE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.sshd,
    pytest.mark.skipif(not is_possible(), reason="this system has no SOCK_SEQPACKET, so no port is shared"),
]

#: An ordinary mobile link.
MOBILE = LinkModel(delay=0.03, jitter=0.01, loss=0.02)


@contextlib.contextmanager
def keeper(host: Host[PtyProgram], port: int) -> Iterator[None]:
    """Keep a port for the host's sessions."""
    host.path("sessions").mkdir(mode=0o700, exist_ok=True)
    place = host.path("sessions") / "shared-port"
    words = [sys.executable, "-m", "rmosh_server", "port", "--port", str(port), "--socket", str(place)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert f"UDP port {port} is open" in process.stdout.readline()
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=PATIENCE) == 0


def test_typing_goes_on_while_the_client_changes_its_address_and_the_keeper_is_started_anew(
    host: Host[PtyProgram],
) -> None:
    host.shared_port = free_udp_port()
    with contextlib.ExitStack() as stack:
        stack.enter_context(keeper(host, host.shared_port))
        program = host.shell(link=MOBILE)
        typist = Typist(host, program, seed=11)

        def between(number: int) -> None:
            if number % 15 == 14:
                host.relay.rebind(f"127.0.1.{number}")
            if number == 50:
                stack.close()
            if number == 70:
                stack.enter_context(keeper(host, host.shared_port))

        typist.type(150, between)
        typist.check()


def test_sessions_and_further_clients_share_the_port_and_without_a_keeper_a_session_has_its_own(
    host: Host[PtyProgram],
) -> None:
    port = free_udp_port()
    with keeper(host, port):
        first, second = host.shell(), host.shell()
        first.type("echo I am $((1))st\r")
        first.wait_for("I am 1st")
        second.type("echo I am $((2))nd\r")
        second.wait_for("I am 2nd")
        wait_until(lambda: len(host.servers()) == 2, "two sessions run")
        logs = [log.read_text() for log in host.path("sessions").glob("*.log")]
        assert [re.search(r"UDP port (\d+)", log)[1] for log in logs] == [str(port)] * 2  # type: ignore[index]
        session = min(host.path("sessions").glob("*.sock")).stem
        third = host.errand("attach", "box", session)
        third.wait_for("I am ")
    host.shell()
    logs = [log.read_text() for log in host.path("sessions").glob("*.log")]
    assert sum("this session has a UDP port of its own, as the shared one is not to be had" in log for log in logs) == 1
