import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn, cast

import pytest

from rmosh.errors import BootstrapError, Stage
from rmosh_client.bootstrap.openssh_config import read_settings
from rmosh_client.bootstrap.request import Request
from rmosh_client.command import cli, outcome, parsers, session
from rmosh_client.login import child, errands
from rmosh_client.login.messages import Errand, ErrandKind, Failed
from rmosh_client.login.process import LoginProcess
from rmosh_client.running import app, assembly
from rmosh_client.running.assembly import Wishes
from tests.patience import PATIENCE


class NoLogin:
    """A login that was never begun."""

    def close(self) -> None: ...


NO_LOGIN = cast(LoginProcess, NoLogin())


def read(*words: str) -> Request:
    return cli.request_of(*cli.read_command_line(words))


def test_ssh_options_become_settings_that_win_in_the_order_given() -> None:
    request = read("-p", "2222", "-l", "me", "-J", "gate", "-6", "-o", "ForwardAgent no", "-o", "A=b=c", "box")
    assert request.ssh_options == (
        "ForwardAgent=no",
        "A=b=c",
        "Port=2222",
        "User=me",
        "ProxyJump=gate",
        "AddressFamily=inet6",
    )


def test_key_files_are_named_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "id").touch()
    monkeypatch.chdir(tmp_path)
    assert read("-i", "id", "box").ssh_options == (f"IdentityFile={tmp_path}/id",)


@pytest.mark.skipif(shutil.which("ssh") is None, reason="it is ssh that reads the name")
@pytest.mark.parametrize("name", ["a key", "it's", 'say "no"', "back\\slash", "hash # key", "tab\there"])
def test_key_files_of_any_name_reach_ssh_whole(tmp_path: Path, name: str) -> None:
    # OpenSSH 9.2.
    (tmp_path / name).touch()
    request = read("-i", str(tmp_path / name), "box")
    settings = read_settings("box", options=request.ssh_options, config_file="none", environ={})
    assert settings.identity_files == (f"{tmp_path}/{name}",)


def test_a_command_without_a_letter_is_none_as_for_ssh() -> None:
    """OpenSSH 9.2: `ssh host ''` starts a shell, `ssh host '' ''` runs a blank."""
    assert cli.read_command_line(["host", ""])[1] == ()
    assert cli.read_command_line(["host", "", ""])[1] == ("", "")


def test_a_process_that_may_open_too_few_files_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_descriptors(_words: list[str]) -> NoReturn:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(cli, "run", no_descriptors)
    assert cli.main() == 255
    assert "too many files are open" in capsys.readouterr().err


