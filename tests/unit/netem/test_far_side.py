"""The far side's files are what the workloads expect to see."""

from pathlib import Path

import pytest

from rmosh_netem.bench.far_side import FarSide


def test_every_script_is_written_with_its_command(tmp_path: Path) -> None:
    far_side = FarSide(tmp_path, seed=1)
    program, script, number = far_side.command("echo", number=7)
    assert program == "bash"
    assert "processes" in (tmp_path / "echo.sh").read_text()
    assert number == "7"
    assert script == str(tmp_path / "echo.sh")


def test_the_log_that_a_flood_prints_is_the_one_prepared_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rmosh_netem.bench.far_side.FLOOD_BYTES", 1000)
    far_side = FarSide(tmp_path, seed=1)
    for kind, has_colour in (("coloured", True), ("flood", False), ("coloured", True)):
        far_side.prepare_log(kind)
        assert ("\033[1;3" in (tmp_path / "flood.log").read_text()) == has_colour
