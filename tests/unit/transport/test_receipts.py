"""Acknowledgements owed: when they leave, and what they tell."""

from hypothesis import given
from hypothesis import strategies as st

from rmosh.session.channels import FRAMES
from rmosh.transport.frames import MAX_FURTHER_RANGES
from rmosh.transport.policy import MAX_ACK_DELAY, RANGES_WORTH_FORGETTING
from rmosh.transport.receipts import Receipts


def receipts_of(*numbers: int, elicits_ack: bool = True, urgent: bool = False, now: float = 5.0) -> Receipts:
    receipts = Receipts()
    for number in numbers:
        receipts.received(number, elicits_ack=elicits_ack, urgent=urgent, now=now)
    return receipts


def test_an_acknowledgement_waits_a_moment_for_an_echo_to_ride_on() -> None:
    assert receipts_of(0).due_at() == 5.0 + MAX_ACK_DELAY
    assert receipts_of(0, urgent=True).due_at() == 5.0


def test_what_asks_for_no_acknowledgement_gets_none() -> None:
    receipts = receipts_of(0, elicits_ack=False)
    assert receipts.due_at() is None
    assert not receipts.owed


def test_once_told_nothing_is_owed_and_the_delay_counts_from_the_newest() -> None:
    receipts = receipts_of(1, 2, 5)
    acknowledgement = receipts.acknowledgement(now=5.004)
    assert acknowledgement.ranges == ((5, 6), (1, 3))
    assert 0.0039 < acknowledgement.delay < 0.0041
    assert receipts.due_at() is None


def test_many_holes_are_worth_telling_again_until_they_can_be_forgotten() -> None:
    receipts = receipts_of(*range(0, 4 * RANGES_WORTH_FORGETTING, 2))
    receipts.acknowledgement(now=5.0)
    assert not receipts.owed
    assert receipts.forgettable
    receipts.forget_below(receipts.largest)
    assert not receipts.forgettable


@given(st.lists(st.integers(0, (1 << 48) - 1), min_size=1, max_size=400))
def test_whatever_numbers_come_the_frame_is_valid_and_bounded(numbers: list[int]) -> None:
    acknowledgement = receipts_of(*numbers).acknowledgement(now=6.0)
    assert acknowledgement.largest == max(numbers)
    assert len(acknowledgement.ranges) <= 1 + MAX_FURTHER_RANGES
    assert len(FRAMES.encode(acknowledgement)) <= 600
