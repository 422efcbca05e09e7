"""The escape key: finds the client's own commands among what is typed. Sans-IO; knows no terminal and no session."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, TypeAlias

from rmosh.errors import BootstrapError, Stage
from rmosh_client.typing.mouse import REPORT

#: The default escape key, Ctrl-^. Reason: what Mosh's users have in their fingers; few programs want it.
DEFAULT_ESCAPE_KEY: Final = 0x1E


class Command(Enum):
    """What the user asked of the client itself."""

    QUIT = auto()
    DETACH = auto()
    SUSPEND = auto()
    HELP = auto()
    CONNECTION = auto()
    PEOPLE = auto()
    HISTORY = auto()
    PREDICTION = auto()
    TUNNEL = auto()


Typed: TypeAlias = "bytes | Command"


class _State(Enum):
    LINE_START = auto()
    IN_LINE = auto()
    ESCAPED = auto()


class _Key(Enum):
    ESCAPE = auto()
    CARET = auto()
    COMMAND = auto()
    NEWLINE = auto()
    OTHER = auto()
    NONE = auto()


class _Effect(Enum):
    PASS = auto()
    WITHHOLD = auto()
    WITHHOLD_TOO = auto()
    PASS_ESCAPE = auto()
    PASS_BOTH = auto()
    COMMAND = auto()


#: What each key does in each state when the escape key is a control key; it then works anywhere.
_TRANSITIONS: Final[Mapping[tuple[_State, _Key], tuple[_State, _Effect]]] = {
    (_State.LINE_START, _Key.ESCAPE): (_State.ESCAPED, _Effect.WITHHOLD),
    (_State.LINE_START, _Key.CARET): (_State.IN_LINE, _Effect.PASS),
    (_State.LINE_START, _Key.COMMAND): (_State.IN_LINE, _Effect.PASS),
    (_State.LINE_START, _Key.NEWLINE): (_State.LINE_START, _Effect.PASS),
    (_State.LINE_START, _Key.OTHER): (_State.IN_LINE, _Effect.PASS),
    (_State.LINE_START, _Key.NONE): (_State.LINE_START, _Effect.PASS),
    (_State.IN_LINE, _Key.ESCAPE): (_State.ESCAPED, _Effect.WITHHOLD),
    (_State.IN_LINE, _Key.CARET): (_State.IN_LINE, _Effect.PASS),
    (_State.IN_LINE, _Key.COMMAND): (_State.IN_LINE, _Effect.PASS),
    (_State.IN_LINE, _Key.NEWLINE): (_State.LINE_START, _Effect.PASS),
    (_State.IN_LINE, _Key.OTHER): (_State.IN_LINE, _Effect.PASS),
    (_State.IN_LINE, _Key.NONE): (_State.IN_LINE, _Effect.PASS),
    (_State.ESCAPED, _Key.ESCAPE): (_State.IN_LINE, _Effect.PASS_ESCAPE),
    (_State.ESCAPED, _Key.CARET): (_State.IN_LINE, _Effect.PASS_ESCAPE),
    (_State.ESCAPED, _Key.COMMAND): (_State.LINE_START, _Effect.COMMAND),
    (_State.ESCAPED, _Key.NEWLINE): (_State.LINE_START, _Effect.PASS_BOTH),
    (_State.ESCAPED, _Key.OTHER): (_State.IN_LINE, _Effect.PASS_BOTH),
    (_State.ESCAPED, _Key.NONE): (_State.ESCAPED, _Effect.WITHHOLD_TOO),
}

#: Differences where the escape key is a printable character: inside a line it is an ordinary one.
_PRINTABLE_TRANSITIONS: Final[Mapping[tuple[_State, _Key], tuple[_State, _Effect]]] = {
    **_TRANSITIONS,
    (_State.IN_LINE, _Key.ESCAPE): (_State.IN_LINE, _Effect.PASS),
}

_COMMANDS: Final[Mapping[int, Command]] = {
    ord("."): Command.QUIT,
    ord("d"): Command.DETACH,
    0x1A: Command.SUSPEND,
    ord("?"): Command.HELP,
    ord("i"): Command.CONNECTION,
    ord("w"): Command.PEOPLE,
    ord("["): Command.HISTORY,
    ord("p"): Command.PREDICTION,
}

#: What else the demo knows.
_DEMO_COMMANDS: Final[Mapping[int, Command]] = {ord("b"): Command.TUNNEL}

_NEWLINES: Final = frozenset(b"\r\n")

#: One key as a terminal in an extended keyboard mode sends it, a report of the mouse or the focus, or one byte. Groups:
#: code, modifiers and event of kitty's protocol; modifiers and code of xterm's modifyOtherKeys; event of a key without
#: a code; the report.
_ONE_KEY: Final = re.compile(
    rb"\x1b\[(\d{1,7})(?::\d*)*(?:;(\d*)(?::(\d))?)?(?:;[\d:]*)?u|\x1b\[27;(\d+);(\d{1,7})~"
    rb"|\x1b\[\d+;\d*:(\d)[~A-S]|(%b)|." % REPORT,
    re.DOTALL,
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


@dataclass(frozen=True, slots=True)
class EscapeKey:
    """The escape key, None for none at all.

    Attributes:
        code: the byte it sends in the ordinary keyboard mode.
    """

    code: int | None = DEFAULT_ESCAPE_KEY

    @property
    def is_printable(self) -> bool:
        """Whether it is needed in text too, so that it only counts at a line's start."""
        return self.code is not None and 0x20 <= self.code < 0x7F

    def __str__(self) -> str:
        if self.code is None:
            return "none"
        return chr(self.code) if self.is_printable else f"Ctrl-{chr(self.code ^ 0x40)}"


