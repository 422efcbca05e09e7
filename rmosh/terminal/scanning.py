"""The compiled way through output: text and renditions are written in C, Python draws and executes the rest.

Must leave exactly what the emulator's own way leaves; a hypothesis test holds the two equal.
"""

import re
from typing import Final

from rmosh.compiled import Scan
from rmosh.terminal.dispatch import Dispatch
from rmosh.terminal.drawing import draw
from rmosh.terminal.grid import Grid
from rmosh.terminal.vocabulary import SGR

#: The rest of a control sequence or of a character that was cut, as most are.
_REST: Final = re.compile(rb"[\x80-\xbf]+|\[?[ -?]*[@-~]|")


def length_of_rest(untrusted: bytes) -> int:
    """Return how many bytes belong to what was cut, which is no string: most likely a sequence or a character."""
    return _REST.match(untrusted).end()  # type: ignore[union-attr]


def execute_ahead(scan: Scan, screen: Grid, dispatch: Dispatch, untrusted: bytes, place: int) -> int:
    """Execute bytes from a place on, where no sequence goes on; return from where on the tokenizer is to cut them."""
    while True:
        pen, column, limit, runs = screen.place()
        if type(pen) is not int:
            return place
        place, pen, end, text, control = scan(untrusted, place, pen, column, limit, screen.narrow, runs)
        screen.pen = pen
        if end != column:
            screen.column = end
            screen.last_text = runs[-1][2]  # type: ignore[assignment]
        if text:
            draw(screen, text)
        elif not control:
            return place
        elif control[-1] == SGR and (effect := screen.effects.learn(control)) is not None:
            mask, value = effect
            screen.pen = pen & mask | value
        else:
            handler, argument = dispatch[control]
            handler(argument)
