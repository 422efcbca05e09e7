"""Colours, many at once: as one by one."""

import random
from itertools import chain

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rmosh.terminal.colours_alike import MANY, effects_alike
from rmosh.terminal.emulator import Emulator
from rmosh.terminal.pens import MAX_EFFECTS, Effects
from rmosh.terminal.sgr import Effect, effect_of

_NUMBERS = st.one_of(st.integers(0, 255).map(str), st.sampled_from(["", "256", "007", "00", "1:2", "38", "5", "2"]))
_NAMES = st.sampled_from(["38", "48", "58", "3", "138", "1", "0", "39", "44"])
_FORMS = st.sampled_from(["{};5;{}", "{};2;{};{};{}", "{}:5:{}", "{}:2:{}:{}:{}", "{}:2::{}:{}:{}", "{};5:{}", "{}"])
_COLOURS = st.tuples(_FORMS, _NAMES, st.lists(_NUMBERS, min_size=3, max_size=3)).map(
    lambda parts: parts[0].format(parts[1], *parts[2])
)
_TOKENS = st.lists(st.one_of(_COLOURS, _COLOURS, _NUMBERS), min_size=1, max_size=4).map(
    lambda parameters: f"\x1b[{';'.join(parameters)}m"
)


def found_in(tokens: list[str]) -> dict[str, Effect]:
    return dict(chain.from_iterable(effects_alike(tokens)))


def written_alike(token: str, chance: random.Random) -> str:
    """Return a sequence with other numbers in the places of some that it has."""
    parts = token.split(";")
    return ";".join(str(chance.randrange(300)) if part.isdigit() and chance.random() < 0.4 else part for part in parts)


def _levels(chance: random.Random) -> str:
    return ";".join(str(chance.randrange(256)) for _ in range(3))


@given(st.lists(_TOKENS, min_size=1, max_size=4), st.randoms(use_true_random=False))
@example(["\x1b[38;38;5;1m"], random.Random(1))
@example(["\x1b[38;5;1;38;5;1m"], random.Random(1))
@example(["\x1b[38;5;1;0m"], random.Random(1))
@example(["\x1b[38;5;1m", "\x1b[38;5:1m", "\x1b[38:5:1m"], random.Random(1))
def test_what_is_found_together_is_what_each_does_by_itself(tokens: list[str], chance: random.Random) -> None:
    many = [written_alike(chance.choice(tokens), chance) for _ in range(3 * MANY)]
    for token, effect in found_in(many).items():
        assert effect == effect_of(token), token


@pytest.mark.parametrize(
    "form",
    [
        "38;5;{}",
        "48;5;{}",
        "58;5;{}",
        "38;5;{};48;5;{}",
        "48;5;{};38;5;{}",
        "38;2;{};{};{}",
        "38;2;{};{};{};48;2;{};{};{}",
        "38;2;{};{};{};48;5;{}",
        "0;1;38;5;{};44",
        "38;5;{};48;5;{};7",
        "4;58;2;{};{};{}",
        "1;38;5;{};4:3",
    ],
)
def test_all_are_found_that_are_written_as_programs_write_them(form: str) -> None:
    chance = random.Random(1)
    sets = [[chance.randrange(256) for _ in range(6)] for _ in range(60)]
    tokens = [f"\x1b[{form.format(*numbers)}m" for numbers in sets]
    others = ["\x1b[1m", "\x1b[38;5;1;39m", "\x1b[38;2;1;2m"]
    found = found_in([tokens[0], *others, *tokens[1:], "\x1b[?5m"])
    assert found == {token: effect_of(token) for token in tokens}


def test_two_ways_of_writing_are_found_beside_each_other() -> None:
    chance = random.Random(1)
    tokens = [f"\x1b[{chance.choice((38, 48))};2;{_levels(chance)}m" for _ in range(60)]
    assert set(found_in(tokens)) == set(tokens)


def test_a_page_of_many_colours_keeps_few() -> None:
    effects = Effects()
    for page in range(5):
        tokens = [f"\x1b[38;2;{page};{number // 256};{number % 256}m" for number in range(1000)]
        effects.learn_alike(tokens)
        assert [effects[token] for token in tokens] == [effect_of(token) for token in tokens]
    assert len(effects) <= MAX_EFFECTS


def test_a_picture_looks_the_same_whatever_pieces_it_comes_in_and_few_of_its_colours_are_kept() -> None:
    chance = random.Random(2)
    levels = [
        [f"{chance.randrange(256)};{chance.randrange(256)};{chance.randrange(256)}" for _ in "fb"] for _ in range(3000)
    ]
    cells = [f"\x1b[38;2;{one};48;2;{other}m\u2580" for one, other in levels]
    cells += [f"\x1b[38;2;{one}m\x1b[48;2;{other}m\u2580" for one, other in levels]
    cells.insert(700, "\x1b[38;2;1;2;300m\x1b[38;2;1;2;3;1m#")
    output = "".join(cells).encode()
    whole, in_pieces = Emulator(rows=80, columns=80), Emulator(rows=80, columns=80)
    whole.feed(output)
    for start in range(0, len(output), 100):
        in_pieces.feed(output[start : start + 100])
    assert whole.frame() == in_pieces.frame()
    assert len(whole.operations.screen.effects) <= MAX_EFFECTS
