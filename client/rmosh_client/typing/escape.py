"""The escape key: finds the client's own commands among what is typed. Sans-IO; knows no terminal and no session."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum, auto
from typing import Final, TypeAlias

from rmosh.errors import BootstrapError, Stage
from rmosh.lazy_dataclass import dataclass
from rmosh.terminal_input import InputToken, TokenKind
from rmosh_client.typing.presses import is_press, plain_code

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
    TRACE = auto()
    LOGIN = auto()
    SHELL = auto()
    FORWARD = auto()
    FORWARDS = auto()
    TUNNEL = auto()
    ALLOW = auto()
    REFUSE = auto()


#: Tokens to send, or a command to obey.
Typed: TypeAlias = "list[InputToken] | Command"


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
    ord("t"): Command.TRACE,
    ord("l"): Command.LOGIN,
    ord("!"): Command.SHELL,
    ord("C"): Command.FORWARD,
    ord("#"): Command.FORWARDS,
}

#: What else there is where a key's use is asked about. Reason for no key by itself: what is typed at that moment is
#: meant for a program, and a y among it would be consent.
_ANSWERS: Final[Mapping[int, Command]] = {ord("y"): Command.ALLOW, ord("n"): Command.REFUSE}

#: What else the demo knows.
_DEMO_COMMANDS: Final[Mapping[int, Command]] = {ord("b"): Command.TUNNEL}

_NEWLINES: Final = frozenset(b"\r\n")
_NEWLINE_KEYS: Final = (b"\r", b"\n")


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
        f"{text!r} is not an escape key",
        hint="give a control key as ^X, one character as ~, or none",
    )


class EscapeMachine:
    """Feed it what was typed; it gives back what to send and what to do, in order."""

    def __init__(self, key: EscapeKey, *, with_tunnel: bool = False, with_answers: bool = False) -> None:
        """Begin at a line's start; the tunnel's key is one in the demo only, answers where something may be asked."""
        self._key = key
        self._commands = {
            **_COMMANDS,
            **(_DEMO_COMMANDS if with_tunnel else {}),
            **(_ANSWERS if with_answers else {}),
        }
        self._transitions = _PRINTABLE_TRANSITIONS if key.is_printable else _TRANSITIONS
        self._state = _State.LINE_START
        self._withheld: list[InputToken] = []

    def feed(self, tokens: Sequence[InputToken]) -> list[Typed]:
        """Return tokens to send and commands to obey, neighbouring tokens joined."""
        if len(tokens) == 1 and tokens[0].kind is TokenKind.TEXT and self._is_plain(tokens[0].data):
            self._state = _State.LINE_START if tokens[0].data in _NEWLINE_KEYS else _State.IN_LINE
            return [list(tokens)]
        results: list[Typed] = []
        passed: list[InputToken] = []
        for output in (self._take(piece) for token in tokens for piece in self._pieces(token)):
            if isinstance(output, Command):
                results += [passed, output] if passed else [output]
                passed = []
            else:
                _append(passed, output)
        return [*results, passed] if passed else results

    def begin_line(self) -> None:
        """Take note that the last key went nowhere: a printable escape key counts where it did before."""
        self._state = _State.LINE_START

    def _pieces(self, token: InputToken) -> Iterator[InputToken]:
        """Yield a text's characters where one may be the escape key, and such a key that follows Escape by itself."""
        is_text = token.kind is TokenKind.TEXT and not self._is_plain(token.data)
        is_pair = token.kind is TokenKind.KEY and len(token.whole) == 2 and self._key.code in list(token.whole)
        if is_text or is_pair:
            yield from _single_bytes(token)
        else:
            yield token

    def _is_plain(self, text: bytes) -> bool:
        """Tell whether there is nothing to look for, as in most of what is pasted without a terminal's word for it."""
        if self._key.code is None:
            return True
        anywhere = not self._key.is_printable and self._state is not _State.ESCAPED
        return anywhere and self._key.code not in text

    def _take(self, token: InputToken) -> "list[InputToken] | Command":
        code = plain_code(token.whole) if token.kind in (TokenKind.TEXT, TokenKind.KEY) else None
        kind = self._kind(code) if is_press(token) else _Key.NONE
        self._state, effect = self._transitions[self._state, kind]
        if effect is _Effect.PASS:
            return [token]
        if effect in (_Effect.WITHHOLD, _Effect.WITHHOLD_TOO):
            self._withheld = [token] if effect is _Effect.WITHHOLD else [*self._withheld, token]
            return []
        if effect is _Effect.PASS_ESCAPE:
            return self._withheld
        if effect is _Effect.PASS_BOTH:
            return [*self._withheld, token]
        assert code is not None
        return self._commands[code]

    def _kind(self, code: int | None) -> _Key:
        if code is None:
            return _Key.OTHER
        if code == self._key.code:
            return _Key.ESCAPE
        if code == ord("^"):
            return _Key.CARET
        if code in self._commands:
            return _Key.COMMAND
        return _Key.NEWLINE if code in _NEWLINES else _Key.OTHER


def _single_bytes(token: InputToken) -> Iterator[InputToken]:
    for byte in token.data:
        yield InputToken(TokenKind.KEY if byte == 0x1B else TokenKind.TEXT, bytes([byte]))


def _append(tokens: list[InputToken], more: Iterable[InputToken]) -> None:
    """Add tokens, a text to the text before it."""
    for token in more:
        if tokens and tokens[-1].kind is token.kind is TokenKind.TEXT:
            token = InputToken(TokenKind.TEXT, tokens.pop().data + token.data)
        tokens.append(token)
