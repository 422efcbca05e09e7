"""Learning from one key whose before and after are both known screens."""

from dataclasses import dataclass, replace

from rmosh.terminal.cells import Frame

from .context import (
    Place,
    habit_context,
    key_identity,
    line_editor_context,
    mode_words,
    normalised,
    place_of,
    trust_context,
)
from .effects import ECHOES, LINE_EFFECTS, SCREEN_EFFECTS, TEXT_EFFECTS
from .experience import Experience, Habit
from .guessing import Guess
from .matching import explains, unchanged
from .situation import Situation
from .status import learn_status


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was learned of one key.

    Attributes:
        before: the situation it was pressed in, its mode put right by what was seen.
        habit: where it was noted.
        end: the key's end in the input stream.
    """

    before: Situation
    habit: Habit
    end: int


def learn(experience: Experience, guess: Guess, after: Frame) -> Lesson:
    """Remember what a key did."""
    before, key = guess.before, guess.key
    if before.frame.modes.alternate_screen != after.modes.alternate_screen:
        return Lesson(before, Habit(), key.end)
    quiet = unchanged(before.frame, after)
    outcomes = _outcomes(guess, after)
    echoed = not quiet and any(outcomes.get(effect) for effect in ECHOES)
    if key.text.strip():
        before = _learn_echo(experience, guess, echoed)
    habit = experience.habit(habit_context(before), key_identity(before, key))
    for effect, happened in outcomes.items():
        if not quiet or effect == "still":
            habit.record(effect, happened=happened)
        elif not happened:
            habit.blocked(effect)
    if place_of(after) is Place.SECRET:
        habit.hides_what_follows = True
    if place_of(before.frame) is Place.SCREEN:
        learn_status(experience, habit, before, after)
    return Lesson(before, habit, key.end)


def drawn_on(experience: Experience, lesson: Lesson, after: Frame) -> None:
    """Take a later screen of the same key: the status row is often written last."""
    same_place = lesson.before.frame.modes.alternate_screen and after.modes.alternate_screen
    if same_place and len(after.rows) == len(lesson.before.frame.rows):
        learn_status(experience, lesson.habit, lesson.before, after)


def _outcomes(guess: Guess, after: Frame) -> dict[str, bool]:
    """Return for each effect that the key could have had whether it had it."""
    before = guess.before
    on_screen = place_of(before.frame) is Place.SCREEN
    effects = SCREEN_EFFECTS if on_screen else LINE_EFFECTS
    if guess.key.text and (before.typing or not on_screen):
        effects = TEXT_EFFECTS
    outcomes = {}
    for effect in effects:
        outcome = effect.apply(before, guess.key)
        if outcome is not None:
            outcomes[effect.name] = explains(outcome, before=before.frame, after=after)
    return outcomes


def _learn_echo(experience: Experience, guess: Guess, echoed: bool) -> Situation:
    """Note whether a character was echoed, and with that whether keys are text in a full-screen application."""
    before = guess.before
    if place_of(before.frame) is not Place.SCREEN:
        if echoed:
            credit(experience, guess)
        else:
            experience.not_echoed(guess.trust)
        return before
    words = mode_words(before.frame)
    experience.learn_mode(before.application, last_key=before.last_key, words=words, typing=echoed)
    if echoed:
        experience.echoed([_typing_context(before)])
    elif before.typing:
        experience.not_echoed(guess.trust)
    return replace(before, typing=echoed)


def credit(experience: Experience, guess: Guess) -> None:
    """Note that a text key was echoed at a line to be edited; its prompt is known from now on."""
    contexts = [guess.trust]
    if guess.trust[:2] == line_editor_context():
        contexts.append(line_editor_context())
    experience.echoed(contexts)
    line = guess.before.line
    if line is not None and line.prompt.strip():
        experience.prompts.put(normalised(line.prompt), True)


def reinforce(experience: Experience, guess: Guess) -> None:
    """Remember that a guess came true, where only the sum of several keys was seen."""
    if guess.effect is None or guess.after is None:
        return
    experience.habit(*guess.habit).record(guess.effect, happened=True)
    if guess.key.text.strip() and guess.effect in ECHOES and guess.trust[0] != Place.SCREEN.name:
        credit(experience, guess)


def _typing_context(situation: Situation) -> tuple[str, ...]:
    context = trust_context(situation)
    return (*context[:2], "typing") if context[0] == Place.SCREEN.name else context
