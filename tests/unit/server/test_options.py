"""The command line of `rmosh-server`."""

import pytest

from rmosh_server.command.options import AskStatus, GuestWishes, NewSession, parse_arguments
from rmosh_server.sockets.udp import PortRange


def parse_new(*arguments: str) -> NewSession:
    wanted = parse_arguments(["new", *arguments])
    assert isinstance(wanted, NewSession)
    return wanted


def test_defaults_are_an_ordinary_terminal_and_the_usual_ports() -> None:
    assert parse_new() == NewSession(GuestWishes(24, 80), PortRange(60000, 61000), "xterm-256color", (), ())


def test_everything_after_the_dashes_is_the_command_even_further_dashes() -> None:
    wanted = parse_new("--rows", "50", "--", "git", "log", "--", "--rows", "x")
    assert wanted.command == ("git", "log", "--", "--rows", "x")
    assert wanted.guest.rows == 50


def test_variables_keep_their_order_and_may_hold_equals_signs_and_newlines() -> None:
    wanted = parse_new("--env", "A=1=2", "--env", "B=", "--env", "C=x\ny")
    assert wanted.environment == (("A", "1=2"), ("B", ""), ("C", "x\ny"))


@pytest.mark.parametrize(
    ("text", "ports"),
    [("0", PortRange(0, 0)), ("7", PortRange(7, 7)), ("60000:60010", PortRange(60000, 60010))],
)
def test_a_port_is_a_number_or_a_range(text: str, ports: PortRange) -> None:
    assert parse_new("--port", text).ports == ports


@pytest.mark.parametrize(
    "arguments",
    [
        ["--rows", "0"],
        ["--columns", "1001"],
        ["--rows", "-1"],
        ["--rows", "²"],
        ["--port", "70000"],
        ["--port", "9:8"],
        ["--port", "0:5"],
        ["--port", ":"],
        ["--port", "x"],
        ["--env", "novalue"],
        ["--unknown"],
        ["stray"],
    ],
)
def test_bad_flags_exit_with_status_2_and_say_why(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        parse_arguments(["new", *arguments])
    assert exit_info.value.code == 2
    assert capsys.readouterr().err.startswith("rmosh-server: ")


def test_a_variable_that_may_not_be_set_does_not_end_the_login() -> None:
    assert parse_new("--env", "1A=x", "--env", "LD_PRELOAD=y").environment == (("1A", "x"), ("LD_PRELOAD", "y"))


def test_the_name_of_a_client_is_one_plain_line_of_bounded_length() -> None:
    assert parse_new("--client", "me@box\n\x1b]0;x\x07\x9b\udc80").guest.name == "me@box]0;x"
    assert len(parse_new("--client", "x" * 1000).guest.name) == 64


def test_status_takes_a_session_id_in_hex() -> None:
    assert parse_arguments(["status", "00112233445566ff"]) == AskStatus(bytes.fromhex("00112233445566ff"))


@pytest.mark.parametrize("text", ["", "00", "zz112233445566ff", "../../etc/passwd", "00112233445566ff00"])
def test_status_refuses_what_is_not_a_session_id(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        parse_arguments(["status", text])
    assert exit_info.value.code == 2
    assert "session id" in capsys.readouterr().err


@pytest.mark.parametrize("flag", ["--help", "--version"])
def test_help_and_version_succeed(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        parse_arguments([flag])
    assert exit_info.value.code == 0
    assert "rmosh-server" in capsys.readouterr().out


def test_no_action_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        parse_arguments([])
    assert exit_info.value.code == 2
    assert "hint:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said", "meant"),
    [
        ("", "no action", "rmosh-server ls"),
        ("nwe", "no action nwe", "new"),
        ("--verson", "no option --verson", "--version"),
        ("new --prot 3", "no option --prot", "--port"),
        ("new --port=3 --tem x -- ls", "no option --tem", "--term"),
        ("attach --raed-only", "no option --raed-only", "--read-only"),
        ("ls --jsn", "no option --jsn", "--json"),
        ("kill --al", "no option --al", "--help lists"),
        ("detach --al", "no option --al", "--all"),
        ("status -x", "no option -x", "--help lists"),
        ("new --compress lyout", "'lyout' is none of no, layout, all", "layout"),
        ("ls x", "'x' is a word too many", "--help lists"),
    ],
)
def test_a_word_that_means_nothing_is_named_alone_with_the_nearest(
    words: str, said: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        parse_arguments(words.split())
    assert caught.value.code == 2
    told = capsys.readouterr().err
    assert told.startswith("rmosh-server: ")
    assert said in told
    assert meant in told
    assert told.count("\n") == 2


@pytest.mark.parametrize("action", ["", "new", "attach", "ls", "kill", "detach", "trace", "log", "status"])
def test_help_fits_a_terminal_of_80_columns(
    action: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        parse_arguments([*filter(None, [action]), "--help"])
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80
