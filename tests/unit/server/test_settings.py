"""The user's file of wishes for all sessions of a host."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.channels.closing.policy import NEVER
from rmosh.spans import parse_span
from rmosh_server.command.server_file import read_settings
from rmosh_server.serving.settings import Settings


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


def settings_of(directory: Path, text: str) -> Settings:
    settings, remarks = read_settings(write(directory, text), "/")
    assert remarks == []
    return settings


def test_without_a_file_sessions_are_kept(tmp_path: Path) -> None:
    assert read_settings({}, str(tmp_path)) == (Settings(idle_timeout=NEVER), [])


def test_the_file_says_how_long_a_forgotten_session_is_kept(tmp_path: Path) -> None:
    assert settings_of(tmp_path, 'idle_timeout = "2w"\n').idle_timeout == 14 * 86400.0


def test_a_silent_client_is_kept_for_two_weeks_or_as_the_file_says(tmp_path: Path) -> None:
    assert Settings().client_timeout == 14 * 86400.0
    assert settings_of(tmp_path, 'client_timeout = "3d"\n').client_timeout == 3 * 86400.0


def test_a_silent_client_may_be_kept_for_ever(tmp_path: Path) -> None:
    assert settings_of(tmp_path, 'client_timeout = "never"\n').client_timeout == NEVER


def test_the_file_says_how_much_history_is_kept(tmp_path: Path) -> None:
    found = settings_of(tmp_path, "history_lines = 1000\nhistory_bytes = 65536\n")
    assert (found.history_lines, found.history_bytes) == (1000, 65536)
    assert found.idle_timeout == NEVER


def test_checksums_of_the_screen_are_for_who_asks_for_them(tmp_path: Path) -> None:
    assert not Settings().screen_checksums
    assert settings_of(tmp_path, "screen_checksums = true\n").screen_checksums


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('client_timeout = "0d"', "client_timeout: a time is a number"),
        ("client_timeout = 3", "client_timeout: a time is a number"),
        ("screen_checksums = 1", "screen_checksums: it is true or false, not 1"),
        ('idle_timeot = "3d"', "there is no setting 'idle_timeot', did you mean idle_timeout?"),
        ('"\\u001b[2J" = 1', "there is no setting '\\x1b[2J': there are idle_timeout, "),
        ("history_bytes = { most = 3 }", "history_bytes: it is a number from 0 to"),
        *((f"history_lines = {value}", "it is a number from 0 to 10000000")
          for value in ("-1", "true", '"many"', "99999999999", "1.5")),
    ],
)  # fmt: skip
def test_a_mistake_is_told_once_and_costs_only_what_it_is_about(tmp_path: Path, wrong: str, said: str) -> None:
    settings, remarks = read_settings(write(tmp_path, f'{wrong}\nidle_timeout = "2h"\n'), "/")
    assert settings == Settings(idle_timeout=7200.0)
    assert len(remarks) == 1
    assert remarks[0].startswith(f"{tmp_path}/rmosh/server.toml: ")
    assert said in remarks[0]


@pytest.mark.parametrize("text", ["=", "\x00", "a = [" * 5000, 'idle_timeout = "3d"\nx', "#" * (1 << 20) + "\n"])
def test_a_file_that_is_no_toml_keeps_nobody_out(tmp_path: Path, text: str) -> None:
    settings, remarks = read_settings(write(tmp_path, text), "/")
    assert settings == Settings()
    assert len(remarks) == 1


def test_what_is_no_file_keeps_nobody_waiting(tmp_path: Path) -> None:
    environment = write(tmp_path, "")
    path = tmp_path / "rmosh" / "server.toml"
    path.unlink()
    os.mkfifo(path)
    assert read_settings(environment, "/") == (Settings(), [f"{path}: it is not a regular file (left out)"])


def test_a_file_that_cannot_be_read_keeps_nobody_out(tmp_path: Path) -> None:
    (tmp_path / "rmosh" / "server.toml").mkdir(parents=True)
    settings, remarks = read_settings({"XDG_CONFIG_HOME": str(tmp_path)}, "/")
    assert settings == Settings()
    assert "Is a directory" in remarks[0]
