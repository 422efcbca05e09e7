"""What each effect makes of a line or a screen, and that what was seen is expected again."""

from dataclasses import fields, replace

import pytest

from rmosh.prediction.effects import Effect
from rmosh.prediction.experience import Experience, Habit, Memory
from rmosh.prediction.footing import Footing
from rmosh.prediction.keys import Key
from rmosh.prediction.matching import laid_over
from rmosh.prediction.situation import LastKey, LineStart, Situation, same_text, text_of
from rmosh.prediction.status import foresee_status, learn_status, read_status
from rmosh.terminal.cells import Cell, Cursor, Frame, Modes, Row, Style

COLUMNS = 12


def row(text: str) -> Row:
    cells: list[Cell] = []
    for character in text:
        cells += [Cell(character), Cell("")] if character in "漢字" else [Cell(character)]
    return Row(tuple(cells + [Cell(" ")] * (COLUMNS - len(cells))))


def at_prompt(text: str) -> Situation:
    """Return a situation at a prompt of two columns; `|` marks the cursor in the text after it."""
    before, _, after = text.partition("|")
    rows = (row("$ " + before + after), row(""), row(""))
    column = 2 + sum(2 if character in "漢字" else 1 for character in before)
    return Situation(Frame(rows, COLUMNS, Cursor(0, column)), line=LineStart(0, 2, "$ "))


def on_screen(*lines: str) -> Situation:
    """Return a full screen of six rows, filler after the lines and a blank status row; `|` is the cursor."""
    texts = [*lines, *["~"] * (5 - len(lines)), ""]
    cursor = next((Cursor(number, text.index("|")) for number, text in enumerate(texts) if "|" in text))
    rows = tuple([row(text.replace("|", "")) for text in texts])
    return Situation(Frame(rows, COLUMNS, cursor, Modes(alternate_screen=True)))


def outcome(effect: Effect, situation: Situation, text: str = "") -> Situation | None:
    return effect.apply(situation, Key(text or "key", text, b"", 1))


@pytest.mark.parametrize("character", ["☰", "\U0001fae8"])
def test_a_character_that_hosts_count_differently_is_not_foreseen(character: str) -> None:
    assert outcome(Effect.INSERT, at_prompt("a|b"), character) is None


def test_a_vowel_sign_takes_a_column_as_it_does_in_bash() -> None:
    came = outcome(Effect.INSERT, at_prompt("क|b"), "ि")
    assert came is not None
    assert [cell.text for cell in came.cells[2:5]] == ["क", "ि", "b"]
    assert came.cursor.column == 4


@pytest.mark.parametrize(
    ("effect", "before", "after"),
    [
        (Effect.ERASE_LEFT, "abc|d", "ab|d"),
        (Effect.ERASE_LEFT, "a漢|d", "a|d"),
        (Effect.ERASE_LEFT, "|d", "|d"),
        (Effect.ERASE_HERE, "a|bc", "a|c"),
        (Effect.ERASE_HERE, "a|漢c", "a|c"),
        (Effect.KILL_TO_END, "ab|cd", "ab|"),
        (Effect.KILL_TO_START, "ab|cd", "|cd"),
        (Effect.KILL_LINE, "ab|cd", "|"),
        (Effect.KILL_BLANK_WORD_LEFT, "a b-c|d", "a |d"),
        (Effect.KILL_WORD_LEFT, "a b-c|d", "a b-|d"),
        (Effect.KILL_WORD_RIGHT, "a| bc d", "a| d"),
        (Effect.LEFT, "a漢|", "a|漢"),
        (Effect.RIGHT, "a|漢", "a漢|"),
        (Effect.RIGHT, "ab|", "ab|"),
        (Effect.LINE_START, "ab|c", "|abc"),
        (Effect.LINE_END, "|abc", "abc|"),
        (Effect.WORD_LEFT, "ab cd|", "ab |cd"),
        (Effect.WORD_RIGHT, "|ab cd", "ab| cd"),
    ],
)
def test_effect_on_a_line(effect: Effect, before: str, after: str) -> None:
    came = outcome(effect, at_prompt(before))
    expected = at_prompt(after)
    assert came is not None
    assert came.cursor == expected.cursor
    assert same_text(came.frame.rows[0], expected.frame.rows[0])


@pytest.mark.parametrize(
    ("effect", "before", "after"),
    [
        (Effect.SPLIT_1, ("one |two", "three"), ("one", "|two", "three")),
        (Effect.SPLIT_INDENTED_1, ("  one|",), ("  one", "  |")),
        (Effect.OPEN_BELOW_1, ("o|ne", "two"), ("one", "|", "two")),
        (Effect.OPEN_ABOVE_1, ("one", "t|wo"), ("one", "|", "two")),
        (Effect.REMOVE_ROW_1, ("o|ne", "  two"), ("  |two",)),
        (Effect.REMOVE_ROW_1, ("one", "t|wo"), ("|one",)),
        (Effect.JOIN_ABOVE_1, ("one", "|two"), ("one|two",)),
        (Effect.DOWN_IN_TEXT, ("one|", "t"), ("one", "|t")),
        (Effect.UP_IN_TEXT, ("one", "t|wo"), ("o|ne", "two")),
        (Effect.RIGHT_IN_TEXT, ("on|e",), ("on|e",)),
        (Effect.ERASE_HERE_IN_TEXT, ("on|e",), ("o|n",)),
    ],
)
def test_effect_on_a_screen(effect: Effect, before: tuple[str, ...], after: tuple[str, ...]) -> None:
    came, expected = outcome(effect, on_screen(*before)), on_screen(*after)
    assert came is not None
    assert (came.cursor.row, came.cursor.column) == (expected.cursor.row, expected.cursor.column)
    assert all(map(same_text, came.frame.rows, expected.frame.rows))


