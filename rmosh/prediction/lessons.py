"""Learning from one key whose before and after are both known screens."""

from dataclasses import replace

from rmosh.terminal.cells import Frame

from .context import (
    Place,
    line_editor_context,
    mode_words,
    normalised,
    place_of,
    trust_context,
)
from .effects import LINE_EFFECTS, SCREEN_EFFECTS
from .experience import Experience
from .guessing import Guess
from .matching import explains, unchanged
from .situation import Situation

_ECHO = ("insert", "insert clinging", "overwrite")


def learn(experience: Experience, guess: Guess, after: Frame) -> Situation:
    """Remember what a key did; return the situation it was pressed in, its mode put right by what was seen."""
    before = guess.before
    if before.frame.modes.alternate_screen != after.modes.alternate_screen:
        return before
    place = place_of(before.frame)
    effects = SCREEN_EFFECTS if place is Place.SCREEN else LINE_EFFECTS
    quiet = unchanged(before.frame, after)
    habit = experience.habit(*guess.habit)
    explained: list[str] = []
    for effect in effects:
        outcome = effect.apply(before, guess.key)
        if outcome is None:
            continue
        happened = explains(outcome, before=before.frame, after=after)
        if happened:
            explained.append(effect.name)
        if not quiet or effect.name == "still":
            habit.record(effect.name, happened=happened)
        elif not happened:
            habit.blocked(effect.name)
    if place_of(after) is Place.SECRET:
        habit.hides_what_follows = True
    return _learn_echo(experience, guess, explained, quiet)


def _learn_echo(experience: Experience, guess: Guess, explained: list[str], quiet: bool) -> Situation:
    """Note whether a text key was echoed, and with that whether keys are text in a full-screen application."""
    before, text = guess.before, guess.key.text
    if not text:
        return before
    echoed = not quiet and any(effect in explained for effect in _ECHO)
    if place_of(before.frame) is not Place.SCREEN:
        if not echoed:
            experience.not_echoed(guess.trust)
        elif text != " ":
            credit(experience, guess)
        return before
    if text == " ":
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
    if guess.key.text.strip() and guess.effect in _ECHO and guess.trust[0] != Place.SCREEN.name:
        credit(experience, guess)


def _typing_context(situation: Situation) -> tuple[str, ...]:
    context = trust_context(situation)
    return (*context[:2], "typing") if context[0] == Place.SCREEN.name else context
