"""What a line editor will suggest as the rest of the line: the same as when this text stood there before."""

from typing import Final

from rmosh.lazy_dataclass import replace
from rmosh.terminal.cells import Cell, Frame, Style
from rmosh.terminal.style_table import DEFAULT
from rmosh.terminal.width import cells_of

from .context import is_text
from .experience import Experience, Rest
from .lines import EditedLine, read_line, write_line
from .situation import Situation, text_of
from .suggestions import appeared, stands

#: Longest line whose suggestions are remembered, in characters. Reason: bounds memory. Source: our own choice.
_LONGEST: Final = 200

#: Stands for any text that an erasure left: whether anything was suggested the last time that it could be.
_ANY: Final = "\n"


def remember(experience: Experience, shown: Situation, frame: Frame) -> None:
    """Take note of what is suggested on a screen; `shown` is what was expected there."""
    here = frame.rows[frame.cursor.row].styles[frame.cursor.column :][:1]
    if shown.suggests is None and here in ("", DEFAULT):
        return
    if not stands(shown, frame):
        return
    reader, rendition = shown.frame.line_discipline.reader, appeared(shown, frame)
    if rendition is not None and rendition != shown.suggests:
        experience.renditions.put(reader, rendition)
    if rendition is None and shown.suggests is None:
        return
    line = read_line(replace(shown, frame=frame, suggests=rendition or shown.suggests))
    text, rest = _typed(line), text_of(line.suggested)
    if line.cursor < line.length or len(text) + len(rest) > _LONGEST:
        return
    typed, seen = _after_text(shown), Rest(rest, shown.entered)
    experience.rests.put((reader, typed, text), seen)
    if not typed and (rest or _suggested_when_typed(experience, reader, text)):
        experience.rests.put((reader, typed, _ANY), seen)


def _suggested_when_typed(experience: Experience, reader: int, text: str) -> bool:
    known = experience.rests.get((reader, True, text))
    return known is not None and bool(known.text)


def mistaken(experience: Experience, shown: Situation, frame: Frame) -> None:
    """Forget a rendition of suggestions that text turns out to have that was typed and echoed."""
    left = frame.rows[frame.cursor.row].cells[max(0, frame.cursor.column - 1)]
    if shown.suggests is not None and left.style == shown.suggests and left.text != " ":
        experience.renditions.put(frame.line_discipline.reader, None)


def foresee(experience: Experience, before: Situation, after: Situation) -> Situation:
    """Return the situation after a key with what will be suggested there, where that is known."""
    if after.suggests is None or before.line is None or after.line is None:
        return after
    line = read_line(after)
    if line.cursor < line.length:
        return after
    rest = _expected(experience, before, after, line)
    if rest is None or rest == text_of(line.suggested):
        return after
    return _suggesting(after, line, rest, after.suggests) or after


def _expected(experience: Experience, before: Situation, after: Situation, line: EditedLine) -> str | None:
    """Return what will be suggested; None where that is not known."""
    reader, typed, text = after.frame.line_discipline.reader, _after_text(after), _typed(line)
    known = experience.rests.get((reader, typed, text))
    usual = None if typed else experience.rests.get((reader, typed, _ANY))
    if usual is not None and not usual.text:
        return ""
    entered = _entered_since(known, after, text)
    if entered is not None:
        return entered
    if known is not None:
        return known.text
    return None if typed and not line.suggested else _left_over(read_line(before), text)


def _entered_since(known: Rest | None, situation: Situation, text: str) -> str | None:
    """Return how the newest line goes on that began with `text` and was entered since a suggestion was seen."""
    newer = situation.entered - (known.entered if known is not None else 0)
    for entered in reversed(situation.submitted[-newer:] if newer > 0 and text else ()):
        if entered.startswith(text):
            return entered[len(text) :]
    return None


def _after_text(situation: Situation) -> bool:
    """Tell whether the last key was text: some editors suggest nothing after an erasure."""
    return is_text(situation.last_key.identity)


def _left_over(line: EditedLine, text: str) -> str:
    """Return what goes on after `text` in a line that began with it, what was suggested included."""
    suggested = text_of(line.suggested)
    whole = _typed(line) + suggested
    return whole[len(text) :] if text and suggested and whole.startswith(text) else ""


def _typed(line: EditedLine) -> str:
    return "".join([cell.text for cell in line.cells[line.start : line.cursor]])


def _suggesting(situation: Situation, line: EditedLine, rest: str, rendition: Style) -> Situation | None:
    cells = line.cells[: line.cursor] + tuple([Cell(cluster, rendition) for cluster in cells_of(rest)])
    if len(cells) > len(line.cells):
        return None
    return write_line(situation, line, cells, line.cursor)
