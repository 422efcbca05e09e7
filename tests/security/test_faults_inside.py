"""Faults of our own: an exception at random inside any part ends no session, loses no key, and the screen heals."""

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import pytest

from rmosh.containment import LEFT_OFF_FOR
from rmosh.errors import Malformed, UsageError
from rmosh.history.archive import Archive
from rmosh.history.recent_rows import RecentRows
from rmosh.session.events import FaultContained
from rmosh.session.frame_pacer import FramePacer
from rmosh.session.history_receiver import HistoryReceiver
from rmosh.session.history_sender import HistorySender
from rmosh.session.newest import NewestSender
from rmosh.session.screen_receiver import ScreenReceiver
from rmosh.session.screen_sender import ScreenSender
from rmosh.session.server import ServerSession
from rmosh.terminal.emulator import Emulator
from rmosh_netem.link import LinkModel

sys.path.insert(0, str(Path(__file__).parents[1] / "world"))

from virtual_session import EchoingSession, make_virtual_session

#: The parts of both sides, each with the methods by which the rest reaches it.
PARTS: Final[dict[str, list[tuple[type, str]]]] = {
    "terminal": [(Emulator, name) for name in ("feed", "frame", "take_history", "take_replies", "resize")],
    "archive": [(Archive, name) for name in ("append", "insert", "lines", "missing", "pack_some", "forget_below")],
    "recent rows": [(RecentRows, name) for name in ("append", "add", "get", "shown_by")],
    "history sender": [
        (HistorySender, name) for name in ("wanted", "grew", "erased", "due_at", "loads", "arrived", "lost", "hurry")
    ],
    "history receiver": [(HistoryReceiver, name) for name in ("check", "shown", "receive", "take_kept")],
    "screen sender": [
        (ScreenSender, name) for name in ("changed", "input_arrived", "shown", "due_at", "loads", "hurry")
    ],
    "frame pacer": [(FramePacer, name) for name in ("changed", "due_at", "taken", "attend")],
    "screen receiver": [(ScreenReceiver, name) for name in ("receive", "show", "due_at", "loads", "hurry")],
    "who is here": [(ServerSession, name) for name in ("_tell_each", "_follow", "_person")],
    "news": [(NewestSender, name) for name in ("due_at", "loads", "hurry")],
}

FAULTS: Final = (AssertionError, UsageError, KeyError, IndexError, RecursionError, MemoryError, Malformed, OSError)


@contextmanager
def faults_in(part: str, *, share: float, chance: random.Random) -> Iterator[list[str]]:
    """Have every method of a part raise now and then; yields where that happened."""
    raised: list[str] = []
    patches = [
        patch.object(owner, name, _failing(getattr(owner, name), share, chance, raised)) for owner, name in PARTS[part]
    ]
    for each in patches:
        each.start()
    try:
        yield raised
    finally:
        for each in patches:
            each.stop()


def _failing(method: Callable[..., Any], share: float, chance: random.Random, raised: list[str]) -> Callable[..., Any]:
    def fail_or_act(*args: Any, **named: Any) -> Any:
        if chance.random() < share:
            raised.append(method.__qualname__)
            raise chance.choice(FAULTS)("injected")
        return method(*args, **named)

    return fail_or_act


def use(session: EchoingSession, chance: random.Random, *, times: int) -> None:
    """Type, print, scroll and resize, as people and programs do."""
    for number in range(times):
        deed = chance.randrange(6)
        if deed < 3:
            session.type(bytes([chance.randrange(97, 123)]) * chance.randrange(1, 4))
        elif deed == 3:
            session.output(b"".join(b"\x1b[3%dmline %d of %d\x1b[m\r\n" % (n % 8, n, number) for n in range(40)))
        elif deed == 4:
            session.output(b"\x1b[2J\x1b[H" + b"wide \xe6\xbc\xa2 " * chance.randrange(60))
        else:
            session.client.resize(
                rows=chance.randrange(5, 40), columns=chance.randrange(20, 100), now=session.world.now
            )
        session.world.run(chance.uniform(0.01, 0.3))


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("share", [0.03, 0.3, 1.0], ids=["rarely", "often", "always"])
def test_a_fault_inside_any_part_ends_nothing_and_loses_no_key(part: str, share: float) -> None:
    for seed in range(3):
        print("seed", seed)
        chance = random.Random(seed)
        session = make_virtual_session(LinkModel(delay=0.03, loss=0.02), seed=seed)
        told: list[str] = []
        session.on_server_event = _listening(session.on_server_event, told)  # type: ignore[method-assign]
        session.on_client_event = _listening(session.on_client_event, told)  # type: ignore[method-assign]
        use(session, chance, times=5)
        with faults_in(part, share=share, chance=chance) as raised:
            use(session, chance, times=25)
        session.world.run(LEFT_OFF_FOR + 0.5)
        session.type(b"the end")
        session.output(b"\r\nand still here\r\n")
        assert session.world.run_until(session.converged, limit=60), (part, session.given, session.typed)
        assert session.closed == session.server_closed == []
        assert bool(told) == bool(raised), "a fault is told"
        assert len(told) < 200
        assert not any("injected" in line for line in told)


def _listening(listener: Callable[[object], None], told: list[str]) -> Callable[[object], None]:
    def listen(event: object) -> None:
        if isinstance(event, FaultContained):
            told.append(event.line)
        listener(event)

    return listen
