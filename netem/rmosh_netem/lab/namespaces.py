"""Named network namespaces that tell whose they are, so that `sweep` can remove what a dead owner left.

All work on them is left to iproute2's `ip`, which people can then use on them as well. (pyroute2 0.9.7 was tried: it
forks for each namespace, leaks a socket then, and `ip netns exec` would be needed all the same.)

A name is "rmosh-PID-START-client" or "-server"; START is the owner's start time, since process ids are used again.
"""

import contextlib
import ctypes
import os
import re
import select
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..errors import Unavailable

#: Where `ip netns` keeps names, and files that `ip netns exec` puts over those in /etc. Source: ip-netns(8).
_NAMES: Final = Path("/run/netns")
_ETC: Final = Path("/etc/netns")

#: Where control sockets and other files are. Root's own, as namespaces are.
LAB_TRACES: Final = Path("/run/rmosh-netem")

#: What helps where /run is of a read-only image.
_WRITABLE_RUN: Final = "mount a tmpfs at /run, or use rmosh-netem relay, which needs no namespaces"

_OWNED_NAME: Final = re.compile(r"rmosh-(?P<pid>[0-9]+)-(?P<start>[0-9]+)-(?P<side>client|server)", re.ASCII)
_OWNED_TRACE: Final = re.compile(r"rmosh-(?P<pid>[0-9]+)-(?P<start>[0-9]+)\.(?:sock|files)", re.ASCII)

#: Which number of a device's line in /proc/net/dev counts dropped packets that were to go out. Source: proc(5).
_TRANSMIT_DROPS: Final = 11

#: Kind of namespace that setns(2) is to enter. Source: linux/sched.h.
_CLONE_NEWNET: Final = 0x40000000

#: Seconds a killed process gets to be gone.
_KILL_PATIENCE: Final = 2.0


@dataclass(frozen=True, slots=True)
class Owner:
    """A process by its id and its start time in clock ticks since boot."""

    pid: int
    start: int

    @classmethod
    def this_process(cls) -> "Owner":
        """Return the process that asks."""
        start = _start_of(os.getpid())
        assert start is not None
        return cls(os.getpid(), start)

    @property
    def is_alive(self) -> bool:
        """Whether it runs still, and is not another by the same id."""
        return _start_of(self.pid) == self.start

    @property
    def socket(self) -> Path:
        """Where its laboratory is controlled."""
        return LAB_TRACES / f"rmosh-{self.pid}-{self.start}.sock"

    @property
    def folder(self) -> Path:
        """Where its laboratory's programs may keep what has to go with it, such as keys; made by who needs it."""
        return LAB_TRACES / f"rmosh-{self.pid}-{self.start}.files"

    def make_traces(self) -> None:
        """Make the folder that sockets and files of laboratories are in.

        Raises:
            Unavailable: it cannot be.
        """
        try:
            LAB_TRACES.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"cannot make {LAB_TRACES}: {error.strerror}: {_WRITABLE_RUN}") from error

    def remove_traces(self) -> None:
        """Remove socket and folder; what is gone already is no error."""
        self.socket.unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            LAB_TRACES.rmdir()  # only where it is empty


@dataclass(frozen=True, slots=True)
class Namespace:
    """One side's network namespace."""

    owner: Owner
    side: str

    @property
    def name(self) -> str:
        """What `ip netns` calls it."""
        return f"rmosh-{self.owner.pid}-{self.owner.start}-{self.side}"

    @property
    def path(self) -> Path:
        """The file that stands for it."""
        return _NAMES / self.name

    def command(self, words: Sequence[str]) -> list[str]:
        """Return the command line that runs `words` inside; the process keeps its id."""
        return [_ip(), "netns", "exec", self.name, *words]

    def create(self) -> None:
        """Make it.

        Raises:
            Unavailable: the kernel or its policy forbids it.
        """
        _run([_ip(), "netns", "add", self.name])

    def add_hosts(self, hosts: str) -> None:
        """Add lines to the /etc/hosts that its programs see."""
        with contextlib.suppress(FileNotFoundError):
            hosts = Path("/etc/hosts").read_text(encoding="utf-8", errors="replace") + "\n" + hosts
        with contextlib.suppress(OSError):  # where /etc cannot be written, addresses must do without names
            (_ETC / self.name).mkdir(parents=True, exist_ok=True)
            (_ETC / self.name / "hosts").write_text(hosts, encoding="utf-8")

    def configure(self, commands: Iterable[str]) -> None:
        """Run `ip` commands inside; none is tried after one has failed.

        Raises:
            Unavailable: one failed.
        """
        _run([_ip(), "-n", self.name, "-batch", "-"], "\n".join(commands) + "\n")

    def try_to_configure(self, commands: Iterable[str]) -> None:
        """Run `ip` commands inside, each whatever became of the others."""
        with contextlib.suppress(Unavailable):
            _run([_ip(), "-n", self.name, "-force", "-batch", "-"], "\n".join(commands) + "\n")

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """Let this thread, and no other, be inside; sockets and devices made there belong there for good."""
        ours = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        try:
            theirs = os.open(self.path, os.O_RDONLY)
            try:
                _enter(theirs)
            finally:
                os.close(theirs)
            try:
                yield
            finally:
                _enter(ours)
        finally:
            os.close(ours)

    def dropped_on_the_way_out(self, device: str) -> int:
        """Return how many packets the kernel has dropped before a device could take them; 0 where it does not tell."""
        try:
            with self.inside():
                lines = Path("/proc/thread-self/net/dev").read_text(encoding="ascii").splitlines()
        except OSError:
            return 0
        counts = next((line.split(":")[1].split() for line in lines if line.strip().startswith(f"{device}:")), [])
        return int(counts[_TRANSMIT_DROPS]) if len(counts) > _TRANSMIT_DROPS else 0

    @property
    def has_ipv6(self) -> bool:
        """Whether the kernel gives it IPv6, which a machine may have switched off."""
        try:
            with self.inside():
                return Path("/proc/sys/net/ipv6/conf/all/disable_ipv6").read_text(encoding="ascii").strip() == "0"
        except OSError:
            return False

    def processes(self) -> list[int]:
        """Return the processes inside."""
        try:
            wanted = self.path.stat()
        except FileNotFoundError:
            return []
        return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if _is_inside(pid, wanted)]

    def remove(self) -> None:
        """End what runs inside and remove it; what is gone already is no error."""
        for pid in self.processes():
            self._kill(pid)
        if self.path.exists():
            _run([_ip(), "netns", "del", self.name])
        shutil.rmtree(_ETC / self.name, ignore_errors=True)
        with contextlib.suppress(OSError):
            _ETC.rmdir()  # only where it is empty

    def _kill(self, pid: int) -> None:
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):
            kill_if(pid, lambda: _is_inside(pid, self.path.stat()))


