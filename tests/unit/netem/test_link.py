"""The link model obeys its own words, in virtual time."""

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh_netem.errors import ImpossibleLink
from rmosh_netem.link import UDP_HEADERS, Arrival, Bursts, Link, LinkModel

SEEDS = [1, 2, 3]

models = st.builds(
    LinkModel,
    delay=st.floats(0, 2),
    jitter=st.floats(0, 1),
    reorder=st.booleans(),
    loss=st.floats(0, 1),
    bursts=st.none() | st.builds(Bursts, good=st.floats(0.001, 9), bad=st.floats(0.001, 9)),
    duplicate=st.floats(0, 1),
    duplicate_spread=st.floats(0, 3),
    corrupt=st.floats(0, 1),
    rate=st.none() | st.floats(1e3, 1e9),
    queue=st.integers(1, 100_000),
    mtu=st.none() | st.integers(1, 9000),
)
traffic = st.lists(st.tuples(st.floats(0, 0.5), st.binary(max_size=64)), max_size=40)


def sent_at(gaps_and_data: list[tuple[float, bytes]]) -> Iterator[tuple[float, bytes]]:
    now = 0.0
    for gap, data in gaps_and_data:
        now += gap
        yield now, data


def run(link: Link, gaps_and_data: list[tuple[float, bytes]]) -> list[list[Arrival]]:
    return [link.send(data, now=now) for now, data in sent_at(gaps_and_data)]


def steady(link: Link, *, count: int, gap: float, size: int = 100) -> list[Arrival]:
    """Send `count` datagrams `gap` seconds apart; return all arrivals."""
    return [arrival for number in range(count) for arrival in link.send(bytes(size), now=number * gap)]


def test_perfect_link_delivers_at_once() -> None:
    assert Link(LinkModel(), seed=0).send(b"x", now=5.0) == [Arrival(5.0, b"x")]


@given(models, traffic, st.integers())
def test_same_seed_gives_the_same_fates(model: LinkModel, datagrams: list[tuple[float, bytes]], seed: int) -> None:
    assert run(Link(model, seed), datagrams) == run(Link(model, seed), datagrams)


@given(models, traffic, st.integers())
def test_nothing_arrives_before_the_delay_or_more_than_twice(
    model: LinkModel, datagrams: list[tuple[float, bytes]], seed: int
) -> None:
    link = Link(model, seed)
    for now, data in sent_at(datagrams):
        arrivals = link.send(data, now=now)
        assert len(arrivals) <= 2
        assert all(arrival.time >= now + model.delay for arrival in arrivals)
        assert all(len(arrival.data) == len(data) for arrival in arrivals)


@given(models, traffic, st.integers())
def test_every_datagram_is_counted_once(model: LinkModel, datagrams: list[tuple[float, bytes]], seed: int) -> None:
    link = Link(model, seed)
    run(link, datagrams)
    seen = link.counters
    dropped = seen.lost + seen.dropped_by_queue + seen.dropped_by_mtu + seen.dropped_by_blackout
    assert seen.sent == len(datagrams) == seen.arrived - seen.duplicated + dropped


@given(models, traffic, st.integers())
def test_order_is_kept_unless_reordering_is_asked(
    model: LinkModel, datagrams: list[tuple[float, bytes]], seed: int
) -> None:
    model = replace(model, reorder=False, duplicate=0.0)
    times = [arrival.time for arrivals in run(Link(model, seed), datagrams) for arrival in arrivals]
    assert times == sorted(times)


@pytest.mark.parametrize("seed", SEEDS)
def test_reordering_happens_when_asked(seed: int) -> None:
    arrivals = steady(Link(LinkModel(jitter=0.1, reorder=True), seed), count=500, gap=0.01)
    times = [arrival.time for arrival in arrivals]
    overtaken = sum(later < earlier for earlier, later in itertools.pairwise(times))
    assert overtaken > 100


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("loss", [0.01, 0.05, 0.29, 0.5])
def test_loss_stays_within_the_binomial_interval(seed: int, loss: float) -> None:
    count = 20_000
    link = Link(LinkModel(loss=loss), seed)
    steady(link, count=count, gap=0.001)
    deviation = (count * loss * (1 - loss)) ** 0.5
    assert abs(link.counters.lost - count * loss) < 3.3 * deviation


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_bursts_lose_their_mean_share_in_runs(seed: int) -> None:
    link = Link(LinkModel(bursts=Bursts(good=0.9, bad=0.1)), seed)
    fates = [bool(link.send(b"x", now=number * 0.01)) for number in range(100_000)]
    lost = fates.count(False)
    runs = sum(before and not after for before, after in itertools.pairwise(fates))
    assert 0.08 < lost / len(fates) < 0.12
    assert 8 < lost / runs < 13  # a bad spell lasts ten datagrams on average


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_sparse_traffic_meets_the_same_outages_as_dense_traffic(seed: int) -> None:
    model = LinkModel(bursts=Bursts(good=2.0, bad=0.5))
    dense, sparse = Link(model, seed), Link(replace(model, loss=0.0), seed)
    dense_share = sum(not dense.send(b"x", now=number * 0.002) for number in range(100_000)) / 100_000
    sparse_share = sum(not sparse.send(b"x", now=number * 0.7) for number in range(20_000)) / 20_000
    assert dense_share == pytest.approx(0.2, abs=0.06)
    assert sparse_share == pytest.approx(0.2, abs=0.02)


def test_a_long_silence_does_not_stall_the_burst_chain() -> None:
    link = Link(LinkModel(bursts=Bursts(good=0.001, bad=0.001)), seed=1)
    link.send(b"x", now=0.0)
    link.send(b"x", now=1e9)
    assert link.counters.sent == 2


