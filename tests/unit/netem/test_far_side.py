"""The far side's files are what the workloads expect to see."""

from pathlib import Path

import pyte

from rmosh_netem.bench.far_side import FarSide, colour_page, log_text


def test_a_page_paints_exactly_its_text() -> None:
    printed, text = colour_page(48, 160, seed="1")
    screen = pyte.Screen(160, 48)
    pyte.Stream(screen).feed(printed)
    assert screen.display == text


def test_pages_differ_and_repeat_with_their_seed() -> None:
    assert colour_page(5, 20, seed="1") == colour_page(5, 20, seed="1")
    assert colour_page(5, 20, seed="1") != colour_page(5, 20, seed="2")


def test_the_log_has_the_size_asked_and_ends_a_line() -> None:
    log = log_text(5000, seed=1)
    assert len(log) == 5000
    assert log.endswith("\n")
    assert max(map(len, log.splitlines())) < 160


def test_every_script_is_written_with_its_command(tmp_path: Path) -> None:
    far_side = FarSide(tmp_path, seed=1)
    program, script = far_side.command("echo")
    assert program == "bash"
    assert "processes" in (tmp_path / "echo.sh").read_text()
    assert script == str(tmp_path / "echo.sh")
