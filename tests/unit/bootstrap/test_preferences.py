"""What the user's file and variables say of the options, and who wins."""

import logging
import os
import string
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.errors import BootstrapError
from rmosh_client.bootstrap.stages import STAGES
from rmosh_client.command import cli
from rmosh_client.command.preference_file import fits
from rmosh_client.command.preferences import PREFERENCES


@pytest.fixture
def habits(no_habits: Path) -> Callable[..., Path]:
    """Return what writes the user's file; gives its path."""

    def write(text: str) -> Path:
        path = no_habits / "rmosh" / "client.toml"
        path.parent.mkdir(exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(text)
        return path

    return write


def read(*words: str) -> Namespace:
    arguments, _ = cli.read_command_line(words)
    return arguments


def test_options_win_over_variables_over_the_file_over_what_is_so_otherwise(
    habits: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read("box").predict == "adaptive"
    habits('predict = "never"')
    assert read("box").predict == "never"
    monkeypatch.setenv("RMOSH_PREDICT", "always")
    assert read("box").predict == "always"
    assert read("--predict", "adaptive", "box").predict == "adaptive"


#: Preference -> a value that is not the default: as an option, in the file, in the variable.
OTHERS = {
    "predict": ("never", '"never"', "never"), "escape": ("^a", '"^a"', "^a"), "history": (5, "5", "5"),
    "title": (False, "false", "no"), "clipboard": (False, "false", "off"), "notifications": (False, "false", "0"),
    "obscure_typing": (True, "true", "YES"), "compress": ("all", '"all"', "all"),
    "server": ("~/x y", '"~/x y"', "~/x y"), "port": ("60001", "60001", "60001"), "idle_timeout": ("3d", '"3d"', "3d"),
    "inject": (False, "false", "no"), "install": (True, "true", "yes"), "path": ("ssh", '"ssh"', "ssh"),
    "confirm_agent": (True, "true", "yes"),
    "ssh": ("ssh -v", '"ssh -v"', "ssh -v"), "trace": ("~/t", '"~/t"', "~/t"), "share": (False, "false", "no"),
}  # fmt: skip


@pytest.mark.parametrize("name", PREFERENCES)
def test_each_has_a_line_in_the_file_and_a_variable(
    name: str, habits: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    value, line, variable = OTHERS[name]
    assert getattr(read("box"), name) == PREFERENCES[name].default != value
    path = habits(f"{name} = {line}")
    assert getattr(read("box"), name) == value
    path.unlink()
    monkeypatch.setenv(f"RMOSH_{name.upper()}", variable)
    assert getattr(read("box"), name) == value


@pytest.mark.parametrize("name", ["title", "clipboard", "notifications", "obscure_typing"])
def test_a_switch_of_the_file_can_be_turned_back_for_once(name: str, habits: Callable[..., Path]) -> None:
    habits(f"{name} = {'false' if PREFERENCES[name].default else 'true'}")
    option = PREFERENCES[name].option
    assert getattr(read("box"), name) is not PREFERENCES[name].default
    assert getattr(read(option, "box"), name) is True
    assert getattr(read(option.replace("--", "--no-"), "box"), name) is False


def test_the_first_section_that_fits_the_host_as_typed_counts_and_the_top_comes_last(
    habits: Callable[..., Path],
) -> None:
    habits(
        """
        predict = "never"
        escape = "^a"
        server = "/opt/everywhere"
        [host."dev.example.org"]
        predict = "always"
        server = ""
        [host."*.example.org !www.example.org"]
        predict = "adaptive"
        history = 7
        """
    )
    developing = read("me@dev.example.org")
    assert (developing.predict, developing.history, developing.escape) == ("always", 7, "^a")
    assert developing.server is None
    assert read("www.example.org").predict == "never"
    assert read("git.example.org").predict == "adaptive"
    assert cli.read_errand_line("attach", ["git.example.org"]).history == 7
    assert cli.read_errand_line("ls", ["git.example.org"]).server == "/opt/everywhere"


@pytest.mark.parametrize(
    ("host", "patterns", "taken"),
    [
        # OpenSSH 9.2, ssh -G.
        ("box", "box", True), ("box", "BOX", False), ("BOX", "BOX", True), ("box", "b?x", True), ("box", "b?", False),
        ("a.b", "*.b", True), ("aXb", "a.b", False), ("box", "!box", False), ("box", "* !box", False),
        ("box", "!box *", False), ("fox", "* !box", True), ("fox", "!box", False), ("b[o]x", "b[o]x", True),
        ("box", "b[o]x", False), ("box", "fox  box", True), ("box", "**", True), ("x", "", False),
        ("box\n", "box", False), ("192.168.1.5", "192.168.1.?", True), ("box", "fox,box", True),
    ],
)  # fmt: skip
def test_patterns_are_as_in_ssh_config(host: str, patterns: str, taken: bool) -> None:
    assert fits(host, patterns) is taken


@given(st.text(string.ascii_letters + ".*?![]\\ ", max_size=20), st.text(string.ascii_letters + ".-:", max_size=20))
def test_no_pattern_is_too_odd_to_be_held_against_a_host(patterns: str, host: str) -> None:
    assert fits(host, patterns) in (True, False)
    assert fits(host, f"{patterns} !{host}") is False


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('predct = "never"', "there is no setting 'predct', did you mean predict?"),
        ("no_clipboard = true", "did you mean clipboard?"),
        ('obscure-typing = true', "did you mean obscure_typing?"),
        ('predict = "alwys"', "predict: 'alwys' is none of always, never, adaptive, did you mean always?"),
        ("predict = true", "predict: it is a text in quotes, not true"),
        ("predict = 1979-05-27", "predict: it is a text in quotes, not 1979-05-27"),
        ("history = 1.5", "history: it is a text"),
        ("history = -1", "history: '-1' is not a number of lines"),
        ("port = 99999", "port: '99999' is not N or N:M"),
        ('port = "2:1"', "port: '2:1' ends before it begins"),
        ('clipboard = "no"', "clipboard: it is true or false, not 'no'"),
        ('escape = "^^^"', "escape: '^^^'"),
        ('idle_timeout = "soon"', "idle_timeout: a time is"),
        ("ssh = \"ssh 'x\"", "no closing quotation"),
        ('server = "a\\u0000b"', "not the path of a program"),
        ('server = "-x"', "not the path of a program"),
        ('host = "box"', 'write [host."*.example.org"]'),
        ('host.box = "never"', "[host.'box'] is no section"),
        ('[host]\npredict = "never"', "[host.'predict'] is no section: write [host."),
        ('["*.example.org"]\npredict = "never"', "did you mean [host.'*.example.org']?"),
        ('[hosts.box]\npredict = "never"', "there is no section 'hosts.box', did you mean [host.'box']?"),
        ('[www.example.org]\ntitle = false', "did you mean [host.'www.example.org']?"),
        (
            '[host.www.example.org]\ntitle = false',
            "there is no section 'host.www.example.org', did you mean [host.'www.example.org']?",
        ),
        ('[host."*"]\npredct = "never"', "[host.'*'] there is no setting 'predct', did you mean predict?"),
        ('"\\u001b[2J" = 1', r"'\x1b[2J'"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_once_and_costs_only_what_it_is_about(
    wrong: str, said: str, habits: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = habits(f'compress = "all"\n{wrong}\n')
    arguments = read("box")
    told = capsys.readouterr().err
    assert told.startswith(f"rmosh: {path}: ")
    assert said in told
    assert told.count("\n") == 1
    defaults = {name: preference.default for name, preference in PREFERENCES.items()}
    assert {name: getattr(arguments, name) for name in PREFERENCES} == defaults | {"compress": "all"}


def test_a_file_of_a_windows_editor_is_read(habits: Callable[..., Path]) -> None:
    habits('\ufeffpredict = "never"\r\nhistory = 3\r\n')
    assert (read("box").predict, read("box").history) == ("never", 3)


@pytest.mark.parametrize("text", ["=", "\x00", 'predict = "never"\nx', "a = 1\na = 2", "a = [" * 5000])
def test_a_file_that_is_no_toml_keeps_nobody_out(
    text: str, habits: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    habits(text)
    assert read("box").predict == "adaptive"
    assert capsys.readouterr().err.count("\n") == 1


def test_a_syntax_error_is_told_with_its_line(habits: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    habits('predict = "never"\nescape = ^a\n')
    read("box")
    assert "it is not TOML: invalid value (at line 2, column 10): a text needs quotes" in capsys.readouterr().err


def test_bytes_that_are_no_text_are_told_with_their_line(
    habits: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    habits("").write_bytes(b'title = false\nserver = "/opt/caf\xe9"\n')  # latin-1
    read("box")
    assert "it is not UTF-8 text (at line 2)" in capsys.readouterr().err


def test_what_is_no_file_is_not_waited_for(habits: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    path = habits("")
    path.unlink()
    os.mkfifo(path, 0o600)
    assert read("box").predict == "adaptive"
    assert "it is not a regular file" in capsys.readouterr().err


@pytest.mark.parametrize("mode", [0o664, 0o646])
def test_a_file_that_others_may_write_is_left_alone(
    habits: Callable[..., Path], capsys: pytest.CaptureFixture[str], mode: int
) -> None:
    # As OpenSSH 9.2 does with ~/.ssh/config, but without ending.
    path = habits('ssh = "evil"')
    os.chmod(path, mode)
    assert read("box").ssh is None
    assert "chmod go-w" in capsys.readouterr().err


def test_a_file_of_another_user_is_left_alone(
    habits: Callable[..., Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = habits('ssh = "evil"')
    status = os.stat(path)
    theirs = os.stat_result((*status[:4], status.st_uid + 1, *status[5:]))
    monkeypatch.setattr(os, "fstat", lambda _: theirs)
    assert read("box").ssh is None
    assert "another user" in capsys.readouterr().err


def test_a_folder_in_the_file_s_place_keeps_nobody_out(
    habits: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = habits("")
    path.unlink()
    path.mkdir()
    assert read("box").predict == "adaptive"
    assert "Is a directory" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("variable", "text", "said"),
    [("RMOSH_PREDICT", "alwys", "did you mean always?"), ("RMOSH_CLIPBOARD", "maybe", "neither yes nor no"),
     ("RMOSH_PORT", "0", "not N or N:M"), ("RMOSH_HISTORY", "many", "not a number of lines")],
)  # fmt: skip
def test_a_mistaken_variable_is_told_and_the_file_counts(
    variable: str,
    text: str,
    said: str,
    habits: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    habits('predict = "never"\nclipboard = false\nport = 60001\nhistory = 7')
    monkeypatch.setenv(variable, text)
    arguments = read("box")
    told = capsys.readouterr().err
    assert told.startswith(f"rmosh: {variable}: ")
    assert said in told
    assert (arguments.predict, arguments.clipboard, arguments.port, arguments.history) == ("never", False, "60001", 7)


@pytest.mark.parametrize(("name", "option"), [("ssh", "--ssh"), ("server", "--server")])
def test_a_program_of_the_file_can_be_done_without_for_once(
    name: str, option: str, habits: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    habits(f'{name} = "other"')
    assert getattr(read("box"), name) == "other"
    assert getattr(read(option, "none", "box"), name) is None
    monkeypatch.setenv(f"RMOSH_{name.upper()}", "none")
    assert getattr(read("box"), name) is None


@pytest.mark.parametrize(
    ("variable", "meant"), [("RMOSH_PREDCT", "PREDICT"), ("RMOSH_PREDICTION", "PREDICT"), ("RMOSH_HISTROY", "HISTORY"),
     ("RMOSH_NO_CLIPBOARD", "CLIPBOARD"), ("RMOSH_ESCAPE_KEY", "ESCAPE"), ("RMOSH_PORTS", "PORT")],
)  # fmt: skip
def test_a_misspelt_variable_is_told_with_the_nearest(
    variable: str, meant: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable, "x")
    read("box")
    assert capsys.readouterr().err == f"rmosh: there is no variable {variable!r}, did you mean RMOSH_{meant}?\n"


@pytest.mark.parametrize(
    "variable", ["RMOSH_SESSION", "RMOSH_RUNTIME_DIR", "RMOSH_BIN", "RMOSH_TEST", "RMOSH_", "MOSH_PORT"]
)
def test_a_variable_of_somebody_else_is_not_spoken_of(
    variable: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable, "x")
    read("box")
    assert capsys.readouterr().err == ""


def test_an_empty_variable_says_nothing(
    habits: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    habits('predict = "never"')
    monkeypatch.setenv("RMOSH_PREDICT", "")
    assert read("box").predict == "never"
    assert capsys.readouterr().err == ""


def test_where_a_value_comes_from_is_logged(
    habits: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = habits('predict = "never"')
    monkeypatch.setenv("RMOSH_ESCAPE", "^a")
    with caplog.at_level(logging.INFO, logger=STAGES):
        read("-v", "--history", "3", "box")
    assert caplog.messages == [f"rmosh: predict is never, says {path}", "rmosh: escape is ^a, says RMOSH_ESCAPE"]


def test_a_switch_is_logged_as_the_file_has_it(habits: Callable[..., Path], caplog: pytest.LogCaptureFixture) -> None:
    path = habits("title = false")
    with caplog.at_level(logging.INFO, logger=STAGES):
        read("-v", "box")
    assert caplog.messages == [f"rmosh: title is false, says {path}"]


def test_a_mistaken_option_is_still_refused(habits: Callable[..., Path]) -> None:
    habits('predict = "never"')
    with pytest.raises(BootstrapError, match="alwys"):
        read("--predict", "alwys", "box")
