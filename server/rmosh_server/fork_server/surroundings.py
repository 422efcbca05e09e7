"""What a process has of its login besides its user, and a fork keeps: a session is forked only where all of it equals.

What a session sets by itself is not among it: environment, working directory, umask, descriptors, signals.
"""

import ctypes
import os
import sys
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Final

from rmosh.errors import RmoshError
from rmosh_server.c_library import as_long, c_library

#: Lines of /proc/self/status that tell of it. Source: proc_pid_status(5).
_STATUS: Final = frozenset(
    {
        "Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp",
        "Seccomp_filters", "Cpus_allowed", "Mems_allowed", "THP_enabled",
    }
)  # fmt: skip

#: Files and links in /proc/self that tell of it: limits, cgroups, login, label, and what the host's kernel keeps apart.
#: Source: proc(5), namespaces(7).
_FILES: Final = (
    "limits", "cgroup", "loginuid", "sessionid", "attr/current", "oom_score_adj", "personality", "timerslack_ns",
    "coredump_filter",
)  # fmt: skip
_LINKS: Final = (
    "root", "ns/cgroup", "ns/ipc", "ns/mnt", "ns/net", "ns/pid", "ns/pid_for_children", "ns/time", "ns/user", "ns/uts",
)  # fmt: skip

#: Machine -> numbers of keyctl(2) and ioprio_get(2), for which no C library has a name. Source: the kernel's tables of
#: system calls, of 64 bits alone.
_CALLS: Final[Mapping[str, "tuple[int, int]"]] = {
    "x86_64": (250, 252),
    "aarch64": (219, 31),
    "riscv64": (219, 31),
    "ppc64le": (271, 274),
    "s390x": (280, 283),
}

#: Asks for the number of the session's keyring, which stands as -3. Source: <linux/keyctl.h>.
_GET_KEYRING_ID: Final = 0
_SESSION_KEYRING: Final = -3

#: Asks for the priority of a process's input and output. Source: <linux/ioprio.h>.
_OF_A_PROCESS: Final = 1

#: prctl(2)'s PR_GET_SECUREBITS. Source: <linux/prctl.h>.
_GET_SECUREBITS: Final = 27

#: Longest text that is read of one file, in bytes. Reason: limits are 1.5 kB, a cgroup is named by a path.
_LONGEST: Final = 16384


class NotTold(RmoshError):
    """This system does not tell of all that a fork keeps."""


def surroundings() -> "dict[str, str]":
    """Return what this process has of its login, by names.

    Raises:
        NotTold: it cannot be known whether two processes have the same.
    """
    calls = _CALLS.get(os.uname().machine)
    if os.uname().sysname != "Linux" or calls is None or sys.maxsize < 1 << 32:
        raise NotTold("no such kernel")
    try:
        status = _read("status")
        told = {name: _or_why_not(_read, name) for name in _FILES}
    except OSError as error:
        raise NotTold(f"/proc is not there: {error.strerror}") from error
    told |= {name: _or_why_not(_led_to, name) for name in _LINKS}
    told["status"] = "\n".join(line for line in status.splitlines() if line.partition(":")[0] in _STATUS)
    found = os.stat("/")
    told["root directory"] = f"{found.st_dev} {found.st_ino}"
    told["scheduling"] = f"{os.getpriority(os.PRIO_PROCESS, 0)} {os.sched_getscheduler(0)} {os.sched_getparam(0)}"
    told["kernel"] = _asked_of_kernel(*calls)
    return told


def short_name(told: "Mapping[str, str]", *more: str) -> str:
    """Return digits that stand for what was told, and for some words: they need not be equal where it is not."""
    text = repr((sorted(told.items()), more))
    return f"{zlib.crc32(text.encode('utf-8', 'surrogatepass')):08x}"


def _read(name: str) -> str:
    with open(f"/proc/self/{name}", "rb", buffering=0) as opened:
        return opened.read(_LONGEST).decode("utf-8", "replace")


def _led_to(name: str) -> str:
    return os.readlink(f"/proc/self/{name}")


def _or_why_not(read: Callable[[str], str], name: str) -> str:
    """Return what is read of a name, or why nothing is; a kernel has some of them only as it was built."""
    try:
        return read(name)
    except FileNotFoundError:
        return "none"
    except OSError as error:
        return f"error {error.errno}"


def _asked_of_kernel(keyctl: int, ioprio_get: int) -> str:
    library = c_library()
    keyring = _asked(library.syscall, keyctl, _GET_KEYRING_ID, _SESSION_KEYRING, 0)
    return f"{keyring} {_asked(library.syscall, ioprio_get, _OF_A_PROCESS, 0)} {_asked(library.prctl, _GET_SECUREBITS)}"


def _asked(function: Any, *numbers: int) -> int:
    """Return what a function answers to numbers; the error's number, below 0, where it fails with -1."""
    ctypes.set_errno(0)
    answer = int(function(*map(as_long, numbers)))
    return -ctypes.get_errno() if answer == -1 else answer
