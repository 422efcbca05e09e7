"""Bring the user's terminal into the modes the remote screen is in, and out of them again.

The alternate screen is not among them, as the painter switches to it; but kitty's keyboard flags are each screen's own.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from rmosh.lazy_dataclass import field_names
from rmosh.terminal.cells import Modes

DEFAULT_MODES: Final = Modes()

#: Modes that are switches: field, sequence that sets it, sequence that resets it. Source: xterm's ctlseqs.
_SWITCHES: Final[Mapping[str, tuple[bytes, bytes]]] = {
    "application_cursor": (b"\x1b[?1h", b"\x1b[?1l"),
    "application_keypad": (b"\x1b=", b"\x1b>"),
    "bracketed_paste": (b"\x1b[?2004h", b"\x1b[?2004l"),
    "focus_events": (b"\x1b[?1004h", b"\x1b[?1004l"),
    "reverse_screen": (b"\x1b[?5h", b"\x1b[?5l"),
}

#: Modes whose value is the number of a private mode, 0 for none of them.
_NUMBERED: Final = ("mouse", "mouse_encoding")

#: Modes that only some terminals have.
_EXTENDED_KEYS: Final = ("keyboard_flags", "modify_other_keys", "alternate_scroll")

#: The one that each screen has for itself, and what takes it back. Source: kitty's keyboard protocol.
_KEYBOARD: Final = "keyboard_flags"
_KEYBOARD_POP: Final = b"\x1b[<u"

#: The wheel in the alternate screen: on in some terminals, off in others, so what it was is kept and restored by them.
_ALTERNATE_SCROLL_SAVE: Final = b"\x1b[?1007s"
_ALTERNATE_SCROLL: Final = (b"\x1b[?1007r", b"\x1b[?1007h", b"\x1b[?1007l")

#: What a mode's number may be; anything else is taken for "off". Source: rmosh.terminal.cells.Modes.
_ALLOWED: Final[Mapping[str, frozenset[int]]] = {
    "mouse": frozenset({0, 9, 1000, 1001, 1002, 1003}),
    "mouse_encoding": frozenset({0, 1005, 1006, 1015, 1016}),
    "keyboard_flags": frozenset(range(32)),
    "modify_other_keys": frozenset({0, 1, 2}),
    "alternate_scroll": frozenset({0, 1, 2}),
}


class ModeSetter:
    """Remembers which modes the terminal is in and which were ever touched."""

    def __init__(self, *, extended_keys: bool) -> None:
        self._names = [
            name
            for name in field_names(Modes)
            if name != "alternate_screen" and (extended_keys or name not in _EXTENDED_KEYS)
        ]
        self._values: dict[str, int] = dict.fromkeys(self._names, 0)
        self._touched: set[str] = set()
        self._set = DEFAULT_MODES
        self._known = True
        self._main_keyboard: int | None = None

    def enter_alternate(self) -> None:
        """Take note that the terminal shows its alternate screen now, without any keyboard flags."""
        self._main_keyboard = self._values[_KEYBOARD] if _KEYBOARD in self._touched else None
        self._values[_KEYBOARD] = 0
        self._touched.discard(_KEYBOARD)

    def leave_alternate(self) -> bytes:
        """Return what is to be said before the alternate screen is left; the main one has its own flags still."""
        said = _KEYBOARD_POP if _KEYBOARD in self._touched else b""
        self._touched.discard(_KEYBOARD)
        if self._main_keyboard is not None:
            self._touched.add(_KEYBOARD)
        self._values[_KEYBOARD] = self._main_keyboard or 0
        self._known = False
        return said

    def forget(self) -> None:
        """Stop trusting that the terminal is still in the modes it was put in."""
        self._known = False

    def change(self, modes: Modes) -> bytes:
        """Return what brings the terminal into these modes."""
        if self._known and (modes is self._set or modes == self._set):
            return b""
        wanted = {name: _allowed(name, int(getattr(modes, name))) for name in self._names}
        changes = b"".join(self._changes(wanted))
        self._set, self._known = modes, True
        return changes

    def restore(self) -> bytes:
        """Return what brings every mode ever touched back to what it was before."""
        self._known = False
        changes = b"".join(self._changes(dict.fromkeys(self._touched, 0)))
        if _KEYBOARD in self._touched:
            changes += _KEYBOARD_POP
        self._touched.clear()
        self._set, self._known = DEFAULT_MODES, True
        return changes

    def _changes(self, wanted: Mapping[str, int]) -> Iterator[bytes]:
        for name, value in wanted.items():
            old = self._values[name]
            if value == old and (self._known or name not in self._touched):
                continue
            yield from self._change(name, old, value)
            self._touched.add(name)
            self._values[name] = value

    def _change(self, name: str, old: int, new: int) -> Iterator[bytes]:
        if name in _SWITCHES:
            yield _SWITCHES[name][0 if new else 1]
        elif name in _NUMBERED:
            if old and old != new:
                yield b"\x1b[?%dl" % old
            if new:
                yield b"\x1b[?%dh" % new
        elif name == _KEYBOARD:
            pushed = name in self._touched
            yield b"\x1b[=%du" % new if pushed else b"\x1b[>%du" % new
        elif name == "alternate_scroll":
            if name not in self._touched:
                yield _ALTERNATE_SCROLL_SAVE
            yield _ALTERNATE_SCROLL[new]
        else:
            yield b"\x1b[>4;%dm" % new if new else b"\x1b[>4m"


def _allowed(name: str, value: int) -> int:
    allowed = _ALLOWED.get(name)
    return value if allowed is None or value in allowed else 0
