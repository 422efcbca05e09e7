"""Whatever is typed and whatever the screen does, the predictor stays whole and bounded."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmosh.prediction import PredictMode, Predictor
from rmosh.prediction.predictor import MAX_PENDING
from rmosh.terminal.cells import Cell, Cursor, Frame, LineDiscipline, Modes, Row
from rmosh.terminal.emulator import Emulator
from rmosh.terminal.rows import blank_row

KEYS = [
    b"a", b"b", b" ", b"\r", b"\t", b"\x7f", b"\x1b", b"\x1b[A", b"\x1b[B", b"\x1b[C", b"\x1b[D", b"\x1b[3~",
    b"\x01", b"\x05", b"\x0b", b"\x15", b"\x17", b"\x19", b"d", b"p", b"o", b"x", b"j", b"\x1b[H", b"\x1bb",
    "é".encode(), "漢".encode(), "\u0301".encode(), b"\x1b[200~", b"\x03", b"\xc3", b"z" * 120,
]  # fmt: skip


def random_frame(chance: random.Random, rows: int, columns: int) -> Frame:
    texts = ["~", "", "$ ls", "a wide 漢 one", "-- INSERT --", "x" * columns, "  indented", "Password: "]

    def row() -> Row:
        cells = []
        for character in chance.choice(texts):
            cells += [Cell(character), Cell("")] if character == "漢" else [Cell(character)]
        cells = (cells + [Cell(" ")] * columns)[:columns]
        return Row(tuple(cells), chance.random() < 0.2)

    return Frame(
        tuple([row() for _ in range(rows)]),
        columns,
        Cursor(chance.randrange(rows), chance.randrange(columns)),
        Modes(alternate_screen=chance.random() < 0.5, bracketed_paste=chance.random() < 0.5),
        line_discipline=LineDiscipline(echo=chance.random() < 0.6, canonical=chance.random() < 0.4),
    )


@pytest.mark.slow
@settings(max_examples=150)
@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(1, 12))
def test_overlay_has_the_shape_of_the_newest_frame_and_no_unknown_cells(seed: int, rows: int, columns: int) -> None:
    chance = random.Random(seed)
    predictor = Predictor(PredictMode.ALWAYS)
    offset, given_offset, now = 0, 0, 0.0
    frame = random_frame(chance, rows, columns)
    predictor.screen_changed(frame, input_offset=0, now=now)
    for _ in range(40):
        now += chance.random() / 10
        step = chance.random()
        if step < 0.6:
            key = chance.choice(KEYS)
            offset += len(key)
            predictor.typed(key, input_offset=offset, now=now)
        elif step < 0.8:
            given_offset = chance.randint(given_offset, offset)
            frame = predictor.overlay() if chance.random() < 0.5 else random_frame(chance, rows, columns)
            predictor.screen_changed(frame, input_offset=given_offset, now=now)
        else:
            predictor.echo_advanced(input_offset=chance.randint(0, offset), age=0.0, now=now)
        predictor.tick(now=now)
        painted = predictor.overlay()
        assert len(painted.rows) == rows
        assert all(len(row.cells) == columns for row in painted.rows)
        assert not any("\x00" in cell.text for row in painted.rows for cell in row.cells)
        assert 0 <= painted.cursor.row < rows
        assert 0 <= painted.cursor.column < columns


def beside(chance: random.Random, frame: Frame) -> Frame:
    """Return a frame of which only rows beside the cursor's are others."""
    rows = [
        row if number == frame.cursor.row else chance.choice(other.rows)
        for other in [random_frame(chance, len(frame.rows), frame.columns)]
        for number, row in enumerate(frame.rows)
    ]
    return replace(frame, rows=tuple(rows))


@pytest.mark.slow
@settings(max_examples=150)
@given(st.integers(0, 2**32), st.integers(3, 6), st.integers(4, 12))
def test_screens_passed_over_as_beside_typing_change_no_guess(seed: int, rows: int, columns: int) -> None:
    chance = random.Random(seed)
    quick, thorough = Predictor(PredictMode.ALWAYS), Predictor(PredictMode.ALWAYS)
    offset, now, frame = 0, 0.0, random_frame(chance, rows, columns)
    for _ in range(60):
        now += chance.random() / 10
        step = chance.random()
        key = chance.choice(KEYS)
        if step < 0.3:
            offset += len(key)
        elif step < 0.6:
            frame = beside(chance, frame)
        elif step < 0.8:
            frame = quick.overlay()
        else:
            frame = random_frame(chance, rows, columns)
        thorough._at_rest = None
        for predictor in (quick, thorough):
            if step < 0.3:
                predictor.typed(key, input_offset=offset, now=now)
            else:
                predictor.screen_changed(frame, input_offset=offset, now=now)
        assert quick._base == thorough._base
        assert quick.overlay() == thorough.overlay()
        assert quick.statistics == thorough.statistics


def test_no_cells_are_made_of_a_screen_while_nobody_types() -> None:
    emulator, predictor = Emulator(rows=4, columns=20), Predictor(PredictMode.ALWAYS)
    for output in (
        "$ make\r\n",
        "\r 1 %",
        "\r12 % \x1b[1mdone",
        "\x1b7\x1b[1;1H-- RUN --\x1b8",
        "\x1b[?1049h",
        "a\r\nb",
    ):
        emulator.feed(output.encode())
        frame = emulator.frame()
        predictor.screen_changed(frame, input_offset=0, now=0.0)
        assert not any(row.has_cells for row in frame.rows if row is not blank_row(20)), output  # that one is shared


@pytest.mark.slow
def test_typing_into_an_outage_stays_bounded() -> None:
    predictor = Predictor(PredictMode.ALWAYS)
    frame = Frame((Row((Cell(" "),) * 80),) * 24, 80, line_discipline=LineDiscipline(echo=True, canonical=True))
    predictor.screen_changed(frame, input_offset=0, now=0.0)
    for number in range(1, 3 * MAX_PENDING):
        predictor.typed(b"x", input_offset=number, now=number / 10)
    assert len(predictor._pending) <= MAX_PENDING
