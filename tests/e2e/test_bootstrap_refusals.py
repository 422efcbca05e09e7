"""Logins that the server refuses, or takes, otherwise than a client would guess; right values are OpenSSH 9.2's."""

import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rmosh_netem.bench.processes import family_of
from tests.e2e.pty_program import PtyProgram
from tests.e2e.session_host import wait_until
from tests.e2e.sshd import Sshd
from tests.e2e.stand_ins import Account

pytestmark = [pytest.mark.slow, pytest.mark.sshd]


def connections(server: Sshd) -> int:
    """How many there were; the first is the test's own, which looks whether the server is up."""
    return server.log.count("Connection from") - 1


def test_a_password_is_asked_where_keyboard_interactive_fails_without_a_question(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram], account: Account
) -> None:
    server = make_sshd("PasswordAuthentication yes", "KbdInteractiveAuthentication yes")
    server.trust_host_key()
    program = rmosh_start(server, "box", config=server.configure(f"User {account.name}"))
    program.wait_for(f"Password for {account.name}@box:")
    program.type("wrong\r")
    program.wait_for("Permission denied, please try again.")
    program.wait_for(lambda screen: screen.count("Password for") == 2)
    program.type(f"{account.password}\r")
    program.wait_for("STARTED")
    assert connections(server) == 1
    assert server.log.count("method keyboard-interactive") == 1


def test_a_server_with_few_tries_still_asks_for_the_password_after_a_key(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram], account: Account
) -> None:
    server = make_sshd("PasswordAuthentication yes", "MaxAuthTries 2")
    server.trust_host_key()
    program = rmosh_start(server, "box", config=server.configure(f"User {account.name}"))
    program.wait_for(f"Password for {account.name}@box:")
    program.type(f"{account.password}\r")
    program.wait_for("STARTED")


def test_too_many_keys_are_one_login_and_the_servers_own_words(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram], make_key: Callable[..., Path]
) -> None:
    server = make_sshd("MaxAuthTries 2", "AuthorizedKeysFile none")
    server.trust_host_key()
    files = [f"IdentityFile {make_key(f'key{number}')}" for number in range(4)]
    program = rmosh_start(server, "box", config=server.configure(*files, own_key=False))
    program.wait_for('ended the login: it says "Too many authentication failures"')
    program.wait_for("IdentitiesOnly=yes")
    assert connections(server) == 1


@pytest.mark.parametrize("batch", ["yes", "no"])
def test_who_wants_no_proof_is_entered_in_spite_of_a_key(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram], account: Account, batch: str
) -> None:
    subprocess.run(["passwd", "-d", account.name], check=True, capture_output=True)
    server = make_sshd("PasswordAuthentication yes", "PermitEmptyPasswords yes")
    server.trust_host_key()
    config = server.configure(f"User {account.name}", f"BatchMode {batch}")
    program = rmosh_start(server, "box", config=config)
    program.wait_for("STARTED")
    assert "Password" not in program.screen


@pytest.fixture
def turning_away() -> Iterator[Callable[[bytes], int]]:
    """Listens, and turns each caller away with some words: `turning_away(words)` returns the port."""
    listeners = []

    def listen(words: bytes) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def serve() -> None:
            while True:
                try:
                    caller, _ = listener.accept()
                except OSError:
                    return
                with caller:
                    caller.sendall(words)

        threading.Thread(target=serve, daemon=True).start()
        return int(listener.getsockname()[1])

    yield listen
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def test_a_penalised_address_is_told_in_the_servers_words_to_wait(
    sshd: Sshd, rmosh_start: Callable[..., PtyProgram], turning_away: Callable[[bytes], int]
) -> None:
    # OpenSSH 10.6, sshd.c: the line is all that comes.
    port = turning_away(b"Not allowed at this time\r\n")
    program = rmosh_start(sshd, "-p", str(port), "box")
    program.wait_for('hung up before any login: it says "Not allowed at this time"')
    program.wait_for("wait a minute")
    assert program.wait_exit() == 255


def test_a_server_that_has_waited_long_enough_is_told_of(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram], account: Account
) -> None:
    server = make_sshd("PasswordAuthentication yes", "LoginGraceTime 1")
    server.trust_host_key()
    program = rmosh_start(server, "box", config=server.configure(f"User {account.name}", own_key=False))
    program.wait_for("Password for")
    listener = server.process.pid
    wait_until(lambda: family_of(listener) == [listener], "sshd has given the login up", pump=[program])
    program.type("late\r")
    program.wait_for("hung up during a question")


@pytest.mark.parametrize("errand", [[], ["ls"]])
def test_a_server_that_a_signal_ends_is_told_of(
    sshd: Sshd, pty_program: Callable[..., PtyProgram], rmosh_command: list[str], tmp_path: Path, errand: list[str]
) -> None:
    killed = tmp_path / "killed"
    killed.write_text("#!/bin/sh\nkill -9 $$\n")
    killed.chmod(0o755)
    options = ["-F", str(sshd.config), "--server", str(killed)]
    program = pty_program([*rmosh_command, *errand, *options, "box"], env=sshd.client_env, columns=200)
    program.wait_for("rmosh-server on box was ended by a signal")
    assert program.wait_exit() == 255
