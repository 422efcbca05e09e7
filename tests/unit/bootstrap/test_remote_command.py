import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.compression import Compression
from rmosh.errors import BootstrapError
from rmosh.hello import new_hello, parse_hello
from rmosh_client.bootstrap.remote_command import (
    SHELL_MARK,
    CommandLine,
    errand_command,
    new_command,
    new_command_in_python,
    status_command,
)
from rmosh_client.bootstrap.request import Request, SessionWish, way_back
from rmosh_client.command import cli

SESSION = bytes.fromhex("8f9471be00000000")

#: Every login shell at hand; the first three are everywhere, the others are tried where they are installed.
SHELLS = [
    shell for shell in ("sh", "bash", "dash", "zsh", "fish", "tcsh", "csh", "ksh", "elvish") if shutil.which(shell)
]

#: What shells see something special in, by one or the other's rules.
AWKWARD = [
    "it's",
    'say "hi"',
    "$HOME",
    "`id`",
    "!!",
    "a\\b\\'c",
    "new\nline",
    "*",
    "~",
    "",
    " ",
    "é漢🙂",
    "%self",
    "=ls",
    "#x",
    "\t",
]


HELLO = new_hello(entropy=bytes(range(16)), environment={"LANG": "sv_SE.UTF-8", "TOKEN": "hush"})


def run(shell: str, line: CommandLine, before: bytes = b"", **environment: str) -> "subprocess.CompletedProcess[bytes]":
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/", "LC_ALL": "C.UTF-8"} | environment
    stdin = before + line.standard_input
    return subprocess.run([shell, "-c", line.text], env=environment, input=stdin, capture_output=True, check=False)


def shown_by(shell: str, words: list[str]) -> list[str]:
    """Return the words that arrive at a server of that login shell's."""
    request = Request("box", server="/usr/bin/printf", command=("%s\\0", *words))
    return run(shell, errand_command(request, ["%s\\0", *words])).stdout.decode().split("\0")[:-1]


@pytest.mark.parametrize("shell", SHELLS)
def test_awkward_words_arrive_unharmed_under_every_login_shell(shell: str) -> None:
    assert shown_by(shell, AWKWARD) == AWKWARD


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("word", AWKWARD)
def test_each_awkward_word_arrives_unharmed_alone(shell: str, word: str) -> None:
    assert shown_by(shell, [word]) == [word]


@pytest.mark.parametrize("shell", SHELLS)
def test_bytes_that_are_no_text_arrive_unharmed(shell: str) -> None:
    line = errand_command(Request("box", server="/usr/bin/printf"), ["%s", "file-\udcff"])
    line.text.encode()  # all that asyncssh takes
    assert run(shell, line).stdout == b"file-\xff"


@pytest.mark.parametrize("command", [("it's", "$HOME; `id`"), ("sh", "-c", "exit 7"), ("a\nb",), ("ls", "my dir", "~")])
def test_no_command_is_hidden_from_whoever_reads_the_login(command: tuple[str, ...]) -> None:
    """An encoded command is what intruders send, and is looked for."""
    line = new_command(Request("box", command=command), HELLO)
    told = line.text + line.standard_input.decode()
    assert not re.search(r"\\[0-7]{3}|base64", told)
    assert all(part in told for word in command for part in re.split(r"['\n]", word))


def test_a_command_that_all_shells_can_quote_stands_in_the_line() -> None:
    line = new_command(Request("box", command=("sh", "-c", "exit 7")), HELLO)
    assert 'sh -c "exit 7"' in line.text


def test_a_login_script_that_reads_a_line_does_not_take_the_command() -> None:
    line = new_command(Request("box", server="/bin/echo", command=("it's",)), HELLO)
    eaten = line.standard_input.partition(b"\n")[2]
    assert b"it's" in run("sh", CommandLine(line.text, b"left over\n" + eaten)).stdout


@given(word=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20))
def test_every_word_arrives_unharmed_under_sh(word: str) -> None:
    assert shown_by("sh", [word]) == [word]


@pytest.mark.parametrize("attach_to", [None, "work"])
def test_what_shall_be_deflated_is_told_only_where_it_is_not_the_usual(attach_to: str | None) -> None:
    wishes = [SessionWish(attach_to=attach_to, compression=compression) for compression in Compression]
    lines = [new_command(Request("box", wish=wish), HELLO).text for wish in wishes]
    assert ["--compress" in line for line in lines] == [True, False, True]
    assert "--compress no" in lines[0]


def test_obscured_typing_is_told_where_it_is_wanted() -> None:
    wishes = [SessionWish(obscures_typing=wanted) for wanted in (False, True)]
    lines = [new_command(Request("box", wish=wish), HELLO).text for wish in wishes]
    assert ["--obscure-typing" in line for line in lines] == [False, True]


def test_ordinary_words_stay_readable() -> None:
    line = new_command(Request("box", command=("vim", "-R")), HELLO).text
    assert "new --hello --rows 24 --columns 80 --port 60000:61000 -- vim -R" in line
    assert "\\" not in line


