"""Somebody who gets to read a process's memory, later: old keys and the secret are not there any more.

A child process runs client and server core with a secret of the test's; the test, which can reckon all keys itself,
looks for them in the child's memory. What runs a real login is not in that process: SSH's own memory is not promised.
"""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rmosh import PROTOCOL_VERSION
from rmosh.transport.keys import Direction
from tests.patience import PATIENCE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux shows a process's memory as a file"),
]

#: Two cores on a perfect network. The secret comes in two halves that only together are it, and never is `bytes`.
CHILD = """
import gc, random, sys
from rmosh import PROTOCOL_VERSION
from rmosh.announce import Announce
from rmosh.session.attachment import Guest
from rmosh.session.client import ClientSession
from rmosh.session.events import PtyInput
from rmosh.session.server import ServerSession
from rmosh.transport.path import Path

halves = bytes.fromhex(sys.stdin.readline())
secret = bytearray(one ^ other for one, other in zip(halves[:32], halves[32:]))
announce = Announce(PROTOCOL_VERSION, 60000, bytes(8), secret)
entropy, path, now = random.Random(1).randbytes, Path(0, "peer", 60000), 1000.0
client = ClientSession(announce, rows=24, columns=80, paths=[path], entropy=entropy, now=now)
server = ServerSession(rows=24, columns=80, entropy=entropy, now=now)
server.attach(announce, Guest(24, 80), now=now)
announce.forget_secret()

def exchange(steps=20):
    global now
    for _ in range(steps):
        for datagram in client.datagrams_to_send(now=now):
            server.receive_datagram(datagram.data, path, now=now)
        while (event := server.next_event()) is not None:
            if isinstance(event, PtyInput):
                server.input_taken(event.client, event.input_offset, now=now)
                server.output(event.data, now=now)
        for datagram in server.datagrams_to_send(now=now):
            client.receive_datagram(datagram.data, path, now=now)
        while client.next_event() is not None:
            pass
        now += 0.02

def tell(word):
    print(word, flush=True)
    sys.stdin.readline()

tell("began")
exchange()
now += 3600.0
for _ in range(3):
    client.send_input(b"x", now=now)
    exchange()
now += 60.0
assert client.next_wakeup(now=now) <= now
assert server.next_wakeup(now=now) <= now
exchange(1)
(attachment,) = server._contacts.values()
for endpoint in (client._endpoint, attachment._endpoint):
    assert endpoint.protection.sealer.epoch >= 2 and endpoint.protection.opener.epoch >= 2
tell("stepped")
del client, server, attachment, endpoint
gc.collect()
tell("ended")
"""


def keyed_hash(key: bytes, data: bytes) -> bytes:
    return hashlib.blake2b(data, key=key, digest_size=32).digest()


def keys_of_epoch_0(secret: bytes) -> dict[str, bytes]:
    """Return what opens the first epoch, or leads to what does."""
    keys = {"secret": secret}
    for direction in Direction:
        link = keyed_hash(secret, f"rmosh {PROTOCOL_VERSION} {direction.value}".encode())
        keys |= {f"link {direction.value}": link, f"key {direction.value}": keyed_hash(link, b"rmosh packet key")}
    return keys


def memory_of(process: int) -> Iterator[bytes]:
    """Yield every readable region of a process."""
    mappings = re.findall(r"^([0-9a-f]+)-([0-9a-f]+) r", Path(f"/proc/{process}/maps").read_text(), re.MULTILINE)
    with open(f"/proc/{process}/mem", "rb", buffering=0) as memory:
        for start, end in ((int(start, 16), int(end, 16)) for start, end in mappings):
            try:
                yield os.pread(memory.fileno(), end - start, start)
            except (OSError, OverflowError):
                continue  # the kernel's own pages


def found_in(process: int, wanted: dict[str, bytes]) -> set[str]:
    """Return which values are in memory, if only by half: an allocator writes over the beginning of what is freed."""
    return {name for region in memory_of(process) for name, value in wanted.items() if value[16:] in region}


def test_secret_and_keys_of_the_first_epoch_are_nowhere_in_memory_once_it_is_over() -> None:
    secret, half = os.urandom(32), os.urandom(32)
    wanted = keys_of_epoch_0(secret)
    halves = half + bytes(one ^ other for one, other in zip(secret, half, strict=True))
    child = subprocess.Popen([sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdin
    assert child.stdout
    seen: dict[str, set[str]] = {}
    try:
        for line in (halves.hex(), "", ""):
            child.stdin.write(line + "\n")
            child.stdin.flush()
            moment = child.stdout.readline().strip()
            seen[moment] = found_in(child.pid, wanted)
    finally:
        child.communicate("\n", timeout=PATIENCE)
    assert seen == {"began": set(wanted) - {"secret"}, "stepped": set(), "ended": set()}
