"""What the shared UDP port costs: the round trip through it beside a port of a session's own, throughput, processor.

Run: python tests/benchmarks/shared_port_cost.py [--sessions 1000] [--rounds 5000]

A keeper runs with so many sessions, one of which answers each datagram at once, in a process of its own; so does one
with a port of its own. Datagrams go to both in turn, one at a time, and then as fast as they are answered, so many at
once. All over the loopback device.
"""

import argparse
import os
import resource
import select
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from rmosh.transport.path import Datagram
from rmosh_server.port.joining import join
from rmosh_server.port.shared_port import SharedPort
from rmosh_server.serving.loop import UdpPort
from rmosh_server.sockets.udp import PortRange, bind_first_free

#: A key's datagram, in bytes.
SIZE = 100

#: Datagrams on their way at once, where it is about how many go through.
AT_ONCE = 32

#: Seconds that each measurement of throughput takes, and that anything may take.
LASTS, PATIENCE = 2.0, 5.0


def answer_for_ever(port: UdpPort) -> None:
    """Be a session that sends back whatever it is sent."""
    while True:
        select.select([port], [], [])
        for data, path, _ in port.receive(limit=64):
            port.send_run([Datagram(path, data)])


def in_a_process(port: UdpPort) -> int:
    """Answer in a process of its own; return its id."""
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        answer_for_ever(port)
    return child


def round_trips(targets: dict[str, int], connection_id: bytes, rounds: int) -> dict[str, list[float]]:
    """Return how long each datagram took there and back, in seconds, by what it went through."""
    took: dict[str, list[float]] = {name: [] for name in targets}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(PATIENCE)
        datagram = connection_id + bytes(SIZE - len(connection_id))
        for _ in range(rounds):
            for name, port in targets.items():
                began = time.perf_counter()
                client.sendto(datagram, ("127.0.0.1", port))
                client.recv(2000)
                took[name].append(time.perf_counter() - began)
    return took


def throughput(port: int, connection_id: bytes) -> float:
    """Return how many datagrams a second come back."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.1)
        datagram = connection_id + bytes(SIZE - len(connection_id))
        came, give_up, flying = 0, time.perf_counter() + LASTS, 0
        while time.perf_counter() < give_up:
            while flying < AT_ONCE:
                client.sendto(datagram, ("127.0.0.1", port))
                flying += 1
            try:
                client.recv(2000)
                came += 1
                flying -= 1
            except TimeoutError:
                flying = 0
    return came / LASTS


def processor_seconds(process: int) -> float:
    """Return how much of the processor a process has had."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_kb(process: int) -> int:
    """Return a process's PSS in kB."""
    rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
    return int(next(line for line in rollup.splitlines() if line.startswith("Pss:")).split()[1])


def ids() -> frozenset[bytes]:
    return frozenset([os.urandom(8) for _ in range(21)])


def percentiles(times: Iterator[float]) -> str:
    cuts = statistics.quantiles(times, n=100)
    return f"p50 {1e6 * cuts[49]:6.0f} us   p99 {1e6 * cuts[98]:6.0f} us"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5000)
    wanted = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    place = str(Path(tempfile.mkdtemp(prefix="rmosh-port-")) / "port.sock")
    words = [sys.executable, "-m", "rmosh_server", "port", "--port", "0", "--socket", place]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as keeper:
        assert keeper.stdout is not None
        keeper.stdout.readline()
        others = [join(place, ids())[0] for _ in range(wanted.sessions - 1)]
        mine = ids()
        connected, number = join(place, mine)
        own = bind_first_free(PortRange(0, 0))
        children = [in_a_process(SharedPort(connected, place, port=number)), in_a_process(own)]
        try:
            report({"a port of its own": own.port, "the shared port": number}, min(mine), keeper.pid, wanted.rounds)
        finally:
            for child in children:
                os.kill(child, signal.SIGTERM)
                os.waitpid(child, 0)
            keeper.terminate()
    print(f"with {len(others) + 1} sessions registered")


def report(targets: dict[str, int], connection_id: bytes, keeper: int, rounds: int) -> None:
    round_trips(targets, connection_id, rounds // 10)
    took = round_trips(targets, connection_id, rounds)
    for name, times in took.items():
        print(f"{name:18} there and back: {percentiles(iter(times))}")
    added = [
        statistics.quantiles(took["the shared port"], n=100)[cut]
        - statistics.quantiles(took["a port of its own"], n=100)[cut]
        for cut in (49, 98)
    ]
    print(f"added each way: p50 {5e5 * added[0]:.0f} us, p99 {5e5 * added[1]:.0f} us")
    for name, port in targets.items():
        before = processor_seconds(keeper)
        rate = throughput(port, connection_id)
        used = processor_seconds(keeper) - before
        told = f", the keeper uses {1e6 * used / (2 * rate * LASTS):.1f} us of processor for each" if used else ""
        print(f"{name:18} {rate:8.0f} datagrams a second there and back{told}")
    print(f"the keeper's memory: {memory_kb(keeper) / 1024:.1f} MB (PSS)")


if __name__ == "__main__":
    main()
