"""The shortest way for floods: plain lines that scroll off at once become history without becoming lines.

Must leave exactly what the ordinary way leaves; a hypothesis test holds the two equal.
"""

from typing import Final

from rmosh.terminal.drawing import draw
from rmosh.terminal.grid import Grid
from rmosh.terminal.lines import Line

#: Fewest bytes worth looking at. Reason: in smaller reads it saves a tenth at most. Source:
#: tests/benchmarks/chosen_numbers.py, smallest-flood.
MIN_FLOOD: Final = 2048

_PRINTABLE: Final = bytes(range(0x20, 0x7F))


def flood(screen: Grid, untrusted: bytes) -> bool:
    """Execute bytes that are nothing but many plain lines, the pen being the default one; False if they are not."""
    if len(untrusted) < MIN_FLOOD or b"\x1b" in untrusted or not untrusted.isascii():
        return False
    controls = untrusted.translate(None, _PRINTABLE)
    if controls != b"\r\n" * (len(controls) // 2) or not _is_plain(screen):
        return False
    lines = untrusted.decode("ascii").split("\r\n")
    position = 0
    last = len(lines) - 1
    while position < last and (screen.row < screen.bottom or screen.column or screen.wrap_pending):
        _write(screen, lines[position])
        position += 1
    staying = _staying(lines, last, screen)
    if position < staying and screen.lines[screen.row].is_untouched:
        _pass_through(screen, lines[position:staying])
        position = staying
    for line in lines[position:last]:
        _write(screen, line)
    if lines[last]:
        draw(screen, lines[last])
    return True


def _is_plain(screen: Grid) -> bool:
    """Tell whether lines go from the screen's bottom to history one by one."""
    return (
        screen.fast_limit > 0
        and screen.keeps_history
        and screen.top == 0
        and screen.bottom == screen.rows - 1
        and screen.rows > 1
    )


def _staying(lines: list[str], end: int, screen: Grid) -> int:
    """Return the first of the last lines before `end` that are needed to fill the screen but for its last row."""
    height = 0
    while height < screen.rows - 1 and end > 0:
        end -= 1
        height += max(1, -(-len(lines[end]) // screen.columns))
    return end


def _write(screen: Grid, line: str) -> None:
    if line:
        draw(screen, line)
    screen.next_line(())


def _pass_through(screen: Grid, texts: list[str]) -> None:
    """Push the screen's lines and then these to history, and leave the screen empty with the cursor at its top."""
    screen.clears.settle(screen.lines)
    for line in screen.lines[:-1]:
        screen.history.push(line)
    screen.history.push_plain(texts, screen.columns)
    screen.lines = [Line() for _ in range(screen.rows)]
    screen.row = 0
