"""Quantities are read as people write them, and refused with the remedy."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh_netem.errors import BadQuantity
from rmosh_netem.quantities import parse_bytes, parse_rate, parse_seconds, parse_share, parse_truth

PARSERS = [parse_seconds, parse_share, parse_rate, parse_bytes]


@pytest.mark.parametrize(
    ("text", "seconds"), [("150ms", 0.15), ("2s", 2.0), ("500us", 0.0005), ("1.5 min", 90.0), ("0", 0.0)]
)
def test_times_are_read_into_seconds(text: str, seconds: float) -> None:
    assert parse_seconds(text) == seconds


@pytest.mark.parametrize(("text", "share"), [("5%", 0.05), ("29 %", 0.29), ("100%", 1.0), ("0", 0.0)])
def test_shares_are_read_into_numbers_up_to_one(text: str, share: float) -> None:
    assert parse_share(text) == pytest.approx(share)


@pytest.mark.parametrize(("text", "rate"), [("64kbit", 64e3), ("10Mbit/s", 10e6), ("9.6kbit", 9600.0)])
def test_rates_are_read_into_bits_per_second(text: str, rate: float) -> None:
    assert parse_rate(text) == pytest.approx(rate)


@pytest.mark.parametrize(("text", "count"), [("1500", 1500), ("64KiB", 65536), ("5000kB", 5_000_000)])
def test_sizes_are_read_into_bytes(text: str, count: int) -> None:
    assert parse_bytes(text) == count


@pytest.mark.parametrize(("text", "truth"), [("yes", True), ("True", True), ("no", False), ("false", False)])
def test_truths_are_read(text: str, truth: bool) -> None:
    assert parse_truth(text) is truth


@pytest.mark.parametrize("text", ["150", "fast", "", "-5ms", "1e3ms", "5 %%", "٣ms"])
def test_a_wrong_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadQuantity, match="150ms"):
        parse_seconds(text)


@pytest.mark.parametrize(
    ("parse", "text", "remedy"),
    [
        (parse_share, "130%", "100%"),
        (parse_share, "30", "5%"),
        (parse_share, "1", "such as 5%"),
        (parse_share, "0.5", "such as 5%"),
        (parse_rate, "0kbit", "blackout"),
        (parse_rate, "64", "64kbit"),
        (parse_bytes, "many", "64KiB"),
        (parse_truth, "maybe", "yes nor no"),
    ],
)
def test_wrong_quantities_are_refused_with_the_remedy(parse: Callable[..., object], text: str, remedy: str) -> None:
    with pytest.raises(BadQuantity, match=remedy):
        parse(text)


@given(st.text() | st.from_regex(r"[0-9.]{1,400}(ms|%|kbit|KiB)", fullmatch=True))
def test_any_text_gives_a_finite_value_or_bad_quantity(text: str) -> None:
    for parse in PARSERS:
        try:
            assert math.isfinite(parse(text))
        except BadQuantity as error:
            assert str(error)
