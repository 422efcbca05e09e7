"""Whether a letter may be shown before the host has echoed it: every field earns its own first echo.

Nobody can tell from a prompt's words whether a secret is asked for, so they are not read. A field begins where a
letter is typed after a key that left the one before, or where the host moved the cursor by itself. Its letters are
shown once one was echoed, until one is not. Spared that wait are, in this order of weight:

- a shell's prompt that echoed the last time it stood there, after a command that leads back to it; a shell is known by
  its jobs taking over the terminal, and is the same process group when it is back. Where no process groups are seen
  (in tmux, over a nested ssh), the same command must have led back to the same prompt before; a first program that has
  never run a job may be anything;
- lines that the kernel echoes to one and the same process, after some of them;
- new rows of an editor, which pushes rows of text aside and has done so just before.

What is typed ahead earns nothing from a prompt that is only guessed, nor from an echo before the command that was
entered has said a word: the kernel echoes until the program that reads tells it not to.
"""

from typing import Final

from rmosh.lazy_dataclass import dataclass, replace
from rmosh.terminal.cells import Frame

from .context import normalised
from .effects import COMMON_EDITS, ECHOES, ROW_MOVES, Effect
from .experience import Memory
from .footing import Departure, FieldPrompt, Footing, Place, TypedField, place_of
from .keys import Key
from .situation import STATUS_ROWS, Situation, same_text, text_left_of_cursor, text_of
from .suggestions import typed_row

#: Lines that the kernel must have echoed to one process before the next is shown without an echo of its own, in
#: lines. Reason: programs that ask for a secret without a word ask for a name or two first. Source: our own choice.
ECHOED_LINES: Final = 3

#: How often a prompt must have come back, where it is not that of the session's first program, until it may be shown
#: at once after a command that leads back to it. Reason: as for the lines above. Source: our own choice.
RETURNS: Final = 3

#: Keys that go on with the line at a shell's prompt, and may go to another field anywhere else.
_AT_PROMPTS: Final = frozenset({"tab", "up", "down", "ctrl+p", "ctrl+n"})

#: Keys that are done with a field, whatever they look like.
LEAVES: Final = frozenset({"enter", "ctrl+j", "ctrl+c", "ctrl+z"})

#: A key that was no text but told a full-screen application to do something: what stands there is no prompt.
_COMMAND: Final = Departure(entered="a command")

#: What stands for the key that led away from a question that the kernel was told not to echo the answer to.
_ASKED: Final = Departure(FieldPrompt(Place.SECRET))

#: What terminals say by themselves, in the form of keys.
_NO_KEYS: Final = frozenset({"focus", "paste-start", "paste-end"})


@dataclass(frozen=True, slots=True)
class KnownPrompt:
    """What was seen at a prompt.

    Attributes:
        echoed: the last letter answered there was echoed.
        returns: how often in a row it came back after something was entered at it, and echoed.
        runs_jobs: another process group had the terminal in between.
    """

    echoed: bool
    returns: int = 0
    runs_jobs: bool = False


