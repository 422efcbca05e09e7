"""The shortest way for floods: plain lines that scroll off at once become history without becoming lines.

Must leave exactly what the ordinary way leaves; a hypothesis test holds the two equal.
"""

from typing import Final

from rmosh.terminal.history import WrappedText
from rmosh.terminal.lines import Line
from rmosh.terminal.screen import Screen

#: Fewest bytes worth looking at. Reason: below, looking costs more than it saves. Source: measured.
MIN_FLOOD: Final = 2048

_PRINTABLE: Final = bytes(range(0x20, 0x7F))


def flood(screen: Screen, untrusted: bytes) -> bool:
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
    passing = last - position - (screen.rows - 1)
    if passing > 0 and screen.lines[screen.row].is_untouched:
        _pass_through(screen, lines[position : position + passing])
        position += passing
    for line in lines[position:last]:
        _write(screen, line)
    if lines[last]:
        screen.draw(lines[last])
    return True


def _is_plain(screen: Screen) -> bool:
    """Tell whether lines go from the screen's bottom to history one by one."""
    return (
        screen.fast_limit > 0
        and screen.keeps_history
        and screen.top == 0
        and screen.bottom == screen.rows - 1
        and screen.rows > 1
    )


def _write(screen: Screen, line: str) -> None:
    if line:
        screen.draw(line)
    screen.next_line(())


def _pass_through(screen: Screen, texts: list[str]) -> None:
    """Push the screen's lines and then these to history, and leave the screen empty with the cursor at its top."""
    history, columns = screen.history, screen.columns
    for line in screen.lines[:-1]:
        history.push(line)
    if max(map(len, texts)) > columns:
        texts = [piece for text in texts for piece in _wrapped(text, columns)]
    history.push_plain(texts)
    screen.lines = [Line() for _ in range(screen.rows)]
    screen.row = 0


def _wrapped(text: str, columns: int) -> list[str]:
    """Cut a text into the lines it fills."""
    if len(text) <= columns:
        return [text]
    end = (len(text) - 1) // columns * columns
    return [*[WrappedText(text[start : start + columns]) for start in range(0, end, columns)], text[end:]]
