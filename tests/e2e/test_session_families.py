"""IPv6, and moving between the two families while somebody types."""

import ipaddress
import os
import socket
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.e2e.pty_program import PtyProgram
from tests.e2e.session_host import PLAIN_SHELL, PROMPT, Host, Typist
from tests.e2e.sshd import Sshd

pytestmark = [pytest.mark.slow, pytest.mark.sshd]

#: Networks of two addresses for documentation, which mean nothing outside the test; each test process has its own.
#: Source: RFC 5737, RFC 3849.
_FIRST = os.getpid() % 62 * 4 + 1
SERVER_4, CLIENT_4 = f"198.51.100.{_FIRST}", f"198.51.100.{_FIRST + 1}"
SERVER_6, CLIENT_6 = f"2001:db8:0:{_FIRST:x}::1", f"2001:db8:0:{_FIRST:x}::2"


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
def test_session_over_ipv6(host: Host[PtyProgram], make_sshd: Callable[..., Sshd]) -> None:
    sshd = make_sshd("ListenAddress ::1")
    sshd.trust_host_key(name=f"[::1]:{sshd.port}")
    config = sshd.configure("HostName ::1", "AddressFamily inet6")
    program = host.open("-F", str(config), "box", "--", *PLAIN_SHELL)
    program.wait_for(PROMPT.rstrip())
    program.type("\x1ei")
    program.wait_for("path          [::1]:")
    program.type("exit 6\r")
    assert program.wait_exit() == 6


class Laptop:
    """A network namespace as a client's machine, with an Ethernet to this one.

    Attributes:
        name: the namespace's.
    """

    def __init__(self) -> None:
        self.name = f"rmosh{os.getpid()}"
        self._here, self._there = f"rmh{os.getpid()}", f"rmt{os.getpid()}"

    def connect(self) -> None:
        """Make the namespace and the Ethernet; this machine gets an address of either family."""
        _run("ip", "netns", "add", self.name)
        peer = ("peer", "name", self._there, "netns", self.name)
        _run("ip", "link", "add", self._here, "type", "veth", *peer)
        for prefix in (f"{SERVER_4}/30", f"{SERVER_6}/64"):
            _run("ip", "addr", "add", prefix, "dev", self._here, *_at_once(prefix))
        _run("ip", "link", "set", self._here, "up")
        for device in ("lo", self._there):
            _run("ip", "-n", self.name, "link", "set", device, "up")

    def move_host(self, *, before: str, after: str) -> None:
        """Have this machine lose an address and gain another."""
        _run("ip", "addr", "add", after, "dev", self._here, *_at_once(after))
        _run("ip", "addr", "del", before, "dev", self._here)

    def gain(self, prefix: str) -> None:
        """Give the namespace an address."""
        _run("ip", "-n", self.name, "addr", "add", prefix, "dev", self._there, *_at_once(prefix))

    def lose(self, prefix: str) -> None:
        """Take an address away."""
        _run("ip", "-n", self.name, "addr", "del", prefix, "dev", self._there)

    def running(self, command: Sequence[str], *, hosts: Path) -> list[str]:
        """Return a command line that runs a command there, with a file of host names of its own."""
        script = f'mount --bind {hosts} /etc/hosts && exec "$@"'
        return ["ip", "netns", "exec", self.name, "unshare", "-m", "sh", "-c", script, "sh", *command]

    def remove(self) -> None:
        """Remove the Ethernet and the namespace as far as they were made."""
        for words in (("link", "del", self._here), ("netns", "del", self.name)):
            subprocess.run(["ip", *words], check=False, capture_output=True)


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


def _at_once(prefix: str) -> list[str]:
    """Return what lets an IPv6 address be used without a look for duplicates, which takes a second."""
    return ["nodad"] if ":" in prefix else []


@pytest.fixture
def laptop() -> Iterator[Laptop]:
    if os.getuid() != 0:
        pytest.skip("only root can make network namespaces")
    laptop = Laptop()
    try:
        laptop.connect()
        yield laptop
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        pytest.skip(f"this machine makes no network namespaces: {error}")
    finally:
        laptop.remove()


@pytest.fixture
def log_in(
    host: Host[PtyProgram], laptop: Laptop, pty_program: Callable[..., PtyProgram], rmosh_command: list[str]
) -> Callable[[Sshd, str, Path], PtyProgram]:
    """Starts a plain shell from the laptop: `log_in(sshd, name, hosts)`, where `hosts` tells what that stands for."""

    def start(sshd: Sshd, name: str, hosts: Path) -> PtyProgram:
        config = sshd.configure(f"HostName {name}", "CheckHostIP no")
        command = [*rmosh_command, "-F", str(config), "--server", str(host.server), "box", "--", *PLAIN_SHELL]
        program = pty_program(laptop.running(command, hosts=hosts), env=sshd.client_env)
        program.wait_for(PROMPT.rstrip())
        return program

    return start


