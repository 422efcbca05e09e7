"""The environment a login gives."""

import pytest

from rmosh_server.shell.account import Account, login_program
from rmosh_server.shell.environment import DEFAULT_PATH, login_environment, may_be_set, program_environment

ACCOUNT = Account("ann", "/home/ann", "/bin/zsh")


def environment(
    inherited: dict[str, str],
    requested: list[tuple[str, str]] | None = None,
    term: str = "xterm-256color",
    *,
    direct_colour: bool = True,
    ways_to_client: dict[str, str] | None = None,
) -> dict[str, str]:
    return login_environment(
        inherited,
        ACCOUNT,
        requested=requested or [],
        term=term,
        terminal_name="/dev/pts/7",
        session_id=bytes(8),
        direct_colour=direct_colour,
        locale_exists=lambda name: True,
        ways_to_client=ways_to_client or {},
    )


def test_the_session_s_own_ways_to_the_client_replace_those_that_end_with_the_login() -> None:
    told = {"SSH_AUTH_SOCK": "/state/agent", "DISPLAY": "localhost:10.0"}
    made = environment({"SSH_AUTH_SOCK": "/tmp/ssh-x/agent.1", "DISPLAY": "localhost:11.0"}, ways_to_client=told)
    assert made.items() >= told.items()


def test_a_login_has_the_accounts_own_variables() -> None:
    made = environment({"USER": "stale", "HOME": "/nowhere"})
    assert (made["USER"], made["LOGNAME"], made["HOME"], made["SHELL"]) == ("ann", "ann", "/home/ann", "/bin/zsh")
    assert made["MAIL"] == "/var/mail/ann"
    assert made["PATH"] == DEFAULT_PATH


def test_what_sshd_gave_is_kept() -> None:
    given = {"PATH": "/opt/bin:/bin", "SSH_CONNECTION": "a 1 b 2", "MAIL": "/mail/ann", "KRB5CCNAME": "x"}
    assert given.items() <= environment(given).items()


def test_a_home_that_sshd_sends_a_login_to_is_its_home_and_no_client_chooses_one() -> None:
    """As with ssh: OpenSSH 9.2, `SetEnv HOME=/srv/ann` in sshd_config."""
    given = {"SSH_CONNECTION": "a 1 b 2", "HOME": "/srv/ann"}
    for made in (
        environment(given, [("HOME", "/tmp/mine")]),
        program_environment(given, ACCOUNT, requested=[("HOME", "/tmp/mine")]),
    ):
        assert made["HOME"] == "/srv/ann"


@pytest.mark.parametrize("name", ["SSH_AUTH_SOCK", "DISPLAY", "XAUTHORITY", "SSH_USER_AUTH", "SSH_AGENT_PID"])
def test_what_ends_with_the_login_is_not_led_to(name: str) -> None:
    assert name not in environment({name: "/tmp/ssh-abcdef/agent.7"})


@pytest.mark.parametrize(
    "name",
    ["PATH", "IFS", "ENV", "BASH_ENV", "BASH_FUNC_ls", "ZDOTDIR", "FPATH", "SHELLOPTS", "PS4", "PROMPT_COMMAND",
     "LD_PRELOAD", "LD_AUDIT", "LD_LIBRARY_PATH", "DYLD_INSERT_LIBRARIES", "GCONV_PATH", "LOCPATH", "GLIBC_TUNABLES",
     "MALLOC_CHECK_", "TERMINFO", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONHOME", "PERL5LIB", "PERL5OPT", "RUBYOPT",
     "NODE_OPTIONS", "XDG_CONFIG_HOME", "SSH_AUTH_SOCK", "SSH_ASKPASS"],
)  # fmt: skip
def test_what_makes_programs_run_something_else_may_not_be_set(name: str) -> None:
    assert not may_be_set(name)


@pytest.mark.parametrize("name", ["", "1A", "A B", "BASH_FUNC_ls%%", "A\n", "é", "A-B"])
def test_what_is_no_name_of_a_variable_may_not_be_set(name: str) -> None:
    assert not may_be_set(name)