class Trust:
    """Decides what may be shown from what was echoed; knows nothing of what keys do."""

    def __init__(self) -> None:
        self._prompts: Memory[FieldPrompt, KnownPrompt] = Memory()
        self._leads_back: Memory[tuple[FieldPrompt, str], bool] = Memory()

    def shows(self, situation: Situation) -> bool:
        """Tell whether a letter typed here may be shown at once."""
        footing = situation.footing
        field = footing.field
        if field is None or field.echoed is not None:
            return field is not None and field.echoed is True
        if field.prompt is None:
            return place_of(situation.frame) is Place.KERNEL and footing.lines >= ECHOED_LINES
        known = self._prompts.get(field.prompt)
        if footing.ahead or known is None or not known.echoed:
            return False
        if known.runs_jobs or _ran_job(situation, field):
            return True
        departure = footing.departure
        if departure.prompt != field.prompt or not departure.entered:
            return False
        if self._leads_back.get((departure.prompt, departure.entered)) is not True:
            return False
        if field.prompt.place is Place.LINE and field.prompt.reader == 0:  # a shell, if it has run jobs
            return situation.frame.line_discipline.switches > 0
        return known.returns >= RETURNS

    def entering(self, situation: Situation, key: Key) -> Situation:
        """Return the situation with a field begun where a key is typed into none."""
        footing = situation.footing
        if footing.field is not None or not (key.text or self._returns(_prompt_here(situation))):
            return situation
        prompt = None if footing.departure == _COMMAND else _prompt_here(situation)
        field = TypedField(prompt, situation.cursor.column, early=_too_early(situation, prompt))
        return replace(situation, footing=replace(footing, field=field))

    def after(self, before: Situation, key: Key, after: Situation, effect: Effect | None) -> Footing:
        """Return the footing that a key with an effect, None where that is not known, leaves behind."""
        old = before.footing
        on_screen = place_of(before.frame) is Place.SCREEN
        if on_screen and old.moves_rows and after.typing and self._opens_row(before, key, after, effect):
            return replace(old, field=TypedField(None, after.cursor.column, echoed=True))
        if on_screen and _commands(before, key, after, effect):
            return replace(old, field=None, departure=_COMMAND, ahead=True)
        if self._stays(old.field, key, effect):
            return old
        return Footing(departure=self._departure(before, key), ahead=True, lines=self._lines_after(before, key))

    def answered(self, situation: Situation, text: str, *, echoed: bool) -> Situation:
        """Take note whether text typed into the field was echoed."""
        footing = situation.footing
        field = footing.field
        if field is None:
            return situation
        if echoed and not tells(field.sign + text):
            return replace(situation, footing=replace(footing, field=replace(field, sign=text[-1:])))
        unearned = field.early and not self._returns(field.prompt)
        self._remember(situation, field, echoed=echoed)
        if echoed and unearned:
            return situation
        departure = Departure() if echoed else footing.departure
        return replace(situation, footing=replace(footing, field=replace(field, echoed=echoed), departure=departure))

    def _remember(self, situation: Situation, field: TypedField, *, echoed: bool) -> None:
        departure, first = situation.footing.departure, field.echoed is None
        returned = field.prompt is not None and departure.prompt == field.prompt
        if departure.prompt is not None and (first or not echoed):
            self._led(departure.prompt, departure.entered, back=echoed and returned, echoed=echoed)
        if field.prompt is not None:
            known = self._prompts.get(field.prompt) or KnownPrompt(echoed)
            returns = known.returns + (returned and first) if echoed else 0
            runs_jobs = known.runs_jobs or (echoed and _ran_job(situation, field))
            self._prompts.put(field.prompt, KnownPrompt(echoed, returns, runs_jobs))

    def _led(self, prompt: FieldPrompt, entered: str, *, back: bool, echoed: bool) -> None:
        """Remember where it led what was entered at a prompt: back to it, or to where letters were not echoed."""
        self._leads_back.put((prompt, entered), back)
        left = self._prompts.get(prompt)
        if left is not None and not echoed:
            self._prompts.put(prompt, replace(left, returns=0))

    def echoed_at(self, situation: Situation, text: str, start: Situation) -> Situation:
        """Take note of text that stands, echoed, where a field begins: at the cursor of `start`."""
        field = TypedField(_prompt_here(start), start.cursor.column)
        footing = replace(situation.footing, field=field, ahead=False)
        return self.answered(replace(situation, footing=footing), text, echoed=True)

    def seen(self, old: Situation, new: Situation, *, explained: bool, under_way: bool) -> Footing:
        """Return the footing on a screen of the host's.

        Args:
            explained: a guess said that it would be so.
            under_way: keys were typed that it cannot show yet.
        """
        footing = new.footing
        if place_of(new.frame) is Place.SECRET:
            return Footing(departure=_ASKED)
        early = under_way and (footing.ahead or footing.early)
        unknown = footing.ahead and not explained
        footing = replace(footing, ahead=False, early=early, field=None if unknown else footing.field)
        if _who_reads(old.frame) != _who_reads(new.frame):
            return Footing(departure=footing.departure, early=under_way)
        if explained or self._undisturbed(footing.field, old, new):
            return footing
        field = footing.field if footing.field is not None and footing.field.echoed is False else None
        return replace(footing, field=field, early=under_way, moves_rows=False)

    def _returns(self, prompt: FieldPrompt | None) -> bool:
        known = self._prompts.get(prompt) if prompt is not None else None
        return known is not None and (known.returns > 0 or known.runs_jobs)

    def _undisturbed(self, field: TypedField | None, old: Situation, new: Situation) -> bool:
        """Tell whether the host left the cursor behind the same text, or behind a prompt that is drawn ever again."""
        if field is not None and self._returns(field.prompt):
            return _prompt_here(new, until=field.column) == field.prompt
        same_place = (old.cursor.row, old.cursor.column) == (new.cursor.row, new.cursor.column)
        return same_place and text_left_of_cursor(old.frame) == text_left_of_cursor(new.frame)

    def _stays(self, field: TypedField | None, key: Key, effect: Effect | None) -> bool:
        """Tell whether a key leaves the cursor in the field where it was."""
        if key.name in LEAVES:
            return False
        if key.name in _AT_PROMPTS:
            return field is not None and self._returns(field.prompt)
        done = key.name == "escape" and effect is Effect.STILL
        return effect in COMMON_EDITS or key.name in _NO_KEYS or bool(key.text) or done

    def _opens_row(self, before: Situation, key: Key, after: Situation, effect: Effect | None) -> bool:
        """Tell whether an editor, with this key, lets text in at a place of its own choice."""
        if not before.typing:
            return bool(key.text)
        entered = key.name in ("enter", "ctrl+j") and self.shows(before)
        return entered and moves_rows(before, after.frame, effect)

    def _lines_after(self, before: Situation, key: Key) -> int:
        if key.name not in ("enter", "ctrl+j") or place_of(before.frame) is not Place.KERNEL:
            return 0
        field, lines = before.footing.field, before.footing.lines
        if field is None:
            return lines
        if field.prompt is not None or not self.shows(before):
            return 0
        return lines + (field.echoed is True)

    def _departure(self, before: Situation, key: Key) -> Departure:
        """Return what is left with a key, and what was entered there so far as it was echoed."""
        field, switches = before.footing.field, before.frame.line_discipline.switches
        if field is None:
            return (
                before.footing.departure if before.footing.departure.prompt is not None else _unseen(before, switches)
            )
        if not self.shows(before):
            return Departure(field.prompt, "", switches)
        row = before.line.row if before.line is not None else before.cursor.row
        words = text_of(typed_row(before, row)[field.column :]).split()
        return Departure(field.prompt, " ".join([key.name, *words[:1]]), switches)


