"""Somebody else's download fills the queue, and only a drop-tail queue before a rate can be filled so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh_netem.errors import ImpossibleLink
from rmosh_netem.link import Link, LinkModel
from rmosh_netem.profiles import load_profiles

FULL = LinkModel(rate=8e6, queue=5_000_000, download=True)


def test_a_datagram_beside_a_download_waits_behind_most_of_the_queue() -> None:
    link = Link(FULL, seed=1)
    waits = [link.send(bytes(100), now=number * 0.2)[0].time - number * 0.2 for number in range(300)]
    assert 3.4 < min(waits) < 3.6  # the window after CUBIC has shrunk it to 0.7
    assert 4.9 < max(waits) < 5.01


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(1, 1500)), max_size=60))
def test_datagrams_beside_a_download_keep_their_order(datagrams: list[tuple[float, int]]) -> None:
    link, now, last = Link(FULL, seed=1), 0.0, 0.0
    for gap, size in datagrams:
        now += gap
        for arrival in link.send(bytes(size), now=now):
            assert arrival.time >= max(last, now)
            last = arrival.time


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [({"download": True}, "give a rate"), ({"download": True, "rate": 1e6, "codel": True}, "run a real one")],
)
def test_a_download_that_cannot_be_modelled_is_refused(
    settings: dict[str, bool | float] | dict[str, bool], complaint: str
) -> None:
    with pytest.raises(ImpossibleLink, match=complaint):
        LinkModel(**settings)


def test_the_lte_download_is_what_the_paper_met() -> None:
    assert load_profiles()["lte-download"].down.download
