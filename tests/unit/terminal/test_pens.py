"""Pens: what SGR sequences lead to, remembered."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.terminal import pens
from rmosh.terminal.cells import DEFAULT_STYLE, Style
from rmosh.terminal.pens import MAX_TRANSITIONS, Pen, PenBox
from rmosh.terminal.sgr import rendition_after, select_graphic_rendition

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


@given(st.lists(_PARAMETERS, max_size=40))
def test_a_remembered_rendition_is_what_its_sequence_makes_of_the_style(parameters: list[str]) -> None:
    box = PenBox()
    for _ in range(2):
        pen, style = box.pen(), DEFAULT_STYLE
        for each in parameters:
            pen, style = pen[f"\x1b[{each}m"], select_graphic_rendition(style, each)
            assert pen.style == style


def test_all_pairs_of_foregrounds_are_remembered_as_single_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    worked_out = []

    def counted(style: Style, parameters: str) -> tuple[Style, bool]:
        worked_out.append(parameters)
        return rendition_after(style, parameters)

    monkeypatch.setattr(pens, "rendition_after", counted)
    chance = random.Random(1)
    pen = PenBox().pen()
    for _ in range(MAX_TRANSITIONS * 4):
        pen = pen[f"\x1b[38;5;{chance.randrange(256)}m"]
    assert len(worked_out) == 256


def test_a_pen_in_use_outlives_a_start_over() -> None:
    pen = PenBox().pen()
    for colour in range(2 * MAX_TRANSITIONS):
        pen = pen[f"\x1b[48;2;0;{colour >> 8};{colour & 255}m"]
    assert isinstance(pen, Pen)
    assert pen["\x1b[1m"].style == select_graphic_rendition(pen.style, "1")
