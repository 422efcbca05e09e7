"""Pens: what SGR sequences lead to, remembered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.terminal.cells import DEFAULT_STYLE, TRUECOLOR, Style
from rmosh.terminal.pens import (
    DEFAULT_PEN,
    MAX_EFFECTS,
    Effects,
    blank_of,
    eraser_of,
    is_plain,
    is_protected,
    style_of,
    with_link,
    with_protection,
    with_style,
)
from rmosh.terminal.sgr import effect_of
from rmosh.terminal.style_table import pack

_PARAMETERS = st.sampled_from(
    [
        "",
        "0",
        "1",
        "22",
        "7",
        "27",
        "31",
        "39",
        "44",
        "49",
        "4:3",
        "24",
        "38;5;200",
        "38;2;1;2;3",
        "0;32",
        "1;33",
        "999",
    ]
)


_STYLES = st.builds(Style, st.none() | st.integers(0, 255), st.none() | st.integers(0, 255), st.integers(0, 511))


@given(st.lists(_PARAMETERS, max_size=40), st.sampled_from(["", "id=1;https://example.org/"]), st.booleans())
def test_what_a_sequence_does_is_remembered_whatever_the_pen(parameters: list[str], link: str, protected: bool) -> None:
    effects = Effects()
    for _ in range(2):
        pen = with_protection(with_link(DEFAULT_PEN, link), protected)
        for each in parameters:
            sequence = f"\x1b[{each}m"
            assert effects.learn(sequence) == effects[sequence] == effect_of(sequence)
            mask, value = effects[sequence]
            pen = pen & mask | value
        assert style_of(pen).link == link
        assert is_protected(pen) is protected
        assert is_plain(pen) is (style_of(pen) == DEFAULT_STYLE)


def test_sequences_without_end_are_not_all_remembered() -> None:
    effects = Effects()
    for colour in range(2 * MAX_EFFECTS):
        effect = effects.learn(f"\x1b[48;2;0;{colour >> 8};{colour & 255}m")
        assert effect is not None
        assert effect[1] == pack(Style(background=TRUECOLOR | colour))
        assert len(effects) <= MAX_EFFECTS


@pytest.mark.parametrize("token", ["\x1b[>4m", "\x1b[1 m", "\x1b[?1m", "m", "\r\n", "\x1b[" + "1;" * 1024 + "m"])
def test_what_is_no_rendition_is_not_learnt(token: str) -> None:
    assert Effects().learn(token) is None


@given(_STYLES, st.booleans())
def test_a_pen_writes_in_the_style_it_was_given_and_erases_in_its_background(style: Style, protected: bool) -> None:
    pen = with_style(with_protection(DEFAULT_PEN, protected), style)
    assert style_of(pen) == style
    assert is_protected(pen) is protected
    assert style_of(eraser_of(pen)) == Style(background=style.background)
    assert blank_of(pen) is blank_of(with_protection(pen, not protected))
