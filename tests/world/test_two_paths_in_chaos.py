"""A stream and UDP cut, stalled, closed, roaming, asleep at random: nothing is lost, doubled or talked for."""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from rmosh.transport.path import Path
from rmosh_netem.link import LinkModel
from tests.world.stream_beside_udp import TwoPaths, make_two_paths
from tests.world.virtual_session import colourful_page


def any_link(chance: random.Random) -> LinkModel:
    return LinkModel(
        delay=chance.choice([0.0005, 0.02, 0.05, 0.15, 0.3]),
        jitter=chance.choice([0.0, 0.0, 0.03]),
        loss=chance.choice([0.0, 0.0, 0.05, 0.29]),
        rate=chance.choice([None, None, 64_000, 1_000_000]),
        mtu=chance.choice([None, None, 900, 400]),
    )


class Chaos:
    """What can happen to both paths."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        udp, self._stream_link = any_link(self.chance), replace(any_link(self.chance), mtu=None)
        blocked = self.chance.random() < 0.4
        self.paths: TwoPaths = make_two_paths(udp, self._stream_link, seed=seed, blocked=blocked)
        self.paths.session.world.run(2)
        self._streams = 0

    def happen(self) -> None:
        """Let one thing happen, and type meanwhile."""
        world = self.paths.session.world
        self.chance.choice(self._happenings)()
        for _ in range(self.chance.randrange(6)):
            self.paths.session.type(bytes([self.chance.randrange(97, 123)]))
            world.run(self.chance.uniform(0.05, 0.4))
        if self.chance.random() < 0.3:
            world.run(self.chance.uniform(0, 10))

    @property
    def _happenings(self) -> list[Callable[[], None]]:
        paths, session = self.paths, self.paths.session
        return [
            lambda: paths.cut_udp(up=self.chance.random() < 0.7, down=self.chance.random() < 0.7),
            paths.restore_udp,
            lambda: paths.stream.stall(now=paths.now, seconds=self.chance.uniform(0, 8)),
            self._another_stream,
            session.world.roam,
            lambda: session.client.network_changed(now=paths.now),
            lambda: session.world.sleep_client(
                self.chance.uniform(1, 100), on_wake=lambda: session.client.woke_up(now=paths.now)
            ),
            lambda: session.output(colourful_page(self.chance, rows=24, columns=80)),
            lambda: session.output(b"".join(b"line %d\r\n" % number for number in range(200))),
            lambda: session.type(bytes(self.chance.randrange(97, 123) for _ in range(5000))),
            lambda: None,
        ]

    def _another_stream(self) -> None:
        paths, world = self.paths, self.paths.session.world
        paths.close_stream()
        world.run(self.chance.uniform(0, 3))
        self._streams += 1
        paths.at_client, paths.at_server = Path.stream(200 + self._streams), Path.stream(20 + self._streams)
        paths.stream = world.open_stream(
            up=self._stream_link,
            down=self._stream_link,
            seed=self._streams,
            client_path=paths.at_client,
            server_path=paths.at_server,
        )
        paths.session.client.add_path(paths.at_client, now=world.now)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [*range(6), 54])
def test_every_key_arrives_once_and_the_screen_ends_equal_whatever_happens_to_both_paths(seed: int) -> None:
    chaos = Chaos(seed)
    for _ in range(30):
        chaos.happen()
    session, world = chaos.paths.session, chaos.paths.session.world
    chaos.paths.restore_udp()
    assert world.run_until(session.converged, limit=400)
    print("switches", chaos.paths.switches)
    assert max(chaos.paths.switches) <= 40
    world.run(200)
    before = world.up.counters.bytes_sent
    world.run(60)
    assert world.up.counters.bytes_sent - before < 6000, "at 29 % loss over UDP alone it is 3200"
    assert not session.client._endpoint.stalls and not session.attachment._endpoint.stalls
