"""Learning from one key whose before and after are both known screens."""

from collections.abc import Sequence
from itertools import takewhile

from rmosh.lazy_dataclass import dataclass, replace
from rmosh.terminal.cells import Frame

from .context import (
    Context,
    KeyInContext,
    application_of,
    habit_context,
    key_identity,
    mode_words,
    normalised,
    takes_commands,
    trust_context,
    two_modes_of,
)
from .effects import COMMAND_EFFECTS, ECHOES, LINE_EFFECTS, SCREEN_EFFECTS, TEXT_EFFECTS, Effect
from .experience import Experience, Habit
from .footing import Place, place_of
from .guessing import Guess
from .keys import Key
from .matching import explains, unchanged
from .situation import Situation, same_text
from .status import learn_status


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was learned of one key.

    Attributes:
        before: the situation it was pressed in, its mode put right by what was seen.
        habit: where it was noted.
        end: the key's end in the input stream.
        effect: the likeliest of those that account for all that happened; None where none does.
        echoed: whether it is text that was echoed; None where that cannot be told.
    """

    before: Situation
    habit: Habit
    end: int
    effect: Effect | None = None
    echoed: bool | None = None


def learn(experience: Experience, guess: Guess, after: Frame) -> Lesson:
    """Remember what a key did."""
    before, key = guess.before, guess.key
    if before.frame.modes.alternate_screen != after.modes.alternate_screen:
        return Lesson(before, Habit(), key.end)
    quiet = unchanged(before.frame, after)
    outcomes = _outcomes(guess, after)
    effect = Effect.STILL if quiet else _likeliest(guess, outcomes)
    echoed = effect in ECHOES
    if key.text.strip():
        before = _learn_echo(experience, guess, echoed)
    habit = experience.habit_to_teach(KeyInContext(habit_context(before), key_identity(before, key)))
    if quiet and before.escaped and before.line is not None and before.cursor.column <= before.line.column:
        outcomes = {}  # it may be on its way to the start of the line, where it is already
    for possible, happened in outcomes.items():
        if not quiet or possible is Effect.STILL:
            habit.record(possible, happened=happened)
        elif not happened:
            habit.blocked(possible)
    if place_of(before.frame) is Place.SCREEN:
        learn_status(experience, habit, before, after)
    return Lesson(before, habit, key.end, effect, _answer(guess.before, key, echoed=echoed))


def text_shown(guesses: Sequence[Guess], before: Frame, after: Frame) -> str:
    """Return the text at the end of what several guesses typed, if the screen they led to shows it anew."""
    row = after.cursor.row
    if same_text(before.rows[row], after.rows[row]):
        return ""
    last = takewhile(lambda guess: guess.effect in ECHOES, reversed(guesses))
    return "".join([guess.key.text for guess in last][::-1])


def _answer(before: Situation, key: Key, *, echoed: bool) -> bool | None:
    if echoed:
        return True
    return None if takes_commands(before) or not key.text.strip() else False


def _likeliest(guess: Guess, outcomes: dict[Effect, bool]) -> Effect | None:
    """Return the effect that happened: the guessed one, else the first of those that would look like it."""
    happened = [effect for effect, true in outcomes.items() if true]
    echoes = [effect for effect in happened if effect in ECHOES]
    if guess.effect in (echoes or happened):
        return guess.effect
    return next(iter(echoes or happened), None)


def drawn_on(experience: Experience, lesson: Lesson, after: Frame) -> None:
    """Take a later screen of the same key: the status row is often written last."""
    same_place = lesson.before.frame.modes.alternate_screen and after.modes.alternate_screen
    if same_place and len(after.rows) == len(lesson.before.frame.rows):
        learn_status(experience, lesson.habit, lesson.before, after)


def _outcomes(guess: Guess, after: Frame) -> dict[Effect, bool]:
    """Return for each effect that the key could have had whether it had it."""
    before = guess.before
    outcomes = {}
    for effect in _possible_effects(before, guess.key):
        outcome = effect.apply(before, guess.key)
        if outcome is not None and not _shows_no_text(before, effect, outcome):
            outcomes[effect] = explains(outcome, before=before.frame, after=after)
    return outcomes


def _possible_effects(before: Situation, key: Key) -> tuple[Effect, ...]:
    commands = takes_commands(before)
    if key.text and not commands:
        return TEXT_EFFECTS
    if place_of(before.frame) is Place.SCREEN:
        return SCREEN_EFFECTS
    return COMMAND_EFFECTS if commands else LINE_EFFECTS


def _shows_no_text(before: Situation, effect: Effect, outcome: Situation) -> bool:
    """Tell whether what looks like an echo would change nothing: a command, such as vi's l on a letter l."""
    row = before.cursor.row
    return effect in ECHOES and takes_commands(before) and same_text(before.frame.rows[row], outcome.frame.rows[row])


def _learn_echo(experience: Experience, guess: Guess, echoed: bool) -> Situation:
    """Note whether a character was echoed, and with that whether keys are text in a full-screen application."""
    before = guess.before
    if place_of(before.frame) is not Place.SCREEN:
        return _learn_line_echo(experience, guess, echoed)
    words = mode_words(before.frame)
    experience.learn_mode(application_of(before), last_key=before.last_key, words=words, typing=echoed)
    if echoed:
        experience.echoed(_typing_context(before))
    elif before.typing and guess.trust is not None:
        experience.not_echoed(guess.trust)
    return replace(before, typing=echoed)


def _learn_line_echo(experience: Experience, guess: Guess, echoed: bool) -> Situation:
    """The same at a line to be edited, where a key after Escape may be text or a command."""
    before = guess.before
    if before.escaped and before.last_key.identity.strip():
        experience.learn_mode(two_modes_of(before), last_key=before.last_key, words=(), typing=echoed)
    if echoed:
        credit(experience, guess)
    elif not before.escaped and guess.trust is not None:
        experience.not_echoed(guess.trust)
    return replace(before, escaped=before.escaped and not echoed)


def credit(experience: Experience, guess: Guess) -> None:
    """Note that a text key was echoed at a line to be edited; its prompt is known from now on."""
    if guess.trust is not None:
        experience.echoed(guess.trust)
    line = guess.before.line
    if line is not None and line.prompt.strip():
        experience.prompts.put(normalised(line.prompt), True)


def reinforce(experience: Experience, guess: Guess) -> None:
    """Remember that a guess came true, where only the sum of several keys was seen."""
    if guess.effect is None or guess.habit is None or guess.trust is None:
        return
    experience.habit_to_teach(guess.habit).record(guess.effect, happened=True)
    if guess.key.text.strip() and guess.effect in ECHOES and guess.trust.place is not Place.SCREEN:
        credit(experience, guess)


def _typing_context(situation: Situation) -> Context:
    context = trust_context(situation)
    return replace(context, typing=True) if context.place is Place.SCREEN else context
