"""Which frames of a screen may be acknowledged late."""

import pytest

from rmosh.channels.screen.policy import STEADY_FRAMES, UNHURRIED_AFTER_KEY, UNHURRIED_AGAIN_AFTER, UNHURRIED_SURPLUS
from rmosh.channels.screen.unhurried import UnhurriedFrames
from rmosh.transport.repeats import LinkConditions

CALM = LinkConditions(smoothed_rtt=0.1, probe_timeout=0.12, loss=0.0, silence=0.0, room=477, window_room=12000.0)


def waits(frames: UnhurriedFrames, count: int, *, link: LinkConditions = CALM, now: float, space: float = 0.1) -> str:
    """Return of each of some frames of one size whether it may wait."""
    told = ""
    for number in range(count):
        frames.began(30, link, now=now + number * space)
        told += "w" if frames.may_wait else "-"
    return told


def steady() -> UnhurriedFrames:
    """Return the frames of a screen that changed for a second, up to 1.0, the last of which was hurried."""
    frames = UnhurriedFrames()
    waits(frames, STEADY_FRAMES + 6, now=0.0)
    assert not frames.may_wait
    return frames


def test_every_second_frame_may_wait_once_some_have_followed_each_other() -> None:
    assert waits(UnhurriedFrames(), STEADY_FRAMES + 4, now=5.0) == "-" * STEADY_FRAMES + "w-w-"


def test_none_may_wait_for_a_next_one_that_comes_late() -> None:
    assert "w" not in waits(UnhurriedFrames(), 30, now=5.0, space=0.2)


def test_after_a_pause_it_begins_anew() -> None:
    assert waits(steady(), STEADY_FRAMES + 1, now=9.0) == "-" * STEADY_FRAMES + "w"


def test_none_may_wait_soon_after_a_key() -> None:
    frames = steady()
    frames.typed(now=1.05)
    told = waits(frames, 14, now=1.1)
    hurried = round(UNHURRIED_AFTER_KEY / 0.1)
    assert "w" not in told[: hurried - 1]
    assert "w" in told[hurried - 1 :]


@pytest.mark.parametrize(
    "link",
    [
        CALM._replace(loss=0.006),
        CALM._replace(silence=0.5),
        CALM._replace(reliable=True),
        CALM._replace(has_stream=True),
    ],
    ids=["losses", "silence", "in a stream", "beside a stream"],
)
def test_none_may_wait_on_a_link_that_is_not_calm(link: LinkConditions) -> None:
    assert "w" not in waits(steady(), 9, link=link, now=1.1)


def test_where_a_frame_says_the_one_before_again_at_length_none_may_wait_for_long() -> None:
    frames = steady()
    frames.began(30, CALM, now=1.1)
    assert frames.may_wait
    frames.began(30 + UNHURRIED_SURPLUS + 1, CALM, now=1.2)
    told = waits(frames, UNHURRIED_AGAIN_AFTER + 4, now=1.3)
    assert told.index("w") >= UNHURRIED_AGAIN_AFTER - 2


def test_a_word_that_is_said_again_costs_less_than_an_acknowledgement() -> None:
    frames = steady()
    told = ""
    for number in range(8):
        frames.began(40 if number % 2 else 30, CALM, now=1.1 + number / 10)
        told += "w" if frames.may_wait else "-"
    assert told == "w-w-w-w-"
