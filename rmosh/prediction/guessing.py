"""From a situation and a key to a guess: what the key will do, and whether that may be shown."""

from collections.abc import Sequence
from enum import Enum
from typing import Final

from rmosh.lazy_dataclass import dataclass, replace
from rmosh.terminal.cells import Frame

from .context import (
    Context,
    KeyInContext,
    habit_context,
    key_identity,
    normalised,
    takes_commands,
    trust_context,
    two_modes_of,
)
from .effects import (
    COMMAND_KEYS,
    ECHOES,
    KERNEL_KEYS,
    LINE_EDITOR_KEYS,
    SUGGESTION_KEYS,
    TYPING_KEYS,
    UNSURE_KEYS,
    Effect,
)
from .experience import Experience
from .footing import Place, place_of
from .keys import Key
from .lines import read_line
from .matching import agrees, unchanged
from .rest_of_line import foresee
from .row_effects import after_submit
from .situation import LastKey, LineStart, Situation, text_before, text_left_of_cursor, text_length
from .status import foresee_status
from .trust import LEAVES, Trust

#: Longest beginning of a command that is kept, in characters. Reason: bounds what is remembered. Source: our choice.
_MAX_HELD: Final = 8


class Confidence(Enum):
    """How sure a guess is."""

    CERTAIN = "the kernel echoes it"
    LEARNED = "it did so here before"
    EXPECTED = "it does so elsewhere"
    HIDDEN = "only a guess, to be compared with what comes"


@dataclass(frozen=True, slots=True)
class Guess:
    """What a key is expected to do.

    Attributes:
        before: the situation it was pressed in.
        after: the situation it leads to; None when that is not known.
        effect: None when none is guessed.
        trust: context that the likelihood of guesses is counted in; None where nothing is known of the place.
        habit: what its effects are remembered by; None likewise.
        earned: letters typed here may be shown before they were echoed.
    """

    key: Key
    before: Situation
    after: Situation | None
    effect: Effect | None
    confidence: Confidence
    trust: Context | None
    habit: KeyInContext | None
    earned: bool = False


