"""What terminals draw in different columns: what is called sure, and rows that are right in all of them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unicodedata import category

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmosh.terminal.cells import DEFAULT_STYLE, Attribute, Cell, Cursor, Frame, Row, Style, blank_frame
from rmosh.terminal.emulator import Emulator
from rmosh.terminal.width import Widths, cells_of, char_width
from rmosh.terminal.width_table import tabled_columns
from rmosh_client.painting.abilities import Abilities
from rmosh_client.painting.doubt import Doubt, Drawing, bond, doubts_about, most_columns
from rmosh_client.painting.glyphs import glyph
from rmosh_client.painting.layouts import Layout, lay_out
from rmosh_client.painting.painter import Painter

#: What eleven terminals give each character or cluster; see `rmosh_client.painting.doubt` for their versions.
MEASURED = Path(__file__).resolve().parents[4] / "shared" / "terminals" / "widths.txt"

#: Where urxvt and st were interrupted, and their answers belong to other characters.
UNANSWERED = range(0x10000, 0x10014)

DOUBTFUL = {
    "हिन्दी": {Doubt.SPACING_MARK, Doubt.MARK, Doubt.CONJUNCT},
    "தமிழ்": {Doubt.SPACING_MARK, Doubt.MARK},
    "ខ្មែរ": {Doubt.SPACING_MARK, Doubt.MARK, Doubt.CONJUNCT},
    "น้ำ": {Doubt.MARK, Doubt.FOLLOWING_VOWEL},
    "שָׁלוֹם": {Doubt.MARK},
    "👩\u200d💻": {Doubt.JOINED},
    "👍🏽": {Doubt.SKIN_TONE},
    "❤\ufe0f": {Doubt.SELECTOR},
    "1\ufe0f\u20e3": {Doubt.SELECTOR},
    "🇫": {Doubt.HALF_FLAG},
    "☝": {Doubt.POINTING},
    "☰": {Doubt.NEWLY_WIDE_AS_TWO},
    "㉈": {Doubt.CIRCLED_NUMBER},
    "\u00ad": {Doubt.SOFT_HYPHEN},
    "\u0600": {Doubt.PREPENDED},
    "か\u3099": {Doubt.MARK},
    "ｶﾞ": {Doubt.VOICED_HALF},
    "\u1100\u1161": {Doubt.JAMO},
    "\U0001fbfe": {Doubt.OTHER},
}

SURE = [
    "a",
    "é",
    "e\u0301",
    "漢",
    "가",
    "e\u0323\u0301",
    "مرحبا",
    "ｶ",
    "👍",
    "🇩🇪",
    "🇫🇷🇩🇪",
    "─█",
    "●",
    "❤",
    "☎",
    "क",
    "ก",
]


def row_of(text: str, columns: int, style: Style = DEFAULT_STYLE) -> Row:
    cells = [Cell(text, style) for text in cells_of(text)]
    cells = cells[: columns - 1] if len(cells) > columns else cells
    return Row((*cells, *[Cell(" ")] * (columns - len(cells))))


def layout_of(text: str) -> Layout:
    return lay_out(row_of(text, len(cells_of(text)) + 4), Drawing())


@pytest.mark.parametrize("text", DOUBTFUL)
def test_signs_and_words_that_terminals_draw_otherwise_are_written_whole(text: str) -> None:
    (unit,) = layout_of(text).units.values()
    assert (unit.start, unit.stop, unit.parts[0][0], unit.sure) == (0, len(cells_of(text)), text.encode(), False)
    agreed = lay_out(row_of(text, 40), Drawing(frozenset(DOUBTFUL[text]))).units.values()
    assert all(unit.sure for unit in agreed)


@pytest.mark.parametrize("text", SURE)
def test_what_all_terminals_draw_alike_is_sure(text: str) -> None:
    assert all(unit.sure for unit in layout_of(text).units.values())


@pytest.mark.slow
@pytest.mark.skipif(not MEASURED.is_file(), reason=f"the measured widths are not beside this checkout ({MEASURED})")
def test_no_character_is_called_sure_that_one_of_eleven_terminals_draws_otherwise() -> None:
    for character, drawn in measured():
        columns = char_width(character)
        if columns and not doubts_about(character, columns):
            assert set(drawn) == {str(columns)}, f"U+{ord(character):04X}"


@pytest.mark.slow
@pytest.mark.skipif(not MEASURED.is_file(), reason=f"the measured widths are not beside this checkout ({MEASURED})")
def test_few_characters_that_all_draw_alike_are_called_doubtful() -> None:
    needless = [
        character
        for character, drawn in measured()
        if set(drawn) == {str(char_width(character))} and doubts_about(character, char_width(character))
    ]
    assert [character for character in needless if category(character) != "Cn"] == []


def measured() -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for line in MEASURED.read_text(encoding="utf-8").splitlines():
        codes, _, drawn = line.partition("\t")
        if not line.startswith("#") and " " not in codes:
            first, _, last = codes.partition("..")
            characters = set(range(int(first, 16), int(last or first, 16) + 1)).difference(UNANSWERED)
            found += [(chr(code), drawn) for code in characters]
    return found


@pytest.mark.skipif(not MEASURED.is_file(), reason=f"the measured widths are not beside this checkout ({MEASURED})")
def test_no_cluster_is_drawn_wider_than_expected_or_called_sure_without_all_terminals() -> None:
    for line in MEASURED.read_text(encoding="utf-8").splitlines():
        codes, _, drawn = line.partition("\t")
        if line.startswith(("#", "0021 ")) or " " not in codes:
            continue
        text = "".join([chr(int(code, 16)) for code in codes.split()])
        layout = layout_of(text)
        columns = {str(len(cells_of(text)))}
        assert set(drawn) == columns or any(not unit.sure for unit in layout.units.values()), text
        assert all(int(each) <= most_columns(text) for each in drawn.replace("?", "9")), text


_PIECES = st.one_of(
    st.sampled_from(["a", "bc", " ", "  ", "$ ", "漢", "é", *DOUBTFUL, *SURE]),
    st.sampled_from(["ि", "क", "\u094d", "\u00ad", "\u0301", "\ufe0f", "\u200d", "🏽", "🇩", "☰", "\u1161"]),
)
_STYLES = st.sampled_from([DEFAULT_STYLE, DEFAULT_STYLE, Style(foreground=1), Style(attributes=int(Attribute.REVERSE))])


@st.composite
def _frames(draw: st.DrawFn) -> list[Frame]:
    columns = draw(st.integers(2, 20))
    frames = [blank_frame(rows=2, columns=columns)]
    for _ in range(draw(st.integers(1, 5))):
        rows = list(frames[-1].rows)
        texts = [(draw(_PIECES), draw(_STYLES)) for _ in range(draw(st.integers(1, 6)))]
        cells = [Cell(cell, style) for text, style in texts for cell in cells_of(text)][:columns]
        if cells and char_width(cells[-1].text) == 2:
            cells.pop()
        kept = draw(st.integers(0, columns - len(cells)))
        old = rows[0].cells
        blank = [Cell(" ")] * (columns - kept - len(cells))
        left = [Cell(" ", cell.style) if char_width(cell.text) != 1 else cell for cell in old[:kept]]
        rows[draw(st.integers(0, 1))] = Row((*left, *cells, *blank))
        frames.append(replace(frames[-1], rows=tuple(rows), cursor=Cursor(1, draw(st.integers(0, columns - 1)))))
    return frames


def look_of(cell: Cell) -> tuple[str, Style]:
    """Return what is seen of a cell, but for what a terminal put onto it that it draws in no column."""
    return cell.text[:1], replace(cell.style, foreground=None) if cell.text[:1] == " " else cell.style


def terminal_that_draws(widths: dict[str, int]) -> Callable[[str], int]:
    def columns(character: str) -> int:
        counted = tabled_columns(character)
        if (counted and not doubts_about(character, counted)) or 0x1F1E6 <= ord(character) <= 0x1F1FF:
            return counted  # two halves of a flag have two columns everywhere
        return min(widths.get(character, 0), most_columns(character))

    return columns


@pytest.mark.slow
@settings(max_examples=150)
@given(
    _frames(),
    st.fixed_dictionaries({}, optional={text: st.integers(0, 2) for text in "िा्ी\ufe0f\u200d☰☝\u00ad㉈้ำ\u1161"}),
    st.booleans(),
)
def test_whatever_a_terminal_makes_of_doubtful_signs_all_others_stand_in_their_columns(
    frames: list[Frame], widths: dict[str, int], graphemes: bool
) -> None:
    columns = frames[0].columns
    painter = Painter(Abilities())
    terminal = Emulator(rows=2, columns=columns, widths=Widths(terminal_that_draws(widths)))
    terminal.feed(painter.start(rows=2, columns=columns) + (b"\x1b[?2027h" if graphemes else b""))
    for frame in frames:
        terminal.feed(painter.paint(frame, now=0.0))
        for shown, row in zip(terminal.frame().rows, frame.rows, strict=True):
            layout = lay_out(row, Drawing())
            doubtful = {column for unit in layout.units.values() for column in range(unit.start, unit.end)}
            for column in set(range(columns)) - doubtful:
                assert look_of(shown.cells[column]) == look_of(row.cells[column]), (column, shown, row)
        assert terminal.frame().cursor == frame.cursor


def frames_of(texts: list[str]) -> list[Frame]:
    """Return frames of two rows, the texts in the upper one, as wide as the longest of them."""
    columns = max([len(cells_of(text)) for text in texts])
    blank = blank_frame(rows=2, columns=columns)
    rows = [Row((*map(Cell, cells_of(text)), *[Cell(" ")] * (columns - len(cells_of(text))))) for text in texts]
    return [replace(blank, rows=(row, blank.rows[1]), cursor=Cursor(1, 0)) for row in rows]


#: Drawn in no column, but onto what stands before them: by kitty 0.48 and alacritty 0.17 (soft hyphen), VTE 0.84
#: (Arabic number sign) and alacritty (Malayalam dot reph).
ABSORBED = ["\u00ad", "\u0600", "\u0d4e"]


@pytest.mark.parametrize("sign", ABSORBED)
@pytest.mark.parametrize("base", ["a", " ", "漢", "é"])
def test_a_sign_that_a_terminal_adds_to_the_one_before_it_is_there_once_however_often_it_is_painted(
    base: str, sign: str
) -> None:
    frames = frames_of([f"x{base}{sign}{after}      " for after in ("", "b", "bc", "d", "d e", "d ef")])
    columns = frames[0].columns
    painter = Painter(Abilities())
    terminal = Emulator(rows=2, columns=columns, widths=Widths(terminal_that_draws({})))
    terminal.feed(painter.start(rows=2, columns=columns))
    painter.learn(Drawing(absorbed=frozenset({Doubt.SOFT_HYPHEN})))
    for frame in frames:
        terminal.feed(painter.paint(frame, now=0.0))
    assert [cell.text for cell in terminal.frame().rows[0].cells].count(base + sign) == 1
    assert "".join([cell.text for cell in terminal.frame().rows[0].cells]).count(sign) == 1


@pytest.mark.slow
@pytest.mark.skipif(not MEASURED.is_file(), reason=f"the measured widths are not beside this checkout ({MEASURED})")
def test_whatever_one_of_eleven_terminals_draws_in_no_column_is_written_with_what_stands_before_it() -> None:
    apart = [sign for sign, drawn in measured() if char_width(sign) and "0" in drawn and bond("a", sign) is None]
    # U+113D1 came with Unicode 16, which Python knows since 3.14.
    assert [sign for sign in apart if category(sign) != "Cn" and sign != "\U000113d1"] == []


def painted(before: str, after: str) -> bytes:
    painter, frame = Painter(Abilities()), blank_frame(rows=1, columns=20)
    painter.start(rows=1, columns=20)
    painter.paint(replace(frame, rows=(row_of(before, 20),)), now=0.0)
    return painter.paint(replace(frame, rows=(row_of(after, 20),), cursor=Cursor(0, 19)), now=0.0)


def test_a_letter_typed_where_a_heart_may_have_been_drawn_over_a_blank_paints_both() -> None:
    assert painted("❤\ufe0f ", "❤\ufe0fx") == " \b❤\ufe0f\x1b[2Gx\x1b[17C".encode()


def test_a_letter_typed_behind_a_word_with_vowel_signs_paints_nothing_but_the_letter() -> None:
    assert painted("हिन्दी$ ", "हिन्दी$ x") == b"\x1b[7Cx\x1b[11C"


def test_a_heart_in_the_last_column_is_drawn_in_its_narrow_form() -> None:
    (unit,) = lay_out(row_of("a❤\ufe0f", 2), Drawing()).units.values()
    assert (unit.parts[0][0], unit.sure) == ("❤".encode(), True)


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        *[(text, True) for text in ("a", "漢", "e\u0301", "👍", "क")],
        *[(text, False) for text in ("🏽", "\u0e33", "\u1100", "ि", "❤\ufe0f", "☰", "\u0301", "", "\x07")],
    ],
)
def test_a_sign_is_sure_by_itself_where_nothing_beside_it_changes_it(text: str, sure: bool) -> None:
    assert glyph(text).sure == sure
    assert glyph(text).data
    assert not any(byte < 0x20 for byte in glyph(text).data)


#: As kitty 0.48 draws, and foot 1.28 but for the hand.
KITTY = Drawing(
    agreed=frozenset({Doubt.MARK}),
    wider=frozenset({Doubt.SELECTOR, Doubt.POINTING, Doubt.NEWLY_WIDE_AS_ONE}),
    absorbed=frozenset({Doubt.SPACING_MARK, Doubt.EXTENDING_MARK, Doubt.JOINED, Doubt.SKIN_TONE}),
)


def drawn_by_kitty(character: str) -> int:
    """Return its columns in kitty 0.48, which has none for a vowel sign even where nothing is before it in the row."""
    return 0 if category(character) == "Mc" else tabled_columns(character)


def older_host(character: str) -> int:
    return 1 if character == "☰" else tabled_columns(character)


def shown_by_kitty(row: Row, cursor: int) -> tuple[str, int]:
    """Return what a terminal shows that draws hearts and trigrams in two columns, and where its cursor is."""
    columns = len(row.cells)
    terminal = Emulator(rows=1, columns=columns, widths=Widths(drawn_by_kitty))
    terminal.feed(b"\x1b[?2027h")
    painter = Painter(Abilities())
    terminal.feed(painter.start(rows=1, columns=columns))
    painter.learn(KITTY)
    terminal.feed(
        painter.paint(replace(blank_frame(rows=1, columns=columns), rows=(row,), cursor=Cursor(0, cursor)), now=0.0)
    )
    frame = terminal.frame()
    return "".join([cell.text for cell in frame.rows[0].cells]).rstrip(), frame.cursor.column


@pytest.mark.parametrize(
    ("printed", "cursor", "shown", "drawn"),
    [
        ("❤\ufe0f love |", 8, "❤\ufe0f love |", 9),
        ("❤\ufe0f $ echo", 4, "❤\ufe0f $ echo", 5),
        ("❤\ufe0f $ ", 4, "❤\ufe0f $", 5),
        ("a ❤\ufe0f $", 1, "a ❤\ufe0f $", 1),
        ("☰$ echo", 7, "☰$ echo", 8),
        ("❤\ufe0f ❤\ufe0f x", 5, "❤\ufe0f ❤\ufe0f x", 7),
        ("| ❤\ufe0f warning     |", 17, "| ❤\ufe0f warning    |", 17),
        ("❤\ufe0f one  two", 8, "❤\ufe0f one two", 8),
        ("漢❤\ufe0fx", 3, "漢❤\ufe0fx", 4),
        ("किताब की $ ls", 13, "किताब की $ ls", 10),
        ("👩\u200d💻 dev 👍🏽 |", 15, "👩\u200d💻 dev 👍🏽 |", 11),
        ("👩\u200d💻 x  |", 8, "👩\u200d💻 x    |", 8),
        ("কা ❤\ufe0f |", 6, "কা ❤\ufe0f |", 6),
        ("िa❤\ufe0f|", 4, "a❤\ufe0f|", 4),
    ],
)
def test_what_follows_a_sign_that_is_drawn_wider_keeps_its_distance(
    printed: str, cursor: int, shown: str, drawn: int
) -> None:
    cells = [Cell(text) for text in Widths(older_host).cells_of(printed)]
    assert shown_by_kitty(Row((*cells, *[Cell(" ")] * (24 - len(cells)))), cursor) == (shown, drawn)


def test_what_follows_a_sign_that_is_drawn_wider_stays_where_there_is_no_room() -> None:
    assert shown_by_kitty(row_of("ab❤\ufe0fcdef", 7), 0) == ("ab cdef", 0)


@pytest.mark.parametrize(
    "texts",
    [
        ["aaaa", "aaa ", "a❤\ufe0fि "],
        ["aaaa", "a", "1\ufe0f\u20e3🏽 "],
        ["aaaaaa", "a", "a🇫🇫🏽 ", "a"],
        ["aिaa", "aिa "],
        ["aaaa", "aिaa", "aिa "],
        ["क\u094d👍  x", "क\u094d👍 "],
        ["a\u200d👍  x", "a\u200d👍 "],
        ["    ", "िa❤\ufe0f "],
    ],
)
def test_rows_once_found_shown_otherwise_step_by_step_are_shown_as_painted_at_once(texts: list[str]) -> None:
    check_that_steps_do_not_matter(frames_of(texts))


@pytest.mark.slow
@settings(max_examples=100)
@given(_frames())
def test_a_row_painted_step_by_step_shows_what_it_shows_painted_at_once(frames: list[Frame]) -> None:
    check_that_steps_do_not_matter(frames)


def check_that_steps_do_not_matter(frames: list[Frame]) -> None:
    columns = frames[0].columns
    steps, once = Painter(Abilities()), Painter(Abilities())
    there, here = [Emulator(rows=2, columns=columns, widths=Widths(drawn_by_kitty)) for _ in range(2)]
    for painter, terminal in ((steps, there), (once, here)):
        terminal.feed(b"\x1b[?2027h" + painter.start(rows=2, columns=columns))
        painter.learn(KITTY)
    for frame in frames:
        there.feed(steps.paint(frame, now=0.0))
    here.feed(once.paint(frames[-1], now=0.0))
    assert [[look_of(cell) for cell in row.cells] for row in there.frame().rows] == [
        [look_of(cell) for cell in row.cells] for row in here.frame().rows
    ]
    assert there.frame().cursor == here.frame().cursor