@pytest.mark.parametrize(
    ("before", "after", "server_after"),
    [(f"{CLIENT_4}/30", f"{CLIENT_6}/64", SERVER_6), (f"{CLIENT_6}/64", f"{CLIENT_4}/30", SERVER_4)],
    ids=["4 to 6", "6 to 4"],
)
def test_session_follows_the_client_to_the_other_family(
    host: Host[PtyProgram],
    laptop: Laptop,
    make_sshd: Callable[..., Sshd],
    log_in: Callable[[Sshd, str, Path], PtyProgram],
    before: str,
    after: str,
    server_after: str,
) -> None:
    sshd = make_sshd(f"ListenAddress {SERVER_4}", f"ListenAddress {SERVER_6}")
    sshd.trust_host_key(name=f"[box.example]:{sshd.port}")
    hosts = host.path("hosts")
    hosts.write_text(f"127.0.0.1 localhost\n{SERVER_6} box.example\n{SERVER_4} box.example\n")
    laptop.gain(before)
    program = log_in(sshd, "box.example", hosts)
    typist = Typist(host, program, seed=6)
    typist.type(20)
    laptop.lose(before)
    typist.type(20)
    laptop.gain(after)
    typist.type(20)
    typist.check()
    program.type("\x1ei")
    program.wait_for(f"path          [{server_after}]:")


def test_session_follows_the_host_to_another_address_of_its_name(
    host: Host[PtyProgram],
    laptop: Laptop,
    make_sshd: Callable[..., Sshd],
    log_in: Callable[[Sshd, str, Path], PtyProgram],
) -> None:
    sshd = make_sshd(f"ListenAddress {SERVER_6}")
    sshd.trust_host_key(name=f"[box.example]:{sshd.port}")
    hosts = host.path("hosts")
    hosts.write_text(f"127.0.0.1 localhost\n{SERVER_6} box.example\n")
    laptop.gain(f"{CLIENT_6}/64")
    program = log_in(sshd, "box.example", hosts)
    typist = Typist(host, program, seed=7)
    typist.type(20)
    moved = SERVER_6.removesuffix("1") + "9"
    hosts.write_text(f"127.0.0.1 localhost\n{moved} box.example\n")
    laptop.move_host(before=f"{SERVER_6}/64", after=f"{moved}/64")
    typist.type(20)
    typist.check()
    program.type("\x1ei")
    program.wait_for(f"path          [{moved}]:")


def test_a_host_that_listens_elsewhere_than_ssh_arrives_is_reached_there(
    host: Host[PtyProgram],
    laptop: Laptop,
    make_sshd: Callable[..., Sshd],
    log_in: Callable[[Sshd, str, Path], PtyProgram],
) -> None:
    sshd = make_sshd(f"ListenAddress {SERVER_4}")
    sshd.trust_host_key(name=f"[{SERVER_4}]:{sshd.port}")
    _have_server_wish(f'bind = "{SERVER_6}"\n', host)
    hosts = host.path("hosts")
    hosts.write_text("127.0.0.1 localhost\n")
    laptop.gain(f"{CLIENT_4}/30")
    laptop.gain(f"{CLIENT_6}/64")
    program = log_in(sshd, SERVER_4, hosts)
    program.type("\x1ei")
    program.wait_for(f"path          [{SERVER_6}]:")


def _have_server_wish(text: str, host: Host[PtyProgram]) -> None:
    """Have the host's sessions started with a server.toml."""
    wishes = host.path("config/rmosh/server.toml")
    wishes.parent.mkdir(parents=True)
    wishes.write_text(text)
    exported = f"export XDG_CONFIG_HOME={wishes.parent.parent}"
    host.server = host.script("rmosh-server-elsewhere", f'{exported}\nexec {host.server} "$@"')


@pytest.mark.parametrize("is_first", [True, False], ids=["from the start", "after moving there"])
def test_a_host_named_by_an_ipv4_address_is_reached_from_a_network_with_ipv6_alone(
    host: Host[PtyProgram],
    laptop: Laptop,
    make_sshd: Callable[..., Sshd],
    log_in: Callable[[Sshd, str, Path], PtyProgram],
    is_first: bool,
) -> None:
    """In the place of a translator the host itself has the address that stands for its IPv4 one."""
    network = SERVER_6.removesuffix("1")
    translated = f"{network}{SERVER_4}"
    spelt = str(ipaddress.ip_address(translated))
    laptop.move_host(before=f"{SERVER_6}/64", after=f"{translated}/64")
    sshd = make_sshd(f"ListenAddress {SERVER_4}", f"ListenAddress {spelt}")
    sshd.trust_host_key(name=f"[{SERVER_4}]:{sshd.port}")
    hosts = host.path("hosts")
    hosts.write_text(f"127.0.0.1 localhost\n{network}192.0.0.170 ipv4only.arpa\n")
    # Clients are told of one address, as if the host stood behind it, and the ports that it has itself.
    ports = "60000:61000"
    _have_server_wish(f'public_address = "{SERVER_4}"\nport_range = "{ports}"\npublic_port = "{ports}"\n', host)
    before, after = f"{CLIENT_4}/30", f"{CLIENT_6}/64"
    laptop.gain(after if is_first else before)
    program = log_in(sshd, SERVER_4, hosts)
    typist = Typist(host, program, seed=8)
    typist.type(20)
    if not is_first:
        laptop.lose(before)
        typist.type(20)
        laptop.gain(after)
    typist.type(20)
    typist.check()
    program.type("\x1ei")
    program.wait_for(f"path          [{spelt}]:")
