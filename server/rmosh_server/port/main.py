"""The command `rmosh-server port`: opens the port and the door, gives up what rights it has, and keeps the port.

systemd may open both and hand them over (sd_listen_fds(3)); then the port needs no right at all, and datagrams wait in
the socket while the keeper is started anew.
"""

import contextlib
import os
import resource
import signal
import socket
import time
from collections.abc import Mapping
from typing import Final

from rmosh.errors import BootstrapError, Stage
from rmosh_server.plain_text import plain
from rmosh_server.port.keeper import PortKeeper
from rmosh_server.port.owners import MAX_SESSIONS
from rmosh_server.port.place import listen
from rmosh_server.port.public_socket import PublicSocket
from rmosh_server.process.memory import forbid_core_dumps
from rmosh_server.process.signals import SignalPipe
from rmosh_server.sockets.udp import PortRange, bind_first_free
from rmosh_server.systems import forbid_looks

#: The first descriptor that systemd passes. Source: sd_listen_fds(3).
_FIRST_PASSED: Final = 3

#: Descriptors beside those of sessions.
_OTHERS: Final = 64

#: How often what was dropped is told, if anything was, in seconds.
TELL_INTERVAL: Final = 3600.0


def keep_port(ports: PortRange, place: str, *, for_all: bool, user: str) -> int:
    """Keep the port until told to stop; return the exit status.

    Args:
        place: where sessions find us, unless systemd has opened that.
        for_all: sessions of all users.
        user: whom to be afterwards where root has started us.

    Raises:
        BootstrapError: the port or the door cannot be had.
    """
    bound, door = passed_sockets(os.environ) or (
        socket.socket(fileno=bind_first_free(ports).detach()),
        listen(place, for_all=for_all),
    )
    forbid_core_dumps()
    forbid_looks()  # has all that it needs imported, which that user may not be able to read
    _allow_descriptors()
    if os.geteuid() == 0:
        become(user)
    signals = SignalPipe(watched=(signal.SIGTERM, signal.SIGINT), ignored=(signal.SIGHUP, signal.SIGPIPE))
    public = PublicSocket(bound)
    _say(f"UDP port {public.port} is open to sessions at {plain(str(door.getsockname()))}")
    _run(PortKeeper(public, door), signals)
    return 0


def _run(keeper: PortKeeper, signals: SignalPipe) -> None:
    keeper.watch(signals)
    tell_at = time.monotonic() + TELL_INTERVAL
    while not signals.take():
        now = time.monotonic()
        if now >= tell_at:
            tell_at = now + TELL_INTERVAL
            _tell_dropped(keeper)
        keeper.turn(timeout=tell_at - now, now=now)
    _tell_dropped(keeper)
    keeper.close()


def _tell_dropped(keeper: PortKeeper) -> None:
    if keeper.dropped:
        told = ", ".join(f"{count} {reason}" for reason, count in keeper.dropped.items())
        _say(f"{keeper.sessions} sessions; dropped or refused: {told}")
        keeper.dropped.clear()


def _say(line: str) -> None:
    """Tell whoever reads that: systemd's journal, or a terminal that may be gone."""
    with contextlib.suppress(OSError, ValueError):
        print(f"rmosh-server: {line}", flush=True)


def passed_sockets(environment: Mapping[str, str]) -> tuple[socket.socket, socket.socket] | None:
    """Return the UDP socket and the door that systemd has opened; None where it has opened none.

    Raises:
        BootstrapError: it has opened others than one of each.
    """
    told = environment.get("LISTEN_FDS", "")
    if environment.get("LISTEN_PID") != str(os.getpid()) or not told.isdigit():
        return None
    count = int(told)
    passed = [socket.socket(fileno=_FIRST_PASSED + number) for number in range(count)]
    doors = [opened for opened in passed if opened.family == socket.AF_UNIX]
    ports = [opened for opened in passed if opened.family != socket.AF_UNIX and opened.type == socket.SOCK_DGRAM]
    if len(doors) == len(ports) == 1 and count == 2:
        for opened in passed:
            os.set_inheritable(opened.fileno(), False)
        return ports[0], doors[0]
    raise BootstrapError(
        Stage.SERVER_FAILED,
        f"systemd has passed {count} sockets: it should be one UDP port and one Unix socket",
        hint="the socket unit has one ListenDatagram= and one ListenSequentialPacket=",
    )


def become(user: str) -> None:
    """Be another user from now on, without any of root's rights.

    Raises:
        BootstrapError: there is no such user, or it is root.
    """
    import pwd  # which only this needs

    try:
        account = pwd.getpwnam(user)
    except KeyError:
        account = None
    if account is None or account.pw_uid == 0:
        raise BootstrapError(
            Stage.SERVER_FAILED,
            f"the port is not kept as root, and {user!r} is no other user of this host",
            hint="name one with --user NAME",
        )
    os.setgroups([])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)


def _allow_descriptors() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_SESSIONS + _OTHERS
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard)
        )
