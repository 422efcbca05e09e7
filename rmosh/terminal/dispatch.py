"""Which operation each control stands for: tables from whole sequences to calls.

Unknown, malformed and over-long sequences do nothing. Parameters are bounded, and missing ones are 0.
"""

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from rmosh.terminal import editing, rectangles, vocabulary
from rmosh.terminal.drawing import repeat_last
from rmosh.terminal.operations import Operations
from rmosh.terminal.tokenizer import CUT, MAX_SEQUENCE

#: Largest parameter; a larger one counts as this. Source: ECMA-48 leaves it open; xterm clamps to 65535 as well.
MAX_PARAMETER: Final = 65535

#: Most parameters looked at, and how many every operation is given at least, missing ones being 0. Source: xterm takes
#: 30; DECCARA looks at the most.
MAX_PARAMETERS: Final = 32
GIVEN_PARAMETERS: Final = 9

#: Most sequences whose meaning is remembered, and the longest of them in characters. Reason: full-screen programs use
#: a few thousand cursor positions over and over. Source: our own choice.
MAX_REMEMBERED: Final = 4096
_LONGEST_REMEMBERED: Final = 32

#: What a control does, ready to be called with the argument beside it.
Call = tuple[Callable[[Any], None], Any]
Handler = Callable[[Sequence[int]], None]

_CSI: Final = re.compile(r"\x1b\[([<-?]?)([0-9:;]*)([ -/]*)([@-~])")
_INSIDE: Final = re.compile(r"[\x00-\x17\x19\x1c-\x1f\x7f]")

#: What executes the control strings that mean something: OSC, DCS, APC, and a title as screen and tmux take it.
_STRINGS: Final = {
    "]": "operating_system_command",
    "P": "device_control",
    "_": "application_program_command",
    "k": "set_title",
}

_CHARSET_SLOTS: Final = {"(": 0, ")": 1, "*": 2, "+": 3, "-": 1, ".": 2, "/": 3}


def parameters_of(text: str) -> tuple[int, ...]:
    """Return the numbers between CSI and the final character, sub-parameters left out, padded with zeros."""
    fields = text.split(";", MAX_PARAMETERS)[:MAX_PARAMETERS]
    numbers = [_number(field.partition(":")[0]) for field in fields]
    return (*numbers, *[0] * (GIVEN_PARAMETERS - len(numbers)))


def _number(digits: str) -> int:
    digits = digits.lstrip("0")
    if not digits:
        return 0
    return min(int(digits), MAX_PARAMETER) if len(digits) <= 5 else MAX_PARAMETER


class Dispatch(dict[str, Call]):
    """What to call for a control token; found out at its first use and remembered."""

    def __init__(self, operations: Operations) -> None:
        super().__init__()
        self._operations = operations
        self._csi = _csi_table(operations)
        self._escape = _escape_table(operations)
        self._controls = _control_table(operations)
        self.update(self._controls)

    def __missing__(self, token: str) -> Call:
        if token[-1] == vocabulary.SGR and self._operations.screen.effects.learn(token):
            return self._operations.select_graphic_rendition, token  # whose effect is remembered, not the call
        call = self._find(token)
        if len(token) <= _LONGEST_REMEMBERED:
            if len(self) >= MAX_REMEMBERED:
                self.clear()
                self.update(self._controls)
            self[token] = call
        return call

    def _find(self, token: str) -> Call:
        if token[0] != "\x1b" or len(token) == 1:
            return _nothing, ()
        if token[1] in _STRINGS:
            return self._string(token)
        inside = _INSIDE.findall(token) if token[1] not in "X^_" else []
        if inside:
            return self._interrupted, (inside, _INSIDE.sub("", token))
        if token[1] != "[":
            return self._escape.get(token[1:]) or self._charset(token)
        match = _CSI.fullmatch(token)
        if match is None or len(token) > MAX_SEQUENCE:
            return _nothing, ()
        prefix, parameters, intermediates, final = match.groups()
        handler = self._csi.get(prefix + intermediates + final)
        return (handler, parameters_of(parameters)) if handler else (_nothing, ())

    def _string(self, token: str) -> Call:
        """Return the call for a control string, if it is whole or was cut; a cancelled one does nothing."""
        operations = self._operations
        if token.endswith(vocabulary.ST):
            return getattr(operations, _STRINGS[token[1]]), token[2 : -len(vocabulary.ST)]
        if token.endswith(vocabulary.BEL) and token[1] == "]":
            return partial(operations.operating_system_command, end=vocabulary.BEL), token[2:-1]
        if token.endswith(CUT):
            return operations.cut_string, token[1:-1]
        return _nothing, ()

    def _charset(self, token: str) -> Call:
        slot = _CHARSET_SLOTS.get(token[1])
        if slot is None or len(token) < 3:
            return _nothing, ()
        return partial(self._operations.define_charset, slot), token[2:]

    def _interrupted(self, parts: tuple[list[str], str]) -> None:
        """Execute the controls that stood in the middle of a sequence, then the sequence."""
        inside, sequence = parts
        for token in (*inside, sequence):
            handler, argument = self[token]
            handler(argument)


