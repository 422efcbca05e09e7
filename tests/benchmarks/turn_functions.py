"""How many different functions run for a key, for a frame and for a change: what a turn costs while the code is cold.

Run: python tests/benchmarks/turn_functions.py [--rounds 60] [--only WORKLOAD] [--list client|server] [--seen]

Between two keys other programs take the processor's caches, so that what a key costs is told by how many different
functions (of Python) run for it rather than by how often they do: about 3.5 us each, 2.5 times what they cost warm. The
real drivers run in two processes, with real sockets on loopback and real pseudo-terminals; the program is
`cat` in raw mode, or writes what it is told to. Of the rounds the median is told. `--list` tells where they are, by
module, with how often each ran in a round; with `--seen` only those that ran before the user saw something.
"""

import argparse
import contextlib
import fcntl
import mmap
import os
import pickle
import pty
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any, NamedTuple

from rmosh.announce import Announce, new_announce
from rmosh.session.attachment import Guest
from rmosh.session.server import ServerSession
from rmosh.traits import Traits
from rmosh_client.bootstrap.request import Started
from rmosh_client.link.event_loop import EventLoop
from rmosh_client.link.network_watch import NetworkWatch
from rmosh_client.link.sockets import SocketTable
from rmosh_client.painting.abilities import Abilities
from rmosh_client.reaching.reach import StartingPaths
from rmosh_client.running.assembly import UserTerminal, Wishes, put_together
from rmosh_client.running.driver import ClientDriver
from rmosh_client.typing.foreign_keys import ForeignKeys
from rmosh_client.typing.interview import Interview
from rmosh_client.typing.introduction import Introduction, Mailbox
from rmosh_client.typing.local_terminal import LocalTerminal
from rmosh_client.typing.traits_answers import TraitsAnswers
from rmosh_server.serving.driver import ServerDriver
from rmosh_server.serving.served_streams import ServedStreams
from rmosh_server.serving.settings import ForwardingSettings
from rmosh_server.serving.ssh_paths import SshPaths
from rmosh_server.shell.pty import open_pty
from rmosh_server.sockets.udp import PortRange, UdpSocket, bind_first_free
from rmosh_server.systems.program import Program
from tests.benchmarks.turn_cost import pages

#: Seconds between keys, and until a session has come to rest.
KEY_GAP = 0.15
SETTLES_IN = 1.5

#: What is called by an end that has something on its way to the other, or to the user.
TELLS = ("sendto", "sendmsg", "write")


class Function(NamedTuple):
    """One of Python."""

    file: str
    line: int
    name: str
    body: int


@dataclass
class Round:
    """What ran at one end from one key, frame or change to the next.

    Attributes:
        calls: every function of Python, in order.
        told: how many of them ran before each call of the system that tells somebody something, by its name.
        heard: the same for each time that a datagram was looked for.
    """

    calls: list[Function] = field(default_factory=list)
    told: list[tuple[str, int]] = field(default_factory=list)
    heard: list[int] = field(default_factory=list)

    def before_seen(self, *, is_key: bool) -> list[Function]:
        """Return what ran before the server, or the user, had what he waits for."""
        if not is_key:
            return self.calls[: self._first("write", len(self.calls))]
        sent = self._first("sendto", len(self.calls))
        heard = next((place for place in self.heard if place > sent), sent)
        return self.calls[:sent] + self.calls[heard : self._first("write", heard)]

    def before_sent(self) -> list[Function]:
        """Return what ran before the first datagram left the server."""
        return self.calls[: self._first("sendmsg", len(self.calls))]

    def _first(self, call: str, otherwise: int) -> int:
        return next((place for name, place in self.told if name == call), otherwise)


class Recorder:
    """Hears of every call in its process, and sorts them by rounds that another one counts."""

    def __init__(self, rounds: mmap.mmap) -> None:
        self._count = rounds
        self._functions: dict[CodeType, Function] = {}
        self.rounds: dict[int, Round] = {}

    def begin(self) -> None:
        """Record from now on."""
        sys.setprofile(self._note)

    def _note(self, frame: FrameType, event: str, argument: Any) -> None:
        if event not in ("call", "c_call"):
            return
        number = self._count[0]
        this = self.rounds.get(number) or self.rounds.setdefault(number, Round())
        if event == "call":
            this.calls.append(self._function(frame.f_code))
        elif (name := argument.__name__) in TELLS:
            this.told.append((name, len(this.calls)))
        elif name == "recvmsg_into":
            this.heard.append(len(this.calls))

    def _function(self, code: CodeType) -> Function:
        known = self._functions.get(code)
        if known is None:
            name = getattr(code, "co_qualname", code.co_name)  # Python 3.10 has no other
            known = self._functions[code] = Function(code.co_filename, code.co_firstlineno, name, hash(code))
        return known


