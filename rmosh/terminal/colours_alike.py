"""Sequences that name colours and are written alike, many at once: a page may have one in every word that never comes
again, a picture one in every cell.

All are cut into fields together, and each number of all is looked up in one go: half of what they take one by one.
What is written otherwise than programs write it is left to `rmosh.terminal.sgr`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import repeat
from operator import add
from typing import Final, NamedTuple

from rmosh.terminal.sgr import EXTENDED, PALETTE_SIZE, Effect, effect_of, value_of_index
from rmosh.terminal.style_table import colour_at
from rmosh.terminal.styles import TRUECOLOR
from rmosh.terminal.vocabulary import SGR

#: Fewest sequences that are looked at together. Reason: fewer are as quick one by one.
MANY: Final = 16

#: Most ways of writing that are looked for among sequences. Reason: programs have one or two, and each costs a pass
#: over those that are left.
_MOST_WAYS: Final = 4

#: What names a colour, as a sequence's first field and as a later one, and where it stands in a packed style.
_PLANES: Final = {f"{begin}{code}": plane for code, plane in EXTENDED.items() for begin in ("\x1b[", "")}

#: How many numbers follow, by the field between: of the palette, or of 24 bits. Source: xterm's ctlseqs, SGR.
_NUMBERS: Final = {"5": 1, "2": 3}


class _Colour(NamedTuple):
    """A colour that sequences name: where it stands in a packed style, and which of their fields are its numbers."""

    plane: int
    places: range


class _Way(NamedTuple):
    """A way of writing sequences.

    Attributes:
        size: how many fields they have.
        texts: those that are the same in all, by their places.
        numbers: what the others set, by their places and how they are written.
        effect: what all do besides.
    """

    size: int
    texts: Mapping[int, str]
    numbers: Mapping[int, Mapping[str, int]]
    effect: Effect

    def has_all(self, fields: Sequence[str], count: int) -> bool:
        """Tell whether all of `count` sequences are written so, given the fields of one after the other."""
        size = self.size
        return len(fields) == size * count and all(
            fields[place::size].count(text) == count for place, text in self.texts.items()
        )

    def values(self, fields: Sequence[str]) -> list[int]:
        """Return what sequences that are written so set, given their fields.

        Raises:
            KeyError: a number is above 255, or written otherwise than programs write it.
        """
        values: Iterable[int] = repeat(self.effect[1], len(fields) // self.size)
        for place, known in self.numbers.items():
            values = map(add, values, map(known.__getitem__, fields[place :: self.size]))
        return list(values)


def effects_alike(tokens: Sequence[str]) -> Iterator[Iterable[tuple[str, Effect]]]:
    """Yield what those of some SGR sequences do that are written alike."""
    for _ in range(_MOST_WAYS):
        if len(tokens) < MANY:
            return
        way = _way_of(tokens[0].split(";"))
        if way is None:
            tokens = tokens[1:]
            continue
        fields = ";".join(tokens).split(";")
        others: list[str] = []
        if not way.has_all(fields, len(tokens)):
            alike, others = _parted(tokens, way)
            tokens, fields = alike, ";".join(alike).split(";")
        try:
            values = way.values(fields)
        except KeyError:
            pass
        else:
            yield zip(tokens, zip(repeat(way.effect[0]), values, strict=False), strict=True)
        tokens = others


def _parted(tokens: Sequence[str], way: _Way) -> tuple[list[str], list[str]]:
    """Return the sequences that are written in a way, and the others."""
    fields = [re.escape(way.texts[place]) if place in way.texts else "[0-9]+m?" for place in range(way.size)]
    is_written = re.compile(";".join(fields)).fullmatch
    alike: list[str] = []
    others: list[str] = []
    for token in tokens:
        (alike if is_written(token) else others).append(token)
    return alike, others


def _way_of(fields: Sequence[str]) -> _Way | None:
    """Return the way in which a sequence of these fields is written; None unless it names colours."""
    colours: list[_Colour] = []
    place = 0
    while place < len(fields):
        plane = _PLANES.get(fields[place])
        place += 1
        if plane is not None:
            count = _NUMBERS.get(fields[place], 0) if place < len(fields) else 0
            places = range(place + 1, place + 1 + count)
            if not count or places.stop > len(fields):
                return None
            colours.append(_Colour(plane, places))
            place = places.stop
    return _checked(fields, colours) if colours else None


def _checked(fields: Sequence[str], colours: Sequence[_Colour]) -> _Way | None:
    """Return a way of writing if a sequence leaves each of its colours, in a plane of its own."""
    texts, highest = dict(enumerate(fields)), [*fields]
    numbers: dict[int, Mapping[str, int]] = {}
    for plane, places in colours:
        end = SGR if places.stop == len(fields) else ""
        for place, known in zip(places, _known(plane, len(places), end), strict=True):
            numbers[place] = known
            highest[place] = [*known][-1]
            del texts[place]
    effect = effect_of(";".join(highest))
    if effect is None:
        return None
    mask, value = effect
    for plane, places in colours:
        colour = TRUECOLOR | 0xFFFFFF if len(places) == 3 else PALETTE_SIZE - 1
        if colour_at(value, plane) != colour:
            return None
        value -= colour + 1 << plane
    return _Way(len(fields), texts, numbers, (mask, value))


@lru_cache(maxsize=12)
def _known(plane: int, count: int, end: str) -> Sequence[Mapping[str, int]]:
    """Return what each number of a colour sets, by how it is written.

    Args:
        end: what is behind the last.
    """
    if count == 1:
        return ({f"{index}{end}": value_of_index(plane, index) for index in range(PALETTE_SIZE)},)
    levels = range(256)
    return (
        {str(level): TRUECOLOR + (level << 16) << plane for level in levels},
        {str(level): level << 8 + plane for level in levels},
        {f"{level}{end}": level + 1 << plane for level in levels},
    )