def kill_if(pid: int, is_meant: Callable[[], bool]) -> bool:
    """End a process, unless its id has gone to one that is not meant; return whether it was ended.

    Raises:
        OSError: it is gone already, or we may not.
    """
    process = os.pidfd_open(pid)
    try:
        if not is_meant():
            return False
        signal.pidfd_send_signal(process, signal.SIGKILL)
        select.select([process], [], [], _KILL_PATIENCE)
        return True
    finally:
        os.close(process)


def is_root() -> bool:
    """Whether we may make namespaces, as far as the user's id tells."""
    return os.geteuid() == 0


def require_root() -> None:
    """Refuse to go on without the rights that namespaces need.

    Raises:
        Unavailable: we are not root, or there is no iproute2.
    """
    if not is_root():
        raise Unavailable(
            "network namespaces need root: run it with sudo, or use what works without: "
            "rmosh-netem relay, rmosh-netem bench"
        )
    _ip()


def all_owners() -> set[Owner]:
    """Return every process, alive or dead, that has namespaces or files here."""
    return {namespace.owner for namespace in all_namespaces()} | {
        Owner(int(match["pid"]), int(match["start"]))
        for match in map(_OWNED_TRACE.fullmatch, _listed(LAB_TRACES))
        if match is not None
    }


def all_namespaces() -> list[Namespace]:
    """Return every laboratory namespace, whether its owner lives or not."""
    matches = map(_OWNED_NAME.fullmatch, {*_listed(_NAMES), *_listed(_ETC)})
    return [
        Namespace(Owner(int(match["pid"]), int(match["start"])), match["side"])
        for match in matches
        if match is not None
    ]


def sweep() -> list[str]:
    """Remove the namespaces, their processes and the files of owners that are dead; return the names of all."""
    gone = []
    for namespace in all_namespaces():
        if not namespace.owner.is_alive:
            namespace.remove()
            gone.append(namespace.name)
    for owner in all_owners():
        if not owner.is_alive:
            owner.remove_traces()
            gone.append(f"the files of rmosh-{owner.pid}-{owner.start}")
    return sorted(gone)


def _enter(namespace: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)  # os.setns came with Python 3.12 only
    if library.setns(namespace, _CLONE_NEWNET) != 0:
        raise Unavailable(f"cannot enter a network namespace: {os.strerror(ctypes.get_errno())}: run as root")


def _listed(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except FileNotFoundError:
        return []


def _is_inside(pid: int, wanted: os.stat_result) -> bool:
    try:
        found = os.stat(f"/proc/{pid}/ns/net")
    except OSError:
        return False
    return (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino)


def _start_of(pid: int) -> int | None:
    """Return when a process started; None where there is none, or nobody has waited for it yet."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    values = stat.rpartition(")")[2].split()
    return int(values[19]) if values[0] != "Z" else None


def _ip() -> str:
    found = shutil.which("ip") or shutil.which("ip", path="/usr/sbin:/sbin")
    if found is None:
        raise Unavailable("there is no ip on this machine: install iproute2")
    return found


def _run(command: Sequence[str], lines: str = "") -> None:
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["nothing"])[0]
        raise Unavailable(f"{' '.join(command)} failed and said {said!r}: {_remedy(said)}")


def _remedy(said: str) -> str:
    if "File exists" in said:
        return "it is in use already: choose another, or remove what was left with rmosh-netem sweep"
    if "Read-only" in said:
        return _WRITABLE_RUN
    if "not permitted" in said:
        return "run as root, in a container with CAP_NET_ADMIN and CAP_SYS_ADMIN"
    return "try again after rmosh-netem sweep, or use rmosh-netem relay, which needs no namespaces"
