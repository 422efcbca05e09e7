"""Sessions in virtual time in which everything goes wrong at once: any link, roams, sleep, blackouts, and attackers.

Run: python tests/world/chaos.py [--sessions 10000] [--first-seed 0]

Each seed is one session: a random link each way and a few random deeds, while somebody on the path repeats, changes and
forges datagrams to both ends from addresses of his own. At the end what was typed must have been given to the program
exactly, the screens must be equal, and nothing may have grown. A seed that fails is printed; it fails alone as well.
"""

import random
import sys
import traceback

from rmosh.transport.path import Path as NetworkPath
from rmosh_netem.link import Bursts, LinkModel
from tests.world.seeds import run_seeds
from tests.world.test_any_link import assert_bounded, do
from tests.world.virtual_session import EchoingSession, make_virtual_session

#: Seconds of virtual time that a session may take to converge once it is left alone.
PATIENCE = 300.0

DEEDS = {
    "type": (1, 8),
    "paste": (300, 4000),
    "output": (1, 10),
    "repaint": (0, 0),
    "resize": (5, 40),
    "roam": (0, 0),
    "black out": (1, 8),
    "sleep": (1, 8),
    "stop reading": (0, 0),
    "read on": (0, 0),
}


class Attacker:
    """Somebody on the path: overhears every datagram, and sends copies, damaged copies and garbage to both ends."""

    def __init__(self, session: EchoingSession, chance: random.Random) -> None:
        self._session = session
        self._chance = chance
        self._overheard: list[tuple[bool, bytes]] = []
        self._interval = chance.choice((0.005, 0.05, 0.5))
        for link, upward in ((session.world.up, True), (session.world.down, False)):
            self._overhear(link, upward)
        self._attack()

    def _overhear(self, link: object, upward: bool) -> None:
        send = link.send  # type: ignore[attr-defined]  # a Link

        def overheard(data: bytes, *, now: float) -> object:
            self._overheard.append((upward, data))
            del self._overheard[:-50]
            return send(data, now=now)

        link.send = overheard  # type: ignore[attr-defined]  # a Link

    def _attack(self) -> None:
        world = self._session.world
        upward, data = self._datagram()
        source = NetworkPath(0, f"attacker-{self._chance.randrange(8)}", 666)
        core = self._session.server if upward else self._session.client
        if not (core is self._session.client and world.client_asleep):
            core.receive_datagram(data, source, now=world.now)
        world.at(world.now + self._interval, self._attack)

    def _datagram(self) -> tuple[bool, bytes]:
        chance = self._chance
        if not self._overheard or chance.random() < 0.3:
            return chance.random() < 0.5, chance.randbytes(chance.choice((0, 1, 31, 40, 1200)))
        upward, data = chance.choice(self._overheard)
        if chance.random() < 0.5:
            damaged = bytearray(data)
            damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
            data = bytes(damaged[: chance.randrange(1, len(damaged) + 1)] if chance.random() < 0.3 else damaged)
        return upward, data


def random_link(chance: random.Random) -> LinkModel:
    """Return any link, most of them bad."""
    return LinkModel(
        delay=chance.choice((0.0005, 0.02, 0.1, 0.3)),
        jitter=chance.choice((0.0, 0.0, 0.01, 0.2)),
        reorder=chance.random() < 0.5,
        loss=chance.choice((0.0, 0.02, 0.1, 0.29, 0.5)),
        bursts=chance.choice((None, None, Bursts(good=1.0, bad=0.3))),
        duplicate=chance.choice((0.0, 0.3)),
        duplicate_spread=chance.choice((0.0, 2.0)),
        corrupt=chance.choice((0.0, 0.0, 0.1)),
        rate=chance.choice((None, None, None, 64_000.0, 1_000_000.0)),
        mtu=chance.choice((None, None, None, 600, 1000)),
    )


def run_session(seed: int) -> str:
    """Run one session; return what went wrong, "" where nothing did."""
    chance = random.Random(seed)
    try:
        session = make_virtual_session(random_link(chance), down=random_link(chance), seed=seed)
        Attacker(session, chance)
        for _ in range(chance.randint(2, 7)):
            deed = chance.choice(list(DEEDS))
            do(session, deed, chance.randint(*DEEDS[deed]), chance)
            session.world.run(chance.uniform(0, 1.5))
            assert_bounded(session)
        session.read_on()
        assert session.world.run_until(session.converged, limit=PATIENCE), "it does not converge"
        assert session.given == session.typed, "other input than was typed"
        assert_bounded(session)
    except Exception:
        return f"seed {seed}\n{traceback.format_exc(limit=-3)}"
    return ""


if __name__ == "__main__":
    sys.exit(run_seeds(__doc__, "sessions", run_session))
