"""Streams in virtual time in which everything goes wrong at once: any link, roams, sleep, blackouts, resets.

Run: python tests/world/stream_chaos.py [--seeds 10000] [--first-seed 0]

Each seed is one tunnel: a random link each way and a few random deeds, while both ends open streams, write in pieces of
any size, read slowly or not for a while, finish or give up. At the end each byte must have come once and in order, up
to where a stream was given up, and nothing may be left of any of them. A seed that fails is printed; it fails alone as
well.
"""

import random
import sys
import traceback
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from rmosh.channels.streams.stream import Stream
from rmosh.channels.streams.streams import Streams
from rmosh.errors import TooManyStreams
from rmosh.transport.path import Datagram
from rmosh_netem.link import Bursts, LinkModel
from tests.world.seeds import run_seeds
from tests.world.virtual_tunnel import VirtualTunnel, make_virtual_tunnel

#: Seconds of virtual time until all streams must be over once nothing goes wrong any more but the link.
PATIENCE = 900.0

#: Windows and buffers that what is said here fills, and how many streams may be open: the real ones are hardly felt.
NARROW = {
    "rmosh.channels.streams.outgoing.FIRST_WINDOW": 4096,
    "rmosh.channels.streams.incoming.FIRST_WINDOW": 4096,
    "rmosh.channels.streams.incoming.LARGEST_WINDOW": 20_000,
    "rmosh.channels.streams.credit.WINDOW_IN_ALL": 16_384,
    "rmosh.channels.streams.streams.WINDOW_IN_ALL": 16_384,
    "rmosh.channels.streams.credit.SEND_BUFFER_IN_ALL": 30_000,
    "rmosh.channels.streams.streams.LEAST_SEND_BUFFER": 3000,
    "rmosh.channels.streams.streams.LARGEST_SEND_BUFFER": 12_000,
    "rmosh.channels.streams.streams.MOST_STREAMS": 12,
}

#: Bytes of what is said on streams; what each way says is cut out of it.
SAYINGS = random.Random(0).randbytes(1 << 18)


@dataclass
class Conversation:
    """What one end does with one stream."""

    stream: Stream
    saying: bytes
    chance: random.Random
    gives_up_after: int | None
    said: int = 0
    heard: bytearray = field(default_factory=bytearray)
    reads_on_at: float = 0.0
    gave_up: bool = False

    def turn(self, now: float) -> None:
        """Read and write as far as it likes to."""
        if self.gave_up or self.stream.is_over:
            return
        if self.stream.was_reset is not None:
            self.gave_up = True
            self.stream.reset(1, "as you say")
            return
        if now >= self.reads_on_at:
            self.heard += self.stream.read(self.chance.choice((1, 700, 65536)))
            if self.chance.random() < 0.02:
                self.reads_on_at = now + self.chance.uniform(0, 4)
        self._say()
        if self.gives_up_after is not None and self.said + len(self.heard) >= self.gives_up_after:
            self.gave_up = True
            self.stream.reset(7, "enough")

    def _say(self) -> None:
        while self.said < len(self.saying):
            most = self.chance.choice((1, 300, 5000, 100_000))
            taken = self.stream.write(self.saying[self.said : self.said + most])
            self.said += taken
            if not taken:
                return
        self.stream.finish()

    def wakeup(self, now: float) -> float | None:
        """Return when it has something to do by itself."""
        if self.gave_up or not self.stream.readable:
            return None
        return max(now + 0.001, self.reads_on_at)


class User:
    """One end's user, and the core as the world sees it: a turn between receiving and sending."""

    def __init__(self, core: Any, streams: Callable[[], Streams], chance: random.Random) -> None:
        self._core = core
        self._streams = streams
        self._chance = chance
        self._busy: dict[Stream, Conversation] = {}
        self.conversations: dict[int, Conversation] = {}

    def open(self) -> None:
        """Begin a conversation, unless there are too many."""
        with suppress(TooManyStreams):
            self._begin(self._streams().open())

    def _begin(self, stream: Stream) -> None:
        chance = self._chance
        size = int(chance.choice((0, 1, 2000, 60_000)) * chance.random())
        start = chance.randrange(len(SAYINGS) - size)
        gives_up_after = chance.randrange(1, 2 + 2 * size) if chance.random() < 0.15 else None
        self.conversations[stream.number] = Conversation(
            stream, SAYINGS[start : start + size], random.Random(chance.random()), gives_up_after
        )
        self._busy[stream] = self.conversations[stream.number]

    def datagrams_to_send(self, *, now: float) -> list[Datagram]:
        """Take a turn, then let the core speak."""
        streams = self._streams()
        for stream in streams.opened():
            self._begin(stream)
        for stream in streams.changed():
            self._busy[stream] = self.conversations[stream.number]
        for stream, conversation in list(self._busy.items()):
            conversation.turn(now)
            if conversation.wakeup(now) is None:
                del self._busy[stream]
        return self._core.datagrams_to_send(now=now)  # type: ignore[no-any-return]

    def next_wakeup(self, *, now: float) -> float | None:
        """Return when either has something to do."""
        moments = [self._core.next_wakeup(now=now)]
        moments += [conversation.wakeup(now) for conversation in self._busy.values()]
        return min((moment for moment in moments if moment is not None), default=None)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._core, name)


