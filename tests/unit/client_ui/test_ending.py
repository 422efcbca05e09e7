"""What is said at the end of a session."""

import pytest

from rmosh.channels.closing.frames import Close, CloseKind
from rmosh_client.reaching.ending import Ending, ending_of


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("detached by `rmosh detach`", "detached by `rmosh detach`"),
        ("anna@laptop has taken the session over", "detached: anna@laptop has taken the session over"),
        ("", "detached: the session goes on; `rmosh attach box` brings you back"),
    ],
)
def test_who_was_sent_away_is_told_so_once(said: str, told: str) -> None:
    assert ending_of(Close(CloseKind.DETACHED, 0, said), way_back="rmosh attach box") == Ending(0, told)
