"""The loss estimate, and how many copies and symbols it calls for."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.transport.loss import LossEstimator, copies_for, symbols_for
from rmosh.transport.policy import MAX_COPIES


@pytest.mark.parametrize("loss", [0.0, 0.05, 0.29, 0.5])
def test_the_estimate_comes_near_the_truth(loss: float) -> None:
    estimator, chance = LossEstimator(), random.Random(1)
    for _ in range(2000):
        (estimator.lost if chance.random() < loss else estimator.acknowledged)()
    assert loss - 0.02 <= estimator.rate <= loss + 0.12


@given(st.lists(st.sampled_from(["lost", "acknowledged", "late"]), max_size=300))
def test_the_estimate_is_a_share_whatever_happens(fates: list[str]) -> None:
    estimator = LossEstimator()
    for fate in fates:
        getattr(estimator, fate)()
    assert 0 <= estimator.rate <= 1


def test_one_early_loss_does_not_look_like_a_broken_path() -> None:
    estimator = LossEstimator()
    estimator.lost()
    assert estimator.rate < 0.3


def test_reordering_taken_for_loss_is_taken_back() -> None:
    estimator, undisturbed = LossEstimator(), LossEstimator()
    estimator.lost()
    estimator.late()
    undisturbed.acknowledged()
    assert estimator.rate == pytest.approx(undisturbed.rate, abs=0.001)


def test_a_path_of_which_nothing_is_known_gets_two_copies_and_a_clean_one_soon_none() -> None:
    estimator = LossEstimator()
    assert copies_for(estimator.rate) == 2
    for _ in range(9):
        estimator.acknowledged()
    assert copies_for(estimator.rate) == 1


def test_a_clean_path_gets_no_copies_and_a_lossy_one_enough_for_99_percent() -> None:
    assert copies_for(0.0) == copies_for(0.02) == 1
    assert copies_for(0.05) == 2
    assert copies_for(0.29) == 4
    assert copies_for(1.0) == MAX_COPIES


@given(st.floats(0, 1))
def test_copies_are_bounded_at_any_loss(loss: float) -> None:
    assert 1 <= copies_for(loss) <= MAX_COPIES


@given(needed=st.integers(1, 32), loss=st.floats(0, 1))
def test_symbols_are_enough_but_at_most_three_times_what_is_needed(needed: int, loss: float) -> None:
    assert needed <= symbols_for(needed, loss=loss) <= 3 * needed


def test_a_repaint_at_29_percent_loss_arrives_in_one_flight_in_99_of_100_cases() -> None:
    chance, count = random.Random(2), symbols_for(8, loss=0.29)
    arrived = [sum(chance.random() >= 0.29 for _ in range(count)) >= 8 for _ in range(2000)]
    assert sum(arrived) >= 0.985 * len(arrived)
