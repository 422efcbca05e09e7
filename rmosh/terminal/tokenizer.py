"""Bytes to tokens: text between controls, and whole control sequences, whatever way the stream was cut.

Knows the grammar of ECMA-48 and nothing of what any sequence means. One regular expression cuts a whole chunk; a
sequence that the chunk ends inside of is held back until the rest arrives, bounded. It never raises.
"""

import codecs
import re
from typing import Final

#: Longest control sequence, in characters, not counting strings; a longer one is swallowed unexecuted. Reason: bounds
#: what is held back; xterm takes at most 30 parameters. Source: our own choice.
MAX_SEQUENCE: Final = 1024

#: Longest control string (OSC, DCS ..., and ESC k, a title for screen and tmux), in characters; of a longer one only
#: the beginning is told. Reason: it has to hold an OSC 52 copy in base64 and still bound memory; our own choice.
MAX_STRING: Final = 1 << 18

#: What stands at the end of the beginning of a string that was too long: CAN, which no string holds.
CUT: Final = "\x18"

#: Controls that are executed in the middle of a sequence. Source: ECMA-48 leaves it open; VT500 state diagram.
_INSIDE: Final = r"\x00-\x17\x19\x1c-\x1f\x7f"

#: Every control of a chunk: sequences as long as they go, whole or not; CR LF as one; other controls one by one. All
#: begin with one set of characters, which is what a regular expression finds fastest.
_CONTROL: Final = re.compile(
    r"([\x00-\x1f\x7f](?:(?<=\x1b)(?:"
    r"\[[0-?]*[@-~]"  # nearly all sequences
    rf"|[{_INSIDE}]*(?:"
    rf"\[[ -?{_INSIDE}]*[@-~]?"
    r"|\][^\x07\x18\x1a\x1b]*(?:\x07|\x1b(?:\\|\Z))?"
    r"|[PX^_k][^\x18\x1a\x1b]*(?:\x1b(?:\\|\Z))?"
    rf"|[ -/][ -/{_INSIDE}]*[0-~]?"
    r"|[0-OQ-WYZ\\`-jl-~]"
    r")?"
    r")|(?<=\r)\n)?)"
)

#: A sequence that needs nothing more; what else starts with ESC and ends a chunk is held back.
_COMPLETE: Final = re.compile(
    rf"\x1b[{_INSIDE}]*(?:"
    rf"\[[ -?{_INSIDE}]*[@-~]"
    r"|\][^\x07\x18\x1a\x1b]*(?:\x07|\x1b\\)"
    r"|[PX^_k][^\x18\x1a\x1b]*\x1b\\"
    rf"|[ -/][ -/{_INSIDE}]*[0-~]"
    r"|[0-OQ-WYZ\\`-jl-~]"
    r")"
)

_STRING_START: Final = re.compile(rf"\x1b[{_INSIDE}]*[\]PX^_k]")
_STRING_STOP: Final = re.compile(r"[\x18\x1a\x1b]")
_OSC_STOP: Final = re.compile(r"[\x07\x18\x1a\x1b]")
_SEQUENCE_REST: Final = re.compile(rf"[ -?{_INSIDE}]*[@-~]?")
_C1: Final = re.compile("[\x80-\x9f]")


class Tokenizer:
    """Cuts a byte stream into text and controls, independent of how it was chunked."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""
        self._string: list[str] = []
        self._string_length = 0
        self._overlong = False

    @property
    def at_rest(self) -> bool:
        """Whether the stream stands between sequences, so that plain text may be taken as it is."""
        return not self._held and not self._string and not self._overlong and self._decoder.getstate()[0] == b""

    def split(self, untrusted: bytes) -> list[str]:
        """Return text, control, text, control, ..., text: an odd number of pieces, texts possibly empty."""
        text = self._decoder.decode(untrusted)
        if not text.isascii() and _C1.search(text):
            text = _C1.sub(_as_escape, text)
        if self._held:
            text = self._held + text
            self._held = ""
        pieces: list[str] = []
        if self._string:
            text = self._continue_string(text, pieces)
        elif self._overlong:
            text = self._continue_overlong(text, pieces)
        pieces += _CONTROL.split(text)
        if pieces[-1] == "" and len(pieces) > 1 and pieces[-2][0] == "\x1b" and not _COMPLETE.fullmatch(pieces[-2]):
            self._hold_back(pieces)
        return pieces

    def _hold_back(self, pieces: list[str]) -> None:
        token = pieces[-2]
        del pieces[-2:]
        if _STRING_START.match(token):
            if token[-1] == "\x1b":
                token = token[:-1]
                self._held = "\x1b"
            self._string = [token]
            self._string_length = len(token)
        elif len(token) > MAX_SEQUENCE:
            self._overlong = True
            pieces += [token, ""]
        else:
            self._held = token

    def _continue_string(self, text: str, pieces: list[str]) -> str:
        """Take a string's next part off the text; the whole string, once ended, goes to the pieces."""
        is_osc = "]" in _STRING_START.match(self._string[0])[0]  # type: ignore[index]
        stop = (_OSC_STOP if is_osc else _STRING_STOP).search(text)
        end = stop.start() if stop else len(text)
        if self._string_length < MAX_STRING:
            self._string.append(text[: min(end, MAX_STRING - self._string_length)])
        self._string_length += end
        if stop is None:
            return ""
        if text[end] == "\x1b" and end + 1 == len(text):
            self._held = "\x1b"
            return ""
        terminator = "\x07" if text[end] == "\x07" else "\x1b\\" if text.startswith("\x1b\\", end) else ""
        if terminator:
            pieces += ["", "".join(self._string) + (terminator if self._string_length <= MAX_STRING else CUT)]
        self._string = []
        return text[end + len(terminator) :]

    def _continue_overlong(self, text: str, pieces: list[str]) -> str:
        rest = _SEQUENCE_REST.match(text)[0]  # type: ignore[index]
        if rest != text or (rest and "@" <= rest[-1] <= "~"):
            self._overlong = False
        return text[len(rest) :]


def _as_escape(match: re.Match[str]) -> str:
    """Return the two-character form of a C1 control. Source: ECMA-48 section 5.3."""
    return "\x1b" + chr(ord(match[0]) - 0x40)
