"""Colours of 24 bits, many at once: as one by one."""

import random

from hypothesis import given
from hypothesis import strategies as st

from rmosh.terminal.direct_colours import effects_of_direct
from rmosh.terminal.emulator import Emulator
from rmosh.terminal.pens import MAX_EFFECTS
from rmosh.terminal.sgr import effect_of

_LEVELS = st.one_of(st.integers(0, 255).map(str), st.sampled_from(["", "256", "007", "-1", "1:2", "\u0661", "m"]))
_KINDS = st.sampled_from(["2", "5", "02", ""])
_NAMES = st.sampled_from(["38", "48", "58", "3", "?38", "1"])
_COLOURS = st.tuples(_NAMES, _KINDS, _LEVELS, _LEVELS, _LEVELS).map(";".join)
_TOKENS = st.one_of(
    st.lists(st.integers(0, 255).map(str), min_size=6, max_size=6).map(
        lambda levels: ";".join(["38", "2", *levels[:3], "48", "2", *levels[3:]])
    ),
    st.lists(_COLOURS, min_size=1, max_size=3).map(";".join),
).map(lambda parameters: f"\x1b[{parameters}m")


def _levels(chance: random.Random) -> str:
    return ";".join(str(chance.randrange(256)) for _ in range(3))


@given(st.lists(_TOKENS, max_size=12))
def test_what_is_found_together_is_what_each_does_by_itself(tokens: list[str]) -> None:
    for token, effect in effects_of_direct(tokens).items():
        assert effect == effect_of(token), token


def test_all_are_found_that_are_written_as_programs_write_them() -> None:
    chance = random.Random(1)
    tokens = [f"\x1b[38;2;{_levels(chance)};48;2;{_levels(chance)}m" for _ in range(50)]
    assert list(effects_of_direct([*tokens, "\x1b[38;2;1;2m", "\r\n"])) == tokens


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
