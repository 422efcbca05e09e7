"""Blocks within the bounds whatever scrolled off: aimed at the bounds that the encoders raise."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rmosh.history import line_codec
from rmosh.history.archive import Archive
from rmosh.history.blocks import blocks_of, packed_line
from rmosh.history.line_codec import MAX_BLOCK, MAX_BLOCK_RUNS, MAX_LINE_LENGTH, decode_lines
from rmosh.screen.limits import MAX_STYLES
from rmosh.terminal.cells import Style
from rmosh.terminal.history import Entry, Unfinished, lines_of
from rmosh.terminal.scrolled import ScrolledLine, plain_line

_TEXTS = st.text(st.sampled_from("ab é漢👩"), min_size=1, max_size=30)
_STYLES = st.builds(Style, st.integers(0, 255), link=st.text("ab漢", max_size=60))
_STYLED = st.builds(ScrolledLine, st.lists(st.tuples(_TEXTS, _STYLES), max_size=8).map(tuple), st.booleans())
_ENTRIES = st.lists(_STYLED | _TEXTS | _TEXTS.map(Unfinished), min_size=1, max_size=12)


@pytest.fixture
def small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every bound of the encoder so small that a few lines reach it."""
    for name, bound in (("MAX_BLOCK", 500), ("MAX_STYLES", 6), ("MAX_BLOCK_RUNS", 9), ("MAX_LINE_LENGTH", 100)):
        monkeypatch.setattr(line_codec, name, bound)
    monkeypatch.setattr("rmosh.history.blocks.MAX_LINE_LENGTH", 100)


@pytest.mark.slow
@pytest.mark.usefixtures("small_bounds")
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_ENTRIES)
def test_whatever_scrolls_off_makes_blocks_that_read_back_with_the_same_text(entries: list[Entry]) -> None:
    read = []
    for count, block in blocks_of(entries):
        lines = decode_lines(block)
        assert len(lines) == count
        read += lines
    for line, meant in zip(read, lines_of(entries), strict=True):
        assert line.wrapped == meant.wrapped
        assert line.text.rstrip(" ") == meant.text[:100].rstrip(" ")
        is_small = (
            len(meant.runs) <= 6 and len(meant.text) <= 20 and all(len(style.link) < 9 for _, style in meant.runs)
        )
        assert not is_small or merged(line) == merged(meant)


def merged(line: ScrolledLine) -> list[tuple[str, Style]]:
    """Return a line's characters, each with its style, but for blanks at its end."""
    characters = [(character, style) for text, style in line.runs for character in text]
    while characters and not line.wrapped and characters[-1] == (" ", Style()):
        characters.pop()
    return characters


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lines", "count", "bound"),
    [
        (5, 1000, "bytes"),
        (256, 300, "styles"),
        (256, 700, "runs"),
    ],
)
def test_a_block_above_a_bound_is_made_several_that_lose_nothing(lines: int, count: int, bound: str) -> None:
    made = []
    for line in range(lines):
        if bound == "bytes":
            styles = [Style(link=f"id={line};https://{column:2000}".replace(" ", "x")) for column in range(count)]
        elif bound == "styles":
            styles = [Style(1 << 24 | line * count + column) for column in range(count)]
        else:
            styles = [Style(column % 2) for column in range(count)]
        made.append(ScrolledLine(tuple([("▀", style) for style in styles])))
    blocks = list(blocks_of(made))
    assert len(blocks) > 1
    assert [line for _, block in blocks for line in decode_lines(block)] == made
    archive = Archive()
    archive.append(made, end=lines)
    assert archive.lines(0, lines) == made


@pytest.mark.slow
def test_one_line_above_the_bounds_goes_without_links_then_without_styles_then_cut() -> None:
    links = tuple([("x", Style(number & 7, link=f"a;{number:2000}")) for number in range(3000)])
    (line,) = decode_lines(packed_line(ScrolledLine(links)))
    assert line.text == "x" * 3000
    assert [style for _, style in line.runs][:9] == [Style(number & 7) for number in range(9)]

    runs = tuple([("x", Style(number & 7)) for number in range(MAX_BLOCK_RUNS + 1)])
    (line,) = decode_lines(packed_line(ScrolledLine(runs, wrapped=True)))
    assert line == plain_line("x" * MAX_LINE_LENGTH, wrapped=True)

    small = packed_line(ScrolledLine((("漢" * 3000, Style(1)),)), limit=100)
    assert len(small) <= 100


@pytest.mark.slow
def test_nothing_that_a_block_may_hold_is_lost_when_it_is_kept_again_with_others() -> None:
    """What a server sends as small blocks is gathered in larger ones at the client."""
    archive = Archive()
    sent = []
    for number in range(600):
        styles = [Style(1 << 24 | number << 12 | column) for column in range(400)]
        sent.append(ScrolledLine(tuple([("x", style) for style in styles])))
        archive.insert(number, sent[-1:])
    assert MAX_STYLES < 600 * 400
    assert archive.lines(0, 600) == sent
    archive.insert(700, [ScrolledLine((("x" * MAX_LINE_LENGTH, Style()),))] * 200)
    assert archive.lines(899, 900)[0] is not None
    assert MAX_BLOCK < 200 * MAX_LINE_LENGTH