def random_link(chance: random.Random) -> LinkModel:
    """Return any link that is fast enough for what is said."""
    return LinkModel(
        delay=chance.choice((0.0005, 0.02, 0.1, 0.3)),
        jitter=chance.choice((0.0, 0.0, 0.01, 0.2)),
        reorder=chance.random() < 0.5,
        loss=chance.choice((0.0, 0.02, 0.1, 0.29)),
        bursts=chance.choice((None, None, Bursts(good=1.0, bad=0.3))),
        duplicate=chance.choice((0.0, 0.3)),
        duplicate_spread=chance.choice((0.0, 2.0)),
        corrupt=chance.choice((0.0, 0.0, 0.1)),
        rate=chance.choice((None, None, 1_000_000.0)),
        mtu=chance.choice((None, None, None, 600, 1000)),
    )


class Chaos:
    """One tunnel, its two users, and what happens to them."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.tunnel: VirtualTunnel = make_virtual_tunnel(
            random_link(self.chance), down=random_link(self.chance), seed=seed
        )
        world, self.server = self.tunnel.world, self.tunnel.server
        at_server = next(iter(self.server.streams()))[1]
        self.streams = (self.tunnel.client.streams, at_server)
        self.users = (
            User(world.client, lambda: self.streams[0], random.Random(seed + 1)),
            User(world.server, lambda: self.streams[1], random.Random(seed + 2)),
        )
        world.client, world.server = self.users

    def run(self) -> None:
        """Let things happen, then wait until all is over, and look."""
        world = self.tunnel.world
        for _ in range(self.chance.randint(2, 8)):
            self._do(self.chance.choice(("open", "open", "open", "roam", "black out", "sleep", "open many")))
            world.run(self.chance.uniform(0, 1.5))
        if not world.run_until(lambda: not any(map(len, self.streams)), limit=PATIENCE):
            raise AssertionError(f"they do not end: {[each._streams for each in self.streams]}")
        world.run(60.0)
        self._look()

    def _do(self, deed: str) -> None:
        world, seconds = self.tunnel.world, self.chance.uniform(0.1, 12.0)
        if deed == "open" or (deed == "open many" and self.tunnel.client.was_heard):
            for _ in range(1 if deed == "open" else self.chance.randrange(40)):
                self.chance.choice(self.users).open()
        elif deed == "roam":
            world.roam()
        elif deed == "black out":
            world.black_out(seconds)
        elif deed == "sleep" and not world.client_asleep:
            world.sleep_client(seconds, on_wake=lambda: self.tunnel.client.woke_up(now=world.now))

    def _look(self) -> None:
        """Hold what was heard against what was said, and see that nothing is left."""
        here, there = self.users
        numbers = here.conversations.keys() | there.conversations.keys()
        for number in numbers:
            for teller, listener in ((here, there), (there, here)):
                self._compare(teller.conversations.get(number), listener.conversations.get(number))
        for streams in self.streams:
            assert_nothing_is_left(streams)
        assert not self.tunnel.server.dropped["Malformed"]
        assert not self.tunnel.client._endpoint.dropped["Malformed"]

    @staticmethod
    def _compare(teller: Conversation | None, listener: Conversation | None) -> None:
        if teller is None or listener is None:  # one that was given up before the other end heard of it
            told = teller or listener
            assert told is not None and told.gave_up
            return
        heard = bytes(listener.heard)
        assert teller.saying.startswith(heard), "other bytes than were said"
        if not teller.gave_up and not listener.gave_up:
            assert heard == teller.saying, "not all that was said"


def assert_nothing_is_left(streams: Streams) -> None:
    """Fail where something of streams that are over is still kept, or counted."""
    sender, receiving = streams.sender, streams._receiving
    assert not (sender._turns.speaker or sender._unsettled or sender._limits_owed or sender._resets_owed)
    assert (streams._sending.kept, receiving.pieces) == (0, 0)
    assert receiving._received == receiving._read
    assert not streams._news


def run_seed(seed: int) -> str:
    """Run one tunnel; return what went wrong, "" where nothing did."""
    try:
        with ExitStack() as narrowed:
            for name, value in NARROW.items() if seed % 2 else ():
                narrowed.enter_context(patch(name, value))
            Chaos(seed).run()
    except Exception:
        return f"seed {seed}\n{traceback.format_exc(limit=-3)}"
    return ""


if __name__ == "__main__":
    sys.exit(run_seeds(__doc__, "tunnels", run_seed))
