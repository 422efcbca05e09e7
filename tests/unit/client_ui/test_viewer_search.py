"""The viewer's search: what counts as a match, which way it goes, how it waits, and how much it does at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.terminal.cells import Style
from rmosh.terminal.scrolled import ScrolledLine
from rmosh_client.viewing.gathering import Copy, LeaveViewer
from rmosh_client.viewing.search import Pattern, Search, SearchDirection, SearchProgress, Spot
from rmosh_client.viewing.transcript import Transcript
from tests.unit.client_ui.client_ui_history import Desk, KnownLines, line_of, numbered, texts


def log(*, hits: set[int], count: int = 1000) -> list[ScrolledLine | None]:
    return [line_of(f"{number} {'needle' if number in hits else 'hay'}") for number in range(count)]


def test_search_towards_older_lines_finds_the_nearest_first() -> None:
    desk = Desk(log(hits={10, 500, 700}))
    desk.type(b"?needle\r")
    assert "700 needle" in desk.page
    desk.type(b"n")
    assert "500 needle" in desk.page
    desk.type(b"N")
    assert "700 needle" in desk.page


def test_search_towards_newer_lines_begins_at_the_top_of_the_page() -> None:
    desk = Desk(log(hits={10, 500}))
    desk.type(b"g/needle\r")
    assert "10 needle" in desk.page
    desk.type(b"n")
    assert "500 needle" in desk.page


def test_match_is_shown_with_some_context() -> None:
    desk = Desk(log(hits={500}), rows=10)
    desk.type(b"?needle\r")
    assert 0 < desk.page.index("500 needle") < 8


def test_match_in_view_does_not_move_the_page() -> None:
    desk = Desk(log(hits={999}))
    before = desk.page
    desk.type(b"?needle\r")
    assert desk.page == before


def test_search_includes_the_live_screen() -> None:
    desk = Desk(numbered(20), screen=["$ make", "error: no rule"])
    desk.type(b"g/no rule\r")
    assert "error: no rule" in desk.page


def test_case_counts_only_with_a_capital_letter() -> None:
    desk = Desk([line_of("Error"), line_of("error"), *numbered(20)])
    desk.type(b"?error\r")
    assert "/error: 2 in view" in desk.status
    desk.type(b"G?Error\r")
    assert "/Error: 1 in view" in desk.status


def test_pattern_is_plain_text() -> None:
    desk = Desk([line_of("a.c"), line_of("abc")])
    desk.type(b"?a.c\r")
    assert "/a.c: 1 in view" in desk.status


def test_match_goes_across_a_soft_wrap_and_not_across_a_newline() -> None:
    desk = Desk([line_of("nee", wrapped=True), line_of("dle"), line_of("nee"), line_of("dle")], columns=60)
    desk.type(b"?needle\r")
    assert "/needle: 1 in view" in desk.status
    plain = Style()
    coloured = [sum(cell.style != plain for cell in row.cells) for row in desk.frame().rows[:4]]
    assert coloured == [3, 3, 0, 0]


def test_current_match_looks_different_from_the_others() -> None:
    desk = Desk([line_of("needle needle")])
    desk.type(b"?needle\r")
    cells = desk.frame().rows[0].cells
    styles = [cells[place].style for place in (0, 6, 7)]
    assert len(set(styles)) == 3


def test_highlights_fall_on_wide_characters_whole() -> None:
    desk = Desk([line_of("ab漢字cd")])
    desk.type("?漢字\r".encode())
    marked = [cell.text for cell in desk.frame().rows[0].cells if cell.style != Style()]
    assert marked == ["漢", "", "字", ""]


def test_search_goes_on_from_the_other_end_and_says_so() -> None:
    desk = Desk(log(hits={300, 600}), columns=100)
    desk.type(b"/needle\r")
    assert "300 needle" in desk.page
    assert "found on from the oldest line kept" in desk.status
    desk.type(b"n")
    assert "600 needle" in desk.page
    assert "found on" not in desk.status
    desk.type(b"n")
    assert "300 needle" in desk.page
    assert "found on from the oldest line kept" in desk.status
    desk.type(b"N")
    assert "600 needle" in desk.page
    assert "found on from the newest line" in desk.status


def test_the_only_match_is_found_again_from_either_side() -> None:
    desk = Desk(log(hits={500}), columns=100)
    for keys in (b"/needle\r", b"n", b"N", b"?needle\r", b"n"):
        desk.type(keys)
        assert "500 needle" in desk.page


def test_what_is_nowhere_is_told_after_all_lines_were_looked_at() -> None:
    for lines in (numbered(20), []):
        desk = Desk(lines, columns=80)
        desk.type(b"?nowhere\r")
        assert "not found: nowhere" in desk.status
        desk.type(b"N")
        assert "not found: nowhere" in desk.status


def test_search_takes_the_marked_end_along() -> None:
    desk = Desk(log(hits={997}))
    desk.type(b"v?needle\r")
    assert desk.type(b"y") == [Copy("997 needle\n998 hay\n999 hay", 3, leaves=True)]


def test_search_that_waits_says_so_and_that_the_server_is_out_of_reach() -> None:
    desk = Desk([*[None] * 100, *numbered(20)], columns=120)
    desk.type(b"?needle\r")
    assert "waiting for the server" in desk.status
    assert "the server cannot be reached" in texts(desk.frame(reachable=False))[-1]


def test_search_again_without_a_pattern_says_what_to_do() -> None:
    desk = Desk(numbered(20), columns=80)
    desk.type(b"n")
    assert "type / or ?" in desk.status


def test_empty_pattern_means_the_last_one() -> None:
    desk = Desk(log(hits={10, 500}))
    desk.type(b"?needle\r")
    desk.type(b"?\r")
    assert "10 needle" in desk.page


def test_search_waits_for_lines_and_goes_on_when_they_come() -> None:
    lines = log(hits={10}, count=5000)
    desk = Desk([*[None] * 4950, *lines[4950:]])
    desk.type(b"?needle\r")
    assert "searching ... line 4,950" in desk.status
    assert desk.viewer.wanted == (2950, 4950)
    desk.history.kept[2950:4950] = lines[2950:4950]
    desk.search()
    assert desk.viewer.wanted == (950, 2950)
    desk.history.kept[:2950] = lines[:2950]
    desk.search()
    assert "10 needle" in desk.page


def test_escape_ends_a_search_that_waits() -> None:
    desk = Desk([*[None] * 100, *numbered(20)])
    desk.type(b"?needle\r\x1b")
    assert "searching" not in desk.status


def test_match_that_begins_before_a_gap_is_found_once_the_gap_is_filled() -> None:
    desk = Desk([line_of("nee", wrapped=True), None, *numbered(20)])
    desk.type(b"g/needle\r")
    assert "searching ... line 2" in desk.status
    desk.history.kept[1] = line_of("dle")
    desk.search()
    assert "/needle: 1 in view" in desk.status


def test_one_step_looks_at_few_lines() -> None:
    asked: list[int] = []

    class Counting(KnownLines):
        def lines(self, start: int, stop: int) -> list[ScrolledLine | None]:
            asked.append(stop - start)
            return super().lines(start, stop)

    history = Counting(numbered(10_000))
    for direction, start in [(SearchDirection.NEWER, Spot(0, -1)), (SearchDirection.OLDER, Spot(10_000, 0))]:
        search = Search(Transcript(history), Pattern("nowhere"), direction, start=start)
        asked.clear()
        assert search.step() is SearchProgress.RUNNING
        assert sum(asked) <= 300


@pytest.mark.parametrize("keys", [b"?nowhere\r", b"slines.txt\r"], ids=["a-search", "a-save"])
def test_what_waits_for_lines_reads_no_more_than_the_page_at_the_turns_in_between(keys: bytes) -> None:
    """Each datagram is a turn: what is here was decoded at each of them, and 50,000 lines took minutes."""
    desk = Desk([None, *numbered(2000), None, *numbered(200)])
    desk.type(keys)
    read = desk.history.lines
    asked: list[int] = []

    def lines(start: int, stop: int) -> list[ScrolledLine | None]:
        asked.append(stop - start)
        return read(start, stop)

    desk.history.lines = lines  # type: ignore[method-assign]
    for _ in range(10):
        desk.search()
        assert desk.viewer.history_changed() == []
        assert desk.viewer.wanted is not None
    assert sum(asked) <= 10 * 50  # a page has six rows, and those around it are looked at


def test_rows_that_stay_as_they_are_are_the_same_so_that_none_is_painted_again() -> None:
    desk = Desk(log(hits={990}))
    before = desk.viewer.frame(reachable=True).rows
    desk.type(b"?needle\r")
    after = desk.viewer.frame(reachable=True).rows
    assert [old is new for old, new in zip(before, after, strict=True)].count(True) == 0
    again = desk.viewer.frame(reachable=True).rows
    assert all(old is new for old, new in zip(after[:-1], again[:-1], strict=True))


@given(
    st.lists(st.tuples(st.text("abA ", max_size=6), st.booleans()), max_size=12),
    st.text("abA", min_size=1, max_size=4),
    st.sampled_from(SearchDirection),
)
def test_search_finds_all_matches_of_the_joined_text_in_order(
    lines: list[tuple[str, bool]], wanted: str, direction: SearchDirection
) -> None:
    """The model: every line put into one text, and the pattern tried at each of its characters."""
    history = KnownLines([line_of(text, wrapped=wrapped) for text, wrapped in lines])
    joined = [(character, Spot(number, offset)) for number, (text, wrapped) in enumerate(lines)
              for offset, character in enumerate(text if wrapped else text + "\n")]  # fmt: skip
    text = "".join(character for character, _ in joined)
    if not any(map(str.isupper, wanted)):
        text = text.lower()
    expected = [spot for place, (_, spot) in enumerate(joined) if text.startswith(wanted, place)]
    spot = Spot(0, -1) if direction is SearchDirection.NEWER else Spot(len(lines), 0)
    found = []
    while True:
        search = Search(Transcript(history), Pattern(wanted), direction, start=spot)
        while search.step() is SearchProgress.RUNNING:
            pass
        if search.found is None:
            break
        spot = search.found
        found.append(spot)
    assert found == (expected if direction is SearchDirection.NEWER else expected[::-1])


def test_what_is_typed_behind_a_search_waits_for_its_end() -> None:
    lines = log(hits={10, 40}, count=200)
    desk = Desk([*[None] * 150, *lines[150:]])
    desk.type(b"?needle\rn")
    desk.history.kept[:150] = lines[:150]
    desk.search()
    assert "40 needle" in desk.page
    desk.type(b"")
    assert "10 needle" in desk.page
    desk.type(b"Ng")
    assert desk.page[0] == "0 hay"


def test_what_stops_a_search_does_not_wait_for_its_end() -> None:
    desk = Desk([*[None] * 100, *numbered(20)])
    desk.type(b"?needle\rgg")
    desk.type(b"\x1b")
    assert "searching" not in desk.status
    assert isinstance(desk.type(b"q")[-1], LeaveViewer)


def test_where_the_server_is_out_of_reach_nothing_waits_for_a_search() -> None:
    desk = Desk([*[None] * 100, *numbered(20)])
    desk.type(b"?needle\r")
    before = texts(desk.frame(reachable=False))
    desk.type(b"k")
    assert texts(desk.frame(reachable=False))[1] == before[0]
