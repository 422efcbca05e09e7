"""Nothing typed at a prompt that does not echo is ever painted."""

from typing import Any

import pytest

from rmosh.prediction import PredictMode
from rmosh.terminal.cells import Frame


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
def test_password_prompt_without_kernel_echo_shows_nothing(models: Any, mode: PredictMode) -> None:
    typist = models.typist(lambda: models.Kernel(secret_after=0), rtt=0.5, mode=mode)
    typist.type(models.keys("hunter2\n"))
    assert typist.report.painted == 0


@pytest.mark.parametrize("bracketed", [True, False])
@pytest.mark.parametrize("prompt", ["Password: ", "Token: ", "> "])
def test_program_that_reads_keys_silently_shows_nothing(models: Any, bracketed: bool, prompt: str) -> None:
    typist = models.typist(lambda: models.SilentReader(prompt, bracketed=bracketed), mode=PredictMode.ALWAYS)
    typist.type(models.keys("correct horse"))
    assert typist.report.painted == 0


def test_password_typed_blindly_after_the_name_is_not_shown(models: Any) -> None:
    typist = models.typist(lambda: models.Kernel(prompt="login: ", secret_after=1), rtt=0.5)
    for _ in range(4):
        typist.type(models.keys("ada\n"), gaps=(0.05, 0.05))
        before = typist.report.painted
        typist.type(models.keys("xyzzy\n"), gaps=(0.01, 0.02))
        assert typist.report.painted == before


def test_password_right_behind_the_name_is_not_shown(models: Any) -> None:
    typist = models.typist(lambda: models.Kernel(prompt="login: ", secret_after=1), rtt=0.5)
    for _ in range(4):
        typist.type(models.keys("ada\nXYZZY\n"), gaps=(0.02, 0.04))
    assert not any(cell[3] in "XYZ" for cell in typist.report.wrong_cells)


def test_secret_prompt_in_a_trusted_line_editor_stays_hidden(models: Any) -> None:
    shell = models.typist(models.Shell, mode=PredictMode.ALWAYS)
    shell.type(models.keys("echo trusted now\n"))
    silent = models.SilentReader("Enter passphrase for key: ", bracketed=True)
    predictor = shell.predictor
    predictor.screen_changed(silent.frame(), input_offset=17, now=100.0)
    predictor.typed(b"abc", input_offset=20, now=101.0)
    assert predictor.overlay() == silent.frame()


def test_password_asked_for_through_a_nested_session_is_not_shown_and_remembered(models: Any) -> None:
    typist = models.typist(models.Shell, rtt=0.4)
    typist.type(models.keys("sudo ls\n" * 3), gaps=(0.5, 0.6))
    typist.type(models.keys("sudo ls\n"))
    before = typist.report.painted
    typist.type(models.keys("XYZZY\n"))
    assert typist.report.painted == before
    typist.type(models.keys("sudo ls\nXYZZY\n"), gaps=(0.02, 0.03))
    assert not any(cell[3] in "XYZ" for cell in typist.report.wrong_cells)
