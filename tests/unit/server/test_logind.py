"""Outliving the login on hosts that end a user's processes at logout."""

import os
from collections.abc import Sequence

import pytest

from rmosh_server.command.logind import in_login_session, outlive_login, run_command


class FakeSystemd:
    """Answers as busctl and loginctl would."""

    def __init__(self, *, kills: bool, has_manager: bool = True, lingers: bool = True) -> None:
        self.kills = kills
        self.has_manager = has_manager
        self.lingers = lingers
        self.started: list[str] = []

    def run(self, words: Sequence[str]) -> str | None:
        if "KillUserProcesses" in words:
            return f"b {str(self.kills).lower()}\n"
        if "StartTransientUnit" in words:
            self.started = list(words)
            return "o /job/1\n" if self.has_manager else None
        assert words[0] == "loginctl"
        return "yes\n" if self.lingers else "no\n"


@pytest.fixture(autouse=True)
def ordinary_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 1000)


@pytest.mark.parametrize(
    ("cgroups", "expected"),
    [
        ("0::/user.slice/user-1000.slice/session-3.scope\n", True),
        ("1:name=systemd:/user.slice/user-0.slice/session-c1.scope\n0::/\n", True),
        ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/rmosh-7.scope\n", False),
        ("0::/system.slice/ssh.service\n", False),
        ("", False),
    ],
)
def test_a_login_session_is_known_by_its_cgroup(cgroups: str, expected: bool) -> None:
    assert in_login_session(cgroups) is expected


def test_nothing_is_moved_where_logout_ends_nothing() -> None:
    systemd = FakeSystemd(kills=False)
    assert outlive_login((1, 2), "x", run=systemd.run) == ""
    assert systemd.started == []


def test_nothing_happens_on_a_host_without_systemd() -> None:
    assert outlive_login((1, 2), "x", run=lambda words: None) == ""


def test_root_is_spared_by_logind_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 0)
    systemd = FakeSystemd(kills=True)
    assert outlive_login((1, 2), "x", run=systemd.run) == ""
    assert systemd.started == []


def test_server_and_shell_move_into_a_scope_of_their_own() -> None:
    systemd = FakeSystemd(kills=True)
    assert outlive_login((41, 42), "41", run=systemd.run) == ""
    assert "rmosh-41.scope" in systemd.started
    position = systemd.started.index("PIDs")
    assert systemd.started[position + 1 : position + 5] == ["au", "2", "41", "42"]


@pytest.mark.parametrize(
    ("systemd", "part"),
    [
        (FakeSystemd(kills=True, has_manager=False), "would not take the session out"),
        (FakeSystemd(kills=True, lingers=False), "loginctl enable-linger"),
    ],
)
def test_a_session_still_in_danger_is_said_so(systemd: FakeSystemd, part: str) -> None:
    assert part in outlive_login((41, 42), "41", run=systemd.run)


def test_a_command_that_fails_or_does_not_exist_answers_nothing() -> None:
    assert run_command(["sh", "-c", "echo yes; exit 1"]) is None
    assert run_command(["/no/such/command"]) is None
    assert run_command(["echo", "yes"]) == "yes\n"