class _Alone:
    """Nobody else on the host takes part, and it sends no signals."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()

    def fileno(self) -> int:
        return self._reading

    def take(self) -> set[int]:
        return set(os.read(self._reading, 100))

    def refresh(self) -> None: ...
    def leave(self) -> None: ...
    def ended(self, close: object) -> None: ...
    def client_left(self, client: bytes, *, now: float) -> None: ...


class Server:
    """The real one in a process of its own, recorded."""

    def __init__(self, rounds: mmap.mmap, *, rows: int, columns: int, script: str) -> None:
        udp = bind_first_free(PortRange(0, 0))
        self.announce = new_announce(port=udp.port, entropy=os.urandom(200))
        self._reading, writing = os.pipe()
        self._process = os.fork()
        if self._process == 0:
            recorder = Recorder(rounds)
            driver = _driver(udp, self.announce, rows=rows, columns=columns, script=script)
            recorder.begin()
            signal.signal(signal.SIGTERM, lambda *_: sys.exit())
            with contextlib.suppress(SystemExit):
                driver.run()
            sys.setprofile(None)
            with open(writing, "wb") as sink:
                pickle.dump(recorder.rounds, sink)
            os._exit(0)
        os.close(writing)
        udp.close()

    def end(self) -> dict[int, Round]:
        """End it, and return what ran in each round."""
        os.kill(self._process, signal.SIGTERM)
        with open(self._reading, "rb") as source:
            told: dict[int, Round] = pickle.load(source)
        os.waitpid(self._process, 0)
        return told


def _driver(udp: UdpSocket, announce: Announce, *, rows: int, columns: int, script: str) -> ServerDriver:
    """Return a server's, with a program started."""
    core = ServerSession(rows=rows, columns=columns, entropy=os.urandom, now=time.monotonic())
    core.attach(announce, Guest(rows, columns, login_host="127.0.0.1"), now=time.monotonic())
    program = open_pty(rows=rows, columns=columns)
    shell = program.start(Program("/bin/sh", ("sh", "-c", script)), {"PATH": os.environ["PATH"]})
    served = ServedStreams(core.streams, unheard=lambda _: 0.0, complain=print, settings=ForwardingSettings())
    alone, paths = _Alone(), SshPaths(core, tell=print)
    return ServerDriver(core, udp, paths, program, alone, shell=shell, presence=alone, complain=print, served=served)


