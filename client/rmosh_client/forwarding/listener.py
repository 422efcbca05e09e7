"""What listens on this machine: TCP and UDP ports of both families, and Unix sockets."""

import contextlib
import errno
import os
import socket
import stat
from collections.abc import Iterator
from typing import Final

from rmosh.forwarding.failures import in_words
from rmosh_client.forwarding.failures import CannotListen
from rmosh_client.forwarding.settings import ForwardSettings
from rmosh_client.forwarding.specification import Place, Tcp, Udp, Unix

#: Connections that may wait to be accepted. Source: SOMAXCONN of Linux before 5.4; ssh takes 128 as well.
_BACKLOG: Final = 128

#: This machine's own addresses, and all of them. Source: ssh(1), -L: "localhost" and "*".
_LOOPBACK: Final = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
_EVERYWHERE: Final = ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::"))  # noqa: S104 - where the user asks for it

#: A machine may have one family only.
_NO_SUCH_FAMILY: Final = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)


class LocalListener:
    """One place, on one socket or on one of each family.

    Attributes:
        place: where it listens, with the port that it got.
        sockets: none of them blocks.
    """

    def __init__(self, wanted: Place, settings: ForwardSettings) -> None:
        """Listen.

        Raises:
            CannotListen: the message says why.
        """
        self.sockets: list[socket.socket] = []
        self._file: tuple[int, int] | None = None
        self.place = wanted
        try:
            if isinstance(wanted, Unix):
                self._open_unix(wanted, settings)
            else:
                self.place = self._open(wanted, settings)
        except OSError as error:
            self.close()
            raise CannotListen(in_words(error)) from None

    def close(self) -> None:
        """Listen no more; a Unix socket's file goes, unless it is somebody else's by now."""
        if self._file is not None and isinstance(self.place, Unix):
            with contextlib.suppress(OSError):
                status = os.lstat(self.place.path)
                if (status.st_dev, status.st_ino) == self._file:
                    os.unlink(self.place.path)
        self._file = None
        for listening in self.sockets:
            listening.close()
        self.sockets.clear()

    def _open(self, wanted: Tcp | Udp, settings: ForwardSettings) -> Place:
        kind = socket.SOCK_DGRAM if isinstance(wanted, Udp) else socket.SOCK_STREAM
        port, lacking = wanted.port, OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
        for family, address in _addresses(wanted.host, gateway=settings.gateway_ports):
            try:
                self.sockets.append(_bound(family, kind, (address, port)))
            except OSError as error:
                if error.errno not in _NO_SUCH_FAMILY:
                    raise
                lacking = error
            else:
                port = self.sockets[-1].getsockname()[1]
        if not self.sockets:
            raise lacking
        return type(wanted)(wanted.host, port)

    def _open_unix(self, wanted: Unix, settings: ForwardSettings) -> None:
        if settings.unlinks:
            _remove_socket(wanted.path)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sockets.append(listening)
        listening.setblocking(False)
        before = os.umask(settings.bind_mask)
        try:
            listening.bind(wanted.path)
        finally:
            os.umask(before)
        status = os.lstat(wanted.path)
        self._file = (status.st_dev, status.st_ino)
        listening.listen(_BACKLOG)


def _addresses(host: str | None, *, gateway: bool) -> Iterator[tuple[int, str]]:
    """Yield where to listen; a name is looked up, which is rare here.

    Raises:
        OSError: it has no address.
    """
    if host in ("", "*") or (host is None and gateway):
        yield from _EVERYWHERE
    elif host is None or host == "localhost":
        yield from _LOOPBACK
    else:
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        except UnicodeError:
            raise OSError(errno.EINVAL, "no host has such a name") from None
        yield from dict.fromkeys((int(family), str(address[0])) for family, _, _, _, address in found)


def _bound(family: int, kind: int, address: tuple[str, int]) -> socket.socket:
    bound = socket.socket(family, kind)
    try:
        bound.setblocking(False)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if kind == socket.SOCK_STREAM:  # for UDP it would let two have one port
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        if kind == socket.SOCK_STREAM:
            bound.listen(_BACKLOG)
    except BaseException:
        bound.close()
        raise
    return bound


def _remove_socket(path: str) -> None:
    """Remove a socket that stands in the way, and nothing else that does."""
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISSOCK(os.lstat(path).st_mode):
            os.unlink(path)
