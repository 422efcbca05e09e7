"""What is fuzzed: functions of some bytes that return, or raise only where rmosh is wrong.

Each takes one input of the fuzzer's. They are plain functions, so that the corpus runs in the ordinary tests too.
"""

import random
from collections.abc import Callable, Iterator
from typing import Final
from unittest.mock import patch

from rmosh.announce import new_announce, parse_announce
from rmosh.errors import BootstrapError, Malformed, PeerError
from rmosh.forwarding.answers import parse_answer
from rmosh.forwarding.requests import parse_request
from rmosh.hello import Hello, parse_hello
from rmosh.history import line_codec
from rmosh.history.archive import Archive
from rmosh.history.line_codec import decode_lines
from rmosh.screen.message import apply_change, encode_change
from rmosh.session.attachment import Guest
from rmosh.session.channels import FRAMES
from rmosh.session.client import ClientSession
from rmosh.session.server import ServerSession
from rmosh.terminal.cells import Frame, blank_frame
from rmosh.terminal.emulator import Emulator
from rmosh.terminal_input import LONGEST_STRING, Expecting, InputTokenizer
from rmosh.transport.header import OVERHEAD_BYTES, connection_id_of
from rmosh.transport.keys import SessionKeys
from rmosh.transport.path import Path
from rmosh.transport.sealing import Sealer
from rmosh_client.bootstrap.announcement import AnnounceReader, parse_status
from rmosh_client.forwarding.socks import SocksServer
from rmosh_client.painting.abilities import Abilities
from rmosh_client.painting.painter import Painter
from tests.fuzz.allowed import forbidden

#: Parts an input into steps. Reason: 0xff is no part of UTF-8, and one byte is easily found by a fuzzer.
_STEP: Final = b"\xff"

_PATH: Final = Path(0, "peer", 60000)


def _size(untrusted: bytes) -> tuple[int, int, bytes]:
    """Return rows, columns and the rest of an input: both small, so that edges are met often."""
    rows, columns = (*untrusted[:2], 5, 20)[:2]
    return 1 + rows % 8, 1 + columns % 40, untrusted[2:]


def _texts(frame: Frame) -> list[str]:
    return ["".join(cell.text for cell in row.cells) for row in frame.rows]


def terminal(untrusted: bytes) -> None:
    """What a program prints goes through emulator, screen message and painter: only what is allowed comes out."""
    rows, columns, printed = _size(untrusted)
    emulator, painter = Emulator(rows=rows, columns=columns), Painter(Abilities())
    out = painter.start(rows=rows, columns=columns)
    shown = blank_frame(rows=1, columns=1)
    for step in printed.split(_STEP):
        emulator.feed(step)
        emulator.take_history()
        emulator.take_replies()
        frame = emulator.frame()
        shown, _ = apply_change(shown, encode_change(shown, frame, input_offset=0))
        assert _texts(shown) == _texts(frame), "the client shows other text"
        out += painter.paint(shown, now=0.0)
    out += painter.finish()
    assert not (left := forbidden(out)), f"the terminal was sent {left!r}"


@patch.multiple(line_codec, MAX_BLOCK=4096, MAX_BLOCK_RUNS=80, MAX_STYLES=40)
def archive(untrusted: bytes) -> None:
    """Lines with links and colours of any length, scrolled off, read back as the same text from the archive.

    The bounds of a block are lowered, so that an input of some hundred bytes meets them all.
    """
    emulator, kept = Emulator(rows=2, columns=40), Archive(max_lines=2000)
    letters: list[str] = []
    for command, argument in zip(untrusted[::2], untrusted[1::2], strict=False):
        emulator.feed(_print_something(command, argument, letters))
    emulator.feed(b"\x1b[0m\r\n\r\n\r\n")
    entries = emulator.take_history()
    kept.append(entries, end=emulator.history_count)
    while kept.unpacked:
        kept.pack_some()
    lines = kept.lines(kept.oldest, kept.end)
    read = "".join(text for line in lines if line is not None for text, _ in line.runs)
    assert read.replace(" ", "") == "".join(letters), "the archive keeps other text"


def _print_something(command: int, argument: int, letters: list[str]) -> bytes:
    """Return output for two bytes of input; its visible letters are appended to `letters`."""
    kind, times = command % 6, 1 + argument % 48
    if kind == 0:
        link = chr(97 + argument % 26) * (argument * 10)
        return f"\x1b]8;id={argument};http://{link}{argument}\x1b\\".encode()
    if kind == 1:
        return b"\x1b]8;;\x1b\\"
    if kind == 2:
        return b"\x1b[38;2;%d;%d;%dm" % (argument, command, argument ^ command)
    if kind == 3:
        letters.append("x" * times)
        return b"x" * times
    if kind == 4:
        letters.append("".join("\u2580" for _ in range(times)))
        return b"".join(
            b"\x1b[38;2;%d;%d;1m\x1b[48;2;1;%d;%dm\xe2\x96\x80" % (n, argument, n, command) for n in range(times)
        )
    return b"\r\n"


