"""What a token says of the keyboard: which key it is in any keyboard mode, and whether one was pressed. Sans-IO."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from rmosh.terminal_input import InputToken, TokenKind

#: One key as a terminal in an extended keyboard mode sends it. Groups: code, modifiers and event of kitty's protocol;
#: modifiers and code of xterm's modifyOtherKeys; event of a key without a code.
_EXTENDED: Final = re.compile(
    rb"\x1b\[(\d{1,7})(?::\d*)*(?:;(\d*)(?::(\d))?)?(?:;[\d:]*)?u|\x1b\[27;(\d{1,7});(\d{1,7})~|\x1b\[\d+;\d*:(\d)[~A-S]"
)

#: Bit of Ctrl in a modifier parameter less one; Shift and the locks do not matter here. Source: kitty's protocol.
_CTRL: Final = 4
_IGNORED_MODIFIERS: Final = 1 | 64 | 128

#: Event type of a key's release in kitty's protocol.
_RELEASE: Final = b"3"

#: Codes of keys that only change others: locks, and Shift, Ctrl, Alt and the like. Source: kitty's protocol.
_MODIFIER_KEYS: Final = (range(57358, 57361), range(57441, 57455))

#: Control keys whose control character is not their code with the upper bits off. Source: VT100, xterm.
_CONTROL_KEYS: Final[Mapping[int, int]] = {ord("6"): 0x1E, ord("/"): 0x1F, ord("2"): 0x00, ord("8"): 0x7F}

#: What comes between the keys and is none.
_REPORTS: Final = frozenset({TokenKind.MOUSE, TokenKind.FOCUS, TokenKind.ANSWER})

_PASTES: Final = frozenset({TokenKind.PASTE_BEGIN, TokenKind.PASTE, TokenKind.PASTE_END})

#: The first character of a text.
_CHARACTER: Final = re.compile(rb"[\xc2-\xf4][\x80-\xbf]{1,3}|.", re.DOTALL)


def has_key(tokens: Sequence[InputToken]) -> bool:
    """Tell whether something came from the keyboard."""
    return any(token.kind not in _REPORTS for token in tokens)


def is_press(token: InputToken) -> bool:
    """Tell whether a key was pressed or something pasted: neither a release, nor a modifier alone, nor a report."""
    if token.kind is not TokenKind.KEY:
        return token.kind not in _REPORTS
    match = _EXTENDED.fullmatch(token.whole)
    if match is None:
        return True
    code, _, event, _, _, other_event = match.groups()
    is_modifier = code is not None and any(int(code) in codes for codes in _MODIFIER_KEYS)
    return not is_modifier and _RELEASE not in (event, other_event)


def without_first_press(tokens: Sequence[InputToken]) -> list[InputToken] | None:
    """Return the tokens without the first key that is pressed; None where none is. A paste stays whole."""
    first = next((number for number, token in enumerate(tokens) if is_press(token)), None)
    if first is None:
        return None
    before, pressed, after = tokens[:first], tokens[first], tokens[first + 1 :]
    if pressed.kind in _PASTES:
        return list(tokens)
    if pressed.kind is TokenKind.TEXT:
        end = _end_of_first_character(pressed.data)
        return [*before, *([InputToken(TokenKind.TEXT, pressed.data[end:])] if end < len(pressed.data) else []), *after]
    if pressed.whole == b"\x1b" and after and after[0].kind is TokenKind.KEY:
        after = after[1:]  # Alt with a key that sends a sequence, as rxvt tells it
    return [*before, *after]


def _end_of_first_character(text: bytes) -> int:
    match = _CHARACTER.match(text)
    return 0 if match is None else match.end()


def plain_code(key: bytes) -> int | None:
    """Return the byte that a key would send in the ordinary keyboard mode; None where it would send no single one."""
    if len(key) == 1:
        return key[0]
    match = _EXTENDED.fullmatch(key)
    if match is None:
        return None
    code, modifiers, _, other_modifiers, other_code, _ = match.groups()
    if code is None and other_code is None:
        return None
    held = (int(modifiers or other_modifiers or 1) - 1) & ~_IGNORED_MODIFIERS
    number = int(code or other_code)
    if number > 0x7F or held & ~_CTRL:
        return None
    if not held & _CTRL:
        return number
    return _CONTROL_KEYS.get(number, number & 0x1F)
