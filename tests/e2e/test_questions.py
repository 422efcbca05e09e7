"""What the user's terminal is asked, how programs far away are answered, and where answers never go."""

import pytest

from rmosh_netem.link import LinkModel
from tests.e2e.outer_tmux import OuterTmux, needs_tmux
from tests.e2e.pty_program import PtyProgram
from tests.e2e.session_host import Host

pytestmark = [pytest.mark.slow, pytest.mark.sshd]

#: As kitty 0.48.2 answers, with the fence's answer last.
KITTY = b"\x1b[?0u\x1bP>|kitty(0.48.2)\x1b\\\x1b[>1;4000;48c\x1b[6;18;9t\x1b]11;rgb:0000/0000/0000\x1b\\\x1b[?62;52;c"

#: Asks as programs do, and shows what is answered.
ASK = (
    r"stty -icanon -echo min 0 time 5; printf '\033[?u\033[>q\033[c'; a=$(dd bs=999 count=1 2>/dev/null);"
    ' stty sane; printf "%s" "<$a>" | cat -v; echo\r'
)


def test_programs_are_answered_as_the_terminal_answered_however_late_that_was(host: Host[PtyProgram]) -> None:
    program = host.shell(answers=False)
    assert b"\x1b[c" in program.output
    program.type(ASK)
    program.wait_for("\n<^[P>|rmosh(")
    assert "[?0u" not in program.screen
    program.type(KITTY + b"echo ty")
    program.type("ped\r")
    program.wait_for("\ntyped")
    program.type("clear\r" + ASK)
    program.wait_for("\n<^[[?0u^[P>|kitty(0.48.2)")


def test_answers_that_come_in_pieces_are_no_keys(host: Host[PtyProgram]) -> None:
    program = host.shell(answers=False)
    program.type("echo rea''dy; cat -v\r")
    program.wait_for(lambda screen: screen.endswith("\nready"))
    for start in range(0, len(KITTY), 7):
        program.type(KITTY[start : start + 7])
    program.type("that was all\r")
    program.wait_for("\nthat was all\nthat was all")
    assert "kitty" not in program.screen


@pytest.mark.parametrize(("colour_term", "told"), [("truecolor", "<truecolor>"), ("", "<>")])
def test_24_bit_colours_are_promised_only_where_they_are_known(
    host: Host[PtyProgram], colour_term: str, told: str
) -> None:
    env = {name: value for name, value in host.sshd.client_env.items() if name != "COLORTERM"}
    program = host.shell(env=env | ({"COLORTERM": colour_term} if colour_term else {}), answers=False)
    program.type('echo "<$COLORTERM>"\r')
    program.wait_for(f"\n{told}")


@needs_tmux
def test_24_bit_colours_come_through_where_nobody_promises_them(outer: Host[OuterTmux]) -> None:
    env = {name: value for name, value in outer.sshd.client_env.items() if name != "COLORTERM"}
    terminal = outer.shell(env=env)
    terminal.type(r"printf '\033[38;2;200;100;7mco%s\033[m\n' lour" + "\r")
    terminal.wait_for("\ncolour")
    [line] = [line for line in terminal.scrollback(escapes=True) if "mcolour" in line]
    assert "38;2;200;100;7mcolour" in line


@needs_tmux
@pytest.mark.parametrize("link", [None, LinkModel(delay=0.1)], ids=["near", "far"])
def test_nothing_is_typed_into_the_local_shell_when_the_session_is_over_at_once(
    outer: Host[OuterTmux], link: LinkModel | None
) -> None:
    terminal = outer.open("box", "--", "echo", "far", link=link)
    terminal.wait_exit()
    terminal.type("echo af''ter\r")
    terminal.wait_for("after\n")
    assert "[?" not in terminal.screen


@needs_tmux
def test_nothing_is_typed_into_the_local_shell_while_the_client_is_suspended(outer: Host[OuterTmux]) -> None:
    terminal = outer.shell()
    terminal.resize(rows=20, columns=70)
    terminal.type(b"\x1e\x1a")
    terminal.wait_for("Stopped")
    terminal.type("echo be''tween\r")
    terminal.wait_for("\nbetween")
    assert "[?" not in terminal.screen


@pytest.mark.parametrize(("term", "home"), [("rxvt-unicode-256color", "\x1b[7~"), ("linux", "\x1b[1~")])
def test_keys_of_a_terminal_that_is_no_xterm_arrive_as_xterms(host: Host[PtyProgram], term: str, home: str) -> None:
    program = host.shell(env=host.sshd.client_env | {"TERM": term})
    program.type("echo li''stening; cat -v\r")
    program.wait_for("\nlistening")
    program.type(f"{home}\x1b[D\r")
    program.wait_for("^[[H^[[D\n^[[H^[[D")
