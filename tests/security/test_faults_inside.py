"""Faults of our own: an exception at random inside any part ends no session, loses no key, and the screen heals."""

import os
import random
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import pytest

from rmosh.announce import new_announce
from rmosh.channels.channel import FaultContained
from rmosh.channels.closing.frames import Close
from rmosh.channels.history.receiver import HistoryReceiver
from rmosh.channels.history.sender import HistorySender
from rmosh.channels.newest.ends import PeopleAtServer
from rmosh.channels.screen.pacer import FramePacer
from rmosh.channels.screen.receiver import ScreenReceiver
from rmosh.channels.screen.sender import ScreenSender
from rmosh.containment import LEFT_OFF_FOR, Containment
from rmosh.errors import Malformed, UsageError
from rmosh.history.archive import Archive
from rmosh.history.recent_rows import RecentRows
from rmosh.prediction import PredictMode, Predictor
from rmosh.session.attachment import Guest
from rmosh.session.client import ClientSession
from rmosh.session.roster import Roster
from rmosh.session.server import ServerSession
from rmosh.terminal.emulator import Emulator
from rmosh.transport.newest import NewestSender
from rmosh.transport.path import Path as NetworkPath
from rmosh_client.painting.painter import Painter
from rmosh_client.showing.display import Display
from rmosh_client.showing.notice import Notices
from rmosh_client.showing.scrollback import Scrollback
from rmosh_client.typing.colour_answers import ColourAnswers
from rmosh_client.typing.cursor_answers import CursorAnswers
from rmosh_client.typing.escape import EscapeMachine
from rmosh_client.typing.interview import Interview
from rmosh_client.viewing.reading import HistoryReader
from rmosh_netem.link import LinkModel
from rmosh_server.serving.driver import ServerDriver
from rmosh_server.serving.ssh_paths import SshPaths
from rmosh_server.shell.pty import open_pty
from rmosh_server.sockets.udp import PortRange, bind_first_free
from rmosh_server.systems.program import Program
from tests.patience import PATIENCE
from tests.unit.client_ui.client_ui_driver import Desk, at_work, desk
from tests.world.virtual_session import EchoingSession, make_virtual_session

#: The parts of both cores, each with the methods by which the rest reaches it.
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
    "who is here": [(ServerSession, "_follow"), (Roster, "tell"), (PeopleAtServer, "tell")],
    "news": [(NewestSender, name) for name in ("due_at", "loads", "hurry")],
}

#: The same of the client's program.
CLIENT_PARTS: Final[dict[str, list[tuple[type, str]]]] = {
    "prediction": [(Predictor, name) for name in ("typed", "screen_changed", "link", "next_wakeup", "tick", "overlay")],
    "painter": [(Painter, name) for name in ("paint", "settle")],
    "scrollback": [(Scrollback, name) for name in ("next_feed", "swallowed", "lacks", "pushed")],
    "viewer": [(HistoryReader, name) for name in ("changed", "go_on", "next_wakeup", "frame", "type")],
    "notices": [(Notices, name) for name in ("lay_over", "next_wakeup", "close_help")],
    "display": [(Display, name) for name in ("show", "next_wakeup", "displaced")],
    "terminal's answers": [(Interview, "sift"), (CursorAnswers, "take"), (ColourAnswers, "take")],
    "own keys": [(EscapeMachine, "feed")],
}

FAULTS: Final = (AssertionError, UsageError, KeyError, IndexError, RecursionError, MemoryError, Malformed, OSError)


