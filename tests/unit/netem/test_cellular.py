"""A cellular trace delivers at its moments, 1500 bytes each, in a loop."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh_netem.cellular import BYTES_EACH, Deliveries, Opportunities, parse_opportunities
from rmosh_netem.errors import BadProfile, ImpossibleLink
from rmosh_netem.link import Link, LinkModel
from rmosh_netem.settings import with_settings

moments = st.lists(st.integers(0, 5000), min_size=1, max_size=50).map(sorted).filter(lambda found: found[-1] > 0)
traces = moments.map(lambda found: Opportunities("made up", tuple(found)))


def test_each_moment_delivers_1500_bytes_and_the_unused_rest_is_gone() -> None:
    deliveries = Deliveries(Opportunities("x", (10, 20, 20, 50)))
    assert deliveries.deliver(1000, time=0.0) == 0.010
    assert deliveries.deliver(500, time=0.0) == 0.010
    assert deliveries.deliver(3000, time=0.0) == 0.020
    assert deliveries.deliver(1, time=0.021) == 0.050


def test_a_trace_begins_again_after_its_last_moment() -> None:
    deliveries = Deliveries(Opportunities("x", (10, 50)))
    assert [deliveries.deliver(1500, time=0.0) for _ in range(4)] == [0.010, 0.050, 0.060, 0.100]
    assert deliveries.deliver(1500, time=1.0) == pytest.approx(1.0)


def test_a_datagram_may_need_several_moments() -> None:
    assert Deliveries(Opportunities("x", (1, 2, 3, 4))).deliver(4501, time=0.0) == 0.004


@given(traces, st.lists(st.tuples(st.floats(0, 2), st.integers(1, 4000)), max_size=60))
def test_no_moment_delivers_too_much_or_too_early_and_order_is_kept(
    trace: Opportunities, datagrams: list[tuple[float, int]]
) -> None:
    deliveries, now, last = Deliveries(trace), 0.0, 0.0
    by_moment: dict[float, int] = {}
    for gap, size in datagrams:
        now += gap
        departure = deliveries.deliver(size, time=now)
        assert departure >= now - 1e-9
        assert departure >= last
        last = departure
        by_moment[departure] = by_moment.get(departure, 0) + 1
    length = trace.moments_ms[-1] / 1000
    loops = last // length + 2
    assert sum(size for _, size in datagrams) <= loops * len(trace.moments_ms) * BYTES_EACH


@given(traces, st.floats(0, 1000))
def test_the_first_moment_is_not_before_the_time_and_the_one_before_is(trace: Opportunities, time: float) -> None:
    number = trace.first_at_or_after(time)
    assert trace.time_of(number) >= time
    assert number == 0 or trace.time_of(number - 1) < time


def test_a_link_with_a_trace_has_a_queue(tmp_path: Path) -> None:
    (tmp_path / "lte").write_text("100\n200\n")
    model = with_settings(LinkModel(delay=0.01, queue=3000), [f"cellular={tmp_path / 'lte'}"])
    link = Link(model, seed=1, headers=0, begin=5.0)
    found = [link.send(bytes(1500), now=5.0) for _ in range(3)]
    assert [arrivals[0].time for arrivals in found[:2]] == pytest.approx([5.11, 5.21])
    assert found[2] == []
    assert link.counters.dropped_by_queue == 1


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("1\n2\nthree\n", r"line 3 of x: 'three' is not whole milliseconds"),
        ("-5\n", r"line 1 of x: '-5' is not whole"),
        ("5\n4\n", r"the moments of x do not rise: sort them"),
        ("", r"x delivers nothing after 0 ms"),
        ("0\n0\n", r"x delivers nothing after 0 ms"),
    ],
)
def test_a_wrong_trace_is_refused_with_what_to_do(text: str, complaint: str) -> None:
    with pytest.raises(BadProfile, match=complaint):
        parse_opportunities(text, where="x")


@given(st.text(max_size=100))
def test_any_text_is_a_trace_or_one_line_that_says_what_is_wrong(text: str) -> None:
    try:
        assert parse_opportunities(text, where="x").mean_rate > 0
    except BadProfile as error:
        assert "\n" not in str(error)


def test_a_link_has_one_bottleneck() -> None:
    with pytest.raises(ImpossibleLink, match="a rate or a cellular trace, not both"):
        LinkModel(rate=1e6, cellular=Opportunities("x", (1,)))
