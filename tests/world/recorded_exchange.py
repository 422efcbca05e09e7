"""Seeded exchanges of both cores, and what they put on the wire: every datagram's moment, way, size and digest.

`python tests/world/recorded_exchange.py` writes the recording anew, which only a change of the protocol calls for.
"""

import hashlib
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from rmosh.announce import new_announce
from rmosh.compression import Compression
from rmosh.session.attachment import Guest
from rmosh.session.client import ClientSession
from rmosh.session.events import PtyInput
from rmosh.session.server import ServerSession
from rmosh.transport.path import Path as NetworkPath
from rmosh_netem.link import LinkModel
from tests.world.virtual_session import START, EchoingSession, colourful_page, make_virtual_session

RECORDING: Final = Path(__file__).parent / "recordings" / "exchanges.txt"

#: Steps of the room of several clients, in seconds.
STEP: Final = 0.01


class Wire:
    """What was sent so far, a line a datagram: seconds since the last one, way, bytes, digest."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._last = START

    def listen(self, core: Any, way: str) -> None:
        """Note down from now on what a core sends."""
        send = core.datagrams_to_send

        def heard(*, now: float) -> Any:
            datagrams = send(now=now)
            for datagram in datagrams:
                self._note(datagram, way, now=now)
            return datagrams

        core.datagrams_to_send = heard

    def _note(self, datagram: Any, way: str, *, now: float) -> None:
        digest = hashlib.blake2b(repr(datagram.path).encode() + datagram.data, digest_size=6).hexdigest()
        self.lines.append(f"{now - self._last:.6f} {way} {len(datagram.data)} {digest}")
        self._last = now


def _begin(wire: Wire, link: LinkModel, *, seed: int, **options: Any) -> EchoingSession:
    session = make_virtual_session(link, seed=seed, compression=Compression.NOTHING, **options)
    wire.listen(session.client, "up")
    wire.listen(session.server, "down")
    return session


def _type(session: EchoingSession, chance: random.Random, words: int) -> None:
    for _ in range(words):
        for letter in bytes(chance.randrange(97, 123) for _ in range(chance.randrange(1, 8))) + b"\r":
            session.type(bytes([letter]))
            session.world.run(chance.uniform(0.02, 0.3))


def typing(wire: Wire) -> None:
    """Keys, echoes, a resize, colours, a paste."""
    session = _begin(wire, LinkModel(delay=0.05), seed=1)
    chance = random.Random("typing")
    _type(session, chance, 6)
    session.client.resize(rows=30, columns=100, now=session.world.now)
    session.client.tell_colours({0: 0x102030, 16: 0xFFFFFF}, now=session.world.now)
    session.world.run(1.0)
    session.type(bytes(chance.randrange(97, 123) for _ in range(9000)))
    session.world.run(8.0)
    session.client.detach(now=session.world.now)
    session.world.run(1.0)


def screens_on_a_lossy_link(wire: Wire) -> None:
    """Redraws, at 15 % loss and with jitter."""
    session = _begin(wire, LinkModel(delay=0.08, jitter=0.03, loss=0.15), seed=2)
    chance = random.Random("screens")
    for _ in range(5):
        session.output(colourful_page(chance, rows=24, columns=80))
        _type(session, chance, 1)
        session.world.run(1.0)


def history(wire: Wire) -> None:
    """Lines that scroll off before the client came and after, a clear, a fetch, and the shell's end."""
    before = b"".join(b"old line %d\r\n" % number for number in range(300))
    session = _begin(wire, LinkModel(delay=0.03, rate=512_000.0), seed=3, before=before)
    chance = random.Random("history")
    session.world.run(2.0)
    _type(session, chance, 2)
    session.output(b"".join(b"line %d of a listing\r\n" % number for number in range(400)))
    session.world.run(1.0)
    session.output(b"\x1b[2J\x1b[Hclean\r\n" + b"x" * 3000 + b"\r\n" * 30)
    session.world.run(1.0)
    session.client.fetch_history(10, 120, now=session.world.now)
    session.world.run(2.0)
    session.output(b"\x1b[3Jmore\r\n" * 40)
    session.world.run(1.0)


