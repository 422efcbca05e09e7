"""Pages and logs of the bench are full, as colourful as they say, and the same for the same seed."""

import pyte
import pytest

from rmosh_netem.bench.logs import LOGS, log_text
from rmosh_netem.bench.pages import PAGES, PageKind


def painted(kind: PageKind, seed: str = "1") -> pyte.Screen:
    screen = pyte.Screen(kind.columns, kind.rows)
    pyte.Stream(screen).feed(kind.printed(seed))
    return screen


def pairs_on(screen: pyte.Screen) -> set[tuple[str, str]]:
    return {(cell.fg, cell.bg) for row in screen.buffer.values() for cell in row.values()}


def test_a_page_of_runs_fills_all_but_the_last_cell() -> None:
    screen = painted(PAGES["repaint"])
    assert "".join(screen.display).count(" ") == 1
    assert len(pairs_on(screen)) > 200


@pytest.mark.parametrize(("name", "foregrounds"), [("page", 200), ("true-colours", 960)])
def test_every_word_of_a_page_has_a_pair_of_colours_of_its_own(name: str, foregrounds: int) -> None:
    pairs = pairs_on(painted(PAGES[name]))
    assert len(pairs) == 960
    assert len({foreground for foreground, _ in pairs}) >= foregrounds


def test_a_picture_has_two_pixels_in_each_cell() -> None:
    screen = painted(PageKind(10, 40, PAGES["picture"].body))
    assert set("".join(screen.display)) == {"\N{UPPER HALF BLOCK}"}
    assert len(pairs_on(screen)) > 390


@pytest.mark.parametrize("kind", PAGES.values(), ids=PAGES)
def test_pages_differ_and_repeat_with_their_seed(kind: PageKind) -> None:
    small = PageKind(5, 20, kind.body)
    assert small.printed("1") == small.printed("1") != small.printed("2")


def test_a_plain_log_has_the_size_asked_and_ends_a_line() -> None:
    log = log_text(5000, seed=1)
    assert len(log) == 5000
    assert log.endswith("\n")
    assert max(map(len, log.splitlines())) < 160


@pytest.mark.parametrize("name", ["coloured", "coloured-cjk"])
def test_each_line_of_a_coloured_log_has_a_word_in_colour(name: str) -> None:
    log = LOGS[name](5000, seed=1)
    assert 5000 <= len(log.encode()) < 5400
    assert all(line.count("\033[1;3") == line.count("\033[0m") == 1 for line in log.splitlines())
    assert (name == "coloured-cjk") == any("\u4e00" <= sign < "\u5000" for sign in log)