def test_what_is_not_known_of_a_line_is_not_entered_with_it() -> None:
    typed = outcome(Effect.TYPE_OVER, at_prompt("ab|cd"), "X")
    assert typed is not None
    entered = outcome(Effect.NEXT_ROW, typed)
    assert entered is not None
    assert entered.submitted == ("abX",)


def test_vertical_moves_remember_the_column_they_came_from() -> None:
    down = outcome(Effect.DOWN_IN_TEXT, on_screen("long|er", "x", "longer"))
    assert down is not None
    again = outcome(Effect.DOWN_IN_TEXT, down)
    assert down.cursor.column == 0
    assert again is not None
    assert again.cursor.column == 4


def test_row_past_the_end_of_a_file_cannot_be_entered() -> None:
    assert outcome(Effect.DOWN_IN_TEXT, on_screen("la|st")) is None


def test_typing_in_the_middle_inserts_or_overwrites() -> None:
    inserted, replaced = (outcome(name, at_prompt("a|bc"), "X") for name in (Effect.INSERT, Effect.OVERWRITE))
    assert inserted is not None
    assert replaced is not None
    assert same_text(inserted.frame.rows[0], row("$ aXbc"))
    assert same_text(replaced.frame.rows[0], row("$ aXc"))


def test_line_that_grows_past_the_margin_goes_on_in_the_next_row() -> None:
    came = outcome(Effect.INSERT, at_prompt("a|bcdefghij"), "X")
    assert came is not None
    assert same_text(came.frame.rows[0], row("$ aXbcdefghi"))
    assert same_text(came.frame.rows[1], row("j"))


def test_row_that_comes_into_view_is_not_made_up() -> None:
    came = outcome(Effect.SCROLL_UP_1, on_screen("|one", "two", "three", "four", "five"))
    assert came is not None
    assert all(cell.text == "\x00" for cell in came.frame.rows[4].cells)


@pytest.mark.parametrize(("effect", "blank"), [(Effect.SCROLL_UP_1, 4), (Effect.SCROLL_DOWN_1, 0)])
def test_rows_that_move_stay_the_same_rows_and_what_comes_into_view_is_blank_for_now(
    effect: Effect, blank: int
) -> None:
    before = on_screen("|one", "two", "three", "four", "five")
    came = outcome(effect, before)
    assert came is not None
    shown = laid_over(before.frame, guessed=came, base=before.frame, underlined=True)
    others = [number for number in range(5) if number != blank]
    assert all(shown.rows[number] is came.frame.rows[number] for number in others), "they can be scrolled"
    assert text_of(shown.rows[blank].cells) == ""


def test_habit_relies_on_what_happened_last() -> None:
    habit = Habit()
    habit.record(Effect.LEFT, happened=True)
    assert habit.reliable(None) == [Effect.LEFT]
    habit.record(Effect.LEFT, happened=False)
    assert habit.reliable(None) == []
    assert habit.missed(Effect.LEFT)


def test_key_refused_once_keeps_half_its_credit() -> None:
    habit = Habit()
    for _ in range(4):
        habit.record(Effect.DOWN, happened=True)
    habit.blocked(Effect.DOWN)
    assert habit.reliable(None) == [Effect.DOWN]


def test_the_same_editing_on_another_screen_is_the_same_in_all_else() -> None:
    editing = Situation(
        on_screen("|a").frame, typing=True, line=LineStart(0, 2, "$ "), held="d", last_key=LastKey(True, "x"), goal=3,
        wraps=True, killed=(Cell("k"),), removed=row("r"), submitted=("s",), entered=1, recalled=2, application="vim",
        footing=Footing(ahead=True), escaped=True, suggests=Style(foreground=8),
    )  # fmt: skip
    assert [field.name for field in fields(Situation) if getattr(editing, field.name) == field.default] == []
    other = on_screen("b|").frame
    assert editing.shown_as(other, goal=5) == replace(editing, frame=other, goal=5, wraps=False)


def test_memory_forgets_what_was_used_longest_ago() -> None:
    memory: Memory[int, str] = Memory(2)
    memory.put(1, "one")
    memory.put(2, "two")
    memory.get(1)
    memory.put(3, "three")
    assert (1 in memory, 2 in memory, 3 in memory) == (True, False, True)


def test_ruler_counts_with_the_cursor_once_it_was_seen_to() -> None:
    experience, habit = Experience(), Habit()
    for column in range(3):
        before = on_screen("ab|cdef")
        frame = Frame(
            (*before.frame.rows[:5], row(f"m 1,{column + 1}")), COLUMNS, Cursor(0, column), before.frame.modes
        )
        learn_status(experience, habit, before, frame)
        seen = Situation(frame)
    moved = outcome(Effect.RIGHT, seen)
    assert moved is not None
    foreseen = foresee_status(experience, None, seen, moved)
    message, ruler = read_status(foreseen.frame.rows[5].cells)
    assert "".join(cell.text for cell in message) == "m"
    assert ruler is not None
    assert (ruler.line, ruler.column) == (1, "4")