def parse_escape_key(text: str) -> EscapeKey:
    """Read `--escape`: "^X" for a control key, one ASCII character, or "none".

    Raises:
        BootstrapError: it is none of these.
    """
    if text.lower() == "none":
        return EscapeKey(None)
    if len(text) == 1 and text.isascii() and text.isprintable() and text != " ":
        return EscapeKey(ord(text))
    if len(text) == 2 and text[0] == "^" and ("@" <= text[1].upper() <= "_" or text[1] == "?"):
        return EscapeKey(ord(text[1].upper()) ^ 0x40)
    raise BootstrapError(
        Stage.USAGE,
        f"{text!r} is no escape key",
        hint="give a control key as ^X, one character as ~, or none",
    )


class EscapeMachine:
    """Feed it what was typed; it gives back what to send and what to do, in order."""

    def __init__(self, key: EscapeKey, *, with_tunnel: bool = False) -> None:
        """Begin at a line's start; the tunnel's key is one in the demo only."""
        self._key = key
        self._commands = {**_COMMANDS, **(_DEMO_COMMANDS if with_tunnel else {})}
        self._transitions = _PRINTABLE_TRANSITIONS if key.is_printable else _TRANSITIONS
        self._state = _State.LINE_START
        self._withheld = b""

    def feed(self, data: bytes) -> list[Typed]:
        """Return bytes to send and commands to obey, neighbouring bytes joined."""
        if not data or self._is_plain(data):
            return [data] if data else []
        results: list[Typed] = []
        passed = bytearray()
        for key in _keys(data):
            output = self._take(key)
            if isinstance(output, Command):
                if passed:
                    results.append(bytes(passed))
                    passed.clear()
                results.append(output)
            else:
                passed += output
        if passed:
            results.append(bytes(passed))
        return results

    def begin_line(self) -> None:
        """Take note that the last key went nowhere: a printable escape key counts where it did before."""
        self._state = _State.LINE_START

    def _is_plain(self, data: bytes) -> bool:
        """Tell whether there is nothing to look for, as in most of a paste."""
        if self._key.code is None:
            return True
        anywhere = not self._key.is_printable and self._state is not _State.ESCAPED
        return anywhere and self._key.code not in data and b"\x1b[" not in data

    def _take(self, key: bytes) -> Typed:
        code = _plain_code(key)
        kind = _Key.NONE if is_no_press(key) else self._kind(code)
        self._state, effect = self._transitions[self._state, kind]
        if effect is _Effect.PASS:
            return key
        if effect in (_Effect.WITHHOLD, _Effect.WITHHOLD_TOO):
            self._withheld = key if effect is _Effect.WITHHOLD else self._withheld + key
            return b""
        if effect is _Effect.PASS_ESCAPE:
            return self._withheld
        if effect is _Effect.PASS_BOTH:
            return self._withheld + key
        assert code is not None
        return self._commands[code]

    def _kind(self, code: int | None) -> _Key:
        if code == self._key.code:
            return _Key.ESCAPE
        if code == ord("^"):
            return _Key.CARET
        if code in self._commands:
            return _Key.COMMAND
        return _Key.NEWLINE if code in _NEWLINES else _Key.OTHER


def _keys(data: bytes) -> Iterator[bytes]:
    return (match.group() for match in _ONE_KEY.finditer(data))


def is_no_press(key: bytes) -> bool:
    """Tell whether it is what comes with keys and between them: a release, a modifier alone, the mouse, the focus."""
    match = _ONE_KEY.fullmatch(key)
    if match is None or len(key) == 1:
        return False
    code, _, event, _, _, other_event, report = match.groups()
    is_modifier = code is not None and any(int(code) in codes for codes in _MODIFIER_KEYS)
    return is_modifier or report is not None or _RELEASE in (event, other_event)


def _plain_code(key: bytes) -> int | None:
    """Return the byte that a key would send in the ordinary keyboard mode; None where it would send no single one."""
    if len(key) == 1:
        return key[0]
    match = _ONE_KEY.fullmatch(key)
    assert match is not None
    code, modifiers, _, other_modifiers, other_code, _, _ = match.groups()
    if code is None and other_code is None:
        return None
    held = (int(modifiers or other_modifiers or 1) - 1) & ~_IGNORED_MODIFIERS
    number = int(code or other_code)
    if number > 0x7F or held & ~_CTRL:
        return None
    if not held & _CTRL:
        return number
    return _CONTROL_KEYS.get(number, number & 0x1F)
