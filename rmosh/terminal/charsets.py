"""Character sets G0 to G3: which one the keys of the left half of the code table mean now."""

from typing import Final

from rmosh.lazy_dataclass import dataclass, replace

#: The plain set; text in it is drawn as it is. Source: ECMA-35, ISO-IR 6.
ASCII: Final = "B"

#: What DEC's special graphics make of the characters from "_" to "~". Source: VT100 manual, table 3-9.
_SPECIAL_GRAPHICS: Final = " ◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·"

#: What the sets that differ from ASCII turn characters into. Source: VT100 and VT220 manuals.
_TABLES: Final[dict[str, dict[int, str]]] = {
    "0": dict(enumerate(_SPECIAL_GRAPHICS, ord("_"))),
    "A": {ord("#"): "£"},
}


@dataclass(frozen=True, slots=True)
class CharacterSets:
    """The designated sets and the one in use; a value, because DECSC saves it.

    Attributes:
        designated: final characters of what is in G0 to G3.
        locked: which of G0 to G3 is in use (locking shift).
        single: which of them the next character only is from (single shift), if any.
    """

    designated: tuple[str, str, str, str] = (ASCII, ASCII, ASCII, ASCII)
    locked: int = 0
    single: int | None = None

    @property
    def are_plain(self) -> bool:
        """Whether text may be drawn as it is."""
        return self.single is None and self.designated[self.locked] not in _TABLES

    def designate(self, slot: int, final: str) -> "CharacterSets":
        """Return these with another set in one of G0 to G3."""
        sets = list(self.designated)
        sets[slot] = final
        return replace(self, designated=(sets[0], sets[1], sets[2], sets[3]))

    def lock(self, slot: int) -> "CharacterSets":
        """Return these with one of G0 to G3 in use."""
        return replace(self, locked=slot)

    def shift_once(self, slot: int) -> "CharacterSets":
        """Return these with one of G0 to G3 in use for the next character."""
        return replace(self, single=slot)

    def translate(self, text: str) -> str:
        """Return text as the sets make it; a single shift concerns its first character."""
        if self.single is None:
            return text.translate(_TABLES.get(self.designated[self.locked], {}))
        first = text[:1].translate(_TABLES.get(self.designated[self.single], {}))
        return first + text[1:].translate(_TABLES.get(self.designated[self.locked], {}))


#: What every terminal starts with.
PLAIN_SETS: Final = CharacterSets()
