"""A secret typed at any program, whatever is around it, is not painted: real programs, over a slow virtual link."""

from pathlib import Path

import pytest

from rmosh_netem.errors import Unavailable
from tests.security.secret_readers import PLAIN
from tests.security.secret_replay import leaks_of, record
from tests.security.secret_surroundings import surrounded

pytestmark = pytest.mark.slow

#: What each surrounding is tried with; the command `secret_replay.py` tries all with all.
TRIED = {
    "direct": ("bash read -s", "echo off after the prompt"),
    "tmux": ("stars in a line editor", "curses form", "form without labels"),
    "ssh": ("prompt on the row that echoed",),
    "nested rmosh": ("name and key at one prompt",),
}


@pytest.mark.parametrize("around", TRIED)
def test_no_letter_of_a_secret_is_painted_that_the_far_side_did_not_echo(around: str, tmp_path: Path) -> None:
    readers = [reader for reader in PLAIN if reader.name in TRIED[around]]
    assert len(readers) == len(TRIED[around])
    try:
        with surrounded(around, tmp_path) as argv:
            take, failed = record(argv, readers, tmp_path, rounds=(0.0, 0.03))
    except Unavailable as missing:
        pytest.skip(str(missing))
    assert failed == []
    leaked, shown = leaks_of(take)
    assert leaked == {}
    assert shown > 0.3, "so little else is painted at once that this shows nothing"
