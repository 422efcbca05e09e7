import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rmosh.errors import BootstrapError, Stage
from rmosh_client.bootstrap.dial import open_stream
from rmosh_client.bootstrap.openssh_config import parse_evaluated
from rmosh_client.bootstrap.settings import SshSettings, settings_from
from rmosh_client.resolving.resolver import ResolvedAddress, _families_in_turn, resolve


def settings(*lines: str) -> SshSettings:
    return settings_from(parse_evaluated("\n".join(("hostname box", *lines))), alias="box", environ={})


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.fixture
def closed_port() -> Iterator[int]:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def at(port: int, host: str = "127.0.0.1") -> ResolvedAddress:
    return ResolvedAddress(socket.AF_INET, (host, port))


def test_families_take_turns_beginning_with_the_resolvers_favourite() -> None:
    sixes = [ResolvedAddress(socket.AF_INET6, (f"::{n}", 22, 0, 0)) for n in range(3)]
    four = at(22)
    assert _families_in_turn([*sixes, four]) == [sixes[0], four, sixes[1], sixes[2]]


def test_a_link_local_address_keeps_its_interface() -> None:
    # glibc 2.36: getaddrinfo leaves it to the fourth field.
    name = socket.if_indextoname(1)
    assert ResolvedAddress(socket.AF_INET6, ("fe80::1", 22, 0, 1)).host == f"fe80::1%{name}"
    assert ResolvedAddress(socket.AF_INET6, ("2001:db8::1", 22, 0, 0)).host == "2001:db8::1"
    assert ResolvedAddress(socket.AF_INET6, ("fe80::1", 22, 0, 1 << 30)).host == f"fe80::1%{1 << 30}"


def test_numeric_host_resolves_to_itself() -> None:
    assert [address.host for address in resolve("192.0.2.1", 22)] == ["192.0.2.1"]


@pytest.mark.parametrize("host", ["nowhere.invalid", "a..b", "x" * 300, "\udc80"])
def test_name_without_an_address_is_told(host: str) -> None:
    with pytest.raises(BootstrapError) as caught:
        resolve(host, 22)
    assert caught.value.stage is Stage.RESOLVE


def test_a_host_that_does_not_answer_is_tried_as_often_as_the_settings_say(
    closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # OpenSSH 9.2, ConnectionAttempts: one second apart.
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    with pytest.raises(BootstrapError, match="cannot reach"):
        open_stream(settings("connectionattempts 3"), [at(closed_port)])
    assert pauses == [1.0, 1.0]


def test_family_that_the_host_lacks_is_told() -> None:
    with pytest.raises(BootstrapError):
        resolve("127.0.0.1", 22, family=socket.AF_INET6)


def test_next_address_is_tried_at_once_where_one_refuses(listener: socket.socket, closed_port: int) -> None:
    with open_stream(settings(), [at(closed_port), at(listener.getsockname()[1])]) as stream:
        assert stream.getpeername() == listener.getsockname()
        assert not stream.getblocking()


def test_refusal_of_every_address_is_told(closed_port: int) -> None:
    with pytest.raises(BootstrapError, match=r"127\.0\.0\.1: connection refused") as caught:
        open_stream(settings(), [at(closed_port)])
    assert caught.value.stage is Stage.CONNECT


def test_silent_address_delays_the_next_one_only_a_little(listener: socket.socket) -> None:
    with socket.create_server(("127.0.0.2", 0), backlog=0) as full, socket.socket() as first, socket.socket() as second:
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        addresses = [at(full.getsockname()[1], "127.0.0.2"), at(listener.getsockname()[1])]
        with open_stream(settings("connecttimeout 5"), addresses) as stream:
            assert stream.getpeername() == listener.getsockname()


def test_proxy_command_carries_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELL", "/bin/sh")
    with open_stream(settings("proxycommand tr a-z A-Z"), ()) as stream:
        stream.setblocking(True)
        stream.sendall(b"%h")
        stream.shutdown(socket.SHUT_WR)
        assert stream.recv(100) == b"%H"


def test_proxy_command_knows_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELL", "/bin/sh")
    with open_stream(settings("port 2222", "proxycommand echo %h %p %n"), ()) as stream:
        stream.setblocking(True)
        assert stream.recv(100) == b"box 2222 box\n"


def test_proxy_command_without_a_shell_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELL", "/no/such/shell")
    with pytest.raises(BootstrapError, match="cannot start the proxy command"):
        open_stream(settings("proxycommand true"), ())


def test_a_proxy_command_may_pass_the_connection_on(listener: socket.socket, tmp_path: Path) -> None:
    # OpenSSH 9.2, ProxyUseFdpass.
    script = tmp_path / "pass.py"
    script.write_text(
        "import socket, sys\n"
        "with socket.create_connection(('127.0.0.1', int(sys.argv[1]))) as to, socket.socket(fileno=1) as back:\n"
        "    socket.send_fds(back, [b'x'], [to.fileno()])\n"
    )
    port = listener.getsockname()[1]
    command = f"proxycommand {sys.executable} {script} {port}"
    with open_stream(settings("proxyusefdpass yes", command), ()) as stream:
        assert stream.getpeername() == ("127.0.0.1", port)
        assert not stream.getblocking()


def test_a_proxy_command_that_passes_nothing_on_is_told() -> None:
    with pytest.raises(BootstrapError, match="`true` ended without passing a connection on"):
        open_stream(settings("proxyusefdpass yes", "proxycommand true"), ())