def _unseen(before: Situation, switches: int) -> Departure:
    """Return what is left with a key at a place where no field was seen: what follows may be a command's to read."""
    place = place_of(before.frame)
    return Departure() if place is Place.KERNEL else Departure(FieldPrompt(place), "", switches)


def moves_rows(before: Situation, after: Frame, effect: Effect | None) -> bool:
    """Tell whether an effect moved rows of text, so that it can be seen."""
    if effect not in ROW_MOVES or len(before.frame.rows) != len(after.rows):
        return False
    rows = range(before.cursor.row + 1, len(after.rows) - STATUS_ROWS)
    return any(not same_text(before.frame.rows[row], after.rows[row]) for row in rows)


def _commands(before: Situation, key: Key, after: Situation, effect: Effect | None) -> bool:
    """Tell whether a full-screen application took a key for a command, or for the end of text."""
    if before.typing:
        return key.name == "escape" and not after.typing and effect is not None
    field = before.footing.field
    typed_on = _entered_here(before) or (field is not None and field.echoed is not None)
    return bool(key.text) and not typed_on and effect is not None and effect not in ECHOES


def _too_early(situation: Situation, prompt: FieldPrompt | None) -> bool:
    """Tell whether what is typed is ahead of what a command entered at a prompt will say, or may be.

    The kernel echoes while a command starts, whoever will read in the end.
    """
    footing = situation.footing
    if footing.departure.prompt is None:
        return False
    return footing.ahead or footing.early or (prompt is None and _entered_here(situation))


def _entered_here(situation: Situation) -> bool:
    """Tell whether the last that is known is that something was entered at a prompt, on the same of the two screens."""
    left = situation.footing.departure.prompt
    return left is not None and (place_of(situation.frame) is Place.SCREEN) == (left.place is Place.SCREEN)


def _ran_job(situation: Situation, field: TypedField) -> bool:
    """Tell whether another process group had the terminal since the same prompt was left."""
    departure = situation.footing.departure
    return departure.prompt == field.prompt and situation.frame.line_discipline.switches > departure.switches


def tells(text: str) -> bool:
    """Tell whether echoed text shows that letters are echoed; a sign, however often, may be what masks them."""
    return any(character.isalnum() for character in text) or len(set(text)) > 1


def _prompt_here(situation: Situation, *, until: int | None = None) -> FieldPrompt | None:
    text = text_left_of_cursor(situation.frame)[:until]
    if not text.strip():
        return None
    frame = situation.frame
    reader, bracketed = frame.line_discipline.reader, frame.modes.bracketed_paste
    return FieldPrompt(place_of(frame), reader, bracketed, normalised(text))


def _who_reads(frame: Frame) -> tuple[bool, bool, int, bool]:
    discipline = frame.line_discipline
    return discipline.echo, discipline.canonical, discipline.reader, frame.modes.alternate_screen
