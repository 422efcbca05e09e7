"""A secret typed at any program, whatever is around it, is not painted: real programs, over a slow virtual link."""

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from secret_readers import PLAIN
from secret_replay import SURROUNDINGS, leaks_of, record

pytestmark = pytest.mark.slow

#: What each surrounding is tried with; the command `secret_replay.py` tries all with all.
TRIED = {
    "direct": ("bash read -s", "echo off after the prompt", "dots in a line editor"),
    "tmux": ("bash read -s", "stars in a line editor", "curses form", "form without labels"),
    "raw relay": ("name and key at one prompt", "prompt on the row that echoed"),
}


@pytest.mark.parametrize("around", TRIED)
def test_no_letter_of_a_secret_is_painted_that_the_far_side_did_not_echo(around: str, tmp_path: Path) -> None:
    argv = SURROUNDINGS[around]
    if shutil.which(argv[0]) is None:
        pytest.skip(f"{argv[0]} is not installed")
    readers = [reader for reader in PLAIN if reader.name in TRIED[around]]
    assert len(readers) == len(TRIED[around])
    take, failed = record(argv, readers, tmp_path, rounds=(0.0, 0.03))
    assert failed == []
    leaked, shown = leaks_of(take)
    assert leaked == {}
    assert shown > 0.5, "so little else is painted at once that this shows nothing"
