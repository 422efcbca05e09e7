"""TUN devices: a file descriptor for the IP packets that a network namespace routes into them. Source: tun(4)."""

import fcntl
import os
import struct
from pathlib import Path
from typing import Final

from ..errors import Unavailable
from .namespaces import Namespace

TUN_FILE: Final = Path("/dev/net/tun")

TUN_REMEDY: Final = (
    "load the module (modprobe tun), or in a container pass --device /dev/net/tun and CAP_NET_ADMIN; "
    "rmosh-netem relay needs no TUN"
)

#: ioctl that names the device, and its flags: IP packets, with nothing before them. Source: linux/if_tun.h.
_TUNSETIFF: Final = 0x400454CA
_IFF_TUN: Final = 0x0001
_IFF_NO_PI: Final = 0x1000


def open_tun(device: str, *, namespace: Namespace) -> int:
    """Make a device in a namespace and return its descriptor, non-blocking; the device goes when that is closed.

    Raises:
        Unavailable: the kernel has no TUN.
    """
    with namespace.inside():
        try:
            descriptor = os.open(TUN_FILE, os.O_RDWR | os.O_NONBLOCK)
        except OSError as error:
            raise Unavailable(f"cannot open {TUN_FILE}: {error.strerror}: {TUN_REMEDY}") from error
        try:
            fcntl.ioctl(descriptor, _TUNSETIFF, struct.pack("16sH22x", device.encode(), _IFF_TUN | _IFF_NO_PI))
        except OSError as error:
            os.close(descriptor)
            raise Unavailable(f"cannot make the TUN device {device}: {error.strerror}: {TUN_REMEDY}") from error
    return descriptor
