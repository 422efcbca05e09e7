"""Which UDP port a new session gets."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rmosh.announce import SECRET_BYTES, SESSION_ID_BYTES, new_announce
from rmosh.session.attachment import Guest
from rmosh.session.server import ServerSession
from rmosh_server.command.host_settings import Listening
from rmosh_server.command.port_choice import ChosenPort, choose_port
from rmosh_server.port.keeper import PortKeeper
from rmosh_server.port.place import is_possible, listen
from rmosh_server.port.public_socket import PublicSocket
from rmosh_server.sockets.udp import DEFAULT_PORTS, PortRange, bind_first_free

pytestmark = pytest.mark.skipif(not is_possible(), reason="this system has no SOCK_SEQPACKET")

ENTROPY = bytes(range(SESSION_ID_BYTES + SECRET_BYTES))


@pytest.fixture(autouse=True)
def chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the only keeper is looked for."""
    monkeypatch.setenv("RMOSH_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "shared-port"


@contextlib.contextmanager
def kept_at(place: Path) -> Iterator[int]:
    """Keep a port in a thread; give its number."""
    public = PublicSocket(socket.socket(fileno=bind_first_free(PortRange(0, 0)).detach()))
    keeper = PortKeeper(public, listen(str(place)))
    over = threading.Event()

    def run() -> None:
        while not over.is_set():
            keeper.turn(timeout=0.01, now=time.monotonic())

    running = threading.Thread(target=run)
    running.start()
    try:
        yield public.port
    finally:
        over.set()
        running.join()
        keeper.close()


def choose(
    listening: Listening | None = None, wished: PortRange = DEFAULT_PORTS, entropy: bytes = ENTROPY
) -> tuple[ChosenPort, list[str]]:
    """Return what is chosen, closed at once, and what the user is told."""
    remarks: list[str] = []
    announce = new_announce(port=0, entropy=entropy)
    found = choose_port(announce, listening or Listening(), wished, remarks=remarks)
    socket.socket(fileno=found.descriptor).close()
    return found, remarks


def test_the_shared_port_is_taken_unasked_where_it_is_kept_and_not_missed_where_it_is_not(chosen: Path) -> None:
    alone, nothing = choose()
    assert (alone.keeper, nothing) == ("", [])
    with kept_at(chosen) as port:
        shared, nothing = choose()
    assert (shared.number, shared.keeper, nothing) == (port, str(chosen), [])


def test_a_client_that_names_ports_and_who_says_no_or_binds_an_address_get_one_of_their_own(chosen: Path) -> None:
    with kept_at(chosen):
        assert choose(wished=PortRange(0, 0))[0].keeper == ""
        for listening in (
            Listening(shared=False),
            Listening(address="127.0.0.1"),
            Listening(address="::1", shared=True),
        ):
            found, remarks = choose(listening)
            assert (found.keeper, remarks) == ("", [])


def test_the_file_names_another_place(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    with kept_at(elsewhere) as port:
        assert choose(Listening(shared=str(elsewhere)))[0].number == port
    found, (remark,) = choose(Listening(shared=str(elsewhere)))
    assert found.keeper == ""
    assert remark.endswith("as the shared one is not to be had: " + f"{elsewhere}: Connection refused")


def test_who_wants_it_is_told_where_there_is_none(chosen: Path) -> None:
    _, (remark,) = choose(Listening(shared=True))
    assert f"{chosen}: No such file" in remark


def test_an_administrators_ports_bound_a_users_own_keeper(chosen: Path) -> None:
    with kept_at(chosen) as port:
        elsewhere = PortRange(port + 1, port + 1) if port < 60000 else PortRange(port - 1, port - 1)
        found, (remark,) = choose(Listening(limit=elsewhere, ports=PortRange(0, 0)))
        assert found.keeper == ""
        assert f"this host allows UDP port {elsewhere}, not {port}" in remark
        another = ENTROPY[::-1]  # the keeper may not have heard yet that the first has gone
        assert choose(Listening(limit=PortRange(port, port)), entropy=another)[0].number == port


def test_the_ids_that_are_told_are_those_the_session_takes() -> None:
    from rmosh.transport.connection_ids import AcceptedIds
    from rmosh.transport.keys import SessionKeys

    announce = new_announce(port=0, entropy=ENTROPY)
    told = AcceptedIds(SessionKeys.derive(announce.secret, version=announce.version).to_server.ids).all
    session = ServerSession(rows=24, columns=80, entropy=lambda size: bytes(size), now=0.0)
    assert session.connection_ids == frozenset()
    session.attach(announce, Guest(24, 80), now=0.0)
    assert session.connection_ids == told
