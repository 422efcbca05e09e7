"""Takes from the Python that imports this what only Linux has, and gives what macOS has in its place.

Taken: netlink, abstract sockets, peer credentials as a socket option, Linux's ways to keep datagrams whole, process
descriptors, memory files, a controlling terminal by posix_spawn, hard links (as Android), the clock that counts sleep,
/proc, the locale C.UTF-8, uvloop. Given: uname's word, getpeereid, routing sockets, IP_DONTFRAG, en_US.UTF-8.
"""

import builtins
import ctypes
import errno
import io
import locale
import os
import socket
import struct
import sys
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

#: What Python names of Linux alone.
ONLY_LINUX = {
    os: ("link", "memfd_create", "eventfd", "pidfd_open", "pipe2", "O_PATH", "O_TMPFILE", "setns", "unshare"),
    socket: ("AF_NETLINK", "NETLINK_ROUTE", "AF_PACKET", "AF_ROUTE", "SO_PEERCRED", "SO_PASSCRED", "SCM_CREDENTIALS"),
    time: ("CLOCK_BOOTTIME", "CLOCK_TAI"),
}

#: Level and number of socket options that Linux alone has: to keep datagrams whole, and to tell of an address.
LINUX_OPTIONS = {(0, 8), (0, 10), (41, 23)}

#: The same of macOS, which are taken and do nothing here.
MACOS_OPTIONS = {(0, 28), (41, 62)}

#: macOS's family of routing sockets, and the most bytes of a socket's path there. Source: <sys/socket.h>, <sys/un.h>.
ROUTING_FAMILY = 17
LONGEST_PATH = 103

#: Linux's number of SO_PEERCRED, which a stand-in for getpeereid(3) is made of. Source: <asm-generic/socket.h>.
_PEER_CREDENTIALS = 17

#: The far ends of the routing sockets that were opened, to send a message of the kernel's through.
routing_sockets: list[socket.socket] = []


def mask() -> None:
    """Mask everything."""
    there = os.uname()
    macos = os.uname_result(("Darwin", there.nodename, "25.0.0", "Darwin Kernel", "arm64"))
    os.uname = lambda: macos
    for module, names in ONLY_LINUX.items():
        for name in filter(lambda name: hasattr(module, name), names):
            delattr(module, name)
    sys.modules["uvloop"] = None  # type: ignore[assignment]  # ours in its place
    mask_sockets()
    mask_proc()
    mask_locales()
    mask_spawning()
    give_getpeereid()
    carry_over()


def mask_sockets() -> None:
    """Refuse Linux's options and names, take macOS's, open routing sockets."""
    initialise, set_option = socket.socket.__init__, socket.socket.setsockopt
    get_option = socket.socket.getsockopt
    of_macos: dict[tuple[int, int, int], Any] = {}

    def open_socket(self: socket.socket, family: int = -1, type: int = -1, proto: int = -1, fileno: Any = None) -> None:
        if family == ROUTING_FAMILY:
            ours, kernels = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
            routing_sockets.append(kernels)
            fileno, family, type = ours.detach(), socket.AF_UNIX, socket.SOCK_DGRAM
        initialise(self, family, type, proto, fileno)

    def setsockopt(self: socket.socket, level: int, option: int, *value: Any) -> None:
        if (level, option) in LINUX_OPTIONS:
            raise OSError(errno.ENOPROTOOPT, os.strerror(errno.ENOPROTOOPT))
        if (level, option) in MACOS_OPTIONS:
            of_macos[self.fileno(), level, option] = value[0]
        else:
            set_option(self, level, option, *value)

    def getsockopt(self: socket.socket, level: int, option: int, *size: int) -> Any:
        if (level, option) in MACOS_OPTIONS:
            return of_macos.get((self.fileno(), level, option), 0)
        return get_option(self, level, option, *size)

    def addressing(ask: Callable[..., Any]) -> Callable[..., Any]:
        def asked(self: socket.socket, address: Any) -> Any:
            name = os.fsencode(address) if self.family == socket.AF_UNIX else b"-"
            if name[:1] in (b"", b"\0") or len(name) > LONGEST_PATH:
                raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
            return ask(self, address)

        return asked

    socket.socket.__init__ = open_socket  # type: ignore[method-assign]  # ours in its place
    socket.socket.setsockopt = setsockopt  # type: ignore[method-assign, assignment]  # ours in its place
    socket.socket.getsockopt = getsockopt  # type: ignore[method-assign, assignment]  # the same
    socket.socket.bind = addressing(socket.socket.bind)  # type: ignore[method-assign]  # ours in its place
    socket.socket.connect = addressing(socket.socket.connect)  # type: ignore[method-assign]  # ours in its place


def mask_proc() -> None:
    """Have no /proc."""

    def without_proc(look: Callable[..., Any]) -> Callable[..., Any]:
        def looked(path: Any = ".", *more: Any, **named: Any) -> Any:
            if isinstance(path, str | bytes | os.PathLike):
                name = os.fsdecode(path)
                if name == "/proc" or name.startswith("/proc/"):
                    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
            return look(path, *more, **named)

        return looked

    builtins.open = io.open = without_proc(builtins.open)
    for name in ("open", "stat", "lstat", "listdir", "scandir", "readlink", "access"):
        setattr(os, name, without_proc(getattr(os, name)))


def mask_locales() -> None:
    """Have no C.UTF-8 but an en_US.UTF-8."""
    choose = locale.setlocale

    def setlocale(category: int, name: Any = None) -> str:
        if isinstance(name, str) and name.lower().startswith("c.utf"):
            raise locale.Error("unsupported locale setting")
        return choose(category, "C.UTF-8" if name == "en_US.UTF-8" else name).replace("C.UTF-8", "en_US.UTF-8")

    setattr(locale, "setlocale", setlocale)  # noqa: B010 - its type says more than is used


def mask_spawning() -> None:
    """Have what is spawned open its terminal before it leads a session, so that it has no controlling one."""
    spawn = os.posix_spawn

    def posix_spawn(*words: Any, file_actions: Any = (), **named: Any) -> int:
        if named.get("setsid"):
            file_actions = [
                (*action[:3], action[3] | os.O_NOCTTY, action[4]) if action[0] == os.POSIX_SPAWN_OPEN else action
                for action in file_actions
            ]
        return spawn(*words, file_actions=file_actions, **named)

    os.posix_spawn = posix_spawn


def give_getpeereid() -> None:
    """Have a C library with getpeereid(3)."""
    load = ctypes.CDLL

    def getpeereid(descriptor: int, user: Any, group: Any) -> int:
        with socket.socket(fileno=os.dup(descriptor)) as connected:
            told = connected.getsockopt(socket.SOL_SOCKET, _PEER_CREDENTIALS, 12)
        _, user._obj.value, group._obj.value = struct.unpack("3I", told)
        return 0

    def library(name: Any, *more: Any, **named: Any) -> Any:
        loaded = load(name, *more, **named)
        return loaded if name is not None else SimpleNamespace(getpeereid=getpeereid, wcwidth=loaded.wcwidth)

    ctypes.CDLL = library  # type: ignore[misc, assignment]  # ours in its place


def carry_over() -> None:
    """Mask the fresh interpreter too that a session is handed over to, which starts without a sitecustomize."""
    execute = os.execv

    def execv(path: str, words: Any) -> None:
        words = list(words)
        if words[1:3] == ["-S", "-c"]:
            words[3] = f"import linux_masked\n{words[3]}"
        execute(path, words)

    os.execv = execv  # type: ignore[assignment]  # ours in its place


mask()
