"""What is typed, as keys: escape sequences named, characters as they are. Knows nothing of what a key does."""

import re
from codecs import getincrementaldecoder
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, TypeAlias


class Key(Enum):
    """A key that sends no character of its own."""

    UP = auto()
    DOWN = auto()
    LEFT = auto()
    RIGHT = auto()
    PAGE_UP = auto()
    PAGE_DOWN = auto()
    HOME = auto()
    END = auto()
    DELETE = auto()
    ENTER = auto()
    ESCAPE = auto()


@dataclass(frozen=True, slots=True)
class Pasted:
    """Text that was pasted, not typed; control characters left out."""

    text: str


#: A key, one character (control characters included), or a paste.
Typed: TypeAlias = "Key | str | Pasted"

#: By the letter that ends CSI or SS3, in normal and application mode, with any modifiers. Source: xterm, ctlseqs.
_BY_LETTER: Final[Mapping[str, Key]] = {
    "A": Key.UP,
    "B": Key.DOWN,
    "C": Key.RIGHT,
    "D": Key.LEFT,
    "F": Key.END,
    "H": Key.HOME,
}

#: By the number before "~". Source: xterm, ctlseqs; 7 and 8 are rxvt's.
_BY_NUMBER: Final[Mapping[str, Key]] = {
    "1": Key.HOME,
    "3": Key.DELETE,
    "4": Key.END,
    "5": Key.PAGE_UP,
    "6": Key.PAGE_DOWN,
    "7": Key.HOME,
    "8": Key.END,
}

#: Enter of a keypad in application mode. Source: xterm, ctlseqs.
_KEYPAD_ENTER: Final = "M"

#: Most characters of one CSI sequence's parameters. Reason: bounds what is kept of a cut one; no key comes near.
_LONGEST_PARAMETERS: Final = 32

#: One key. Groups: parameters and final of CSI; final of SS3. A mouse report of X10's kind has three characters behind
#: it; any other character behind ESC is a key with Alt, and a sequence gone wrong is dropped: neither means anything.
_ONE_KEY: Final = re.compile(
    rf"\x1b\[M...|\x1b\[(?!M)([0-?]{{0,{_LONGEST_PARAMETERS}}})[ -/]{{0,2}}([@-~])"
    r"|\x1bO[0-9;]{0,8}([@-~])|\x1b[^\x1b]|.",
    re.DOTALL,
)

#: A sequence that may go on in the next read. A lone ESC is not one: it is the key.
_CUT: Final = re.compile(
    rf"\x1b(?:\[M.{{0,2}}|\[[0-?]{{0,{_LONGEST_PARAMETERS}}}[ -/]{{0,2}}|O[0-9;]{{0,8}})\Z", re.DOTALL
)

_PASTE_STARTS: Final = "\x1b[200~"
_PASTE_ENDS: Final = "\x1b[201~"


class KeyReader:
    """Cuts what is typed into keys, however it is cut into reads."""

    def __init__(self) -> None:
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._tail = ""
        self._in_paste = False

    def read(self, data: bytes) -> Iterator[Typed]:
        """Yield the keys that came, pastes in as many pieces as they came in."""
        text = self._tail + self._decoder.decode(data)
        self._tail = ""
        while text:
            text = yield from (self._pasted(text) if self._in_paste else self._keys(text))

    def _keys(self, text: str) -> Generator[Typed, None, str]:
        """Yield keys up to where a paste starts; return what follows that."""
        cut = _CUT.search(text)
        for match in _ONE_KEY.finditer(text, 0, cut.start() if cut else len(text)):
            if match.group() == _PASTE_STARTS:
                self._in_paste = True
                return text[match.end() :]
            key = _key_of(match)
            if key is not None:
                yield key
        self._tail = cut.group() if cut else ""
        return ""

    def _pasted(self, text: str) -> Generator[Typed, None, str]:
        """Yield the paste up to its end; return what follows that."""
        content, end, rest = text.partition(_PASTE_ENDS)
        self._in_paste = not end
        if not end:
            self._tail = _beginning_at_end(content, _PASTE_ENDS)
            content = content.removesuffix(self._tail)
        yield Pasted("".join(filter(str.isprintable, content)))
        return rest


def _beginning_at_end(text: str, mark: str) -> str:
    """Return the longest beginning of a mark that a text ends with."""
    return next(mark[:length] for length in range(len(mark), -1, -1) if text.endswith(mark[:length]))


def _key_of(match: "re.Match[str]") -> Key | str | None:
    """Return the key, None where it means nothing here."""
    text = match.group()
    parameters, final, application_final = match.groups()
    if text in ("\r", "\n"):
        return Key.ENTER
    if text == "\x1b":
        return Key.ESCAPE
    if len(text) == 1:
        return text
    if final == "~":
        return _BY_NUMBER.get(parameters.partition(";")[0])
    if application_final == _KEYPAD_ENTER:
        return Key.ENTER
    return _BY_LETTER.get(final or application_final or "")
