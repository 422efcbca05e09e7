"""How much room a picture takes that is sent in a program's output and cannot be shown here: sixels, kitty's, iTerm2's.

Only sizes are read: those that the command tells, else those at the beginning of the picture's own data. What comes
afterwards on the screen then stands where it would stand below, or beside, the picture.
"""

import binascii
import re
from binascii import a2b_base64
from collections.abc import Mapping
from typing import Final

from rmosh.lazy_dataclass import dataclass
from rmosh.terminal.cells import MAX_COLUMNS, MAX_ROWS

#: What a picture's room is called on the screen.
WORD: Final = "[picture]"

#: Height and width of a cell in pixels where the user's terminal did not tell. Source: the VT340's.
USUAL_CELL: Final = (20, 10)

#: Pixel rows that one band of sixels has. Source: VT330/VT340 Programmer Reference Manual, chapter 14.
_BAND: Final = 6

#: Bands, and characters of each, from which a width is told that the picture does not tell itself. Source: our own
#: choice; a band of 1,000 pixels in 16 colours has them.
_BANDS_SEEN: Final = 8
_BAND_SEEN: Final = 1 << 13

#: Most pictures whose size is remembered for being shown later, and the longest number of one, in digits.
#: Source: our own choice; kitty's numbers have 32 bits.
MAX_KEPT: Final = 64
_LONGEST_ID: Final = 10

#: Most bytes of a picture's data that are looked at for its size. Reason: a JPEG may have a preview before it.
_HEADER: Final = 1 << 16

#: Largest side of a picture in pixels. Source: our own choice; kitty takes 10,000.
_LARGEST: Final = 1 << 16

_SIXEL: Final = re.compile(r"[0-9;]*q")
_RASTER: Final = re.compile(r'"([0-9]*);([0-9]*);([0-9]+);([0-9]+)')
_SIXEL_SETTING: Final = re.compile(r"#[0-9;]*")
_SIXEL_RUN: Final = re.compile(r"!([0-9]{1,5})[?-~]|[?-~]")
_KITTY: Final = re.compile(r"G([^;]*)(?:;(.*))?", re.DOTALL)
_KITTY_FIELD: Final = re.compile(r"([A-Za-z])=([A-Za-z]|-?[0-9]{1,10})")
_ITERM_LENGTH: Final = re.compile(r"([0-9]{1,6})(px|%|)")
_JPEG_SIZE: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})


@dataclass(frozen=True, slots=True)
class Room:
    """What a picture takes of the screen.

    Attributes:
        rows, columns: in cells, at least 1.
        descends: how many rows the cursor goes down.
        passes: how many columns it then stands to the right.
    """

    rows: int
    columns: int
    descends: int
    passes: int = 0


@dataclass(frozen=True, slots=True)
class Scale:
    """What a picture's size in cells depends on: height and width of a cell in pixels, of the screen in cells."""

    cell_height: int
    cell_width: int
    rows: int
    columns: int