class Client:
    """The real one, and its user at a terminal."""

    def __init__(self, announce: Announce, *, rows: int, columns: int) -> None:
        self.user, slave = pty.openpty()
        os.set_blocking(self.user, False)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.terminal = LocalTerminal(os.open(os.ttyname(slave), os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK), owned=True)
        self.terminal.enter_raw()
        os.close(slave)
        interview, told = Interview(), Mailbox[Traits]()
        about = TraitsAnswers(told.put, size=self.terminal.size, direct_colour=False, device_strings=False)
        introduction = Introduction(self.terminal, interview, about, can_be_asked=False)
        abilities, keys = Abilities(strings=False), ForeignKeys({})
        terminal = UserTerminal(self.terminal, abilities, keys, interview, introduction, about, told)
        self._sockets = SocketTable(["127.0.0.1"], announce.port)
        self._sockets.open_fresh()
        started = Started(announce, ("127.0.0.1",), "rmosh attach")
        parts = put_together(started, terminal, Wishes(), StartingPaths(self._sockets, NetworkWatch(), None, _no_login))
        self.loop = EventLoop()
        self.driver = ClientDriver(parts, self.loop)
        parts.display.on_stuck = self.driver.terminal_stuck

    def run_for(self, seconds: float) -> None:
        """Take turns for a while, and read what the terminal is given."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.loop.turn(within=left)
            with contextlib.suppress(BlockingIOError):
                os.read(self.user, 1 << 20)

    def close(self) -> None:
        """Let go of everything."""
        self._sockets.close()
        self.terminal.close()
        os.close(self.user)


def _no_login(_: object) -> Any:
    raise OSError


def recorded(
    happenings: Sequence[bytes], *, every: float, rows: int, columns: int, script: str, into: str = ""
) -> list[dict[str, Round]]:
    """Have things happen, one a round, and return what ran in each round at either end.

    Args:
        into: what they are written into; "" where the user types them.
    """
    count = mmap.mmap(-1, 1)
    server = Server(count, rows=rows, columns=columns, script=script)
    client = Client(server.announce, rows=rows, columns=columns)
    recorder = Recorder(count)
    with client.driver.begun():
        client.run_for(SETTLES_IN)
        writing = os.open(into, os.O_WRONLY) if into else client.user
        client.run_for(SETTLES_IN)
        recorder.begin()
        for number, data in enumerate(happenings, start=1):
            sys.setprofile(None)
            count[0] = number
            os.write(writing, data)
            recorder.begin()
            client.run_for(every)
        sys.setprofile(None)
        count[0] = 0
    told = server.end()
    client.close()
    whole = sorted(recorder.rounds.keys() & told.keys() - {0})  # a busy machine may be late with one
    return [{"client": recorder.rounds[number], "server": told[number]} for number in whole]


def keys(count: int) -> list[dict[str, Round]]:
    """Keys that a program echoes."""
    typed = [bytes([97 + number % 26]) for number in range(count)]
    return recorded(typed, every=KEY_GAP, rows=24, columns=80, script="stty raw -echo; exec cat")


def written(pieces: Sequence[bytes], *, every: float, rows: int, columns: int) -> list[dict[str, Round]]:
    """What a program writes, a piece at a time."""
    with tempfile.TemporaryDirectory() as folder:
        os.mkfifo(fifo := f"{folder}/fifo")
        script = f"stty raw -echo; exec cat {fifo}"
        return recorded(pieces, every=every, rows=rows, columns=columns, script=script, into=fifo)


def clock(count: int) -> list[bytes]:
    """Return what shows a number that changes."""
    return [b"\x1b[H%8d" % number for number in range(count)]


def workloads(count: int) -> Mapping[str, Callable[[], list[dict[str, Round]]]]:
    """What is measured."""
    return {
        "key": lambda: keys(count),
        "agent": lambda: written(list(pages(48, 160, count)), every=0.1, rows=48, columns=160),
        "each-second": lambda: written(clock(min(count, 20)), every=1.0, rows=24, columns=80),
    }


def _soon(this: Round, end: str, workload: str) -> list[Function]:
    return this.before_sent() if end == "server" else this.before_seen(is_key=workload == "key")


def print_round(name: str, rounds: Sequence[dict[str, Round]]) -> None:
    """Print the medians of a workload."""
    figures: list[float] = []
    for end in ("client", "server"):
        both = [each[end] for each in rounds]
        soon = [_soon(each[end], end, name) for each in rounds]
        figures += [
            statistics.median(len(set(each.calls)) for each in both),
            statistics.median(len(each.calls) for each in both),
            statistics.median(len(set(calls)) for calls in soon),
        ]
    print(f"{name:<14}" + "".join(f"{figure:>9.0f}" for figure in figures), flush=True)


def print_functions(name: str, rounds: Sequence[dict[str, Round]], end: str, *, seen: bool) -> None:
    """Print which functions ran in more than half of the rounds, by module."""
    every = [_soon(each[end], end, name) if seen else each[end].calls for each in rounds]
    ran = Counter(function for calls in every for function in set(calls))
    calls = Counter(function for each in every for function in each)
    by_module: dict[str, list[Function]] = {}
    for function in sorted(function for function, times in ran.items() if 2 * times > len(every)):
        by_module.setdefault("/".join(function.file.split("/")[-3:]), []).append(function)
    for module, functions in sorted(by_module.items(), key=lambda each: (-len(each[1]), each[0])):
        print(f"  {module}: {len(functions)}")
        for function in functions:
            print(f"    {calls[function] / len(every):6.1f}  {function.line}: {function.name}")


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--only", help="a workload's name")
    parser.add_argument("--list", choices=["client", "server"], help="print where the functions of an end are")
    parser.add_argument("--seen", action="store_true", help="of those only what ran before the user saw something")
    arguments = parser.parse_args()
    heads = ("client", "calls", "seen", "server", "calls", "seen")
    print(f"{'functions':<14}" + "".join(f"{head:>9}" for head in heads))
    for name, run in workloads(arguments.rounds).items():
        if arguments.only in (None, name):
            rounds = run()
            print_round(name, rounds)
            if arguments.list:
                print_functions(name, rounds, arguments.list, seen=arguments.seen)


if __name__ == "__main__":
    main()