def _nothing(_: object) -> None:
    """Do nothing: what an unknown control does."""


def _ignoring(operation: Callable[..., None], *arguments: Any, **keywords: Any) -> Handler:
    """Return a handler that calls an operation the same way whatever the parameters."""

    def handler(_: Sequence[int]) -> None:
        operation(*arguments, **keywords)

    return handler


def _control_table(operations: Operations) -> dict[str, Call]:
    screen = operations.screen
    handlers: dict[str, Handler] = {
        vocabulary.BEL: operations.bell,
        vocabulary.BS: screen.backspace,
        vocabulary.HT: screen.tab,
        vocabulary.LF: screen.linefeed,
        vocabulary.VT: screen.linefeed,
        vocabulary.FF: screen.linefeed,
        vocabulary.CR: screen.carriage_return,
        vocabulary.CR + vocabulary.LF: screen.next_line,
        vocabulary.SO: _ignoring(operations.lock_charset, 1),
        vocabulary.SI: _ignoring(operations.lock_charset, 0),
    }
    return {token: (handler, ()) for token, handler in handlers.items()} | {"": (_nothing, ())}


def _escape_table(operations: Operations) -> dict[str, Call]:
    screen, buffers = operations.screen, operations.buffers
    handlers: dict[str, Handler] = {
        vocabulary.RIS: _ignoring(operations.reset),
        vocabulary.IND: _ignoring(screen.index),
        vocabulary.NEL: screen.next_line,
        vocabulary.RI: screen.reverse_index,
        vocabulary.HTS: screen.set_tab_stop,
        vocabulary.DECSC: _ignoring(buffers.save_cursor),
        vocabulary.DECRC: _ignoring(buffers.restore_cursor),
        "#" + vocabulary.DECALN: _ignoring(operations.alignment_display),
        "6": _ignoring(rectangles.back_index, screen),
        "9": _ignoring(rectangles.forward_index, screen),
        "=": _ignoring(operations.use_keypad, application=True),
        ">": _ignoring(operations.use_keypad, application=False),
        "N": _ignoring(operations.shift_charset, 2),
        "O": _ignoring(operations.shift_charset, 3),
        "n": _ignoring(operations.lock_charset, 2),
        "o": _ignoring(operations.lock_charset, 3),
        "V": _ignoring(operations.guard_area, guarded=True),
        "W": _ignoring(operations.guard_area, guarded=False),
        " F": _ignoring(operations.reports.use_eight_bits, False),
        " G": _ignoring(operations.reports.use_eight_bits, True),
        "Z": _ignoring(operations.reports.report_device_attributes, (0,)),
    }
    return {token: (handler, ()) for token, handler in handlers.items()}


def _csi_table(operations: Operations) -> dict[str, Handler]:
    return (
        _moving_table(operations) | _editing_table(operations) | _mode_table(operations) | _reporting_table(operations)
    )