@pytest.mark.parametrize("name", ["LANG", "LC_ALL", "TZ", "EDITOR", "GIT_AUTHOR_NAME", "COLORFGBG", "X", "LDAPBASE"])
def test_ordinary_variables_may_be_set(name: str) -> None:
    assert may_be_set(name)


def test_the_terminal_is_ours_whatever_was_inherited_or_asked() -> None:
    made = environment({"TERM": "dumb", "COLORTERM": "no"}, [("TERM", "vt100")], term="xterm-kitty")
    assert (made["TERM"], made["COLORTERM"]) == ("xterm-kitty", "truecolor")


def test_24_bit_colours_are_promised_only_where_the_users_terminal_shows_them() -> None:
    assert "COLORTERM" not in environment({"COLORTERM": "truecolor"}, direct_colour=False)
    assert environment({}, [("COLORTERM", "24bit")], direct_colour=False)["COLORTERM"] == "24bit"


def test_requested_variables_win_over_inherited_ones() -> None:
    assert (
        environment({"EDITOR": "vi"}, [("EDITOR", "emacs"), ("X", "")]).items() >= {"EDITOR": "emacs", "X": ""}.items()
    )


def test_the_session_is_named_by_its_id() -> None:
    assert environment({})["RMOSH_SESSION"] == "0000000000000000"


def test_the_clients_locale_counts_as_requested() -> None:
    assert environment({"LANG": "C"}, [("LANG", "fr_FR.UTF-8")])["LANG"] == "fr_FR.UTF-8"


@pytest.mark.parametrize("name", ["STY", "TMUX", "TMUX_PANE", "SHLVL", "OLDPWD", "_", "LINES", "COLUMNS"])
def test_variables_of_another_terminal_or_shell_are_gone(name: str) -> None:
    assert name not in environment({name: "1"})


def test_ssh_tty_names_our_terminal_only_after_an_ssh_login() -> None:
    assert environment({"SSH_CONNECTION": "a 1 b 2", "SSH_TTY": "/dev/pts/1"})["SSH_TTY"] == "/dev/pts/7"
    assert "SSH_TTY" not in environment({"SSH_TTY": "/dev/pts/1"})


def test_a_login_shell_is_told_so_by_the_dash_in_its_name() -> None:
    program = login_program(ACCOUNT, [])
    assert (program.file, program.words) == ("/bin/zsh", ("-zsh",))


def test_a_command_goes_through_the_shell_joined_by_spaces_as_with_ssh() -> None:
    program = login_program(ACCOUNT, ["echo", "a  b", "$HOME", ";", "ls"])
    assert program.words == ("zsh", "-c", "echo a  b $HOME ; ls")


def test_a_program_without_a_terminal_has_what_sshd_gave_and_nothing_of_a_terminal() -> None:
    given = {"PATH": "/opt/bin", "SSH_CONNECTION": "a 1 b 2", "TERM": "dumb", "SSH_TTY": "/dev/pts/1", "DISPLAY": ":1"}
    made = program_environment(given, ACCOUNT, requested=[("X", "1")])
    assert made == {
        "PATH": "/opt/bin", "SSH_CONNECTION": "a 1 b 2", "X": "1", "MAIL": "/var/mail/ann", "HOME": "/home/ann",
        "USER": "ann", "LOGNAME": "ann", "SHELL": "/bin/zsh",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"LC_CTYPE": "C.UTF-8"}, {}),
        ({"LC_CTYPE": "de_DE.UTF-8"}, {"LC_CTYPE": "de_DE.UTF-8"}),
        ({"LC_CTYPE": "C.UTF-8", "LANG": "C"}, {"LC_CTYPE": "C.UTF-8", "LANG": "C"}),
        ({}, {}),
    ],
)
def test_a_program_has_the_locale_of_the_login_and_not_pythons(given: dict[str, str], kept: dict[str, str]) -> None:
    made = program_environment(given, ACCOUNT, requested=[])
    assert {name: value for name, value in made.items() if name.startswith("L") and name != "LOGNAME"} == kept
