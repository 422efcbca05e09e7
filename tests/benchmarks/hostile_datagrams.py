"""A real session while strangers send datagrams at both its ends: whether anything is answered, and how typing fares.

Run as root: python tests/benchmarks/hostile_datagrams.py [--datagrams 1000000] [--rate 5000]

The strangers overhear the session on the loopback device. A third of what they send is garbage, a third genuine
datagrams again, a third genuine ones with a bit changed or the end cut off; each goes to the server or to the client.
Keys are typed all the while without prediction, and before and after it without strangers.
"""

import argparse
import multiprocessing
import os
import random
import shutil
import socket
import struct
import sys
import tempfile
import time
from functools import partial
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path

import pyte

from rmosh_netem.addresses import Address
from rmosh_netem.bench.pty_session import PtySession
from rmosh_netem.sshd import Sshd

#: Where the session's sshd and server are.
HOST = "127.0.0.2"

#: Ethernet and IPv4 headers without options, then UDP's. Source: packet(7), RFC 791, RFC 768.
_ETHERNET, _IP, _UDP = 14, 20, 8

#: Everything on the wire. Source: packet(7), ETH_P_ALL.
_ALL_PROTOCOLS = 3

#: Seconds between keys.
_KEY_GAP = 0.05


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def overhear(server_port: int, *, seconds: float) -> tuple[list[bytes], tuple[str, int] | None]:
    """Return payloads seen on the loopback device from or to the server's port, and the client's address."""
    heard: list[bytes] = []
    client: tuple[str, int] | None = None
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL_PROTOCOLS)) as listening:
        listening.bind(("lo", 0))
        listening.settimeout(0.2)
        end = time.monotonic() + seconds
        while time.monotonic() < end and len(heard) < 200:
            try:
                packet = listening.recv(65536)[_ETHERNET:]
            except TimeoutError:
                continue
            if packet[:1] != b"\x45" or packet[9] != socket.IPPROTO_UDP:
                continue
            source, target = struct.unpack_from("!2H", packet, _IP)
            if server_port in (source, target):
                heard.append(packet[_IP + _UDP :])
                if target == server_port:
                    client = (socket.inet_ntoa(packet[12:16]), source)
    return heard, client


def pester(
    targets: list[tuple[str, int]],
    heard: list[bytes],
    *,
    datagrams: int,
    rate: int,
    done: Event,
    told: "Queue[tuple[int, int, float]]",
) -> None:
    """Send hostile datagrams at a rate, ten at a time; tell how many were sent and how many came back."""
    chance = random.Random(1)
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(8)]
    for each in sockets:
        each.setblocking(False)
    answers = 0
    began = time.monotonic()
    for sent in range(datagrams):
        if sent % 10 == 0:
            time.sleep(max(0.0, began + sent / rate - time.monotonic()))
            answers += sum(_has_answer(each) for each in sockets)
        try:
            chance.choice(sockets).sendto(_hostile(chance, heard), chance.choice(targets))
        except OSError:
            continue
    time.sleep(1.0)
    answers += sum(_has_answer(each) for each in sockets)
    told.put((datagrams, answers, time.monotonic() - began))
    done.set()


def _has_answer(asking: socket.socket) -> bool:
    try:
        asking.recv(65536)
    except OSError:
        return False
    return True


def _hostile(chance: random.Random, heard: list[bytes]) -> bytes:
    kind = chance.randrange(3)
    if kind == 0:
        return chance.randbytes(chance.choice((1, 31, 33, 60, 200, 1200)))
    data = bytearray(chance.choice(heard))
    if kind == 1:
        return bytes(data)
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data[: chance.randrange(1, len(data) + 1)] if chance.random() < 0.3 else data)


def is_at(column: int, _session: PtySession, screen: pyte.Screen) -> bool:
    return bool(screen.cursor.x == column)


def type_keys(session: PtySession, *, keys: int, stop: "Event | None" = None) -> list[float]:
    """Type letters one by one; return for each the seconds until the screen showed it."""
    latencies: list[float] = []
    while len(latencies) < keys and not (stop is not None and stop.is_set()):
        if len(latencies) % 40 == 39:
            session.type(b"\r")
            session.watch(lambda _, screen: screen.cursor.x == 0, timeout=10.0)
        column = session.screen.cursor.x
        pressed = session.type(b"x")
        seen = session.watch(partial(is_at, column + 1), timeout=10.0)
        if seen is None:
            raise SystemExit(f"key {len(latencies)} never came: {session.screen.display}")
        latencies.append(seen - pressed)
        session.record_until(pressed + _KEY_GAP)
    return latencies


def told_of(name: str, latencies: list[float]) -> str:
    ordered = sorted(latencies)
    p50, p90, p99 = (1000 * ordered[int(share * (len(ordered) - 1))] for share in (0.5, 0.9, 0.99))
    return f"{name:<12}{len(ordered):8} keys   p50 {p50:6.2f}   p90 {p90:6.2f}   p99 {p99:6.2f} ms"


def main() -> None:
    """Measure, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datagrams", type=int, default=1_000_000)
    parser.add_argument("--rate", type=int, default=5000, help="datagrams a second (default %(default)s)")
    parser.add_argument("--keys", type=int, default=400, help="keys typed before, undisturbed (default %(default)s)")
    arguments = parser.parse_args()
    bin_folder = os.path.dirname(sys.executable)
    ssh_port, udp_port = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_DGRAM)
    folder = Path(tempfile.mkdtemp(prefix="rmosh-hostile-"))
    environment = {**os.environ, "TERM": "xterm-256color", "RMOSH_RUNTIME_DIR": str(folder / "sessions")}
    try:
        address = Address(HOST, ssh_port)
        with Sshd(folder, relay=address, listen=[address], server_path=f"{bin_folder}:/usr/bin:/bin") as sshd:
            command = [f"{bin_folder}/rmosh", "-F", str(sshd.client_config), "--port", str(udp_port)]
            command += ["--predict", "never", HOST, "--", "stty -icanon; cat >/dev/null"]
            with PtySession(command, environment, rows=24, columns=80) as session:
                session.record_until_quiet(quiet=1.5, at_most=8.0)
                run(session, udp_port, arguments)
    finally:
        shutil.rmtree(folder)


def run(session: PtySession, udp_port: int, arguments: argparse.Namespace) -> None:
    quiet = type_keys(session, keys=arguments.keys)
    gathering = multiprocessing.get_context("fork").Pool(1)
    hearing = gathering.apply_async(overhear, (udp_port,), {"seconds": 5.0})
    type_keys(session, keys=60)
    heard, client = hearing.get()
    gathering.terminate()
    if client is None:
        raise SystemExit("nothing of the session was overheard: is this run as root?")
    done = multiprocessing.Event()
    told: multiprocessing.Queue[tuple[int, int, float]] = multiprocessing.Queue()
    strangers = multiprocessing.Process(
        target=pester,
        args=([(HOST, udp_port), client], heard),
        kwargs={"datagrams": arguments.datagrams, "rate": arguments.rate, "done": done, "told": told},
    )
    strangers.start()
    pestered = type_keys(session, keys=1_000_000, stop=done)
    sent, answers, seconds = told.get()
    strangers.join()
    after = type_keys(session, keys=arguments.keys)
    print(f"{sent} hostile datagrams in {seconds:.0f} s to server and client: {answers} answered")
    print(told_of("before", quiet), told_of("meanwhile", pestered), told_of("after", after), sep="\n")


if __name__ == "__main__":
    main()