def _moving_table(operations: Operations) -> dict[str, Handler]:
    screen, buffers = operations.screen, operations.buffers
    return {
        vocabulary.CUU: screen.cursor_up,
        vocabulary.CUD: screen.cursor_down,
        vocabulary.CUF: screen.cursor_forward,
        vocabulary.CUB: screen.cursor_back,
        vocabulary.CNL: screen.cursor_down1,
        vocabulary.CPL: screen.cursor_up1,
        vocabulary.CHA: screen.cursor_to_column,
        "`": screen.cursor_to_column,
        vocabulary.CUP: screen.cursor_position,
        vocabulary.HVP: screen.cursor_position,
        vocabulary.VPA: screen.cursor_to_line,
        vocabulary.HPR: lambda params: screen.move_columns(params[0] or 1),
        "j": lambda params: screen.move_columns(-(params[0] or 1)),
        vocabulary.VPR: lambda params: screen.move_rows(params[0] or 1),
        "k": lambda params: screen.move_rows(-(params[0] or 1)),
        "I": screen.tab,
        "Z": screen.tab_back,
        vocabulary.TBC: screen.clear_tab_stop,
        "?W": lambda params: screen.reset_tab_stops() if params[0] == 5 else None,
        vocabulary.DECSTBM: operations.set_margins,
        "s": operations.set_side_margins,
        "u": _ignoring(buffers.restore_cursor),
        "S": operations.scroll_up,
        "T": operations.scroll_down,
        "^": operations.scroll_down,
        " @": lambda params: rectangles.scroll_columns(screen, -(params[0] or 1)),
        " A": lambda params: rectangles.scroll_columns(screen, params[0] or 1),
    }


def _editing_table(operations: Operations) -> dict[str, Handler]:
    screen = operations.screen
    return {
        vocabulary.ICH: partial(editing.insert_characters, screen),
        vocabulary.DCH: partial(editing.delete_characters, screen),
        vocabulary.ECH: partial(editing.erase_characters, screen),
        vocabulary.IL: partial(editing.insert_lines, screen),
        vocabulary.DL: partial(editing.delete_lines, screen),
        vocabulary.EL: partial(editing.erase_in_line, screen),
        vocabulary.ED: partial(editing.erase_in_display, screen),
        "?K": partial(editing.erase_in_line, screen, selective=True),
        "?J": partial(editing.erase_in_display, screen, selective=True),
        "b": partial(repeat_last, screen),
        '"q': operations.select_protection,
        "$v": partial(rectangles.copy_rectangle, screen),
        "$x": partial(rectangles.fill_rectangle, screen),
        "$z": partial(rectangles.erase_rectangle, screen),
        "${": partial(rectangles.erase_rectangle, screen, selective=True),
        "$r": partial(rectangles.change_renditions, screen, reverse=False),
        "$t": partial(rectangles.change_renditions, screen, reverse=True),
        "'}": partial(rectangles.insert_columns, screen),
        "'~": partial(rectangles.delete_columns, screen),
        "#{": operations.push_rendition,
        "#}": operations.pop_rendition,
        "#p": operations.push_rendition,
        "#q": operations.pop_rendition,
    }


def _mode_table(operations: Operations) -> dict[str, Handler]:
    modes, buffers = operations.modes, operations.buffers
    return {
        vocabulary.SM: partial(modes.set_ansi, on=True),
        vocabulary.RM: partial(modes.set_ansi, on=False),
        "?" + vocabulary.SM: partial(modes.set_private, on=True),
        "?" + vocabulary.RM: partial(modes.set_private, on=False),
        "?s": modes.save,
        "?r": modes.restore,
        "!p": operations.soft_reset,
        " q": operations.select_cursor_shape,
        ">m": operations.set_key_modifiers,
        ">n": operations.disable_key_modifiers,
        ">u": lambda params: buffers.push_keyboard(params[0]),
        "<u": lambda params: buffers.pop_keyboard(params[0] or 1),
        "=u": lambda params: buffers.change_keyboard(params[0], params[1] or 1),
        "t": operations.change_window,
    }


def _reporting_table(operations: Operations) -> dict[str, Handler]:
    reports = operations.reports
    return {
        vocabulary.DA: reports.report_device_attributes,
        ">" + vocabulary.DA: reports.report_secondary_attributes,
        "=" + vocabulary.DA: reports.report_tertiary_attributes,
        ">q": reports.report_version,
        vocabulary.DSR: reports.report_device_status,
        "?" + vocabulary.DSR: operations.report_dec_status,
        "$p": reports.report_mode,
        "?$p": reports.report_private_mode,
        "x": reports.report_parameters,
        "?u": reports.report_keyboard_flags,
        "?m": reports.report_key_modifiers,
        "*y": operations.report_checksum,
        "*x": operations.select_attribute_extent,
    }
