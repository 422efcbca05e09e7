"""The user's file of wishes for all sessions of a host."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.errors import BootstrapError
from rmosh.session.policy import NEVER
from rmosh.spans import parse_span
from rmosh_server.settings import Settings, read_settings


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90.0), ("30m", 1800.0), ("12h", 43200.0), ("3d", 259200.0), ("never", NEVER)]
)
def test_a_time_is_a_number_and_a_unit(text: str, seconds: float) -> None:
    assert parse_span(text) == seconds


@given(st.text(max_size=12))
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    try:
        assert parse_span(text) > 0
    except ValueError as error:
        assert "such as 12h" in str(error)


def write(directory: Path, text: str) -> dict[str, str]:
    (directory / "rmosh").mkdir()
    (directory / "rmosh" / "server.toml").write_text(text)
    return {"XDG_CONFIG_HOME": str(directory)}


def test_without_a_file_sessions_are_kept(tmp_path: Path) -> None:
    assert read_settings({}, str(tmp_path)) == Settings(idle_timeout=NEVER)


def test_the_file_says_how_long_a_forgotten_session_is_kept(tmp_path: Path) -> None:
    assert read_settings(write(tmp_path, 'idle_timeout = "2w"\n'), "/").idle_timeout == 14 * 86400.0


def test_a_silent_client_is_kept_for_two_weeks_or_as_the_file_says(tmp_path: Path) -> None:
    assert Settings().client_timeout == 14 * 86400.0
    assert read_settings(write(tmp_path, 'client_timeout = "3d"\n'), "/").client_timeout == 3 * 86400.0


def test_a_silent_client_may_be_kept_for_ever(tmp_path: Path) -> None:
    assert read_settings(write(tmp_path, 'client_timeout = "never"\n'), "/").client_timeout == NEVER


@pytest.mark.parametrize(
    "text", ['client_timeout = "0d"', 'idle_timeout = "soon"', "idle_timeout = 3", 'idle = "3d"', "=", "\x00"]
)
def test_a_file_that_cannot_be_understood_is_named_with_the_reason(tmp_path: Path, text: str) -> None:
    with pytest.raises(BootstrapError, match=r"server\.toml: "):
        read_settings(write(tmp_path, text), "/")


def test_the_file_says_how_much_history_is_kept(tmp_path: Path) -> None:
    found = read_settings(write(tmp_path, "history_lines = 1000\nhistory_bytes = 65536\n"), "/")
    assert (found.history_lines, found.history_bytes) == (1000, 65536)
    assert found.idle_timeout == NEVER


def test_checksums_of_the_screen_are_for_who_asks_for_them(tmp_path: Path) -> None:
    assert not Settings().screen_checksums
    assert read_settings(write(tmp_path, "screen_checksums = true\n"), "/").screen_checksums


def test_a_switch_that_is_neither_true_nor_false_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BootstrapError, match="screen_checksums is true or false, not 1"):
        read_settings(write(tmp_path, "screen_checksums = 1\n"), "/")


@pytest.mark.parametrize("value", ["-1", "true", '"many"', "99999999999", "1.5"])
def test_a_history_of_no_sensible_size_is_refused_with_the_bounds(tmp_path: Path, value: str) -> None:
    with pytest.raises(BootstrapError, match="history_lines is a number from 0 to 10000000"):
        read_settings(write(tmp_path, f"history_lines = {value}\n"), "/")
