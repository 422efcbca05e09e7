"""Nothing typed at a prompt that does not echo is ever painted."""

from dataclasses import replace
from typing import Any

import pytest

from rmosh.prediction import PredictMode, Predictor
from rmosh.terminal.cells import Cell, Cursor, Frame, Row
from tests.unit.prediction.typists import Kernel, Shell, SilentReader, Typist, keys


def row_of(text: str) -> Row:
    return Row(tuple([Cell(character) for character in text.ljust(80)]))


def text_of(frame: Frame) -> str:
    return "\n".join("".join(cell.text for cell in row.cells) for row in frame.rows)


def type_blindly(typist: Any, secret: str) -> str:
    """Type a secret and return everything that was painted meanwhile."""
    painted = []
    for character in secret:
        typist.type([character.encode()])
        painted.append(text_of(typist.predictor.overlay()))
    return "\n".join(painted)


@pytest.mark.parametrize("mode", [PredictMode.ADAPTIVE, PredictMode.ALWAYS])
def test_password_prompt_without_kernel_echo_shows_nothing(mode: PredictMode) -> None:
    typist = Typist(lambda: Kernel(secret_after=0), rtt=0.5, mode=mode)
    typist.type(keys("hunter2\n"))
    assert typist.report.painted == 0


@pytest.mark.parametrize("bracketed", [True, False])
@pytest.mark.parametrize("prompt", ["Password: ", "Token: ", "> "])
def test_program_that_reads_keys_silently_shows_nothing(bracketed: bool, prompt: str) -> None:
    typist = Typist(lambda: SilentReader(prompt, bracketed=bracketed), mode=PredictMode.ALWAYS)
    typist.type(keys("correct horse"))
    assert typist.report.painted == 0


@pytest.mark.parametrize("sign", ["*", "•"])
def test_sign_that_masks_letters_is_no_echo_even_of_itself(sign: str) -> None:
    typist = Typist(lambda: SilentReader("> ", bracketed=True, sign=sign), mode=PredictMode.ALWAYS)
    typist.type(keys(f"{sign}{sign}QZXW"))
    assert not any(cell[3] in "QZXW" for cell in typist.report.wrong_cells)


@pytest.mark.parametrize("names", [2, 3, 8])
def test_prompt_of_the_first_program_that_ran_no_job_earns_nothing_for_the_next(names: int) -> None:
    typist = Typist(lambda: SilentReader("> ", bracketed=True, names=names), mode=PredictMode.ALWAYS)
    for _ in range(names):
        typist.type(keys("ada\n"), gaps=(1.0, 1.5))
    typist.type(keys("QZXW"), gaps=(1.0, 1.5))
    assert not any(cell[3] in "QZXW" for cell in typist.report.wrong_cells)


@pytest.mark.parametrize("undo", [b"\x7f", b"\x15"])
def test_letters_taken_back_before_the_answer_are_no_echo(undo: bytes) -> None:
    silent, predictor = SilentReader("> "), Predictor(PredictMode.ALWAYS)
    predictor.screen_changed(silent.frame(), input_offset=0, now=0.0)
    predictor.typed(b"Q" + undo, input_offset=2, now=0.1)
    elsewhere = replace(silent.frame(), title="12:00")
    predictor.screen_changed(elsewhere, input_offset=2, now=0.5)
    predictor.typed(b"ZX", input_offset=4, now=1.0)
    assert predictor.overlay() == elsewhere


def test_letters_killed_unseen_are_not_put_back_elsewhere() -> None:
    shell = Typist(Shell, mode=PredictMode.ALWAYS)
    shell.type([*keys("ls kill"), b"\x15", b"\x19", *keys("\n")])
    silent = SilentReader("key: ", bracketed=True)
    predictor, offset = shell.predictor, 10
    predictor.screen_changed(silent.frame(), input_offset=offset, now=100.0)
    for key in (b"Q", b"Z", b"\x15"):
        offset += 1
        predictor.typed(key, input_offset=offset, now=101.0)
    predictor.screen_changed(silent.frame(), input_offset=offset, now=101.5)
    asked = Shell()
    predictor.screen_changed(asked.frame(), input_offset=offset, now=102.0)
    predictor.typed(b"\x19", input_offset=offset + 1, now=103.0)
    assert not set("QZ") & set(text_of(predictor.overlay()))


