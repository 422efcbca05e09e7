"""TUN devices: a file descriptor for the IP packets that a network namespace routes into them. Source: tun(4)."""

import contextlib
import ctypes
import fcntl
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ..errors import Unavailable

TUN_FILE: Final = Path("/dev/net/tun")

#: ioctl that names the device, and its flags: IP packets, with nothing before them. Source: linux/if_tun.h.
_TUNSETIFF: Final = 0x400454CA
_IFF_TUN: Final = 0x0001
_IFF_NO_PI: Final = 0x1000

_CLONE_NEWNET: Final = 0x40000000


def open_tun(device: str, *, namespace: Path) -> int:
    """Make a device in a namespace and return its descriptor, non-blocking; the device goes when that is closed.

    Raises:
        Unavailable: the kernel has no TUN.
    """
    with _inside(namespace):
        try:
            descriptor = os.open(TUN_FILE, os.O_RDWR | os.O_NONBLOCK)
        except OSError as error:
            raise Unavailable(
                f"cannot open {TUN_FILE}: {error.strerror}: load the module (modprobe tun), or in a container pass "
                "--device /dev/net/tun; --backend tc and the relay need no TUN"
            ) from error
        try:
            fcntl.ioctl(descriptor, _TUNSETIFF, struct.pack("16sH22x", device.encode(), _IFF_TUN | _IFF_NO_PI))
        except OSError as error:
            os.close(descriptor)
            raise Unavailable(f"cannot make the TUN device {device}: {error.strerror}: run as root") from error
    return descriptor


@contextlib.contextmanager
def _inside(namespace: Path) -> Iterator[None]:
    """Let this thread, and no other, be in a network namespace."""
    ours = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    theirs = os.open(namespace, os.O_RDONLY)
    try:
        _enter(theirs)
        try:
            yield
        finally:
            _enter(ours)
    finally:
        os.close(theirs)
        os.close(ours)


def _enter(namespace: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)  # os.setns came with Python 3.12 only
    if library.setns(namespace, _CLONE_NEWNET) != 0:
        code = ctypes.get_errno()
        raise Unavailable(f"cannot enter a network namespace: {os.strerror(code)}: run as root")
