"""A terminal made anew out of the last screen that was published: what is left to do when an emulator failed.

The text, the cursor and the modes come back; colours, margins and what only programs know of do not. Whoever draws the
whole screen, at a resize or at Ctrl-L, makes it whole again.
"""

from collections.abc import Iterator

from rmosh.terminal.cells import Frame, Modes
from rmosh.terminal.emulator import Emulator
from rmosh.terminal.width import COMMON_WIDTHS, Widths


def revived(
    last: Frame,
    *,
    rows: int,
    columns: int,
    history: int,
    erased: int,
    answers_checksums: bool = False,
    widths: Widths = COMMON_WIDTHS,
) -> Emulator:
    """Return an emulator that shows a frame, and counts on from it.

    Args:
        history: how many lines had scrolled off.
        erased: how many of them the program had erased.
        answers_checksums, widths: as for any emulator.
    """
    emulator = Emulator(rows=rows, columns=columns, answers_checksums=answers_checksums, widths=widths)
    emulator.feed("".join(_painting(last, rows)).encode("utf-8", "replace"))
    emulator.take_replies()
    emulator.count_on(last, history=history, erased=erased)
    return emulator


def _painting(frame: Frame, rows: int) -> Iterator[str]:
    yield from _modes(frame.modes)
    yield "\x1b[?7l"
    for place, row in enumerate(frame.rows[:rows], 1):
        text = "".join([cell.text for cell in row.cells]).rstrip(" ")
        yield f"\x1b[{place};1H{''.join([character for character in text if character.isprintable()])}"
    yield "\x1b[?7h"
    cursor = frame.cursor
    yield f"\x1b[{cursor.row + 1};{cursor.column + 1}H\x1b[{cursor.shape} q\x1b[?25{'h' if cursor.visible else 'l'}"


def _modes(modes: Modes) -> Iterator[str]:
    switches = {
        1049: modes.alternate_screen,
        1: modes.application_cursor,
        2004: modes.bracketed_paste,
        1004: modes.focus_events,
        5: modes.reverse_screen,
        modes.mouse: modes.mouse,
        modes.mouse_encoding: modes.mouse_encoding,
    }
    yield from (f"\x1b[?{mode}h" for mode, is_on in switches.items() if is_on)
    if modes.alternate_scroll:
        yield f"\x1b[?1007{'h' if modes.alternate_scroll == 1 else 'l'}"
    if modes.application_keypad:
        yield "\x1b="
    if modes.keyboard_flags:
        yield f"\x1b[>{modes.keyboard_flags}u"
    if modes.modify_other_keys:
        yield f"\x1b[>4;{modes.modify_other_keys}m"
