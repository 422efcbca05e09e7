"""What processes are and what they have used, from /proc. Source: proc(5)."""

import contextlib
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from .figures import Figure

#: Clock ticks a second in /proc. Source: sysconf(3).
_TICKS: Final = os.sysconf("SC_CLK_TCK")


def name_of(process: int) -> str:
    """Return the process's name; empty where there is no such process, or nobody has waited for it yet."""
    name, _, rest = _stat(process).partition("(")[2].rpartition(")")
    return "" if not rest or rest.split()[0] == "Z" else name


def parent_of(process: int) -> int:
    """Return the parent's id; 0 where there is no such process."""
    values = _stat(process).rpartition(")")[2].split()
    return int(values[1]) if values else 0


def family_of(process: int) -> list[int]:
    """Return a process and all that come from it."""
    children = defaultdict(list)
    for other in _all():
        children[parent_of(other)].append(other)
    family = [process]
    for each in family:
        family += children[each]
    return family


def program_of(process: int) -> str:
    """Return the file that a process runs; empty where there is no such process, or it is closed to us."""
    try:
        return os.readlink(f"/proc/{process}/exe")
    except OSError:
        return ""


def started_at_homes_in(folder: Path) -> list[int]:
    """Return the processes that began with a HOME below `folder`: what a bench's own sshd has started.

    And what their sessions are forked from, whose environment tells of nothing but where it listens.
    """
    marks = [b"\0%b=%b/" % (name, os.fsencode(folder)) for name in (b"HOME", b"RMOSH_FORK_SERVER")]
    found = []
    for process in _all():
        with contextlib.suppress(OSError):
            environment = b"\0" + Path(f"/proc/{process}/environ").read_bytes()
            if any(mark in environment for mark in marks):
                found.append(process)
    return found


def cpu_seconds(process: int) -> float:
    """Return the seconds of processor time that a process and its ended children have used."""
    values = _stat(process).rpartition(")")[2].split()
    return sum(map(int, values[11:15])) / _TICKS if values else 0.0


def run_seconds(process: int) -> float:
    """Return the seconds that a process's threads have run for, to the nanosecond; its ended ones are not counted."""
    return sum(int(text.split()[0]) for text in _of_threads(process, "schedstat")) / 1e9


def wake_ups(process: int) -> int:
    """Return how often a process's threads have given the processor up to wait for something."""
    lines = (line for text in _of_threads(process, "status") for line in text.splitlines())
    return sum(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt_switches:"))


def _of_threads(process: int, name: str) -> Iterator[str]:
    """Yield what /proc tells of each thread."""
    for file in Path(f"/proc/{process}/task").glob(f"*/{name}"):
        with contextlib.suppress(OSError):  # it has ended
            yield file.read_text(encoding="utf-8", errors="replace")


def memory(process: int, *, prefix: str) -> dict[str, Figure]:
    """Return a process's PSS and RSS in MB (10^6 bytes), RSS alone of one that is closed to us. Source: proc(5)."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    except PermissionError:
        lines = _status(process)
    except OSError:
        return {}
    kilobytes = {line.partition(":")[0].removeprefix("Vm"): line.partition(":")[2].split()[0] for line in lines}
    return {
        f"{prefix}_{name.lower()}_mb": round(int(kilobytes[name]) * 1024 / 1e6, 1)
        for name in ("Pss", "Rss")
        if name in kilobytes
    }


def _status(process: int) -> list[str]:
    """Return what every user may read of a process's memory."""
    try:
        told = Path(f"/proc/{process}/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return [line for line in told.splitlines() if line.startswith("VmRSS:")]


def usage(*, client: int, server: int | None) -> dict[str, Figure]:
    """Return what a session's two ends have used: the client's whole family, of the server the one process."""
    figures: dict[str, Figure] = {"client_cpu_s": round(sum(map(cpu_seconds, family_of(client))), 2)}
    figures |= memory(client, prefix="client")
    if server is not None:
        figures |= {"server_cpu_s": round(cpu_seconds(server), 2), **memory(server, prefix="server")}
    return figures


def _all() -> Iterator[int]:
    return map(int, filter(str.isdigit, os.listdir("/proc")))


def _stat(process: int) -> str:
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