class Guesser:
    """Guesses what keys do from what is usual and what was learned."""

    def __init__(self, experience: Experience, trust: Trust) -> None:
        self._experience = experience
        self._trust = trust

    def guess(self, situation: Situation, key: Key) -> Guess:
        """Return what a key pressed in a situation is expected to do."""
        situation = self._trust.entering(self.at_line(situation), key)
        earned = self._trust.shows(situation)
        habit = KeyInContext(habit_context(situation), key_identity(situation, key))
        choices = self._choices(situation, key, habit)
        for effect, confidence in choices:
            after = effect.apply(situation, key)
            if after is not None:
                if situation.escaped and _is_disputed(situation, key, after, choices):
                    confidence = Confidence.HIDDEN
                after = self.follow(situation, key, after, effect)
                if situation.suggests is not None:
                    after = foresee(self._experience, situation, after)
                if place_of(situation.frame) is Place.SCREEN:
                    after = foresee_status(self._experience, self._experience.habits.get(habit), situation, after)
                return Guess(key, situation, after, effect, confidence, trust_context(situation), habit, earned)
        return Guess(key, situation, None, None, Confidence.HIDDEN, trust_context(situation), habit, earned)

    def shows(self, guess: Guess) -> bool:
        """Tell whether a guess may be shown to the user, as far as it alone is concerned."""
        if guess.after is None or guess.confidence is Confidence.HIDDEN:
            return False
        if guess.earned:
            return True
        if guess.effect in ECHOES:
            return False
        place = place_of(guess.before.frame)
        if guess.confidence is Confidence.LEARNED and place in (Place.SCREEN, Place.KERNEL):
            return True
        echoes_here = place is Place.SCREEN and bool(self._experience.echoes(guess.trust))
        return guess.confidence is Confidence.CERTAIN or echoes_here

    def follow(self, before: Situation, key: Key, after: Situation, effect: Effect | None) -> Situation:
        """Return `after` with the editing state that `key` leaves behind."""
        after = self._with_mode(before, key, after, effect)
        if not self._trust.shows(before):
            after = replace(after, killed=before.killed, submitted=before.submitted, entered=before.entered)
        return replace(after, footing=self._trust.after(before, key, after, effect))

    def _with_mode(self, before: Situation, key: Key, after: Situation, effect: Effect | None) -> Situation:
        identity = key_identity(before, key)
        place = place_of(before.frame)
        if place is Place.LINE:
            return self._with_line_mode(before, key, after, effect, identity=identity)
        if place is not Place.SCREEN:
            return replace(after, held="", escaped=False, last_key=LastKey(False, identity))
        typing = self._experience.mode_after(two_modes_of(before), LastKey(before.typing, identity))
        if typing is None:
            leaves = key.name == "escape" or (key.name == "enter" and before.cursor.row == before.bottom)
            typing = before.typing and not leaves
        holds = effect is Effect.STILL and not before.typing and bool(key.text)
        held = (before.held + key.name)[-_MAX_HELD:] if holds else ""
        return replace(after, typing=typing, held=held, last_key=LastKey(before.typing, identity))

    def _with_line_mode(
        self, before: Situation, key: Key, after: Situation, effect: Effect | None, *, identity: str
    ) -> Situation:
        """Escape ends text at a line editor, whether it shows that or not; a new line begins with text."""
        if key.name == "escape":
            escaped = True
        elif key.name in LEAVES:
            escaped = False
        else:
            escaped = before.escaped and not self._experience.mode_after(two_modes_of(before), LastKey(False, identity))
        late = effect is Effect.LEFT and before.held == "escape"  # that was Escape's own, shown with the next key
        holds = (effect is Effect.STILL or late) and escaped and (bool(key.text) or key.name == "escape")
        held = (("" if late else before.held) + key.name)[-_MAX_HELD:] if holds else ""
        return replace(after, escaped=escaped, held=held, last_key=LastKey(not before.escaped, identity))

    def unforeseen(self, before: Situation, guess: Guess, seen: Frame, effect: Effect | None) -> Situation:
        """Return the situation that a guess's key led to where its effect was seen, not guessed.

        `effect` accounts for all of what was seen.
        """
        key = guess.key
        if effect is None and unchanged(before.frame, seen):
            effect = Effect.STILL
        submits = key.name == "enter" and place_of(before.frame) is not Place.SCREEN
        after = replace(after_submit(before) if submits else before, frame=seen, goal=None, wraps=False)
        after = self._with_mode(before, key, after, effect)
        typed_at = replace(guess.before, typing=before.typing, escaped=before.escaped, footing=before.footing)
        return replace(after, footing=self._trust.after(self._trust.entering(typed_at, key), key, after, effect))

    def at_line(self, situation: Situation) -> Situation:
        """Return the situation with the start of its edited line: the one known if still true, else found."""
        if place_of(situation.frame) is Place.SCREEN:
            return replace(situation, line=None) if situation.line else situation
        suggests = self._experience.renditions.get(situation.frame.line_discipline.reader)
        if suggests is not situation.suggests:
            situation = replace(situation, suggests=suggests)
        line = situation.line
        if line is not None and _holds(situation, line):
            if line.right is None and (situation.cursor.row, situation.cursor.column) == (line.row, line.column):
                right = _right_prompt(situation)
                return situation if right is None else replace(situation, line=replace(line, right=right))
            return situation
        return replace(situation, line=self.known_prompt(situation) or _line_here(situation), recalled=0)

    def known_prompt(self, situation: Situation) -> LineStart | None:
        """Return the line start after a prompt seen before on the cursor's row; None where there is none."""
        cells, text = situation.cells, ""
        for column in range(situation.cursor.column):
            text += cells[column].text
            if text and normalised(text) in self._experience.prompts:
                right = _right_prompt(situation) if column + 1 == situation.cursor.column else None
                return LineStart(situation.cursor.row, column + 1, text, right)
        return None

    def _choices(self, situation: Situation, key: Key, habit: KeyInContext) -> list[tuple[Effect, Confidence]]:
        """Return the effects that a key may have here, the likeliest first."""
        if key.name == "focus":
            return [(Effect.STILL, Confidence.CERTAIN)]
        place = place_of(situation.frame)
        usual = _usual_effect(place, situation, key)
        known = self._experience.habits.get(habit)
        if place is Place.LINE and key.name == "tab":
            return []
        learned = known.reliable(usual) if known is not None else []
        if takes_commands(situation):
            learned = [effect for effect in learned if effect not in ECHOES]
        plain = key.text or key.name == "backspace"
        if usual is not None and plain and place is Place.KERNEL and (not learned or usual in learned):
            return [(usual, Confidence.CERTAIN)]
        if (
            not learned
            and known is not None
            and known.streaks.get(Effect.STILL)
            and self._switches_mode(situation, key)
        ):
            learned = [Effect.STILL]
        choices = [(effect, Confidence.LEARNED) for effect in learned]
        if usual is not None and usual not in learned:
            unsure = key.name in UNSURE_KEYS or takes_commands(situation)
            hidden = unsure or (known is not None and known.missed(usual))
            choices.append((usual, Confidence.HIDDEN if hidden else Confidence.EXPECTED))
        return choices

    def _switches_mode(self, situation: Situation, key: Key) -> bool:
        identity = key_identity(situation, key)
        typing = not takes_commands(situation)
        mode = self._experience.mode_after(two_modes_of(situation), LastKey(typing, identity))
        return mode is not None and mode is not typing


