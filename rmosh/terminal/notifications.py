"""Desktop notifications: a line of words (OSC 9), a title and words (OSC 777), or kitty's, in parts (OSC 99).

Bounded in length and number, without control characters. Who asks whether they are shown or clicked gets no answer.
"""

import binascii
import re
from typing import Final

from rmosh.lazy_dataclass import dataclass, replace
from rmosh.terminal.cells import Notification, NotificationDetails
from rmosh.terminal.vocabulary import printable

#: Longest notification's title, and body, in characters. Reason: desktops show less. Source: our own choice.
MAX_NOTIFICATION: Final = 512

#: Longest identifier of a notification of OSC 99, in characters, and most that wait for more parts at once.
#: Reason: bounds memory. Source: our own choice.
MAX_IDENTIFIER: Final = 64
MAX_UNFINISHED: Final = 8

#: What OSC 9 means besides notifications: numbered commands, progress (4) most of all. Source: ConEmu's manual.
_NUMBERED: Final = re.compile(r"\d+(;|\Z)")

#: What an identifier may have. Source: kitty, "Desktop notifications".
_IDENTIFIER: Final = re.compile(rf"[A-Za-z0-9_+.-]{{1,{MAX_IDENTIFIER}}}")

_URGENCIES: Final = ("0", "1", "2")
_NORMAL: Final = "1"


@dataclass(frozen=True, slots=True)
class _Unfinished:
    """What came so far of a notification in parts."""

    title: str = ""
    body: str = ""
    urgency: str = _NORMAL


class Notifications:
    """The last one told; a new serial is a new one."""

    def __init__(self) -> None:
        self.last = Notification()
        self.details = NotificationDetails()
        self._unfinished: dict[str, _Unfinished] = {}

    def tell_words(self, rest: str) -> None:
        """OSC 9, where it is none of its numbered commands."""
        if not _NUMBERED.match(rest):
            self._tell("", rest)

    def tell_titled(self, rest: str) -> None:
        """OSC 777, of which only `notify` is a notification."""
        what, _, words = rest.partition(";")
        if what == "notify":
            title, _, body = words.partition(";")
            self._tell(title, body)

    def tell_part(self, rest: str) -> None:
        """OSC 99: a title or a body, or a part of one; shown with the part that does not say that more follows."""
        metadata, separator, payload = rest.partition(";")
        values = dict(entry.split("=", 1) for entry in metadata.split(":") if "=" in entry)
        kind = values.get("p", "title")
        words = _decoded(payload, is_encoded=values.get("e") == "1")
        if not separator or kind not in ("title", "body") or words is None:
            return
        identifier = values.get("i", "")
        identifier = identifier if _IDENTIFIER.fullmatch(identifier) else ""
        begun = self._unfinished.pop(identifier, _Unfinished())
        said = printable(getattr(begun, kind) + words, MAX_NOTIFICATION)
        urgency = values.get("u", begun.urgency)
        whole = replace(begun, **{kind: said}, urgency=urgency if urgency in _URGENCIES else _NORMAL)
        if values.get("d") == "0":
            self._unfinished[identifier] = whole
            if len(self._unfinished) > MAX_UNFINISHED:
                del self._unfinished[next(iter(self._unfinished))]
        elif self._tell(*((whole.title, whole.body) if whole.body else ("", whole.title))):
            self.details = NotificationDetails(self.last.serial, identifier, int(whole.urgency))

    def _tell(self, title: str, body: str) -> bool:
        title, body = printable(title, MAX_NOTIFICATION), printable(body, MAX_NOTIFICATION)
        if title or body:
            self.last = Notification(self.last.serial + 1, title, body)
        return bool(title or body)


def _decoded(payload: str, *, is_encoded: bool) -> str | None:
    if not is_encoded:
        return payload
    from base64 import b64decode  # which most servers do without

    try:
        return b64decode(payload, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return None
