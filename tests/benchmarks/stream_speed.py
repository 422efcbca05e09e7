"""How fast one stream of bytes is: processor time a datagram at each end, and what goes through between two processes.

Run: python tests/benchmarks/stream_speed.py [--megabytes 200] [--runs 3] [--veth] [--ssh]

First both cores without sockets, in virtual time on a path of a millisecond. Then two processes with the sockets that
programs use, over the loopback device or (--veth, as root) between two network namespaces with an MTU of 1500; --ssh
puts the same through ssh on the same way. Processor time is of the whole process, the kernel's share included.
"""

import argparse
import contextlib
import ctypes
import heapq
import json
import os
import resource
import select
import shlex
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from statistics import median
from typing import Any

from rmosh import PROTOCOL_VERSION
from rmosh.announce import Announce
from rmosh.channels.streams.stream import Stream
from rmosh.channels.streams.streams import Streams
from rmosh.session.attachment import Guest
from rmosh.session.client import ClientSession
from rmosh.session.server import ServerSession
from rmosh.transport.datagram_runs import runs_of
from rmosh.transport.path import Path
from rmosh_client.link.sockets import SocketTable
from rmosh_netem.addresses import Address
from rmosh_netem.sshd import Sshd, ThisMachine, free_port
from rmosh_server.sockets.udp import PortRange, bind_first_free

#: One way of the path between the cores without sockets, and how often each is called at most, in seconds.
DELAY, TURN = 0.0005, 0.0002

#: Datagrams taken in a turn, as the server's loop does.
AT_ONCE = 64

#: What is sent, again and again.
BLOCK = bytes(range(256)) * 256

#: Seconds that anything may take.
PATIENCE = 120.0

#: Addresses of the two namespaces, and their names.
VETH = {"rmosh-speed-near": "10.213.7.1", "rmosh-speed-far": "10.213.7.2"}