def test_changing_the_jitter_leaves_the_losses_as_they_were() -> None:
    def losses(model: LinkModel) -> list[bool]:
        link = Link(model, seed=7)
        return [bool(link.send(b"x", now=number * 0.01)) for number in range(1000)]

    assert losses(LinkModel(loss=0.3)) == losses(LinkModel(loss=0.3, jitter=0.1, duplicate=0.5))


def test_rate_is_exact() -> None:
    rate, size = 64_000, 500
    link = Link(LinkModel(rate=rate, queue=10**6), seed=0)
    arrivals = [arrival for _ in range(100) for arrival in link.send(bytes(size), now=0.0)]
    wire_bits = 100 * (size + UDP_HEADERS) * 8
    assert arrivals[-1].time == pytest.approx(wire_bits / rate, rel=1e-9)


def test_an_idle_bottleneck_saves_up_nothing() -> None:
    link = Link(LinkModel(rate=8_000, queue=10**6), seed=0, headers=0)
    link.send(bytes(1000), now=0.0)
    assert link.send(bytes(1000), now=100.0)[0].time == pytest.approx(101.0)


@given(st.integers(1000, 50_000), st.lists(st.integers(0, 1400), min_size=1, max_size=200))
def test_the_queue_never_holds_more_than_it_may(queue: int, sizes: list[int]) -> None:
    link = Link(LinkModel(rate=64_000, queue=queue), seed=0)
    for number, size in enumerate(sizes):
        now = number * 0.01
        link.send(bytes(size), now=now)
        assert link.queued_bytes(now=now) <= queue


def test_a_full_queue_drops_the_newest() -> None:
    link = Link(LinkModel(rate=8_000, queue=1000), seed=0, headers=0)
    assert link.send(bytes(600), now=0.0)
    assert link.send(bytes(600), now=0.0) == []
    assert link.counters.dropped_by_queue == 1
    assert link.send(bytes(600), now=0.61)


def test_packets_over_the_mtu_vanish() -> None:
    link = Link(LinkModel(mtu=600), seed=0)
    assert link.send(bytes(600 - UDP_HEADERS), now=0.0)
    assert link.send(bytes(600 - UDP_HEADERS + 1), now=0.0) == []
    assert link.counters.dropped_by_mtu == 1


def test_a_blackout_swallows_what_leaves_meanwhile_and_not_what_is_under_way() -> None:
    link = Link(LinkModel(delay=0.5), seed=0)
    link.black_out(start=1.0, end=2.0)
    arrived = [bool(link.send(b"x", now=now)) for now in (0.9, 1.0, 1.9, 2.0)]
    assert arrived == [True, False, False, True]


def test_a_blackout_holds_a_stream_and_swallows_the_datagrams_beside_it() -> None:
    link = Link(LinkModel(delay=0.5), seed=0)
    link.black_out(start=1.0, end=2.0)
    assert link.send_stream(b"x", now=1.5).time == 2.5
    assert link.send(b"x", now=1.6) == []


def test_a_stream_is_never_lost_nor_reordered() -> None:
    link = Link(LinkModel(loss=1.0, jitter=0.2, reorder=True, rate=1e6), seed=3)
    times = [link.send_stream(bytes(100), now=number * 0.001).time for number in range(300)]
    assert times == sorted(times)


def test_a_stream_and_datagrams_share_one_bottleneck() -> None:
    link = Link(LinkModel(rate=8_000), seed=0, headers=0)
    link.send_stream(bytes(1000), now=0.0)
    assert link.send(bytes(1000), now=0.0)[0].time == pytest.approx(2.0)


def test_corruption_flips_one_bit_of_a_copy() -> None:
    data = bytes(50)
    (arrival,) = Link(LinkModel(corrupt=1.0), seed=0).send(data, now=0.0)
    assert sum(byte.bit_count() for byte in arrival.data) == 1
    assert data == bytes(50)


def test_duplicates_come_up_to_their_spread_later() -> None:
    link = Link(LinkModel(delay=0.1, duplicate=1.0, duplicate_spread=2.0), seed=0)
    first, second = link.send(b"x", now=0.0)
    assert first.time == pytest.approx(0.1)
    assert 0.1 <= second.time <= 2.1


def test_a_changed_model_holds_for_what_is_sent_later() -> None:
    link = Link(LinkModel(delay=0.1), seed=0)
    (before,) = link.send(b"x", now=0.0)
    link.model = LinkModel(loss=1.0)
    assert before.time == pytest.approx(0.1)
    assert link.send(b"x", now=0.2) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"delay": -1.0},
        {"jitter": float("nan")},
        {"loss": 1.3},
        {"duplicate": -0.1},
        {"rate": 0.0},
        {"queue": 0},
        {"mtu": 0},
    ],
)
def test_impossible_models_are_refused_by_name(wrong: dict[str, float] | dict[str, int]) -> None:
    (name,) = wrong
    with pytest.raises(ImpossibleLink, match=name):
        LinkModel(**wrong)


@pytest.mark.parametrize("wrong", [{"good": 0.0}, {"bad": float("inf")}])
def test_impossible_bursts_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ImpossibleLink, match="spell"):
        Bursts(good=wrong.get("good", 1.0), bad=wrong.get("bad", 1.0))


def test_a_blackout_without_end_is_refused() -> None:
    with pytest.raises(ImpossibleLink, match="finite"):
        Link(LinkModel(), seed=0).black_out(start=0.0, end=float("inf"))
