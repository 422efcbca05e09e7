"""Full screens of many colours, made from a seed: what prints each. A terminal that it is printed to shows it whole."""

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"

#: Colours of the 256 that every terminal shows alike: the first 16 are the user's own.
_FIXED_COLOURS: Final = range(16, 256)

#: Letters of a word that has colours of its own; a space follows each.
_WORD: Final = 7

#: All colours of 24 bits.
_TRUE_COLOURS: Final = range(1 << 24)

#: A cell of a picture: its upper half in the foreground, its lower half in the background.
_HALF_BLOCK: Final = "\N{UPPER HALF BLOCK}"


@dataclass(frozen=True, slots=True)
class PageKind:
    """A kind of page and the size of its screen.

    Attributes:
        body: yields what prints one after the other, of rows, columns and chance.
        costs: how many pages of letters one of them takes as long as.
    """

    rows: int
    columns: int
    body: Callable[[int, int, random.Random], Iterator[str]]
    costs: int = 1

    def printed(self, seed: str) -> str:
        """Return what paints one page over whatever is there; same seed, same page."""
        return "\033[0m\033[H" + "".join(self.body(self.rows, self.columns, random.Random(seed)))


def _coloured_runs(rows: int, columns: int, chance: random.Random) -> Iterator[str]:
    """Runs of letters without spaces, each in one of 256 colours; the last cell stays free."""
    for row in range(rows):
        yield f"\033[{row + 1};1H"
        left = columns - 1 if row == rows - 1 else columns
        while left:
            run = "".join(chance.choices(_LETTERS, k=min(chance.randint(2, 9), left)))
            yield f"\033[38;5;{chance.choice(_FIXED_COLOURS)}m{run}"
            left -= len(run)


def _colour_pairs(rows: int, columns: int, chance: random.Random) -> Iterator[str]:
    """Words, each with a foreground and a background of the 256 that no other word of the page has."""
    count = len(_FIXED_COLOURS)
    pairs = (divmod(pair, count) for pair in chance.sample(range(count * count), _words_on(rows, columns)))
    return _words(rows, columns, (f"38;5;{_FIXED_COLOURS[a]};48;5;{_FIXED_COLOURS[b]}" for a, b in pairs), chance)


def _true_colours(rows: int, columns: int, chance: random.Random) -> Iterator[str]:
    """The same in colours of 24 bits that come once."""
    colours = list(map(_rgb, chance.sample(_TRUE_COLOURS, 2 * _words_on(rows, columns))))
    pairs = zip(colours[::2], colours[1::2], strict=True)
    return _words(rows, columns, (f"38;2;{one};48;2;{other}" for one, other in pairs), chance)


def _picture(rows: int, columns: int, chance: random.Random) -> Iterator[str]:
    """Soft waves of colour with a photograph's grain, two pixels a cell."""
    waves = [(chance.uniform(0.01, 0.05), chance.uniform(0.01, 0.05), chance.uniform(0, 6)) for _ in range(3)]

    def pixel(x: int, y: int) -> str:
        levels = (120 + 110 * math.sin(across * x + down * y + phase) for across, down, phase in waves)
        return ";".join(str(round(level) + chance.randrange(8)) for level in levels)

    for row in range(rows):
        yield f"\033[{row + 1};1H"
        for column in range(columns):
            yield f"\033[38;2;{pixel(column, 2 * row)};48;2;{pixel(column, 2 * row + 1)}m{_HALF_BLOCK}"


def _words_on(rows: int, columns: int) -> int:
    return rows * (columns // (_WORD + 1))


def _words(rows: int, columns: int, styles: Iterator[str], chance: random.Random) -> Iterator[str]:
    """Fill a page with words, each in a style of its own and with a space after it."""
    for row in range(rows):
        yield f"\033[{row + 1};1H"
        for _ in range(columns // (_WORD + 1)):
            yield f"\033[{next(styles)}m{''.join(chance.choices(_LETTERS, k=_WORD))} "


def _rgb(colour: int) -> str:
    return f"{colour >> 16};{colour >> 8 & 255};{colour & 255}"


#: Pages by their workload's name. Reason of the sizes: a window that fills a laptop's display, and one that a picture
#: viewer fills.
PAGES: Final = {
    "repaint": PageKind(48, 160, _coloured_runs),
    "page": PageKind(48, 160, _colour_pairs),
    "true-colours": PageKind(48, 160, _true_colours),
    "picture": PageKind(100, 400, _picture, costs=3),
}