def _is_disputed(
    situation: Situation, key: Key, after: Situation, choices: Sequence[tuple[Effect, Confidence]]
) -> bool:
    """Tell whether a command did, as far as was seen, what would come out differently here."""
    learned = [effect for effect, confidence in choices if confidence is Confidence.LEARNED]
    others = [effect.apply(situation, key) for effect in learned]
    return any(other is not None and not agrees(other, base=situation.frame, seen=after.frame) for other in others)


def _usual_effect(place: Place, situation: Situation, key: Key) -> Effect | None:
    if place is Place.KERNEL:
        return Effect.INSERT_CLINGING if key.text else KERNEL_KEYS.get(key.name)
    if key.text:
        return Effect.INSERT
    if place is Place.LINE:
        if situation.suggests is not None and key.name in SUGGESTION_KEYS and read_line(situation).suggested:
            return SUGGESTION_KEYS[key.name]
        return LINE_EDITOR_KEYS.get(key.name)
    return (TYPING_KEYS if situation.typing else COMMAND_KEYS).get(key.name)


def _line_here(situation: Situation) -> LineStart:
    cursor = situation.cursor
    return LineStart(cursor.row, cursor.column, text_left_of_cursor(situation.frame), _right_prompt(situation))


def _right_prompt(situation: Situation) -> int | None:
    """Return where text begins that stands at the right edge, after blanks that begin at the cursor."""
    cells, column = situation.cells, situation.cursor.column
    if text_length(cells) < len(cells) - 1:  # zsh leaves one column
        return None
    begins = next((number for number in range(column, len(cells)) if cells[number].text != " "), column)
    return begins if begins > column + 1 and cells[begins].style != situation.suggests else None


def _holds(situation: Situation, start: LineStart) -> bool:
    """Tell whether a line start is still true: its prompt stands and the cursor is in the line."""
    rows, cursor = situation.frame.rows, situation.cursor
    if not 0 <= start.row <= cursor.row or start.column > situation.frame.columns:
        return False
    if cursor.row == start.row and cursor.column < start.column:
        return False
    if text_before(rows[start.row], start.column) != start.prompt:
        return False
    height = cursor.row - start.row
    return all(rows[row].wrapped for row in range(start.row, cursor.row)) or height < read_line(situation).rows