def _read_announce(untrusted: bytes) -> None:
    reader = AnnounceReader(Hello(nonce=32 * "0"))
    for step in untrusted.split(_STEP):
        reader.feed(step)


def _read_socks(untrusted: bytes) -> None:
    socks = SocksServer()
    for step in untrusted.split(_STEP):
        socks.feed(step)


_SHOWN: Final = Emulator(rows=4, columns=12)
_SHOWN.feed("plain \x1b[31mred \u6f22\u5b57\x1b]8;;http://a\x1b\\link".encode())

_PARSERS: Final[tuple[Callable[[bytes], object], ...]] = (
    FRAMES.decode,
    connection_id_of,
    parse_announce,
    decode_lines,
    lambda untrusted: apply_change(blank_frame(rows=1, columns=1), untrusted),
    lambda untrusted: apply_change(_SHOWN.frame(), untrusted),
    _read_announce,
    parse_status,
    parse_hello,
    parse_request,
    parse_answer,
    _read_socks,
)


def parsers(untrusted: bytes) -> None:
    """Whatever a stranger or a server sends is read, or refused as Malformed (before the login: as a failed start)."""
    if not untrusted:
        return
    try:
        _PARSERS[untrusted[0] % len(_PARSERS)](untrusted[1:])
    except (PeerError, BootstrapError, Malformed):
        return


def _sealed(untrusted: bytes, sealer: Sealer) -> Iterator[bytes]:
    """Seal an input's steps as a peer would who holds the keys and means harm."""
    for number, frames in enumerate(untrusted.split(_STEP)):
        if frames:
            yield sealer.seal(number, frames[: 1452 - OVERHEAD_BYTES])


def hostile_server(untrusted: bytes) -> None:
    """A client lives on whatever a server seals."""
    announce = new_announce(port=1, entropy=bytes(range(64)))
    client = ClientSession(announce, rows=4, columns=12, paths=[_PATH], entropy=random.Random(1).randbytes, now=0.0)
    sealer = Sealer(SessionKeys.derive(announce.secret).to_client, now=0.0)
    now = 0.0
    for data in _sealed(untrusted, sealer):
        now += 0.01
        client.receive_datagram(data, _PATH, now=now)
        while client.next_event() is not None:
            pass
        client.datagrams_to_send(now=now)
    assert client._walls.count == 0, client._walls.next_told()


def hostile_client(untrusted: bytes) -> None:
    """A session lives on whatever a client seals; one that only looks on types nothing."""
    server = ServerSession(rows=4, columns=12, entropy=random.Random(1).randbytes, now=0.0)
    read_only = bool(untrusted[:1] and untrusted[0] & 1)
    announce = new_announce(port=1, entropy=bytes(range(64)))
    server.attach(announce, Guest(4, 12, "guest", read_only), now=0.0)
    sealer = Sealer(SessionKeys.derive(announce.secret).to_server, now=0.0)
    now = 0.0
    for data in _sealed(untrusted[1:], sealer):
        now += 0.01
        server.receive_datagram(data, _PATH, now=now)
        while (event := server.next_event()) is not None:
            assert not (read_only and type(event).__name__ in ("PtyInput", "PtyResize", "SessionClosed")), event
        server.output(b"x\r\n", now=now)
        server.datagrams_to_send(now=now)
    assert server._walls.count == 0, server._walls.next_told()


def terminal_input(untrusted: bytes) -> None:
    """What a terminal sends loses no byte, and little of it is held back."""
    tokenizer, now = InputTokenizer([b"\x1b[3$"]), 0.0
    expecting = list(Expecting)[(untrusted[0] if untrusted else 0) % len(Expecting)]
    given = b""
    for step in untrusted[1:].split(_STEP):
        given += b"".join([token.data for token in tokenizer.feed(step, now=now, expecting=lambda: expecting)])
        assert len(tokenizer.held) <= LONGEST_STRING + 8
        now += 0.02
        given += b"".join([token.data for token in tokenizer.let_go(now=now)])
    assert given + tokenizer.held == untrusted[1:].replace(_STEP, b"")


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    target.__name__: target for target in (terminal, archive, parsers, hostile_server, hostile_client, terminal_input)
}