@contextmanager
def faults_in(methods: list[tuple[type, str]], *, share: float, chance: random.Random) -> Iterator[list[str]]:
    """Have methods raise now and then; yields where that happened."""
    raised: list[str] = []
    patches = [
        patch.object(owner, name, _failing(getattr(owner, name), share, chance, raised)) for owner, name in methods
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
    for seed in range(2):
        print("seed", seed)
        chance = random.Random(seed)
        session = make_virtual_session(LinkModel(delay=0.03, loss=0.02), seed=seed, may_stall=True)
        told: list[str] = []
        session.on_server_event = _listening(session.on_server_event, told)  # type: ignore[method-assign]  # it listens in
        session.on_client_event = _listening(session.on_client_event, told)  # type: ignore[method-assign]  # it listens in
        use(session, chance, times=5)
        with faults_in(PARTS[part], share=share, chance=chance) as raised:
            use(session, chance, times=25)
        session.world.run(LEFT_OFF_FOR + 0.5)
        session.type(b"the end")
        session.output(b"\r\nand still here\r\n")
        assert session.world.run_until(session.converged, limit=60), (part, session.given, session.typed)
        assert session.closed == session.server_closed == []
        assert bool(told) == bool(raised), "a fault is told"
        assert len(told) < 200
        assert not any("injected" in line for line in told)


def has_arrived(place: Desk, typed: bytes) -> bool:
    return place.session.typed == typed


def _listening(listener: Callable[[Any], None], told: list[str]) -> Callable[[Any], None]:
    def listen(event: object) -> None:
        if isinstance(event, FaultContained):
            told.append(event.line)
        listener(event)

    return listen


@pytest.mark.slow
@pytest.mark.parametrize("part", CLIENT_PARTS)
@pytest.mark.parametrize("share", [0.1, 1.0], ids=["rarely", "always"])
def test_a_fault_inside_the_clients_program_loses_no_key_and_its_screen_heals(
    part: str, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Containment.part.__kwdefaults__ is not None
    monkeypatch.setitem(Containment.part.__kwdefaults__, "left_off_for", 0.2)
    print("seed", seed := 11)
    chance = random.Random(seed)
    with desk() as place:
        place.predict = PredictMode.ALWAYS
        with at_work(place) as work:
            typed = b""
            with faults_in(CLIENT_PARTS[part], share=share, chance=chance) as raised:
                for number in range(12):
                    typed += (key := bytes([chance.randrange(97, 123)]))
                    place.type(key)
                    place.until(partial(has_arrived, place, typed))
                    place.session.shows(f"$ {place.session.typed.decode()}\n{number}")
                assert raised
            place.run_for(0.3)
            place.type(b"!")
            place.until(lambda: place.session.typed == typed + b"!")
            place.session.shows("\nhealed\n$ ")  # the first row tells of the faults
            place.until(lambda: "healed" in place.look())
            assert not work.is_over


@pytest.mark.slow
def test_faults_inside_a_real_server_leave_the_shell_its_keys_and_its_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Containment.part.__kwdefaults__ is not None
    monkeypatch.setitem(Containment.part.__kwdefaults__, "left_off_for", 0.2)
    print("seed", seed := 5)
    chance = random.Random(seed)
    with real_server(f"stty raw -echo; exec tee {tmp_path / 'typed'}") as (client, talk):
        typed = b""
        methods = [method for part in PARTS.values() for method in part]
        with faults_in(methods, share=0.05, chance=chance) as raised:
            while len(typed) < 40 or (len(raised) <= 20 and len(typed) < 400):  # a busy machine takes fewer turns
                typed += (key := bytes([chance.randrange(97, 123)]))
                client.send_input(key, now=time.monotonic())
                talk(lambda: False, within=0.02)
        assert len(raised) > 20
        typed += b"\r\nthe end"
        talk(lambda: False, within=0.3)
        client.send_input(b"\r\nthe end", now=time.monotonic())
        assert talk(lambda: (tmp_path / "typed").read_bytes() == typed, within=PATIENCE)
        assert talk(
            lambda: "the end" in "".join([cell.text for row in client.frame.rows for cell in row.cells]), within=10
        )


class _Alone:
    """Nobody else on the host takes part."""

    def refresh(self) -> None: ...
    def leave(self) -> None: ...
    def ended(self, close: Close) -> None: ...
    def client_left(self, client: bytes, *, now: float) -> None: ...


class _Signals:
    """A readable descriptor and what the test says there."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()

    def fileno(self) -> int:
        return self._reading

    def send(self, number: int) -> None:
        os.write(self._writing, bytes([number]))

    def take(self) -> set[int]:
        return set(os.read(self._reading, 100))


@contextmanager
def real_server(script: str) -> Iterator[tuple[ClientSession, Callable[..., bool]]]:
    """Run a program behind the real driver in a thread, with a real PTY and socket, and a client's core beside it.

    Yields the client, and what has it talk until something is so, or for so many seconds.
    """
    now = time.monotonic()
    udp = bind_first_free(PortRange(0, 0))
    announce = new_announce(port=udp.port, entropy=os.urandom(200))
    pty = open_pty(rows=24, columns=80)
    shell = pty.start(Program("/bin/sh", ("sh", "-c", script)), {"PATH": os.environ["PATH"]})
    core = ServerSession(rows=24, columns=80, entropy=os.urandom, now=now)
    signals = _Signals()
    streams = SshPaths(core, tell=print)
    driver = ServerDriver(core, udp, streams, pty, signals, shell=shell, presence=_Alone(), complain=print)
    path = NetworkPath(0, "127.0.0.1", udp.port)
    client = ClientSession(announce, rows=24, columns=80, paths=[path], entropy=os.urandom, now=now)
    core.attach(announce, Guest(24, 80), now=now)
    serving = threading.Thread(target=driver.run)
    serving.start()
    with socket.socket(type=socket.SOCK_DGRAM) as wire:
        wire.connect(("127.0.0.1", udp.port))
        wire.settimeout(0.002)

        def talk(condition: Callable[[], bool], *, within: float) -> bool:
            end = time.monotonic() + within
            while not condition() and time.monotonic() < end:
                for datagram in client.datagrams_to_send(now=time.monotonic()):
                    wire.send(datagram.data)
                with suppress(TimeoutError):
                    client.receive_datagram(wire.recv(65536), path, now=time.monotonic())
                while client.next_event() is not None:
                    pass
            return condition()

        try:
            yield client, talk
            assert serving.is_alive()
        finally:
            os.kill(shell, signal.SIGKILL)
            os.waitid(os.P_PID, shell, os.WEXITED | os.WNOWAIT)
            signals.send(signal.SIGCHLD)
            talk(lambda: not serving.is_alive(), within=PATIENCE)
            udp.close()
    assert not serving.is_alive()
