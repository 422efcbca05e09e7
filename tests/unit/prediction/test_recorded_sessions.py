"""Typing at real programs over slow links: what is painted ahead of them comes true.

Recorded by tests/benchmarks/record_typing.py; each recording says the version of the program.
"""

import json
from pathlib import Path

import pytest

from rmosh.terminal.cells import Frame, LineDiscipline
from rmosh.terminal.emulator import Emulator
from tests.unit.prediction.typists import Report, Typist

_RECORDINGS = Path(__file__).parent / "recordings"


class Recorded:
    """Answers each key with the screen that the program drew then."""

    def __init__(self, frames: list[Frame]) -> None:
        self._frames, self._pressed = frames, 0

    def press(self, key: bytes) -> None:
        self._pressed += 1

    def frame(self) -> Frame:
        return self._frames[self._pressed]


def recorded(name: str) -> tuple[list[bytes], list[Frame]]:
    recording = json.loads((_RECORDINGS / f"{name}.json").read_text())
    print(recording["program"])
    emulator, frames = Emulator(rows=24, columns=80), []
    for written, echo, canonical, reader, switches in recording["shown"]:
        emulator.feed(written.encode("latin-1"))
        emulator.take_replies()
        frames.append(emulator.frame(LineDiscipline(echo, canonical, reader, switches)))
    return [key.encode("latin-1") for key in recording["keys"]], frames


def typed(name: str, *, rtt: float) -> Report:
    keys, frames = recorded(name)
    typist = Typist(lambda: Recorded(frames), rtt=rtt)
    report = typist.type(keys, gaps=(0.09, 0.15), pause=(0.5, 0.8))
    print(name, rtt, report)
    return report


def wrong_letters(report: Report) -> list[str]:
    return [text for *_, text in sorted(report.wrong_cells) if text != " "]


@pytest.mark.slow
@pytest.mark.parametrize("rtt", [0.1, 0.3, 0.6])
@pytest.mark.parametrize(
    ("name", "share"),
    [("fish-suggestions", 0.50), ("zsh-suggestions", 0.50), ("bash-vi", 0.30), ("zsh-vi", 0.30), ("bash", 0.8)],
)
def test_no_letter_is_painted_that_never_comes(name: str, share: float, rtt: float) -> None:
    report = typed(name, rtt=rtt)
    assert wrong_letters(report) == []
    assert report.share >= share
