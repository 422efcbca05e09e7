"""Acknowledgements owed: when they leave, and what they tell."""

from hypothesis import given
from hypothesis import strategies as st

from rmosh.session.channels import FRAMES
from rmosh.transport.frames import MAX_FURTHER_RANGES
from rmosh.transport.policy import ACKNOWLEDGED_AGAIN, COPY_GAP, MAX_ACK_DELAY, MOST_UNTOLD, RANGES_WORTH_FORGETTING
from rmosh.transport.receipts import Receipts


def receipts_of(*numbers: int, elicits_ack: bool = True, patience: float = MAX_ACK_DELAY, now: float = 5.0) -> Receipts:
    receipts = Receipts()
    for number in numbers:
        receipts.received(number, elicits_ack=elicits_ack, patience=patience, received_at=now)
    return receipts


def test_an_acknowledgement_waits_a_moment_for_an_echo_to_ride_on() -> None:
    assert receipts_of(0).due_at() == 5.0 + MAX_ACK_DELAY
    assert receipts_of(0, patience=0.0).due_at() == 5.0


def test_many_are_acknowledged_together_but_not_too_many() -> None:
    receipts = receipts_of(*range(MOST_UNTOLD - 1))
    receipts.received(MOST_UNTOLD - 1, elicits_ack=True, patience=0.5, received_at=5.001)
    assert receipts.due_at() == 5.001
    receipts.acknowledgement(now=5.001)
    receipts.received(MOST_UNTOLD, elicits_ack=True, patience=0.5, received_at=5.002)
    assert receipts.due_at() == 5.502
    receipts.received(MOST_UNTOLD + 1, elicits_ack=True, patience=0.0, received_at=5.003)
    assert receipts.due_at() == 5.003


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


def moments_told(receipts: Receipts, *, is_lossy: bool) -> list[float]:
    """Return when what is owed is told alone, until nothing is."""
    moments: list[float] = []
    while (due_at := receipts.due_at()) is not None:
        receipts.plan_copies(is_lossy=is_lossy, now=due_at)
        receipts.told(now=due_at)
        moments.append(due_at)
    return moments


def test_the_only_news_of_several_packets_is_told_again_where_it_may_be_lost() -> None:
    told = moments_told(receipts_of(1, 2, 3, patience=0.0), is_lossy=True)
    assert told == [5.0 + copy * COPY_GAP for copy in range(1 + ACKNOWLEDGED_AGAIN)]


def test_on_a_clean_path_and_of_one_packet_or_of_bulk_it_is_told_once() -> None:
    assert len(moments_told(receipts_of(0, 1, 2, patience=0.0), is_lossy=False)) == 1
    assert len(moments_told(receipts_of(1, patience=0.0), is_lossy=True)) == 1
    assert len(moments_told(receipts_of(1, 2, 3), is_lossy=True)) == 1


def test_what_tells_of_missing_ones_is_told_again_on_a_path_that_seemed_clean() -> None:
    receipts = receipts_of(0, 1, 2, 3, patience=0.0)
    assert len(moments_told(receipts, is_lossy=False)) == 1
    for number in (4, 5, 7):
        receipts.received(number, elicits_ack=True, patience=0.0, received_at=6.0)
    assert len(moments_told(receipts, is_lossy=False)) == 1 + ACKNOWLEDGED_AGAIN
    for number in (8, 9):
        receipts.received(number, elicits_ack=True, patience=0.0, received_at=7.0)
    assert len(moments_told(receipts, is_lossy=False)) == 1, "that one is missing was told"


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
