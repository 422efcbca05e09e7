"""Pastes, as a test and a benchmark want them: much input at once into a program that reads it, then Ctrl-C."""

import base64
import random
from dataclasses import dataclass

from rmosh_netem.link import LinkModel
from tests.world.virtual_session import EchoingSession, make_virtual_session

MEGABYTE = 1_000_000

CONTROL_C = b"\x03"


@dataclass(frozen=True)
class Pasted:
    """How a paste went: seconds until the program had the Ctrl-C behind it, and what it took of the link upward."""

    took: float
    datagrams: int
    bytes_sent: int


def content(size: int, seed: int) -> bytes:
    """Return lines of text: nothing that ssh or rmosh would take for its escape key."""
    return base64.encodebytes(random.Random(seed).randbytes(size))[:size]


def paste(link: LinkModel, size: int, seed: int, *, down: LinkModel | None = None, limit: float = 120) -> Pasted:
    """Paste into a session that has been idle for two seconds, and press Ctrl-C at once."""
    session = make_virtual_session(link, seed=seed, down=down)
    session.program = lambda data: b""
    session.world.run(2)
    return pasted(session, content(size, seed) + CONTROL_C, limit=limit)


def pasted(session: EchoingSession, data: bytes, *, limit: float = 120) -> Pasted:
    """Paste and wait until the program has it all, exactly."""
    counters = session.world.up.counters
    began, sent, sent_bytes = session.world.now, counters.sent, counters.bytes_sent
    session.type(data)
    assert session.world.run_until(lambda: len(session.given) >= len(session.typed), limit=limit)
    assert session.given == session.typed
    return Pasted(session.world.now - began, counters.sent - sent, counters.bytes_sent - sent_bytes)
