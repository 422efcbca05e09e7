"""The terminal's colours: those of the user's own, those that programs set instead (OSC 4, 10 to 19), and the answers.

What a program set is bounded by the places that there are, and part of every frame.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from rmosh.terminal.cells import DYNAMIC_COLOURS, FIRST_DYNAMIC, ColoursSet

#: Colours of the palette that the user's terminal is asked for, and what it tells: behind these foreground, background
#: and cursor (`rmosh.channels.newest.frames.Colours`). The others are the same nearly everywhere.
BASIC: Final = 16

#: Places of foreground, background and cursor among what the user's terminal told.
_TOLD_DYNAMIC: Final = range(BASIC, BASIC + 3)

#: OSC numbers that set or ask: the palette, and the colours of foreground, background, cursor and so on; and how much
#: more the numbers that reset them are. Source: xterm's ctlseqs.
_PALETTE: Final = 4
_FOREGROUND: Final = 10
_RESET: Final = 100

#: All commands that `execute` takes.
COLOUR_COMMANDS: Final = frozenset(
    str(number + more)
    for number in (_PALETTE, *(_FOREGROUND + place for place in range(DYNAMIC_COLOURS)))
    for more in (0, _RESET)
)

#: Most colours that one OSC may ask for or set, an index and a value each. Source: the palette's size.
_MOST_FIELDS: Final = 512

#: Longest description of a colour, in characters. Source: the longest name that X knows, with room to spare.
_LONGEST_DESCRIPTION: Final = 32

#: Levels of the 6x6x6 colour cube at palette indices 16 to 231. Source: xterm's 256colres.pl.
_CUBE_LEVELS: Final = (0, 95, 135, 175, 215, 255)

#: `rgb:` gives each channel as a fraction of what its digits can say, `#` its highest digits. Source: XParseColor(3).
_FRACTIONS: Final = re.compile(
    r"rgba?:([0-9a-f]{1,4})/([0-9a-f]{1,4})/([0-9a-f]{1,4})(?:/[0-9a-f]{1,4})?", re.IGNORECASE
)
_DIGITS: Final = re.compile(r"#(?:[0-9a-f]{3}){1,4}", re.IGNORECASE)

#: Weights of red, green and blue in how bright a colour looks, in thousandths. Source: ITU-R BT.601.
_BRIGHTNESS: Final = (299, 587, 114)


def parse_colour(untrusted: str) -> int | None:
    """Return a colour, 0xRRGGBB, as X describes it: by fractions, digits or name; None where it is none."""
    description = untrusted[: _LONGEST_DESCRIPTION + 1].strip()
    if len(description) > _LONGEST_DESCRIPTION:
        return None
    fractions = _FRACTIONS.fullmatch(description)
    if fractions is not None:
        return _joined(int(digits, 16) * 0xFFFF // ((1 << 4 * len(digits)) - 1) >> 8 for digits in fractions.groups())
    if _DIGITS.fullmatch(description):
        length = len(description) // 3
        return _joined(
            int(description[at : at + length].ljust(2, "0")[:2], 16) for at in range(1, 1 + 3 * length, length)
        )
    if not description[:1].isalpha() or ":" in description:
        return None
    from rmosh.terminal.colour_names import colour_named  # a table that most sessions never need

    return colour_named(description)


def is_light(colour: int) -> bool:
    """Tell whether a background, 0xRRGGBB, looks light."""
    return (
        sum(weight * channel for weight, channel in zip(_BRIGHTNESS, colour.to_bytes(3, "big"), strict=True)) > 127_500
    )


def _joined(channels: Iterable[int]) -> int:
    return int.from_bytes(bytes(channels), "big")


class ProgramColours:
    """What each colour is now.

    Attributes:
        told: what the user's terminal said of its own: 0-15 the palette's, 16 foreground, 17 background, 18 cursor.
    """

    def __init__(self, answer: Callable[[str], None]) -> None:
        """Begin without any; `answer` takes what is to be said to the program."""
        self._answer = answer
        self._set: dict[int, int] = {}
        self._published: ColoursSet | None = ()
        self.told: Mapping[int, int] = {}

    @property
    def published(self) -> ColoursSet:
        """All that programs set; the same object while nothing changes."""
        if self._published is None:
            self._published = tuple(sorted(self._set.items()))
        return self._published

    def count_on(self, colours: ColoursSet) -> None:
        """Take over what programs set before."""
        self._set, self._published = dict(colours), colours

    def reset(self) -> None:
        """Give the palette back, as a full reset does: foreground and the like stay. Source: xterm 412."""
        self._forget(range(FIRST_DYNAMIC))

    @property
    def background(self) -> int | None:
        """The background now; None where it is not known."""
        return self._set.get(FIRST_DYNAMIC + 1, self.told.get(_TOLD_DYNAMIC[1]))

    def execute(self, command: int, rest: str, *, end: str) -> None:
        """Execute one of COLOUR_COMMANDS: set and ask, or reset.

        Args:
            rest: what follows the command's number.
            end: what an answer ends with.
        """
        fields = rest.split(";", _MOST_FIELDS)[:_MOST_FIELDS]
        if command == _PALETTE + _RESET:
            places = (
                range(FIRST_DYNAMIC) if not rest else [place for field in fields for place in _palette_place(field)]
            )
            self._forget(places)
        elif command > _RESET:
            self._forget([FIRST_DYNAMIC + command - _RESET - _FOREGROUND])
        elif command == _PALETTE:
            for index, wish in zip(fields[::2], fields[1::2], strict=False):
                for place in _palette_place(index):
                    self._set_or_tell(place, wish, name=f"{_PALETTE};{place}", end=end)
        else:
            for number, wish in enumerate(fields[: _FOREGROUND + DYNAMIC_COLOURS - command], command):
                self._set_or_tell(FIRST_DYNAMIC + number - _FOREGROUND, wish, name=str(number), end=end)

    def _set_or_tell(self, place: int, wish: str, *, name: str, end: str) -> None:
        if wish == "?":
            colour = self._colour(place)
            if colour is not None:
                channels = "/".join([f"{channel:02x}" * 2 for channel in colour.to_bytes(3, "big")])
                self._answer(f"\x1b]{name};rgb:{channels}{end}")
            return
        wished = parse_colour(wish)
        if wished is not None and self._set.get(place) != wished:
            self._set[place] = wished
            self._published = None

    def _colour(self, place: int) -> int | None:
        colour = self._set.get(place)
        if colour is not None:
            return colour
        if place >= FIRST_DYNAMIC:
            return self.told.get(_TOLD_DYNAMIC.start + place - FIRST_DYNAMIC)
        return self.told.get(place) if place < BASIC else fixed_colour(place)

    def _forget(self, places: Iterable[int]) -> None:
        for place in places:
            if self._set.pop(place, None) is not None:
                self._published = None


def _palette_place(index: str) -> Iterator[int]:
    """Yield the place that an index of the palette names, or nothing."""
    if index.isascii() and index.isdigit() and len(index) <= 3 and int(index) < FIRST_DYNAMIC:
        yield int(index)


def fixed_colour(index: int) -> int:
    """Return the colour of a palette index that is the same on all terminals, 16 to 255."""
    if index < 232:
        return _joined(_CUBE_LEVELS[(index - 16) // step % 6] for step in (36, 6, 1))
    return (8 + 10 * (index - 232)) * 0x010101
