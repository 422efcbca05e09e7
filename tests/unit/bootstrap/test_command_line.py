"""What may be typed after `rmosh`, as the fingers of ssh's users know it. Source: ssh(1) of OpenSSH 9.2."""

import argparse
import sys
from argparse import Namespace
from collections.abc import Callable
from typing import NoReturn

import pytest

from rmosh import __version__
from rmosh.compiled import COMPILED
from rmosh.errors import BootstrapError, Stage
from rmosh_client.bootstrap.request import Request
from rmosh_client.command import cli, parsers


def read(*words: str) -> tuple[argparse.Namespace, tuple[str, ...] | None]:
    return cli.read_command_line(words)


def refusal(*words: str, parse: Callable[..., object] = read) -> tuple[str, str]:
    with pytest.raises(BootstrapError) as caught:
        parse(*words)
    assert caught.value.stage is Stage.USAGE
    return str(caught.value), caught.value.hint


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (("box", "htop"), ("htop",)),
        (("box", "-p", "22", "ls", "-l", "-p", "x"), ("ls", "-l", "-p", "x")),
        (("-p", "22", "box", "-v", "ls"), ("ls",)),
        (("box", "--", "-x"), ("-x",)),
        (("box", "ls", "--", "-x"), ("ls", "--", "-x")),
        (("box", "--predct", "x"), None),
        (("--", "box", "ls"), ("ls",)),
        (("-tt", "box", "vim", "--help"), ("vim", "--help")),
        (("-4vp22", "box", "top"), ("top",)),
        (("--predict=never", "box", "a", "b"), ("a", "b")),
        (("box",), ()),
    ],
)
def test_what_follows_the_host_and_its_options_is_the_command(
    words: tuple[str, ...], command: tuple[str, ...] | None
) -> None:
    if command is None:
        assert "--predct" in refusal(*words)[0]
    else:
        arguments, got = read(*words)
        assert (arguments.host, got) == ("box", command)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("--predct", "--predict"), ("--verson", "--version"), ("--pred", "--predict"), ("--no-clip", "--no-clipboard"),
     ("-version", "--version"), ("--histroy", "--history"), ("--readonly", "--read-only")],
)  # fmt: skip
@pytest.mark.parametrize("rest", [(), ("box",), ("always", "box"), ("box", "ls")])
def test_one_unknown_option_is_named_alone_with_the_nearest(typed: str, meant: str, rest: tuple[str, ...]) -> None:
    message, hint = refusal(typed, *rest)
    assert message == f"there is no option {typed}"
    assert hint == f"did you mean {meant}?"


@pytest.mark.parametrize("typed", ["-z", "--zzzzzz", "-Z"])
def test_an_option_like_no_other_is_named_all_the_same(typed: str) -> None:
    message, hint = refusal(typed, "box")
    assert message == f"there is no option {typed}"
    assert "rmosh --help" in hint


def test_a_word_that_means_nothing_is_repeated_in_one_printable_line() -> None:
    told, _ = refusal("--po\x1b[31m\n\udcff" + "x" * 70_000, "box")
    assert told.isprintable() and len(told) <= 1000


@pytest.mark.parametrize("letter", "tCqkKy2")
def test_options_of_ssh_that_change_nothing_here_are_taken(letter: str) -> None:
    arguments, command = read(f"-{letter}", "box", "ls")
    assert (arguments.host, command) == ("box", ("ls",))


@pytest.mark.parametrize(
    ("option", "said"),
    [("-G", "ssh -G"),
     ("-M", "ControlMaster"), ("-Q", "ssh -Q"), ("-1", "protocol")],
)  # fmt: skip
def test_options_of_ssh_that_cannot_be_had_are_refused_with_the_reason(option: str, said: str) -> None:
    message, hint = refusal(option, "box")
    assert message.startswith(f"{option[:2]}: ")
    assert said in message + hint


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-f", "box"), "-f: a shell needs its terminal"),
        (("-f", "-W", "a:1", "box"), "-f goes without -W"),
        (("-N", "box", "ls"), "-N runs no command"),
        (("-W", "a:1", "box", "ls"), "-W runs no command"),
        (("-N", "-S", "work", "box"), "-S: there is nothing to attach to"),
        (("-W", "a", "box"), "-W 'a': it has not the fields that it needs"),
        (("-W", "a:0", "box"), "nothing can be connected to port 0"),
        (("-W", "unix:", "box"), "the socket's path is missing"),
    ],
)
def test_a_tunnel_that_cannot_be_meant_is_refused_before_any_login(words: tuple[str, ...], said: str) -> None:
    message, _ = refusal(*words, parse=lambda *given: cli.run(given))
    assert said in message


def test_options_of_ssh_that_are_settings_become_settings() -> None:
    arguments, _ = read("-c", "aes128-ctr", "-m", "hmac-sha2-256", "-b", "127.0.0.2", "-e", "~", "box")
    assert cli.request_of(arguments, ()).ssh_options == (
        "BindAddress=127.0.0.2", "Ciphers=aes128-ctr", "MACs=hmac-sha2-256",
    )  # fmt: skip
    assert arguments.escape == "~"


