"""Keys typed in programs that edit: seeded plans for bash and vim, and traces that users have recorded.

A trace has one line for each key: the seconds since the one before, and the key, with \\r, \\t, \\e (escape),
\\s (space), \\xNN and \\\\ for what a line cannot hold:

    0.18 l
    0.11 s
    0.42 \\r
    0.90 \\e[A
"""

import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ..errors import BadRequest
from .typing_plans import GAPS, PAUSE_AT_PROMPT, Keystroke

#: Keys of a trace at most: two hours of a fluent typist.
MAX_KEYS: Final = 40_000

#: Longest pause of a trace in seconds; longer ones are cut to it: nothing is learnt while nobody types.
MAX_GAP: Final = 10.0

_UP, _LEFT, _RIGHT = "\x1b[A", "\x1b[D", "\x1b[C"
_BACKSPACE: Final = "\x7f"
_ESCAPE: Final = "\x1b"

_WORDS: Final = ("status", "build", "review", "notes", "café", "über", "漢字", "measure", "link", "train")

_ESCAPED: Final = re.compile(r"\\(x[0-9A-Fa-f]{2}|.)", re.DOTALL)
_ESCAPES: Final = {"r": "\r", "n": "\n", "t": "\t", "e": _ESCAPE, "s": " ", "\\": "\\"}


def editing_in_bash(count: int, *, seed: int) -> list[Keystroke]:
    """Return `count` keys: words, corrections, insertions in the middle, kills, completion, history, wrapped lines."""
    chance = random.Random(f"{seed}/edit")
    turns = [_typo, _insertion, _kill, _completion, _history, _wrapped]
    return _timed(_endless(turns, chance), count, chance, pause_before={"\r"})


def editing_in_vim(count: int, *, seed: int) -> list[Keystroke]:
    """Return `count` keys: text in insert mode, Escape, moves by hjkl, dd, p, x."""
    chance = random.Random(f"{seed}/vim")
    turns = [_text, _moves, _deletion, _characters, _text]
    return _timed(_endless(turns, chance), count, chance, pause_before=set())


def read_trace(file: Path) -> list[Keystroke]:
    """Read a user's trace.

    Raises:
        BadRequest: it cannot be read, or a line cannot be understood; the message names it.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadRequest(f"cannot read the keys in {file}: {error}: give a text file of them") from error
    keys = [_read_line(line, f"line {number} of {file}") for number, line in enumerate(text.splitlines(), 1) if line]
    if not keys:
        raise BadRequest(f"{file} has no keys: write one a line, such as 0.18 l")
    if len(keys) > MAX_KEYS:
        raise BadRequest(f"{file} has {len(keys)} keys, more than {MAX_KEYS}: cut it")
    return keys


def _read_line(line: str, where: str) -> Keystroke:
    gap, _, key = line.strip("\n").partition(" ")
    try:
        seconds = float(gap)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 1e9:
        raise BadRequest(f"{where}: {gap[:20]!r} is not a time in seconds: write the time, a space and the key")
    if not key:
        raise BadRequest(f"{where} has no key: write a space as \\s")
    return Keystroke(_unescaped(key, where), min(seconds, MAX_GAP))


def _unescaped(key: str, where: str) -> bytes:
    def replace(match: "re.Match[str]") -> str:
        word = match[1]
        if len(word) == 3:
            return chr(int(word[1:], 16))
        if word not in _ESCAPES:
            raise BadRequest(f"{where}: \\{word} is not a key: write \\\\ for a backslash")
        return _ESCAPES[word]

    return _ESCAPED.sub(replace, key).encode()


def _timed(strokes: Iterator[str], count: int, chance: random.Random, *, pause_before: set[str]) -> list[Keystroke]:
    """Return keys with a typist's gaps; after each of `pause_before` it waits to see what came of it."""
    keys: list[Keystroke] = []
    after = ""
    for _ in range(count):
        stroke = next(strokes)
        gap = chance.uniform(*(PAUSE_AT_PROMPT if after in pause_before else GAPS))
        keys.append(Keystroke(stroke.encode(), gap))
        after = stroke
    return keys


def _endless(turns: list, chance: random.Random) -> Iterator[str]:  # type: ignore[type-arg]  # of any turns
    while True:
        for turn in turns:
            yield from turn(chance)


def _sentence(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(_WORDS, k=words))


def _typo(chance: random.Random) -> Iterator[str]:
    yield from ": " + _sentence(chance, 2) + " thsi"
    yield from [_BACKSPACE] * 2
    yield from "is " + _sentence(chance, 1) + "\r"


def _insertion(chance: random.Random) -> Iterator[str]:
    yield from ": " + _sentence(chance, 3)
    yield from [_LEFT] * 6
    yield from chance.choice(_WORDS)
    yield from [_RIGHT] * 3
    yield _BACKSPACE
    yield "\r"


def _kill(chance: random.Random) -> Iterator[str]:
    yield from ": " + _sentence(chance, 3)
    yield "\x17"  # Ctrl-W kills a word
    yield from chance.choice(_WORDS)
    yield "\x01"  # Ctrl-A goes to the begin
    yield from [_RIGHT] * 4
    yield "\x0b"  # Ctrl-K kills to the end
    yield from _sentence(chance, 1) + "\r"


def _completion(chance: random.Random) -> Iterator[str]:
    yield from ": mea"
    yield "\t"
    yield from _sentence(chance, 1) + "\r"


def _history(chance: random.Random) -> Iterator[str]:
    yield from [_UP] * chance.randint(1, 3)
    yield from [_BACKSPACE] * 3
    yield from "x\r"


def _wrapped(chance: random.Random) -> Iterator[str]:
    yield from ": " + _sentence(chance, 14)
    yield from [_LEFT] * 3
    yield from [_BACKSPACE] * 2
    yield "\r"


def _text(chance: random.Random) -> Iterator[str]:
    yield "o"
    yield from _sentence(chance, 4)
    yield "\r"
    yield from _sentence(chance, 2)
    yield _ESCAPE


def _moves(chance: random.Random) -> Iterator[str]:
    yield from "k" * chance.randint(2, 4) + "l" * chance.randint(2, 5) + "j" * chance.randint(1, 3) + "hh"


def _deletion(chance: random.Random) -> Iterator[str]:
    yield from "dd" + chance.choice(["p", "jp", "kp"])


def _characters(chance: random.Random) -> Iterator[str]:
    yield from "0" + "x" * chance.randint(1, 3) + "i"
    yield from chance.choice(_WORDS)
    yield _ESCAPE
