"""IPv6, and moving between the two families while somebody types."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from session_host import PLAIN_SHELL, PROMPT, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.sshd]

#: Addresses for documentation, which mean nothing outside the test's own namespaces. Source: RFC 5737, RFC 3849.
SERVER_4, CLIENT_4 = "192.0.2.1", "192.0.2.2"
SERVER_6, CLIENT_6 = "2001:db8::1", "2001:db8::2"


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
@pytest.mark.parametrize("name", ["::1", "ip6-localhost"])
def test_session_over_ipv6(host, make_sshd, name):
    try:
        socket.getaddrinfo(name, None, socket.AF_INET6)
    except socket.gaierror:
        pytest.skip(f"this machine does not know {name}")
    sshd = make_sshd("ListenAddress ::1")
    sshd.trust_host_key(name=f"[{name}]:{sshd.port}")
    sshd.trust_host_key(name=f"[::1]:{sshd.port}")
    host.sshd = sshd
    config = sshd.configure(f"HostName {name}", "AddressFamily inet6")
    program = host.open("-F", str(config), "box", "--", *PLAIN_SHELL)
    program.wait_for(PROMPT.rstrip())
    program.type("\x1ei")
    program.wait_for("path          [::1]:")
    program.type("exit 6\r")
    assert program.wait_exit() == 6


def run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


class TwoNetworks:
    """Two network namespaces of the test's own with an Ethernet between them that speaks both families."""

    def __init__(self) -> None:
        mark = os.getpid()
        self.server, self.client = f"rmosh-s{mark}", f"rmosh-c{mark}"
        self.to_server, self.to_client = f"rs{mark}", f"rc{mark}"

    @contextmanager
    def laid(self) -> Iterator["TwoNetworks"]:
        with ExitStack() as undo:
            for name in (self.server, self.client):
                run("ip", "netns", "add", name)
                undo.callback(run, "ip", "netns", "del", name)
            ends = (self.to_client, self.server, self.to_server, self.client)
            run("ip", "link", "add", ends[0], "netns", ends[1], "type", "veth", "peer", "name", ends[2], "netns", ends[3])
            for name, device, hosts in (
                (self.server, self.to_client, (f"{SERVER_4}/24", f"{SERVER_6}/64")),
                (self.client, self.to_server, (f"{CLIENT_4}/24", f"{CLIENT_6}/64")),
            ):
                for address in hosts:
                    run("ip", "-n", name, "addr", "add", address, "dev", device, *(["nodad"] if ":" in address else []))
                for each in ("lo", device):
                    run("ip", "-n", name, "link", "set", each, "up")
            yield self

    def change_client_address(self, action: str, address: str) -> None:
        prefix, more = ("64", ["nodad"]) if ":" in address else ("24", [])
        more = more if action == "add" else []
        run("ip", "-n", self.client, "addr", action, f"{address}/{prefix}", "dev", self.to_server, *more)


@pytest.fixture
def networks() -> Iterator[TwoNetworks]:
    if os.getuid() != 0:
        pytest.skip("only root can make network namespaces")
    try:
        run("ip", "netns", "add", f"rmosh-try{os.getpid()}")
        run("ip", "netns", "del", f"rmosh-try{os.getpid()}")
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"this machine makes no network namespaces: {error}")
    with TwoNetworks().laid() as networks:
        yield networks


@pytest.mark.parametrize(("lost", "kept"), [(CLIENT_6, SERVER_4), (CLIENT_4, SERVER_6)], ids=["6 to 4", "4 to 6"])
def test_session_moves_to_the_other_family_when_its_own_is_lost_and_loses_no_key(
    host, networks, pty_program, rmosh_command, lost, kept
):
    family = "inet" if lost == CLIENT_6 else "inet6"