def roaming(wire: Wire) -> None:
    """Another address, an outage, a sleep; keys meanwhile."""
    session = _begin(wire, LinkModel(delay=0.06, jitter=0.01, loss=0.02), seed=4)
    chance = random.Random("roaming")
    _type(session, chance, 2)
    session.world.roam()
    _type(session, chance, 2)
    session.world.black_out(3.0)
    _type(session, chance, 2)
    session.world.run(3.0)
    session.world.sleep_client(20.0, on_wake=lambda: session.client.woke_up(now=session.world.now))
    session.output(b"while it slept\r\n")
    session.world.run(25.0)


def guests(wire: Wire) -> None:
    """A typist, a reader that types all the same and quits, and another typist; then the last one quits."""
    chance, now = random.Random("guests"), START
    server = ServerSession(rows=24, columns=80, entropy=chance.randbytes, now=now)
    wire.listen(server, "down")
    clients: list[tuple[ClientSession, NetworkPath]] = []

    def come(*, read_only: bool) -> ClientSession:
        announce = new_announce(port=60000, entropy=chance.randbytes(40))
        guest = Guest(24, 80, f"guest {len(clients)}", read_only, compression=Compression.NOTHING)
        server.attach(announce, guest, now=now)
        path = NetworkPath(0, f"guest-{len(clients)}", 60000)
        client = ClientSession(announce, rows=24, columns=80, paths=[path], entropy=chance.randbytes, now=now)
        wire.listen(client, f"up{len(clients)}")
        clients.append((client, path))
        return client

    def run(seconds: float) -> None:
        nonlocal now
        end = now + seconds
        while now < end:
            for client, path in clients:
                for datagram in client.datagrams_to_send(now=now):
                    server.receive_datagram(datagram.data, path, now=now)
            while (event := server.next_event()) is not None:
                if isinstance(event, PtyInput) and event.client:
                    server.input_taken(event.client, event.input_offset, now=now)
                    server.output(event.data, now=now)
            for datagram in server.datagrams_to_send(now=now):
                for client, path in clients:
                    if path == datagram.path:
                        client.receive_datagram(datagram.data, path, now=now)
            for client, _ in clients:
                while client.next_event() is not None:
                    pass
            now += STEP

    first, reader = come(read_only=False), come(read_only=True)
    run(0.5)
    first.send_input(b"hello\r\n", now=now)
    run(0.3)
    reader.send_input(b"not heard", now=now)
    reader.tell_colours({1: 0xABCDEF}, now=now)
    reader.resize(rows=40, columns=90, now=now)
    run(0.7)
    second = come(read_only=False)
    second.resize(rows=20, columns=70, now=now)
    run(0.5)
    second.send_input(b"mine\r\n", now=now)
    run(0.5)
    reader.quit(now=now)
    run(0.5)
    first.quit(now=now)
    run(0.5)
    second.quit(now=now)
    run(1.0)


def obscured(wire: Wire) -> None:
    """Typing that a listener cannot time."""
    session = _begin(wire, LinkModel(delay=0.05), seed=6, obscures_typing=True)
    _type(session, random.Random("obscured"), 2)
    session.world.run(2.0)


EXCHANGES: Final[Mapping[str, Callable[[Wire], None]]] = {
    exchange.__name__: exchange for exchange in (typing, screens_on_a_lossy_link, history, roaming, guests, obscured)
}


def performed(name: str) -> list[str]:
    """Return what the cores of today put on the wire in one of the exchanges."""
    wire = Wire()
    EXCHANGES[name](wire)
    return wire.lines


def recorded() -> dict[str, list[str]]:
    """Return what the cores that were recorded put on it, by exchange."""
    exchanges: dict[str, list[str]] = {}
    for line in RECORDING.read_text().splitlines():
        if line.startswith("# "):
            lines = exchanges[line.removeprefix("# ")] = []
        else:
            lines.append(line)
    return exchanges


if __name__ == "__main__":
    RECORDING.parent.mkdir(exist_ok=True)
    RECORDING.write_text(
        "".join(f"# {name}\n" + "".join(f"{line}\n" for line in performed(name)) for name in EXCHANGES)
    )
