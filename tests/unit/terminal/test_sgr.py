"""SGR: every rendition in and out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.terminal.cells import DEFAULT_STYLE, TRUECOLOR, Attribute, Style, Underline
from rmosh.terminal.pens import DEFAULT_PEN, style_of, with_style
from rmosh.terminal.sgr import describe, effect_of

_COLOURS = st.one_of(st.none(), st.integers(0, 255), st.integers(0, 0xFFFFFF).map(lambda rgb: TRUECOLOR | rgb))
_STYLES = st.builds(Style, _COLOURS, _COLOURS, st.integers(0, 255), st.integers(0, 5), _COLOURS)


def select_graphic_rendition(style: Style, parameters: str) -> Style:
    """Return the style after an SGR."""
    effect = effect_of(f"\x1b[{parameters}m")
    assert effect is not None
    mask, value = effect
    return style_of(with_style(DEFAULT_PEN, style) & mask | value)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("", Style()),
        ("0", Style()),
        ("1;", Style()),
        (";1", Style(attributes=Attribute.BOLD)),
        ("1;2;3;5;7;8;9;53", Style(attributes=255)),
        ("01;31", Style(foreground=1, attributes=Attribute.BOLD)),
        ("1;22", Style()),
        ("97;102", Style(foreground=15, background=10)),
        ("38;5;200;1", Style(foreground=200, attributes=Attribute.BOLD)),
        ("48;2;1;2;3;4", Style(background=TRUECOLOR | 0x010203, underline=1)),
        ("38:2:1:2:3", Style(foreground=TRUECOLOR | 0x010203)),
        ("38:2::1:2:3", Style(foreground=TRUECOLOR | 0x010203)),
        ("48:5:20;1", Style(background=20, attributes=Attribute.BOLD)),
        ("4:3;58:5:196", Style(underline=Underline.CURLY, underline_colour=196)),
        ("58;5;196;59", Style()),
        ("38;5;200;48;5;007", Style(foreground=200, background=7)),
        ("38;5;1;48;2;1;2;3", Style(1, TRUECOLOR | 0x010203, Attribute.INDEXED)),
        ("38;5;1;38;5;256", Style(1, attributes=Attribute.INDEXED)),
        ("38;2;1;2;3;38;2;1;2;256", Style(TRUECOLOR | 0x010203)),
        ("4:0", Style()),
        ("4:9", Style()),
        ("21", Style(underline=Underline.DOUBLE)),
        ("999;4", Style(underline=Underline.SINGLE)),
        ("38;5", Style()),
        ("38;2;1", Style()),
        ("38;5;999", Style()),
        ("38;2;256;0;0", Style()),
        ("38;2;0;0;256", Style()),
        ("48;2;255;255;255", Style(background=TRUECOLOR | 0xFFFFFF)),
        ("48;2;001;02;03", Style(background=TRUECOLOR | 0x010203)),
        ("38;2;;2;", Style(TRUECOLOR | 0x000200)),
        ("38;5;1;2;3", Style(1, attributes=Attribute.INDEXED | Attribute.DIM | Attribute.ITALIC)),
        ("58;2;1;2;3", Style(underline_colour=TRUECOLOR | 0x010203)),
        ("38;9;1", Style(attributes=Attribute.BOLD)),
        (":", Style()),
        ("1:", Style()),
        ("99999999999999999999", Style()),
        ("4:3;38;5;99;58;5;7", Style(99, underline=3, underline_colour=7)),
        ("38;2;1;2;3;4:3", Style(TRUECOLOR | 0x010203, underline=3)),
    ],
)
def test_parameters_make_a_style(parameters: str, expected: Style) -> None:
    assert select_graphic_rendition(DEFAULT_STYLE, parameters) == expected


@given(_STYLES)
def test_a_described_style_selects_itself(style: Style) -> None:
    assert select_graphic_rendition(DEFAULT_STYLE, describe(style)) == style


@given(_STYLES)
def test_a_reset_keeps_nothing_but_the_link(style: Style) -> None:
    linked = Style(
        style.foreground, style.background, style.attributes, style.underline, style.underline_colour, "id;u"
    )
    assert select_graphic_rendition(linked, "0") == Style(link="id;u")


@given(_STYLES, st.text(st.sampled_from("0123456789;:"), max_size=200))
def test_no_parameters_raise_and_colours_stay_in_range(style: Style, parameters: str) -> None:
    changed = select_graphic_rendition(style, parameters)
    assert 0 <= changed.underline <= 5
    assert 0 <= changed.attributes <= 255
    for colour in (changed.foreground, changed.background, changed.underline_colour):
        assert colour is None or 0 <= colour <= 255 or TRUECOLOR <= colour < 2 * TRUECOLOR


@pytest.mark.parametrize(
    ("parameters", "attributes"),
    [
        ("1;38;5;1", Attribute.BOLD | Attribute.INDEXED),
        ("38:5:7", Attribute.INDEXED),
        ("38;5;1;22", Attribute.INDEXED),
        ("38;5;8", 0),
        ("38;2;1;1;1", 0),
        ("48;5;1", 0),
        ("38;5;1;31", 0),
        ("31;38;5;1;39", 0),
        ("38;5;1;0", 0),
        ("38;5;1;38;5;300", Attribute.INDEXED),
    ],
)
def test_a_foreground_named_by_its_index_is_told_apart(parameters: str, attributes: int) -> None:
    """Source: xterm 412, which shows 1;31 brighter, and 1;38;5;1 not."""
    style = select_graphic_rendition(Style(), parameters)
    assert style.attributes == attributes
    described = select_graphic_rendition(Style(), describe(style))
    assert described == style


@pytest.mark.parametrize("following", ["38;2;1;2;3", "31", "39", "0"])
def test_another_foreground_is_not_taken_for_one_named_by_its_index(following: str) -> None:
    named = select_graphic_rendition(Style(), "1;38;5;1")
    assert not select_graphic_rendition(named, following).attributes & Attribute.INDEXED
    assert select_graphic_rendition(named, "48;2;1;2;3").attributes & Attribute.INDEXED
