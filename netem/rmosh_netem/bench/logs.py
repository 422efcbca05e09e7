"""Logs to be printed in a flood, made from a seed: plain ones, and such as programs colour."""

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Final

#: Letters of a word. Reason: the commonest of English.
_LETTERS: Final = "etaoinshrdlu"

#: Signs two columns wide, three bytes each: the first of the CJK unified ideographs.
_IDEOGRAPHS: Final = "".join(map(chr, range(0x4E00, 0x5000)))

#: The colours that logs use: red to cyan, of the user's own sixteen.
_COLOURS: Final = range(31, 37)

#: Makes a line of words out of its number.
_Line = Callable[[int, Sequence[str], random.Random], str]


def log_text(size: int, *, seed: int) -> str:
    """Return `size` characters of plain log lines."""
    return "\n".join(_lines(size, _plain, _words(_LETTERS, seed), seed))[: size - 1] + "\n"


def coloured_log(size: int, *, seed: int) -> str:
    """Return log lines, a coloured word in each: the first that have `size` characters or more."""
    return "\n".join(_lines(size, _coloured, _words(_LETTERS, seed), seed)) + "\n"


def coloured_cjk_log(size: int, *, seed: int) -> str:
    """Return the same of Chinese words, `size` bytes of UTF-8 or a few more."""
    return "\n".join(_lines(size, _coloured, _words(_IDEOGRAPHS, seed), seed)) + "\n"


#: Logs by their workload's name.
LOGS: Final = {"flood": log_text, "coloured": coloured_log, "coloured-cjk": coloured_cjk_log}


def _lines(size: int, line: _Line, words: Sequence[str], seed: int) -> Iterator[str]:
    """Yield lines until they have `size` bytes, their ends included."""
    chance = random.Random(f"{seed}/log")
    number = length = 0
    while length < size:
        text = line(number, words, chance)
        yield text
        number, length = number + 1, length + len(text.encode()) + 1


def _words(signs: str, seed: int) -> Sequence[str]:
    chance = random.Random(f"{seed}/words")
    return ["".join(chance.choices(signs, k=chance.randint(2, 9))) for _ in range(500)]


def _plain(number: int, words: Sequence[str], chance: random.Random) -> str:
    head = f"Nov 21 {number:07d} host daemon[{chance.randint(1, 32768)}]: "
    return head + " ".join(chance.choices(words, k=chance.randint(3, 8)))


def _coloured(number: int, words: Sequence[str], chance: random.Random) -> str:
    head, _, text = _plain(number, words, chance).partition(": ")
    return f"{head}: \033[1;{chance.choice(_COLOURS)}m{chance.choice(words)}\033[0m {text}"
