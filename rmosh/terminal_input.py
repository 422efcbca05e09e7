"""What a terminal sends, cut into keys, reports, pastes and answers: the one grammar of it, whoever looks at it next.

The tokens' bytes are the input's bytes, in order. How input is cut into reads does not matter, but that a key is never
kept waiting for what might follow it: it is given at once, and should it turn out to have been a beginning, the token
that goes on from it says so.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum, auto
from typing import Final

from rmosh.lazy_dataclass import dataclass

#: Seconds between the pieces of one key or report. Reason: a terminal writes a sequence at once and what was cut off
#: follows within a few ms; a hand needs longer for the next key.
JOIN: Final = 0.03

#: Seconds between the pieces of an answer that is due. Reason: nobody waits for it, and the terminal may be behind a
#: link of its own, where a piece is repeated after a round trip or two.
_ANSWER_JOIN: Final = 2.0

#: Seconds without a byte of a paste after which what comes is typed again. Reason: a terminal that never ends a paste
#: must not take the escape key away for good; one behind a link of its own may pause for a round trip or two.
_PASTE_PAUSE: Final = 5.0

#: Longest control string in bytes; names and colours take less than 100.
LONGEST_STRING: Final = 512

#: Bytes of the longest sequence's parameters; keys have less than 20.
_LONGEST_PARAMETERS: Final = 64


class TokenKind(Enum):
    """What a token is."""

    #: Characters and control characters, each a key.
    TEXT = auto()
    #: One key that sends more: a sequence, Escape, or a character with Alt. Also a sequence that nobody knows.
    KEY = auto()
    #: A report of the mouse.
    MOUSE = auto()
    #: The window got the focus or lost it.
    FOCUS = auto()
    #: What stands around a paste, and the pasted bytes.
    PASTE_BEGIN = auto()
    PASTE = auto()
    PASTE_END = auto()
    #: What no key sends: a control string, or a sequence with a private marker.
    ANSWER = auto()


@dataclass(frozen=True, slots=True)
class InputToken:
    """A piece of input.

    Attributes:
        data: its bytes that were not given before.
        given: the bytes that the token before this one had: it was the beginning of this one.
    """

    kind: TokenKind
    data: bytes
    given: bytes = b""

    @property
    def whole(self) -> bytes:
        """All its bytes."""
        return self.given + self.data


class Expecting(Enum):
    """What whoever asks the terminal knows of answers."""

    NOTHING = auto()
    ANSWERS = auto()
    #: One has come just now.
    MORE_ANSWERS = auto()


class _Cut(Enum):
    """What may be cut off where input ends for now."""

    #: Nothing: a key of its own that a sequence begins with too.
    KEY = auto()
    #: The rest of a key, a report or a character.
    REST = auto()
    #: The same, or an answer's.
    REST_OR_ANSWER = auto()
    #: An answer's, as no key begins like that.
    ANSWER = auto()


#: For how many seconds a beginning is held back; None: it is given at once. Reason: a key waits for nothing, unless an
#: answer has come just now, of which another's first byte is likelier than Escape; nobody presses the rest as one key.
_HELD: Final[Mapping[tuple[_Cut, Expecting], float | None]] = {
    (_Cut.KEY, Expecting.NOTHING): None,
    (_Cut.KEY, Expecting.ANSWERS): None,
    (_Cut.KEY, Expecting.MORE_ANSWERS): JOIN,
    (_Cut.REST, Expecting.NOTHING): JOIN,
    (_Cut.REST, Expecting.ANSWERS): JOIN,
    (_Cut.REST, Expecting.MORE_ANSWERS): JOIN,
    (_Cut.REST_OR_ANSWER, Expecting.NOTHING): JOIN,
    (_Cut.REST_OR_ANSWER, Expecting.ANSWERS): _ANSWER_JOIN,
    (_Cut.REST_OR_ANSWER, Expecting.MORE_ANSWERS): _ANSWER_JOIN,
    (_Cut.ANSWER, Expecting.NOTHING): JOIN,
    (_Cut.ANSWER, Expecting.ANSWERS): _ANSWER_JOIN,
    (_Cut.ANSWER, Expecting.MORE_ANSWERS): _ANSWER_JOIN,
}

_PASTE_ENDS: Final = b"\x1b[201~"

#: One character of several bytes, and the beginning of one. Source: RFC 3629.
_CHARACTER: Final = rb"(?:[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})"
_CHARACTER_BEGUN: Final = rb"(?:[\xc2-\xf4]|[\xe0-\xf4][\x80-\xbf]|[\xf0-\xf4][\x80-\xbf]{2})"

#: One token that is no text; groups are named as kinds, a key is what none of them is. Source: ECMA-48 section 5.4;
#: xterm's ctlseqs, modes 9, 1000 to 1006 and 1015 (mouse), 1004 (focus), 2004 (paste); console_codes(4) for F1 to F5.
_TOKEN: Final = re.compile(
    rb"(?P<PASTE_BEGIN>\x1b\[200~)"
    rb"|(?P<FOCUS>\x1b\[[IO])"
    rb"|(?P<MOUSE>\x1b\[(?:<?[0-9;]{1,%(most)d}[Mm]|M[ -\xff]{3}))"
    rb"|(?P<ANSWER>\x1b\[[=>?][0-?]{0,%(most)d}[ -/]{0,2}[@-~])"
    rb"|\x1b(?:\[\[[ -~]|\[[0-?]{0,%(most)d}[ -/]{0,2}[@-~]|O[0-9;]{0,8}[@-~]|%(character)b|[^\x1b]|)"
    % {b"most": _LONGEST_PARAMETERS, b"character": _CHARACTER}
)

#: A control string as terminals answer with: OSC with a number, DCS and APC. Source: ECMA-48 section 5.6; xterm lets
#: BEL end an OSC.
_STRING: Final = re.compile(
    rb"\x1b(?:\][0-9]{1,4};[^\x07\x1b]{0,%(most)d}(?:\x07|\x1b\\)|[P_][0-9!>|$+G][^\x1b]{0,%(most)d}\x1b\\)"
    % {b"most": LONGEST_STRING}
)

#: What may be cut off behind the input that is left, by what that looks like; and the same where answers are due.
_BEGUN: Final[tuple[tuple[re.Pattern[bytes], _Cut], ...]] = (
    (re.compile(rb"\x1b[\[O]?"), _Cut.KEY),
    (re.compile(rb"\x1b\[[=>?][0-?]{0,%d}[ -/]{0,2}" % _LONGEST_PARAMETERS), _Cut.ANSWER),
    (re.compile(rb"\x1b\[(?:<[0-?]{0,%d}|M[ -\xff]{0,2}|\[)" % _LONGEST_PARAMETERS), _Cut.REST),
    (
        re.compile(rb"\x1b\[[0-;][0-?]{0,%d}[ -/]{0,2}|\x1b\[[ -/]{1,2}" % (_LONGEST_PARAMETERS - 1)),
        _Cut.REST_OR_ANSWER,
    ),
    (re.compile(rb"\x1bO[0-9;]{1,8}|\x1b%b" % _CHARACTER_BEGUN), _Cut.REST),
)
_STRING_BEGUN: Final[tuple[tuple[re.Pattern[bytes], _Cut], ...]] = (
    (re.compile(rb"\x1b[]P_]"), _Cut.KEY),
    (
        re.compile(
            rb"\x1b(?:\][0-9]{1,4}(?:;[^\x07\x1b]{0,%(most)d}\x1b?)?|[P_][0-9!>|$+G][^\x1b]{0,%(most)d}\x1b?)"
            % {b"most": LONGEST_STRING}
        ),
        _Cut.ANSWER,
    ),
)

#: Where a read may end within a character, or within the end of a paste.
_TEXT_TAIL: Final = re.compile(rb"%b\Z" % _CHARACTER_BEGUN)
_PASTE_TAIL: Final = re.compile(rb"(?:\x1b(?:\[(?:2(?:0(?:1)?)?)?)?|%b)\Z" % _CHARACTER_BEGUN)


def _nothing() -> Expecting:
    return Expecting.NOTHING


class InputTokenizer:
    """Cuts a terminal's bytes into tokens; what it holds back is bounded in bytes and in time."""

    def __init__(self, keys: Iterable[bytes] = ()) -> None:
        """Begin between two keys.

        Args:
            keys: what this terminal sends for keys, whatever that looks like; each begins with ESC.
        """
        self._keys = tuple(sorted(keys, key=len, reverse=True))
        self._is_pasting = False
        self._fed_at = 0.0
        self._pending = b""
        self._given = 0
        self._cut = _Cut.KEY
        self._until = 0.0

    @property
    def held(self) -> bytes:
        """What came and was not given yet."""
        return self._pending[self._given :]

    def next_wakeup(self) -> float | None:
        """Return when to `let_go`, monotonic seconds; None where nothing is held."""
        return self._until if self.held else None

    def feed(
        self, untrusted: bytes, *, now: float, expecting: Callable[[], Expecting] = _nothing
    ) -> Iterator[InputToken]:
        """Yield the tokens that are whole, and the beginning of one where that is a key of its own.

        Args:
            expecting: asked before each token.
        """
        if not untrusted:
            return
        if not self.held and not self._goes_on(untrusted, expecting(), now):
            self._pending = b""
        if now - self._fed_at > _PASTE_PAUSE:
            self._is_pasting = False
        data, begin, new = self._pending + untrusted, 0, min(self._given, len(self._pending))
        self._pending, self._given, self._fed_at = b"", 0, now
        while new < len(data):
            due = expecting()
            kind, end = self._next(data, begin, due)
            if isinstance(kind, _Cut):
                yield from self._keep(data[begin:], new - begin, kind, due, now)
                return
            if end > new:
                yield InputToken(kind, data[new:end], data[begin:new])
            begin = new = max(end, new)

    def let_go(self, *, now: float) -> Iterator[InputToken]:
        """Yield what was held back for long enough."""
        if not self.held or now < self._until:
            return
        token = InputToken(self._kind_of_held(), self.held, self._pending[: self._given])
        self._pending, self._given = b"", 0
        yield token

    def forget(self) -> None:
        """Take note that somebody else has what was held back."""
        self._pending, self._given = b"", 0

    def resume(self, *, now: float) -> None:
        """Take note that nobody wanted to read for a while: a paste goes on."""
        self._fed_at = now

    def _goes_on(self, untrusted: bytes, due: Expecting, now: float) -> bool:
        """Tell whether the key that was given last may have been the beginning of what comes now."""
        if now >= self._until:
            return False
        introducers = b"[O" if due is Expecting.NOTHING else b"[O]P_"
        return self._pending != b"\x1b" or untrusted[0] in introducers

    def _keep(self, pending: bytes, given: int, cut: _Cut, due: Expecting, now: float) -> Iterator[InputToken]:
        held_for = _HELD[cut, due]
        if held_for is None:
            yield InputToken(TokenKind.KEY, pending[given:], pending[:given])
            given = len(pending)
        self._pending, self._given, self._cut = pending, given, cut
        self._until = now + (JOIN if held_for is None else held_for)

    def _kind_of_held(self) -> TokenKind:
        if self._is_pasting:
            return TokenKind.PASTE
        if self._cut is _Cut.ANSWER:
            return TokenKind.ANSWER
        return TokenKind.KEY if self._pending.startswith(b"\x1b") else TokenKind.TEXT

    def _next(self, data: bytes, begin: int, due: Expecting) -> tuple[TokenKind | _Cut, int]:
        """Return the first token's kind and where it ends, or what may be cut off from it."""
        if self._is_pasting:
            return self._pasted(data, begin)
        if data[begin] != 0x1B:
            return _text(data, begin)
        if data.startswith(self._keys, begin):
            return TokenKind.KEY, begin + next(len(key) for key in self._keys if data.startswith(key, begin))
        cut = self._cut_off(data, begin, due)
        if cut is not None:
            return cut, begin
        string = _STRING.match(data, begin) if due is not Expecting.NOTHING else None
        if string is not None:
            return TokenKind.ANSWER, string.end()
        match = _TOKEN.match(data, begin)
        assert match is not None, "ESC alone is a key"
        kind = TokenKind[match.lastgroup] if match.lastgroup else TokenKind.KEY
        self._is_pasting = kind is TokenKind.PASTE_BEGIN
        return kind, match.end()

    def _pasted(self, data: bytes, begin: int) -> tuple[TokenKind | _Cut, int]:
        end = data.find(_PASTE_ENDS, begin)
        if end == begin:
            self._is_pasting = False
            return TokenKind.PASTE_END, begin + len(_PASTE_ENDS)
        if end < 0:
            tail = _PASTE_TAIL.search(data, max(begin, len(data) - len(_PASTE_ENDS)))
            end = len(data) if tail is None else tail.start()
        return (TokenKind.PASTE, end) if end > begin else (_Cut.REST, begin)

    def _cut_off(self, data: bytes, begin: int, due: Expecting) -> _Cut | None:
        """Return what all that is left may be the beginning of; None where it is more, or nothing's."""
        is_last = data.find(b"\x1b", begin + 1) < 0
        looks = _BEGUN if is_last else ()
        for begun, cut in looks if due is Expecting.NOTHING else (*looks, *_STRING_BEGUN):
            if begun.fullmatch(data, begin):
                return cut
        rest = data[begin : begin + _LONGEST_PARAMETERS]
        return _Cut.REST if any(key.startswith(rest) for key in self._keys) else None


def _text(data: bytes, begin: int) -> tuple[TokenKind | _Cut, int]:
    end = data.find(b"\x1b", begin)
    if end < 0:
        tail = _TEXT_TAIL.search(data, max(begin, len(data) - 3))
        end = len(data) if tail is None else tail.start()
    return (TokenKind.TEXT, end) if end > begin else (_Cut.REST, begin)