def test_password_typed_blindly_after_the_name_is_not_shown() -> None:
    typist = Typist(lambda: Kernel(prompt="login: ", secret_after=1), rtt=0.5)
    for _ in range(4):
        typist.type(keys("ada\n"), gaps=(0.05, 0.05))
        before = typist.report.painted
        typist.type(keys("xyzzy\n"), gaps=(0.01, 0.02))
        assert typist.report.painted == before


def test_password_right_behind_the_name_is_not_shown() -> None:
    typist = Typist(lambda: Kernel(prompt="login: ", secret_after=1), rtt=0.5)
    for _ in range(4):
        typist.type(keys("ada\nXYZZY\n"), gaps=(0.02, 0.04))
    assert not any(cell[3] in "XYZ" for cell in typist.report.wrong_cells)


def test_secret_prompt_in_a_trusted_line_editor_stays_hidden() -> None:
    shell = Typist(Shell, mode=PredictMode.ALWAYS)
    shell.type(keys("echo trusted now\n"))
    silent = SilentReader("Enter passphrase for key: ", bracketed=True)
    predictor = shell.predictor
    predictor.screen_changed(silent.frame(), input_offset=17, now=100.0)
    predictor.typed(b"abc", input_offset=20, now=101.0)
    assert predictor.overlay() == silent.frame()


def test_password_asked_for_through_a_nested_session_is_not_shown_and_remembered() -> None:
    typist = Typist(Shell, rtt=0.4)
    typist.type(keys("sudo ls\n" * 3), gaps=(0.5, 0.6))
    typist.type(keys("sudo ls\n"))
    before = typist.report.painted
    typist.type(keys("XYZZY\n"))
    assert typist.report.painted == before
    typist.type(keys("sudo ls\nXYZZY\n"), gaps=(0.02, 0.03))
    assert not any(cell[3] in "XYZ" for cell in typist.report.wrong_cells)


def test_letters_echoed_while_a_command_starts_earn_nothing_where_a_screen_took_its_line_away() -> None:
    blank: Frame = SilentReader("$ ").frame()
    modes = replace(blank.modes, alternate_screen=True, bracketed_paste=True)

    def screen(line: str, below: str | None = None) -> Frame:
        rows = (row_of(line), row_of(below or ""), *blank.rows[2:])
        cursor = Cursor(0, len(line)) if below is None else Cursor(1, len(below))
        return replace(blank, rows=rows, cursor=cursor, modes=modes)

    predictor, now = Predictor(PredictMode.ALWAYS), 0.0
    predictor.screen_changed(screen("$ "), input_offset=0, now=now)
    for count, letter in enumerate(b"prog", 1):
        predictor.typed(bytes([letter]), input_offset=count, now=now + 0.1)
        predictor.screen_changed(screen("$ prog"[: 2 + count]), input_offset=count, now=(now := now + 0.5))
    for count, key in enumerate((b"\r", b"Q", b"Z"), 5):
        predictor.typed(key, input_offset=count, now=(now := now + 0.01))
    predictor.screen_changed(screen("$ prog", ""), input_offset=4, now=(now := now + 0.3))
    for offset, below in ((5, "Q"), (5, "Q"), (6, "Q"), (7, "QZ")):
        predictor.screen_changed(screen("$ prog", below), input_offset=offset, now=(now := now + 0.1))
    predictor.typed(b"X", input_offset=8, now=now + 0.1)
    assert "X" not in text_of(predictor.overlay())