def test_what_failed_for_want_of_descriptors_tells_so_whatever_it_came_to(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def cannot_pack(_words: list[str]) -> NoReturn:
        try:
            raise OSError(errno.EMFILE, "Too many open files")
        except OSError as error:
            raise BootstrapError(Stage.SERVER_MISSING, "cannot be sent", hint="install rmosh anew") from error

    monkeypatch.setattr(cli, "run", cannot_pack)
    assert cli.main() == 255
    assert capsys.readouterr().err.splitlines()[0] == "rmosh: too many files are open"


def test_a_login_that_failed_for_want_of_descriptors_tells_so_whatever_it_came_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def cannot_make_a_loop(*_: object) -> NoReturn:
        try:
            raise OSError(errno.EMFILE, "Too many open files")
        finally:
            raise RuntimeError("Cannot close a running event loop")  # as uvloop 0.23 does

    told: list[Failed] = []

    class Parent:
        def errand(self) -> Errand:
            return Errand(ErrandKind.SESSION, Request("box"))

        def tell(self, failed: Failed) -> None:
            told.append(failed)

    monkeypatch.setattr(errands, "run_errand", cannot_make_a_loop)
    monkeypatch.setattr(child, "forbid_looks", lambda: None)
    child._live(Parent(), None, is_fresh=False)  # type: ignore[arg-type]
    assert "too many files are open" in str(told)


def test_missing_key_file_is_told() -> None:
    with pytest.raises(BootstrapError, match="no key file /nonexistent"):
        read("-i", "/nonexistent", "box")


def test_everything_after_the_dashes_is_the_command() -> None:
    request = read("box", "-p", "22", "--", "ls", "-l", "--", "-p")
    assert request.command == ("ls", "-l", "--", "-p")
    assert request.ssh_options == ("Port=22",)


@pytest.mark.parametrize("ports", ["0", "1:0", "70000", "a", "1:", ":1", "1:2:3", "٣"])
def test_impossible_udp_ports_are_told(ports: str) -> None:
    with pytest.raises(BootstrapError) as caught:
        read("--port", ports, "box")
    assert caught.value.stage is Stage.USAGE


@pytest.mark.parametrize("words", [("-v",), ("-4", "-6", "box"), ("--predict", "perhaps", "box")])
def test_mistakes_are_told_with_a_hint(words: tuple[str, ...]) -> None:
    with pytest.raises(BootstrapError) as caught:
        read(*words)
    assert caught.value.hint


@pytest.mark.parametrize("words", [[], ["--no-clipboard"], ["--no-notifications"], ["--no-title"]])
@pytest.mark.parametrize("errand", ["", "attach"])
def test_who_wants_no_copies_notifications_or_titles_says_so_once(
    words: list[str], errand: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wishes: list[Wishes] = []
    monkeypatch.setattr(assembly, "open_terminal", lambda _: None)

    def drive(_login: object, _terminal: object, wished: Wishes) -> int:
        wishes.append(wished)
        return 0

    monkeypatch.setattr(app, "drive", drive)
    line = [*words, "box"]
    arguments = cli.read_errand_line(errand, line) if errand else cli.read_command_line(line)[0]
    assert session.run_in_terminal(NO_LOGIN, session.SessionOptions.of(arguments)) == 0
    assert [wish.clipboard for wish in wishes] == ["--no-clipboard" not in words]
    assert [wish.notifications for wish in wishes] == ["--no-notifications" not in words]
    assert [wish.title for wish in wishes] == ["--no-title" not in words]


def test_errors_are_printed_in_two_lines(capsys: pytest.CaptureFixture[str]) -> None:
    status = outcome.complain(BootstrapError(Stage.CONNECT, "it is far", hint="walk", exit_status=7))
    assert status == 7
    assert capsys.readouterr().err == "rmosh: it is far\nhint: walk\n"


def test_window_of_any_size_fits_the_protocol(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "get_terminal_size", lambda _: (5000, 0))
    assert cli._window_size() == (1, 1000)


def test_help_names_the_default_of_every_option_that_takes_a_value(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parsers.session_parser().parse_args(["--help"])
    text = capsys.readouterr().out
    assert "default: 60000:61000" in text
    assert "rmosh -p 2222 me@example.org vim notes.txt" in text


@pytest.mark.slow
@pytest.mark.parametrize(("into", "said", "status"), [("", "out", 7), (">/dev/full", "could not be written", 255)])
def test_the_command_ends_without_what_python_does_at_its_end(into: str, said: str, status: int) -> None:
    """0.15 s of processor time at every logout, under load half a second (CPython 3.11)."""
    code = "import atexit; from rmosh_client.command import cli; cli.main = lambda: print('out') or 7; "
    code += "atexit.register(lambda: print('late', flush=True)); cli.run_command()"
    words = ["sh", "-c", f'"$0" -c "$1" {into}', sys.executable, code]
    ended = subprocess.run(
        words, capture_output=True, text=True, timeout=PATIENCE, env=os.environ | {"PYTHONUNBUFFERED": ""}
    )
    assert ended.returncode == status
    assert said in ended.stdout + ended.stderr
    assert "late" not in ended.stdout
