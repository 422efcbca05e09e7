"""The command `rmosh-server port`: what it opens or is handed, whom it becomes, and what the shipped units ask for."""

import configparser
import contextlib
import os
import pwd
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

import rmosh_server.port
from rmosh_server.command.options import SHARED_PORT, KeepPort, parse_arguments
from rmosh_server.desk.places import SYSTEM_KEEPER, keepers, own_keeper
from rmosh_server.port import messages
from rmosh_server.port.joining import join
from rmosh_server.port.place import is_possible
from rmosh_server.sockets.udp import PortRange
from tests.patience import PATIENCE

UNITS = Path(rmosh_server.port.__file__).parent / "units"

needs_seqpacket = pytest.mark.skipif(not is_possible(), reason="this system has no SOCK_SEQPACKET")

IDS = frozenset([bytes(8)])


@contextlib.contextmanager
def kept(words: Sequence[str], **options: object) -> Iterator["subprocess.Popen[str]"]:
    """Run a keeper until the end of the block; it prints its first line when it is ready."""
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, **options) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=PATIENCE) == 0


def ask_to_keep(place: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "rmosh_server", "port", "--port", "0", "--socket", str(place), *more]


def first_line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def user_of(process: int) -> int:
    return os.stat(f"/proc/{process}").st_uid


@needs_seqpacket
@pytest.mark.slow
def test_a_keeper_says_its_port_and_lets_sessions_in_and_is_alone(tmp_path: Path) -> None:
    place = tmp_path / "new" / "port.sock"
    with kept(ask_to_keep(place)) as process:
        port = re.search(r"UDP port (\d+)", first_line(process))
        assert port is not None
        connected, number = join(str(place), IDS)
        connected.close()
        assert number == int(port[1])
        second = subprocess.run(ask_to_keep(place), capture_output=True, text=True, timeout=PATIENCE)
        assert second.returncode == 1
        assert f"there is a `rmosh-server port` at {place} already" in second.stderr
    with kept(ask_to_keep(place)) as process:  # what the first has left there is in nobody's way
        first_line(process)
        join(str(place), IDS)[0].close()


@needs_seqpacket
def test_a_keeper_whose_terminal_is_gone_goes_on(tmp_path: Path) -> None:
    place = tmp_path / "port.sock"
    with kept(ask_to_keep(place)) as process:
        first_line(process)
        assert process.stdout is not None
        process.stdout.close()
        process.send_signal(signal.SIGHUP)
        connected, port = join(str(place), IDS)
        with connected, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.sendto(b"counted, and told at the end to nobody", ("127.0.0.1", port))
            stranger.sendto(min(IDS), ("127.0.0.1", port))
            connected.settimeout(PATIENCE)
            assert messages.read_carry(connected.recv(100))[1] == min(IDS)


@needs_seqpacket
@pytest.mark.slow
@pytest.mark.linux
@pytest.mark.skipif(os.getuid() != 0, reason="only root becomes another user")
def test_root_gives_up_its_rights_and_other_users_sessions_are_let_in(tmp_path: Path) -> None:
    place = tmp_path / "port.sock"
    with kept(ask_to_keep(place)) as process:
        first_line(process)
        assert user_of(process.pid) == pwd.getpwnam("nobody").pw_uid
        assert Path(f"/proc/{process.pid}/environ").stat().st_uid == 0  # nobody else of that user may look at it
        assert place.stat().st_mode & 0o777 == 0o666
    refused = subprocess.run(ask_to_keep(place, "--user", "root"), capture_output=True, text=True, timeout=PATIENCE)
    assert refused.returncode == 1
    assert "the port is not kept as root" in refused.stderr


@needs_seqpacket
@pytest.mark.slow
def test_what_systemd_has_opened_is_taken_over_and_datagrams_wait_in_it(tmp_path: Path) -> None:
    place = tmp_path / "port.sock"
    with (
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as port,
        socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door,
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as client,
    ):
        port.bind(("::1", 0))
        door.bind(str(place))
        door.listen()
        client.sendto(bytes(8) + b"early", port.getsockname())
        waiting = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        waiting.settimeout(PATIENCE)
        waiting.connect(str(place))
        waiting.send(messages.ids_message(IDS))
        script = 'exec 3<&"$1" 4<&"$2"; LISTEN_PID=$$ LISTEN_FDS=2 exec "$3" -m rmosh_server port'
        words = ["bash", "-c", script, "-", str(port.fileno()), str(door.fileno()), sys.executable]
        with kept(words, pass_fds=(port.fileno(), door.fileno())) as process, waiting:
            assert f"UDP port {port.getsockname()[1]} " in first_line(process)
            assert messages.read_listens(waiting.recv(100)).port == port.getsockname()[1]
            assert messages.read_carry(waiting.recv(100))[1] == bytes(8) + b"early"


def test_the_options_are_read() -> None:
    assert parse_arguments(["port"]) == KeepPort(PortRange(int(SHARED_PORT), int(SHARED_PORT)), "", "nobody")
    wanted = parse_arguments(["port", "--port", "5:6", "--socket", "/a/b", "--user", "me"])
    assert wanted == KeepPort(PortRange(5, 6), "/a/b", "me")


def test_a_users_own_keeper_comes_before_the_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert keepers({}) == ("/run/user/1000/rmosh/port.sock", SYSTEM_KEEPER)
    assert keepers({"XDG_RUNTIME_DIR": "/r"}) == ("/r/rmosh/port.sock", SYSTEM_KEEPER)
    assert keepers({"RMOSH_RUNTIME_DIR": "/chosen"}) == (own_keeper({"RMOSH_RUNTIME_DIR": "/chosen"}),)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert keepers({"XDG_RUNTIME_DIR": "/r"}) == (SYSTEM_KEEPER,)


@pytest.mark.parametrize(("kind", "place"), [("system", SYSTEM_KEEPER), ("user", "%t/rmosh/port.sock")])
def test_the_shipped_units_open_what_sessions_look_for(kind: str, place: str) -> None:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(UNITS / kind / "rmosh-port.socket")
    assert (unit["Socket"]["ListenDatagram"], unit["Socket"]["ListenSequentialPacket"]) == (SHARED_PORT, place)
    service = (UNITS / kind / "rmosh-port.service").read_text()
    assert re.search(r"^ExecStart=\S+/rmosh-server port$", service, re.MULTILINE)
