"""What a login shows first."""

import struct
from pathlib import Path

import pytest

from rmosh_server.shell.account import Account
from rmosh_server.shell.greeting import MOTD_BYTES, login_greeting

ACCOUNT = Account("ann", "/home/ann", "/bin/bash")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for directory in ("etc/motd.d", "run", "var/log", "home/ann"):
        (tmp_path / directory).mkdir(parents=True)
    return tmp_path


def test_a_host_with_nothing_to_say_says_nothing(root: Path) -> None:
    assert login_greeting(ACCOUNT, 3, root=str(root)) == b""


def test_all_messages_of_the_day_are_shown_in_order_as_terminal_lines(root: Path) -> None:
    (root / "etc/motd").write_text("static\n")
    (root / "run/motd.dynamic").write_text("dynamic\n")
    (root / "etc/motd.d/20-two").write_text("two\n")
    (root / "etc/motd.d/10-one").write_text("one\r\n")
    assert login_greeting(ACCOUNT, 3, root=str(root)) == b"dynamic\r\nstatic\r\none\r\ntwo\r\n"


def test_the_last_login_is_shown_with_its_place(root: Path) -> None:
    entry = struct.Struct("=I32s256s")
    (root / "var/log/lastlog").write_bytes(bytes(3 * entry.size) + entry.pack(1700000000, b"pts/0", b"192.0.2.7"))
    greeting = login_greeting(ACCOUNT, 3, root=str(root))
    assert greeting.startswith(b"Last login: Tue Nov 14 ")
    assert greeting.endswith(b" 2023 from 192.0.2.7\r\n")


@pytest.mark.parametrize("user_id", [0, 4, 10**6])
def test_a_user_who_never_logged_in_gets_no_last_login(root: Path, user_id: int) -> None:
    (root / "var/log/lastlog").write_bytes(bytes(4 * 292 + 10))
    assert login_greeting(ACCOUNT, user_id, root=str(root)) == b""


def test_hushlogin_silences_everything(root: Path) -> None:
    (root / "etc/motd").write_text("static\n")
    (root / "home/ann/.hushlogin").touch()
    assert login_greeting(ACCOUNT, 3, root=str(root)) == b""


def test_a_huge_message_of_the_day_is_cut(root: Path) -> None:
    (root / "etc/motd").write_bytes(b"x" * (MOTD_BYTES + 1))
    assert len(login_greeting(ACCOUNT, 3, root=str(root))) == MOTD_BYTES