class Pictures:
    """Reads the commands that bring pictures, and remembers the sizes of those that are to be shown later."""

    def __init__(self) -> None:
        self._transmitting: dict[str, str] | None = None
        self._first_data = ""
        self._kept: dict[str, tuple[int, int]] = {}

    def sixel(self, untrusted: str, scale: Scale) -> Room | None:
        """DCS q; the cursor goes to the first row that the last band touches. Source: xterm, foot."""
        start = _SIXEL.match(untrusted)
        if start is None:
            return None
        bands = untrusted[start.end() :].rstrip("\r\n").split("-")
        last_band = len(bands) - 1
        height = (last_band + (bands[-1] != "")) * _BAND
        raster = _RASTER.match(untrusted, start.end())
        if raster is None:
            width = max(_sixels_across(band[:_BAND_SEEN]) for band in bands[:_BANDS_SEEN])
        else:
            width, height = _bounded(raster[3]), _bounded(raster[4])
            last_band = max(last_band, (height - 1) // _BAND)
        room = _room(scale, width, height)
        return Room(room.rows, room.columns, min(last_band * _BAND // scale.cell_height, MAX_ROWS))

    def kitty(self, untrusted: str, scale: Scale) -> Room | None:
        """APC G; data may come in parts, of which the first tells the size. Source: kitty's graphics protocol."""
        command = _KITTY.fullmatch(untrusted)
        if command is None:
            return None
        keys = {match[1]: match[2] for match in map(_KITTY_FIELD.fullmatch, command[1].split(",")) if match}
        if self._transmitting is None:
            self._transmitting, self._first_data = keys, (command[2] or "")[:_HEADER]
        if keys.get("m") == "1":
            return None
        keys, self._transmitting = self._transmitting, None
        return self._placed(keys, self._first_data, scale)

    def _placed(self, keys: Mapping[str, str], data: str, scale: Scale) -> Room | None:
        action, name = keys.get("a", "t"), keys.get("i", "")[:_LONGEST_ID]
        size = self._kept.get(name, (0, 0))
        if action in "tT":
            size = _number(keys, "s"), _number(keys, "v")
            if keys.get("f") == "100" and keys.get("t", "d") == "d":
                size = _size_of(data)
            self._keep(name, size)
        if action not in "Tp" or keys.get("U") == "1":
            return None
        width, height = (_number(keys, part) or whole for part, whole in zip("wh", size, strict=True))
        room = _room(scale, width, height, rows=_number(keys, "r"), columns=_number(keys, "c"))
        return Room(room.rows, room.columns, 0) if keys.get("C") == "1" else room

    def _keep(self, name: str, size: tuple[int, int]) -> None:
        if name:
            self._kept[name] = size
            if len(self._kept) > MAX_KEPT:
                del self._kept[next(iter(self._kept))]

    def iterm(self, untrusted: str, scale: Scale) -> Room | None:
        """OSC 1337, File=...:DATA or MultipartFile=...; what is only to be downloaded takes no room."""
        arguments, _, data = untrusted.partition(":")
        pairs = (pair.partition("=") for pair in arguments.partition("=")[2].split(";"))
        keys = {name: value for name, _, value in pairs}
        if keys.get("inline") != "1":
            return None
        width, height = _size_of(data[:_HEADER])
        columns = _cells(keys.get("width", ""), cell=scale.cell_width, whole=scale.columns)
        rows = _cells(keys.get("height", ""), cell=scale.cell_height, whole=scale.rows)
        return _room(scale, width, height, rows=rows, columns=columns)


def _cells(length: str, *, cell: int, whole: int) -> int:
    """Return how many cells a length of iTerm2's is; 0 for what is left to the picture."""
    match = _ITERM_LENGTH.fullmatch(length)
    if match is None:
        return 0
    number = int(match[1])
    return {"": number, "px": -(-number // cell), "%": -(-whole * number // 100)}[match[2]]


def _room(scale: Scale, width: int, height: int, *, rows: int = 0, columns: int = 0) -> Room:
    """Return the room of a picture of so many pixels; rows or columns that are told scale it."""
    natural_rows, natural_columns = -(-height // scale.cell_height), -(-width // scale.cell_width)
    if columns and not rows and width:
        rows = round(natural_rows * columns / natural_columns)
    elif rows and not columns and height:
        columns = round(natural_columns * rows / natural_rows)
    rows = min(max(1, rows or natural_rows), MAX_ROWS)
    columns = min(max(1, columns or natural_columns), MAX_COLUMNS)
    return Room(rows, columns, rows - 1, columns)


def _number(keys: Mapping[str, str], key: str) -> int:
    text = keys.get(key, "")
    return _bounded(text) if text.isdecimal() else 0


def _bounded(digits: str) -> int:
    return min(int(digits[:_LONGEST_ID]), _LARGEST)


def _sixels_across(band: str) -> int:
    """Return how many pixels a band is wide: the longest of its passes, which "$" begins anew."""
    passes = _SIXEL_SETTING.sub("", band).split("$")
    return max(sum(int(run[1] or 1) for run in _SIXEL_RUN.finditer(each)) for each in passes)


def _size_of(data: str) -> tuple[int, int]:
    """Return width and height of a PNG, GIF or JPEG in base64, 0 x 0 where they cannot be told."""
    text = re.sub(r"[^A-Za-z0-9+/]", "", data)
    try:
        image = a2b_base64(text[: len(text) // 4 * 4])
    except (binascii.Error, ValueError):
        return 0, 0
    if image.startswith(b"\x89PNG\r\n\x1a\n"):
        width, height = int.from_bytes(image[16:20], "big"), int.from_bytes(image[20:24], "big")
    elif image[:4] == b"GIF8":
        width, height = int.from_bytes(image[6:8], "little"), int.from_bytes(image[8:10], "little")
    else:
        width, height = _jpeg_size(image) if image.startswith(b"\xff\xd8") else (0, 0)
    return min(width, _LARGEST), min(height, _LARGEST)


def _jpeg_size(image: bytes) -> tuple[int, int]:
    """Return what the frame header says. Source: ITU-T T.81, section B.2.2."""
    at = 2
    while at + 9 <= len(image) and image[at] == 0xFF:
        if image[at + 1] in _JPEG_SIZE:
            return int.from_bytes(image[at + 7 : at + 9], "big"), int.from_bytes(image[at + 5 : at + 7], "big")
        at += 2 + int.from_bytes(image[at + 2 : at + 4], "big")
    return 0, 0
