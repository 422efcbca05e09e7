"""Keys of terminals that are no xterm, told as xterm tells them: the far side's TERM says that it is one.

rxvt has its own sequences for Home, End, F1 and keys with Shift or Ctrl, the Linux console for function keys, screen
and tmux for Home and End. Which a terminal has, its terminfo entry says; what xterm has is known. Source: terminfo(5),
user_caps(5), xterm's ctlseqs, "PC-Style Function Keys".
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from rmosh.terminal_input import InputToken, TokenKind

#: Keys that depend on the cursor keys' mode (DECCKM), and the final byte they have in both. Source: xterm's ctlseqs.
_CURSOR_KEYS: Final = {
    "kcuu1": b"A", "kcud1": b"B", "kcuf1": b"C", "kcub1": b"D", "khome": b"H", "kend": b"F",
}  # fmt: skip

#: Keys that are the same in every mode.
_OTHER_KEYS: Final = {
    "kf1": b"\x1bOP", "kf2": b"\x1bOQ", "kf3": b"\x1bOR", "kf4": b"\x1bOS", "kf5": b"\x1b[15~", "kf6": b"\x1b[17~",
    "kf7": b"\x1b[18~", "kf8": b"\x1b[19~", "kf9": b"\x1b[20~", "kf10": b"\x1b[21~", "kf11": b"\x1b[23~",
    "kf12": b"\x1b[24~", "kich1": b"\x1b[2~", "kdch1": b"\x1b[3~", "kpp": b"\x1b[5~", "knp": b"\x1b[6~",
    "kcbt": b"\x1b[Z",
}  # fmt: skip

#: Keys with modifiers: the capability's beginning, and xterm's sequence around the modifiers' number.
_MODIFIED_KEYS: Final = {
    "kUP": b"\x1b[1;%dA", "kDN": b"\x1b[1;%dB", "kRIT": b"\x1b[1;%dC", "kLFT": b"\x1b[1;%dD", "kEND": b"\x1b[1;%dF",
    "kHOM": b"\x1b[1;%dH", "kIC": b"\x1b[2;%d~", "kDC": b"\x1b[3;%d~", "kPRV": b"\x1b[5;%d~", "kNXT": b"\x1b[6;%d~",
}  # fmt: skip

#: The capability's end for each number of modifiers; Shift alone has none. Source: user_caps(5).
_MODIFIERS: Final = {"": 2, "3": 3, "4": 4, "5": 5, "6": 6, "7": 7, "8": 8}


def key_capabilities() -> Iterator[str]:
    """Yield the names of all capabilities that are asked for."""
    yield from (*_CURSOR_KEYS, *_OTHER_KEYS)
    yield from (key + modifier for key in _MODIFIED_KEYS for modifier in _MODIFIERS)


class ForeignKeys:
    """What is typed at a terminal with these keys: sequences by terminfo's name for the key."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._meant = dict(_translations(keys))

    @property
    def sequences(self) -> Collection[bytes]:
        """What the terminal sends for keys that xterm has otherwise."""
        return self._meant.keys()

    def translate(self, tokens: Sequence[InputToken], *, application_cursor: bool) -> list[InputToken]:
        """Return what xterm would have sent; a paste stays as it is."""
        return [self._translated(token, application_cursor=application_cursor) for token in tokens]

    def _translated(self, token: InputToken, *, application_cursor: bool) -> InputToken:
        meant = self._meant.get(token.whole) if token.kind is TokenKind.KEY else None
        if meant is None or not meant[application_cursor].startswith(token.given):
            return token
        return InputToken(TokenKind.KEY, meant[application_cursor][len(token.given) :], token.given)


def _translations(keys: Mapping[str, bytes]) -> Iterator[tuple[bytes, tuple[bytes, bytes]]]:
    """Yield a sequence of the terminal's and xterm's two for that key, where xterm knows the first for no key."""
    xterms = dict(_xterms_keys())
    known = {sequence for both in xterms.values() for sequence in both}
    for name, both in xterms.items():
        sequence = keys.get(name, b"")
        if len(sequence) > 1 and sequence.startswith(b"\x1b") and sequence not in known:
            yield sequence, both


def _xterms_keys() -> Iterator[tuple[str, tuple[bytes, bytes]]]:
    for name, final in _CURSOR_KEYS.items():
        yield name, (b"\x1b[" + final, b"\x1bO" + final)
    for name, sequence in _OTHER_KEYS.items():
        yield name, (sequence, sequence)
    for name, form in _MODIFIED_KEYS.items():
        for modifier, number in _MODIFIERS.items():
            yield name + modifier, (form % number, form % number)
