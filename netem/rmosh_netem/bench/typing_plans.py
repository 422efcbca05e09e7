"""What is typed, when, and where each key must appear: seeded, and independent of the tool under test."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

#: Seconds between keys, uniform. Reason: a fluent typist's, 35 to 120 words a minute.
GAPS: Final = (0.1, 0.25)

#: Seconds between Enter and the first key at the next prompt, uniform: long enough to see that it has come on a
#: near host. Without such a pause Mosh's guesses start at a wrong column on each line and hardly ever recover.
PAUSE_AT_PROMPT: Final = (0.6, 1.2)

#: Keys typed in a row before a new line, in the plan without a prompt.
_ROW_KEYS: Final = 60

#: Characters in a typed line of words, at most.
_LINE_LENGTH: Final = 28

#: Letters in a typed word, at most.
_LONGEST_WORD: Final = 7

_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Keystroke:
    """One key: what is sent, seconds after the key before, and the 0-based cell where it must show.

    `row` is None where nothing visible comes of it (a space, Enter) and it is not measured.
    """

    data: bytes
    gap: float
    row: int | None = None
    column: int = 0


@dataclass(frozen=True, slots=True)
class TypingPlan:
    """Keystrokes, and the rows of text that the screen must hold in the end."""

    keys: tuple[Keystroke, ...]
    final: tuple[str, ...]

    @property
    def seconds(self) -> float:
        """How long the typing takes."""
        return sum(key.gap for key in self.keys)


def plain_letters(count: int, *, seed: int, first_row: int = 1, gaps: tuple[float, float] = GAPS) -> TypingPlan:
    """Return `count` letters echoed as they are, in rows of 60 that begin at `first_row`."""
    chance = random.Random(f"{seed}/letters")
    keys: list[Keystroke] = []
    rows = ["READY"]
    for number in range(count):
        if number % _ROW_KEYS == 0:
            if number:
                keys.append(Keystroke(b"\r\n", chance.uniform(*gaps)))
            rows.append("")
        letter = chance.choice(_LETTERS)
        position = first_row + number // _ROW_KEYS, number % _ROW_KEYS
        keys.append(Keystroke(letter.encode(), chance.uniform(*gaps), *position))
        rows[-1] += letter
    return TypingPlan(tuple(keys), tuple(rows))


def shell_lines(count: int, *, seed: int, prompt: str) -> TypingPlan:
    """Return about `count` keys of commands that print nothing, each after `prompt` and ended by Enter."""
    keys: list[Keystroke] = []
    rows: list[str] = []
    for line in _lines(count, seed=seed, start=": "):
        keys += _typed(line, row=len(rows), column=len(prompt), pause=PAUSE_AT_PROMPT, seed=seed)
        rows.append(prompt + line)
    return TypingPlan(tuple(keys), (*rows, prompt))


def echoed_lines(count: int, *, seed: int) -> TypingPlan:
    """Return about `count` keys of lines that are only echoed, after a first row, without a pause at Enter."""
    keys: list[Keystroke] = []
    rows = ["READY"]
    for line in _lines(count, seed=seed, start=""):
        keys += _typed(line, row=len(rows), column=0, pause=GAPS, seed=seed)
        rows.append(line)
    return TypingPlan(tuple(keys), tuple(rows))


def _lines(count: int, *, seed: int, start: str) -> list[str]:
    chance = random.Random(f"{seed}/lines")
    lines: list[str] = []
    typed = 0
    while typed < count:
        line = start + _word(chance)
        while len(line) < _LINE_LENGTH - _LONGEST_WORD:
            line += " " + _word(chance)
        lines.append(line)
        typed += len(line) + 1
    return lines


def _word(chance: random.Random) -> str:
    return "".join(chance.choices(_LETTERS, k=chance.randint(2, _LONGEST_WORD)))


def _typed(line: str, *, row: int, column: int, pause: tuple[float, float], seed: int) -> Sequence[Keystroke]:
    """Return a line's keys and its Enter; `pause` is the range of seconds before the first."""
    chance = random.Random(f"{seed}/{row}/gaps")
    keys = [
        Keystroke(
            data=character.encode(),
            gap=chance.uniform(*(GAPS if offset else pause)),
            row=None if character == " " else row,
            column=column + offset,
        )
        for offset, character in enumerate(line)
    ]
    return [*keys, Keystroke(b"\r", chance.uniform(*GAPS))]
