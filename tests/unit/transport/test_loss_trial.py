"""Loss that is the path's habit, and loss that comes of sending too much."""

import random

import pytest

from rmosh.transport.loss_trial import LossTrial
from rmosh.transport.policy import TRIAL_PACKETS


def packets(trial: LossTrial, count: int, *, loss: float, chance: random.Random) -> None:
    for number in range(count):
        if chance.random() < loss:
            trial.lost(number)
        else:
            trial.arrived(number)


@pytest.mark.parametrize("loss", [0.0, 0.01, 0.05, 0.29])
def test_a_path_that_loses_whatever_is_sent_keeps_its_rate(loss: float) -> None:
    chance, trial = random.Random(1), LossTrial()
    verdicts, slower = [], 0
    for _ in range(200):
        packets(trial, TRIAL_PACKETS, loss=loss, chance=chance)
        verdicts.append(trial.verdict())
        slower += trial.slower < 1
    assert sum(verdict is not None for verdict in verdicts) <= 5  # chance, of 20,000 packets
    assert slower < 20
    assert trial.usual == pytest.approx(loss, abs=0.05)


def test_a_policer_is_found_by_sending_less() -> None:
    chance, trial = random.Random(1), LossTrial()
    packets(trial, TRIAL_PACKETS, loss=0.0, chance=chance)
    assert (trial.verdict(), trial.slower) == (None, 1.0)
    packets(trial, TRIAL_PACKETS, loss=0.4, chance=chance)
    assert trial.verdict() is None
    assert trial.slower < 0.6
    packets(trial, TRIAL_PACKETS, loss=0.0, chance=chance)
    assert trial.verdict() == pytest.approx(0.6, abs=0.15)
    assert trial.slower == 1.0


def test_what_went_at_the_rate_before_does_not_count() -> None:
    trial = LossTrial()
    trial.counts_from(1000)
    for number in range(1000):
        trial.lost(number)
    assert (trial.verdict(), trial.slower) == (None, 1.0)


def test_what_was_only_late_is_no_loss() -> None:
    trial = LossTrial()
    for number in range(TRIAL_PACKETS):
        trial.lost(number)
        trial.late()
    assert (trial.verdict(), trial.slower, trial.usual) == (None, 1.0, 0.0)