WAYS = ("up", "down")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--veth", action="store_true", help="between two network namespaces; as root")
    parser.add_argument("--ssh", action="store_true", help="the same by ssh")
    parser.add_argument("--end", nargs=3, metavar=("END", "WAY", "PLACE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    size = arguments.megabytes * 1_000_000
    if arguments.end is not None:
        end, way, place = arguments.end
        print(json.dumps(ENDS[end](way, place, size)), flush=True)
        return
    for way in WAYS:
        print_cores(way, [cores(way, min(size, 20_000_000)) for _ in range(arguments.runs)])
    with namespaces() if arguments.veth else contextlib.nullcontext():
        where = Where(arguments.veth)
        for way in WAYS:
            print_processes(way, size, [processes(where, way, size) for _ in range(arguments.runs)])
        if arguments.ssh:
            print_ssh(where, size, arguments.runs)


def announces() -> tuple[Announce, Announce]:
    """The same for both ends, which forget the secret."""
    first, second = (Announce(PROTOCOL_VERSION, 1, bytes(8), bytearray(range(32)), streams=True) for _ in range(2))
    return first, second


def new_server(announce: Announce, *, login_host: str, now: float) -> ServerSession:
    session = ServerSession(rows=24, columns=80, entropy=os.urandom, now=now)
    session.attach(announce, Guest(24, 80, login_host=login_host, streams=True), now=now)
    return session


def new_client(announce: Announce, paths: Sequence[Path], *, now: float) -> ClientSession:
    return ClientSession(announce, rows=24, columns=80, paths=paths, entropy=os.urandom, now=now)


class Sending:
    """Writes so many bytes on a stream, and then its end."""

    def __init__(self, size: int) -> None:
        self.left = size
        self.is_over = False

    def step(self, stream: Stream) -> None:
        while self.left and (taken := stream.write(memoryview(BLOCK)[: self.left])):
            self.left -= taken
        if not self.left and not self.is_over:
            stream.finish()
            self.is_over = True


class Receiving:
    """Reads a stream to its end."""

    def __init__(self, size: int) -> None:
        self.left = size
        self.is_over = False

    def step(self, stream: Stream) -> None:
        while data := stream.read():
            self.left -= len(data)
        self.is_over = self.is_over or (stream.at_end and self.left == 0)


class User:
    """Uses one stream at one end: sends all, or receives all, and then says so by its own end."""

    def __init__(self, end: str, way: str, size: int) -> None:
        self._opens = end == "near"
        self.sends = (way == "up") == self._opens
        self._sending = Sending(size if self.sends else 0)
        self._receiving = Receiving(0 if self.sends else size)
        self._stream: Stream | None = None

    def step(self, streams: Streams | None) -> bool:
        """Do what can be done now; return whether all is done both ways."""
        if streams is None:
            return False
        if self._stream is None:
            self._stream = streams.open() if self._opens else next(iter(streams.opened()), None)
        streams.changed()
        if self._stream is None:
            return False
        self._receiving.step(self._stream)
        if self._opens or self.sends or self._receiving.is_over:  # who opens it says something, or nobody heard of it
            self._sending.step(self._stream)
        return self._stream.is_over


# --- without sockets -----------------------------------------------------------------------------------------


@dataclass
class Cost:
    """What a transfer cost: processor seconds of the two ends, datagrams with data in them, seconds it took."""

    sender: float
    receiver: float
    datagrams: int
    size: int
    seconds: float = 0.0


def cores(way: str, size: int) -> Cost:
    """Carry so many bytes between both cores."""
    now = 1000.0
    first, second = announces()
    near, far = Path(0, "near", 1), Path(0, "far", 2)
    client, server = new_client(first, [far], now=now), new_server(second, login_host="near", now=now)
    users = {"near": User("near", way, size), "far": User("far", way, size)}
    spent, sent = {"near": 0.0, "far": 0.0}, {"near": 0, "far": 0}
    waiting: list[tuple[float, int, str, bytes]] = []
    over: set[str] = set()
    while len(over) < 2:
        due: dict[str, list[bytes]] = {"near": [], "far": []}
        wakeups: list[float] = []
        while waiting and waiting[0][0] <= now:
            due[waiting[0][2]].append(heapq.heappop(waiting)[3])
        for end, core, source, other in (("near", client, far, "far"), ("far", server, near, "near")):
            began = time.process_time()
            for data in due[end]:
                core.receive_datagram(data, source, now=now)
            if users[end].step(streams_of(core)):
                over.add(end)
            datagrams = core.datagrams_to_send(now=now)
            wakeup = core.next_wakeup(now=now)
            spent[end] += time.process_time() - began
            wakeups += [] if wakeup is None else [wakeup]
            for datagram in datagrams:
                sent[end] += 1
                heapq.heappush(waiting, (now + DELAY, sum(sent.values()), other, datagram.data))
        wakeups += [waiting[0][0]] if waiting else []
        now = max(now + TURN, min(wakeups, default=now))
    sender, receiver = ("near", "far") if way == "up" else ("far", "near")
    return Cost(spent[sender], spent[receiver], sent[sender], size, now - 1000.0)


def streams_of(core: ClientSession | ServerSession) -> Streams | None:
    """The streams at one end; a server has none before it hears of the first."""
    return core.streams if isinstance(core, ClientSession) else dict(core.streams()).get(bytes(8))


def print_cores(way: str, costs: Sequence[Cost]) -> None:
    sender = median(cost.sender / cost.datagrams for cost in costs) * 1e6
    receiver = median(cost.receiver / cost.datagrams for cost in costs) * 1e6
    fastest = [min(cost.size / cost.sender, cost.size / cost.receiver) / 1e6 for cost in costs]
    print(
        f"cores alone, {way:<4}  sender {sender:5.1f}, receiver {receiver:5.1f} us a datagram"
        f" of {costs[0].size / costs[0].datagrams:.0f} bytes; the slower end {median(fastest):.0f} MB/s"
    )


# --- two processes -------------------------------------------------------------------------------------------


@dataclass
class Where:
    """Where the two ends are: on the loopback device, or in two namespaces."""

    is_veth: bool

    @property
    def host(self) -> str:
        return VETH["rmosh-speed-far"] if self.is_veth else "127.0.0.1"

    @property
    def near_host(self) -> str:
        return VETH["rmosh-speed-near"] if self.is_veth else "127.0.0.1"

    def command(self, end: str, words: Sequence[str]) -> list[str]:
        return ["ip", "netns", "exec", f"rmosh-speed-{end}", *words] if self.is_veth else list(words)


@contextlib.contextmanager
def namespaces() -> Iterator[None]:
    """Two network namespaces with a pair of devices between them."""
    near, far = VETH
    setting_up = [
        *(f"ip netns add {name}" for name in VETH),
        f"ip link add veth0 netns {near} type veth peer name veth0 netns {far}",
        *(f"ip -n {name} addr add {address}/24 dev veth0" for name, address in VETH.items()),
        *(f"ip -n {name} link set {device} up" for name in VETH for device in ("lo", "veth0")),
    ]
    try:
        for line in setting_up:
            subprocess.run(shlex.split(line), check=True)
        yield
    finally:
        for name in VETH:
            subprocess.run(["ip", "netns", "del", name], check=False)


def processes(where: Where, way: str, size: int) -> dict[str, dict[str, float]]:
    """Carry so many bytes between two processes; return what each told."""
    megabytes = str(size // 1_000_000)
    words = [sys.executable, __file__, "--megabytes", megabytes, "--end"]
    far = subprocess.Popen(
        where.command("far", [*words, "far", way, where.near_host]), stdout=subprocess.PIPE, text=True
    )
    try:
        assert far.stdout is not None
        port = far.stdout.readline().strip()
        near_words = where.command("near", [*words, "near", way, f"{where.host}:{port}"])
        near = subprocess.run(near_words, stdout=subprocess.PIPE, text=True, check=True, timeout=PATIENCE)
        told = far.communicate(timeout=PATIENCE)[0]
    finally:
        far.kill()
    return {"near": json.loads(near.stdout), "far": json.loads(told)}


def far_end(way: str, place: str, size: int) -> dict[str, float]:
    """Be the server; print the port first."""
    udp = bind_first_free(PortRange(0, 0))
    print(udp.port, flush=True)
    session = new_server(announces()[1], login_host=place, now=time.monotonic())

    def send(now: float) -> None:
        for run in runs_of(session.datagrams_to_send(now=now, clock=time.monotonic)):
            udp.send_run(run)

    return run_end(session, User("far", way, size), udp.fileno(), lambda: udp.receive(limit=AT_ONCE), send)


def near_end(way: str, place: str, size: int) -> dict[str, float]:
    """Be the client of a server at `host:port`."""
    host, _, port = place.rpartition(":")
    table = SocketTable([host], int(port))
    (path,), _ = table.open_fresh()
    session = new_client(announces()[0], [path], now=time.monotonic())

    def send(now: float) -> None:
        for run in runs_of(session.datagrams_to_send(now=now, clock=time.monotonic)):
            table.send_run(run)

    descriptor = table.descriptors[path.socket]
    return run_end(session, User("near", way, size), descriptor, lambda: table.receive(path.socket), send)


ENDS = {"far": far_end, "near": near_end}


def run_end(
    core: ClientSession | ServerSession,
    user: User,
    descriptor: int,
    receive: Callable[[], Iterator[tuple[bytes, Path, float | None]]],
    send: Callable[[float], None],
) -> dict[str, float]:
    """Go on until the stream is over; return the seconds, and the processor's."""
    began, used = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
    ends_at: float | None = None
    while ends_at is None or time.monotonic() < ends_at:
        now = time.monotonic()
        if now - began > PATIENCE:
            raise SystemExit("it takes too long")
        wakeup = core.next_wakeup(now=now)
        timeout = 0.1 if wakeup is None else min(max(0.0, wakeup - now), 0.1)
        if select.select([descriptor], [], [], timeout)[0]:
            now = time.monotonic()
            for data, path, received_at in receive():
                core.receive_datagram(data, path, now=now, received_at=received_at)
        if ends_at is None and user.step(streams_of(core)):
            now = time.monotonic()
            seconds, after = now - began, resource.getrusage(resource.RUSAGE_SELF)
            ends_at = now + 0.2  # the other end may not know yet
        send(time.monotonic())
    cpu = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    return {"seconds": seconds, "cpu": cpu}


def print_processes(way: str, size: int, runs: Sequence[dict[str, dict[str, float]]]) -> None:
    speeds = sorted(size / told["near"]["seconds"] / 1e6 for told in runs)
    ends = ("near", "far") if way == "up" else ("far", "near")
    sender, receiver = (median(told[end]["cpu"] for told in runs) / size * 1e9 for end in ends)
    print(
        f"processes, {way:<4}    {median(speeds):6.1f} MB/s ({speeds[0]:.0f} to {speeds[-1]:.0f});"
        f" sender {sender:.1f}, receiver {receiver:.1f} ms of processor a MB"
    )


# --- ssh -----------------------------------------------------------------------------------------------------


class FarNamespace(ThisMachine):
    """The far one of the two namespaces, for sshd."""

    def popen(self, words: Sequence[str], **options: Any) -> "subprocess.Popen[Any]":
        return super().popen(Where(is_veth=True).command("far", words), **options)

    def open_socket(self, family: socket.AddressFamily, kind: socket.SocketKind) -> socket.socket:
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/self/ns/net") as here, open("/run/netns/rmosh-speed-far") as there:
            if libc.setns(there.fileno(), 0) != 0:
                raise OSError(ctypes.get_errno(), "setns failed")
            try:
                return socket.socket(family, kind)
            finally:
                libc.setns(here.fileno(), 0)


def ssh(where: Where, size: int, cipher: str) -> float:
    """Return the seconds that ssh takes to carry so many bytes, its login not counted."""
    with tempfile.TemporaryDirectory() as folder:
        address = Address(where.host, 2222 if where.is_veth else free_port(where.host))
        place = FarNamespace() if where.is_veth else ThisMachine()
        with Sshd(FilePath(folder), relay=address, listen=[address], place=place, server_path=os.defpath) as sshd:
            words = ["ssh", "-F", str(sshd.client_config), "-c", cipher, where.host, "echo; cat >/dev/null"]
            with subprocess.Popen(
                where.command("near", words), stdin=subprocess.PIPE, stdout=subprocess.PIPE
            ) as client:
                assert client.stdin is not None and client.stdout is not None
                client.stdout.readline()
                began = time.monotonic()
                for _ in range(size // len(BLOCK)):
                    client.stdin.write(BLOCK)
                client.stdin.close()
                client.wait(timeout=PATIENCE)
                return time.monotonic() - began


def print_ssh(where: Where, size: int, runs: int) -> None:
    """Send as much through ssh."""
    for cipher in ("chacha20-poly1305@openssh.com", "aes128-gcm@openssh.com"):
        took = [ssh(where, size, cipher) for _ in range(runs)]
        speeds = sorted(size / seconds / 1e6 for seconds in took)
        print(f"ssh, {cipher:<30} {median(speeds):6.1f} MB/s ({speeds[0]:.0f} to {speeds[-1]:.0f})")


if __name__ == "__main__":
    main()