@pytest.mark.parametrize(
    ("words", "settings"),
    [
        (("-A",), ("ForwardAgent=yes",)), (("-A", "-a"), ("ForwardAgent=no",)), (("-X",), ("ForwardX11=yes",)),
        (("-Y",), ("ForwardX11=yes", "ForwardX11Trusted=yes")), (("-Yx",), ("ForwardX11=no",)),
        (("-o", "ForwardAgent=no", "-AX"), ("ForwardAgent=yes", "ForwardX11=yes", "ForwardAgent=no")),
    ],
)  # fmt: skip
def test_the_agent_and_the_display_are_passed_on_as_ssh_is_told_to(
    words: tuple[str, ...], settings: tuple[str, ...]
) -> None:
    # OpenSSH 9.2: of -A and -a the last counts, and either comes before any -o.
    assert cli.request_of(read(*words, "box")[0], ()).ssh_options == settings


@pytest.mark.parametrize("option", ["-V", "--version"])
def test_the_version_is_told_in_ssh_s_way_too(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        read(option)
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"rmosh {__version__} ({COMPILED.told})\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [(("-S", "a b", "box"), "-S: 'a b'"), (("--idle-timeout", "3", "box"), "--idle-timeout: "),
     (("-p", "99999", "box"), "-p: '99999'"), (("-p", "0", "box"), "-p: '0'"), (("--history", "x", "box"), "--history"),
     (("--escape", "^^^", "box"), "'^^^'"), (("-S", "-x", "box"), "-S")],
)  # fmt: skip
def test_values_are_checked_before_the_login_in_the_name_that_was_typed(words: tuple[str, ...], said: str) -> None:
    assert said in refusal(*words)[0]


@pytest.mark.parametrize(
    ("words", "said"),
    [(("box", "--predict"), "--predict needs a value: always, never, adaptive"), (("-p",), "-p needs a value: PORT"),
     (("--history", "-1", "box"), "--history needs a value: N"), (("-e", "-v", "box"), "--escape needs a value: KEY")],
)  # fmt: skip
def test_an_option_without_its_value_says_what_it_takes(words: tuple[str, ...], said: str) -> None:
    assert refusal(*words)[0] == said


def test_without_a_word_examples_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(()) == 255
    told = capsys.readouterr().err
    assert "rmosh host" in told
    assert "rmosh attach host" in told
    assert "rmosh demo" in told


def test_options_without_a_host_say_so() -> None:
    message, hint = refusal("-v")
    assert message == "no host is named"
    assert hint.startswith("rmosh [options] [user@]host")


@pytest.mark.parametrize(
    ("errand", "words", "said"),
    [("attach", ("h", "x", "y"), "'y'"), ("ls", ("h", "x"), "'x'"), ("kill", ("h", "--al"), "--al"),
     ("kill", ("h",), "SESSION"), ("kill", ("h", ""), "not a session name"),
     ("ls", (), "host"), ("attach", ("h", "a b"), "'a b'")],
)  # fmt: skip
def test_an_errand_names_the_word_too_many_or_missing(errand: str, words: tuple[str, ...], said: str) -> None:
    message, hint = refusal(*words, parse=lambda *words: parsers.errand_parser(errand).parse_words(words))
    assert said in message
    assert hint


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("list", "ls"),
        ("atach", "attach"),
        ("kil", "kill"),
        ("dmeo", "demo"),
        ("help", "--help"),
        ("version", "--version"),
    ],
)
def test_a_host_that_nobody_knows_may_be_a_misspelt_word(
    typed: str, meant: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: Namespace | Request) -> NoReturn:
        raise BootstrapError(Stage.RESOLVE, f"no address for {typed}", hint="check the name")

    monkeypatch.setattr(cli, "_run_session", unknown)
    monkeypatch.setattr(sys, "argv", ["rmosh", typed, "box"])
    assert cli.main() == 255
    assert f"rmosh {meant}" in capsys.readouterr().err


def test_options_before_such_a_word_make_it_a_host_which_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: Namespace | Request) -> NoReturn:
        raise BootstrapError(Stage.RESOLVE, "no address for ls", hint="check the name")

    monkeypatch.setattr(cli, "_run_session", unknown)
    monkeypatch.setattr(sys, "argv", ["rmosh", "-p", "2222", "ls", "box"])
    assert cli.main() == 255
    assert "did you mean: rmosh ls -p 2222 box" in capsys.readouterr().err


def test_such_a_word_where_it_belongs_is_not_put_in_doubt(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: list[str] | Request, **__: None) -> NoReturn:
        raise BootstrapError(Stage.RESOLVE, "no address for box", hint="check the name")

    monkeypatch.setattr(cli, "run_on_host", unknown)
    monkeypatch.setattr(sys, "argv", ["rmosh", "ls", "--json", "box"])
    assert cli.main() == 255
    assert "did you mean" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--ssh", "ssh 'x"), "no closing quotation"), (("--ssh", " "), "not a command"),
     (("--server", "a\0b"), "not the path"),
     (("--server=-x",), "not the path"), (("--server", ""), "not the path"), (("--server", "a\nb"), "not the path")],
)  # fmt: skip
def test_programs_to_be_run_are_checked_before_the_login(words: tuple[str, ...], said: str) -> None:
    assert said in refusal(*words, "box")[0]


@pytest.mark.parametrize("errand", ["", "ls", "attach", "detach", "kill", "log", "demo", "completion"])
def test_help_fits_a_terminal_of_80_columns(
    errand: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "argv", ["rmosh", *filter(None, [errand]), "--help"])
    with pytest.raises(SystemExit):
        cli.main()
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    if not errand:
        for word in parsers.ERRANDS:
            assert any(line.split()[:1] == [word] for line in lines)