@pytest.mark.parametrize(
    ("wish", "typed"),
    [
        (SessionWish(), "rmosh attach me@box 8f9471be"),
        (SessionWish(name="work"), "rmosh attach me@box work"),
        (SessionWish(attach_to="work"), "rmosh attach me@box work"),
        (SessionWish(attach_to=""), "rmosh attach me@box"),
        (SessionWish(attach_to="work", read_only=True), "rmosh attach --read-only me@box work"),
    ],
)
def test_the_way_back_into_a_session_can_be_typed(wish: SessionWish, typed: str) -> None:
    assert way_back(Request("me@box", wish=wish), SESSION) == typed


def test_the_way_back_takes_the_same_way_to_the_host() -> None:
    arguments, command = cli.read_command_line(
        ["-p", "2222", "-l", "me", "-J", "gate", "-6", "-i", "/dev/null", "-o", "A=b c", "-F", "my conf", "-S", "work",
         "--server", "/opt/s", "--ssh", "ssh -v", "box", "top"]
    )  # fmt: skip
    request = replace(cli.request_of(arguments, command), wish=SessionWish(name="work"))
    printed = way_back(request, SESSION, ssh=arguments.ssh)
    again = cli.read_errand_line("attach", shlex.split(printed)[2:])
    assert replace(request, command=(), wish=SessionWish()) == cli.request_of(again, ())
    assert (again.session, again.ssh) == ("work", "ssh -v")


@pytest.mark.parametrize(
    "typed", [("-A",), ("-A", "--confirm-agent"), ("-X",), ("-Y",), ("-a", "-x"), ("-o", "ForwardX11Trusted=yes")]
)
def test_the_way_back_passes_on_the_same_and_asks_as_before(typed: tuple[str, ...]) -> None:
    request = cli.request_of(*cli.read_command_line([*typed, "box"]))
    words = shlex.split(way_back(request, SESSION))
    assert sorted(words) == sorted(["rmosh", "attach", *typed, "box", SESSION.hex()[:8]])


def test_nothing_leads_back_to_a_host_that_ends_with_its_client() -> None:
    assert way_back(Request("demo", is_lasting=False), SESSION) == ""


@pytest.mark.parametrize("place", [".local/bin", "bin"])
@pytest.mark.parametrize("shell", SHELLS)
def test_server_is_found_outside_the_path(tmp_path: Path, shell: str, place: str) -> None:
    (tmp_path / place).mkdir(parents=True)
    server = tmp_path / place / "rmosh-server"
    server.write_text('#!/bin/sh\necho found "$@"\n')
    server.chmod(0o755)
    line = status_command(Request("box"), bytes(8))
    assert run(shell, line, HOME=str(tmp_path)).stdout.endswith(b"\nfound status 0000000000000000\n")


@pytest.mark.parametrize("shell", [shell for shell in SHELLS if shell != "elvish"])  # that keeps statuses to itself
def test_missing_server_ends_with_127(tmp_path: Path, shell: str) -> None:
    answer = run(shell, status_command(Request("box"), bytes(8)), HOME=str(tmp_path))
    assert answer.returncode == 127
    assert b"~/.local/bin" in answer.stderr


def test_the_server_is_looked_for_where_each_systems_packages_are() -> None:
    # sshd gives a command /usr/bin:/bin:/usr/sbin:/sbin alone: macOS 15. Homebrew, MacPorts, Entware; FreeBSD's ports.
    line = new_command(Request("box"), HELLO).text
    for place in ("/opt/homebrew/bin", "/opt/local/bin", "/opt/bin", "/usr/local/bin"):
        assert re.search(rf'places="\$PATH:[^"]*:{place}[:"]', line), place


def test_server_in_the_remote_home_is_meant_there(tmp_path: Path) -> None:
    server = tmp_path / "my server"
    server.write_text("#!/bin/sh\necho found\n")
    server.chmod(0o755)
    line = status_command(Request("box", server="~/my server"), bytes(8))
    assert run("sh", line, HOME=str(tmp_path)).stdout == b"found\n"


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("wish", [SessionWish(), SessionWish(attach_to=""), SessionWish(name="work")])
def test_hello_reaches_the_server_through_every_login_shell_and_stays_out_of_the_command_line(
    tmp_path: Path, shell: str, wish: SessionWish
) -> None:
    server = tmp_path / "rmosh-server"
    server.write_text('#!/bin/sh\necho "$@"\nexec cat\n')
    server.chmod(0o755)
    line = new_command(Request("box", server=str(server), wish=wish), HELLO)
    _, mark, words, *heard = run(shell, line).stdout.splitlines()
    assert HELLO.nonce not in line.text
    assert "sv_SE" not in line.text
    assert mark.decode() == SHELL_MARK
    assert b"--hello" in words
    assert [parse_hello(each) for each in heard] == [HELLO, HELLO]


def test_awkward_words_arrive_unharmed_under_python() -> None:
    request = Request("box", server="/bin/echo", command=tuple(AWKWARD))
    by_sh = run("sh", new_command(request, HELLO)).stdout
    assert run(sys.executable, new_command_in_python(request, HELLO)).stdout == by_sh
    assert shlex.join(AWKWARD).encode() not in by_sh  # the shell took the quotes away


@pytest.mark.parametrize("command", [("a\0b",), ("x" * 40_000,)])
def test_commands_that_cannot_be_carried_are_refused(command: tuple[str, ...]) -> None:
    with pytest.raises(BootstrapError):
        new_command(Request("box", command=command), HELLO)
