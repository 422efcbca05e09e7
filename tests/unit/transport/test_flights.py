"""When the end of a flight was swallowed: what a policer does, and what chance and a dead spell do not."""

import random

import pytest

from rmosh.transport.flights import Flights, more_than_chance


class Path:
    """A path that loses some of what leaves at once."""

    def __init__(self) -> None:
        self.flights = Flights()
        self._number = 0

    def flight(self, lost: list[bool], *, now: float) -> None:
        numbers = range(self._number, self._number + len(lost))
        self._number += len(lost)
        for number in numbers:
            self.flights.sent(number, now)
        for number, is_lost in zip(numbers, lost, strict=True):
            (self.flights.lost if is_lost else self.flights.acknowledged)(number)


def test_a_policer_shows_in_the_first_flight() -> None:
    path = Path()
    path.flight([False] * 4 + [True] * 20, now=1.0)
    assert path.flights.lose_ends


@pytest.mark.parametrize("loss", [0.05, 0.29, 0.45])
def test_chance_takes_no_end_of_a_flight_for_swallowed(loss: float) -> None:
    found = 0
    for seed in range(100):
        chance, path = random.Random(seed), Path()
        for key in range(30):
            path.flight([chance.random() < loss], now=key / 10)
        for page in range(10):
            path.flight([chance.random() < loss for _ in range(24)], now=10.0 + page)
        found += path.flights.lose_ends
    assert found <= 2, "of 1000 flights"


def test_a_spell_that_takes_whole_flights_is_no_policer() -> None:
    path = Path()
    for second in range(5):
        path.flight([True] * 24, now=float(second))
    assert not path.flights.lose_ends


def test_keys_lost_one_after_another_are_no_flight() -> None:
    path = Path()
    for key in range(30):
        path.flight([True], now=key / 10)
    assert not path.flights.lose_ends


def test_what_was_sent_before_is_not_held_against_the_path_once_it_begins_again() -> None:
    path = Path()
    for number in range(24):
        path.flights.sent(number, 1.0)
    path.flights.begin_again()
    for number in range(1, 24):
        path.flights.lost(number)
    assert not path.flights.lose_ends


def test_what_was_given_up_shows_a_policer_once_a_later_answer_lacks_it() -> None:
    flights = Flights()
    for number in range(20):
        flights.sent(number, 1.0)
    flights.acknowledged(0)
    for number in range(1, 20):
        flights.given_up(number)
    assert not flights.lose_ends
    flights.sent(20, 2.0)
    flights.acknowledged(20)
    flights.answered(20)
    assert flights.lose_ends


def test_what_a_blackout_took_one_by_one_is_no_flight() -> None:
    flights = Flights()
    for number in range(1000):
        flights.sent(number, number / 10)
        if number >= 20:
            flights.given_up(number - 20)
    flights.acknowledged(999)
    flights.answered(999)
    assert not flights.lose_ends


def test_what_was_given_up_and_came_late_is_no_loss() -> None:
    flights = Flights()
    for number in range(20):
        flights.sent(number, 1.0)
        flights.given_up(number)
    for number in reversed(range(0, 20, 2)):
        flights.acknowledged(number)
    flights.answered(19)
    assert not flights.lose_ends


def test_the_more_is_lost_alone_the_more_in_a_row_is_chance() -> None:
    assert [more_than_chance(loss) for loss in (0.0, 0.29, 0.45, 0.7, 1.0)] == [8, 8, 12, 26, 26]
