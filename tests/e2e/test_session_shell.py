"""A shell over rmosh as a user has it: prompt, typing, environment, exit status, editors and pagers."""

import re
import shutil
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from rmosh.terminal.cells import Cell, Cursor
from rmosh_netem.link import LinkModel
from rmosh_server.shell import login_record
from tests.e2e.needed import needs
from tests.e2e.pty_program import PtyProgram
from tests.e2e.session_host import PROMPT, Host, needs_root, wait_until
from tests.e2e.sshd import Sshd

pytestmark = [pytest.mark.slow, pytest.mark.sshd]


def test_shell_runs_commands_and_its_exit_status_becomes_ours(host: Host[PtyProgram]) -> None:
    program = host.shell()
    program.type("echo he''llo; exit 7\r")
    program.wait_for("hello")
    assert program.wait_exit() == 7


def test_a_shell_whose_typing_is_obscured_is_the_same_for_whoever_types(host: Host[PtyProgram]) -> None:
    program = host.shell("--obscure-typing", link=LinkModel(delay=0.005))
    before = host.relay.counters()
    program.type("e")

    def answered() -> bool:
        sent = [host.relay.counters()[way]["sent"] - before[way]["sent"] for way in ("up", "down")]
        return min(sent) >= 40

    wait_until(answered, "forty datagrams each way for one key", pump=[program])
    program.type("cho he''llo; exit 7\r")
    program.wait_for("hello")
    assert program.wait_exit() == 7


@pytest.mark.linux  # the masked host only pretends to have its locale
@needs_root
def test_login_shell_has_the_environment_of_a_login(host: Host[PtyProgram]) -> None:
    host.give_account(home=host.directory, shell="/bin/bash")
    program = host.open("box", rows=40, columns=100)
    program.wait_for(lambda screen: screen.endswith(("$", "#")))
    answers = host.path("answers")
    program.type(
        f'(shopt -q login_shell && echo login $USER; echo "$TERM,$COLORTERM,$RMOSH_SESSION"; locale charmap;'
        f" stty size; tty) > {answers}.new; mv {answers}.new {answers}\r"
    )
    wait_until(answers.exists, "the shell answered", pump=[program])
    kind, variables, characters, size, terminal = answers.read_text().splitlines()
    term, colours, session = variables.split(",")
    assert (kind, term, colours, characters, size) == ("login tester", "xterm-256color", "truecolor", "UTF-8", "40 100")
    assert len(bytes.fromhex(session)) == 8
    assert terminal.startswith("/dev/pts/")


@needs_root
@pytest.mark.skipif(
    login_record.helper() is None or shutil.which("who") is None, reason="`who` or libutempter is not installed"
)
def test_a_command_shows_in_who_as_a_shell_does(host: Host[PtyProgram]) -> None:
    """As mosh-server 1.4 does, Debian's with libutempter."""
    own_utmp = "mount -t tmpfs none /run && install -g utmp -m 664 /dev/null /run/utmp"
    there = f'{own_utmp} && exec {host.server} "$@"'
    host.server = host.script("rmosh-server-with-utmp", f"exec unshare -m sh -c '{there}' sh \"$@\"")
    program = host.open("box", "--", "until who | grep 'via rmosh'; do sleep 0.1; done")
    assert program.wait_exit() == 0


STAGES = (
    r"rmosh: 1\. ssh: reading /.*config.*",
    r"rmosh: 1\. ssh: the way: root@127\.0\.0\.1 port \d+ \(box\)",
    r"rmosh: 1\. ssh: connected to 127\.0\.0\.1",
    r"rmosh: 1\. ssh: 1 key to offer to 127\.0\.0\.1 port \d+",
    r"rmosh: 1\. ssh: the host key of box is right: ssh-ed25519 SHA256:\S+",
    r"rmosh: 1\. ssh: root@box is let in by the key ssh-ed25519 SHA256:\S+ \(.*\)",
    r"rmosh: 1\. ssh: \S*rmosh-server [\d.]+ listens on UDP port \d+, protocol 2",
    r"rmosh: 2\. udp: trying port \d+ of 127\.0\.0\.1",
    r"rmosh: 2\. udp: first answer (inside SSH|from \[127\.0\.0\.1\]:\d+).*",
)

#: The last line of a file, behind its time as all of them.
TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} "

#: Comes when UDP is taken, which a short session may not live to see.
TAKEN = "rmosh: 3. session: the server is reached at "
END = r"rmosh: 3\. session: ended: status 0; .*\d+ packets sent, \d+ of them lost, \d+ of \d+ received"


@needs_root
def test_every_stage_is_told_in_a_file_or_until_the_first_answer_on_the_screen_and_then_in_a_file(
    host: Host[PtyProgram],
) -> None:
    log = host.path("login.log")
    env = {**host.sshd.client_env, "RMOSH_SHARE": ""}  # whatever a variable says is told, too
    program = host.open("--no-share", "-v", "-E", str(log), "box", "--", "true", env=env)
    assert program.wait_exit() == 0
    told = [line for line in log.read_text().splitlines() if TAKEN not in line]
    for line, wanted in zip(told, [*STAGES, END], strict=True):
        assert re.fullmatch(TIME + wanted, line)
    shown = host.open("--no-share", "-v", "box", "--", "true", rows=60, columns=200, env=env)
    assert shown.wait_exit() == 0
    lines = [
        line for line in shown.output.decode(errors="replace").split("\n") if "rmosh: " in line and TAKEN not in line
    ]
    assert len(lines) == len(STAGES) + 2
    (place,) = re.findall(r"rmosh: 3\. session: what follows is told in (/\S*/rmosh/traces/\S+-client\.log)", lines[-2])
    assert f"rmosh: the log is in {place}" in lines[-1]
    assert Path(place).stat().st_mode & 0o777 == 0o600
    (line,) = [line for line in Path(place).read_text().splitlines() if TAKEN not in line]
    assert re.fullmatch(TIME + END, line)


def test_no_session_reads_a_start_up_file_of_whoever_runs_the_tests(host: Host[PtyProgram]) -> None:
    host.path(".bash_profile").write_text("echo read at home\n")
    program = host.open("box", "--", "pwd; exec bash -l", columns=200)
    program.wait_for(f"{host.directory}\n")
    program.wait_for("read at home\n")


@pytest.mark.linux  # the masked host only pretends to have its locale
def test_locale_is_utf8_where_the_client_has_none(host: Host[PtyProgram]) -> None:
    bare = {name: value for name, value in host.sshd.client_env.items() if not name.startswith(("LC_", "LANG"))}
    program = host.shell(env=bare)
    program.type("echo $(locale charmap)-$(echo é漢 | wc -m); exit\r")
    assert "UTF-8-3" in program.wait_for("-3")


def test_shell_killed_by_a_signal_is_told_as_a_shell_would(host: Host[PtyProgram]) -> None:
    program = host.shell()
    program.type("kill -TERM $$; kill -USR1 $$\r")
    assert program.wait_exit() == 128 + signal.SIGUSR1
    assert "ended by signal 10 (SIGUSR1)" in program.screen


def test_command_leaves_its_output_on_the_screen_and_its_exit_status(host: Host[PtyProgram]) -> None:
    program = host.open("box", "--", "echo first; printf 'no newline'; exit 3")
    assert program.wait_exit() == 3
    assert "first\nno newline" in program.screen
    assert program.frame.cursor.column == 0


def test_what_the_terminal_showed_before_is_scrolled_up_not_lost(
    host: Host[PtyProgram], pty_program: Callable[..., PtyProgram]
) -> None:
    words = ["sh", "-c", 'echo "what was there before"; exec "$@"', "sh"]
    plain = host.open("box", "--", "echo output")
    plain.wait_exit()
    program = pty_program([*words, *plain.command], env=host.sshd.client_env)
    assert program.wait_exit() == 0
    assert "what was there before" in program.scrollback


def test_session_started_with_the_system_ssh_is_the_same(host: Host[PtyProgram]) -> None:
    program = host.open("--ssh", "ssh", "box", "--", "echo through ssh; exit 3")
    assert program.wait_exit() == 3
    assert "through ssh" in program.screen


def test_session_through_a_jump_host_talks_to_the_host_itself(
    host: Host[PtyProgram], make_sshd: Callable[..., Sshd]
) -> None:
    jump = make_sshd()
    jump.trust_host_key()
    config = host.path("config")
    config.write_text(host.sshd.configure("ProxyJump jump").read_text() + jump.configure(alias="jump").read_text())
    program = host.open("-F", str(config), "box", "--", "echo beyond; exit 3")
    assert program.wait_exit() == 3
    assert "beyond" in program.screen
    assert "direct-tcpip" in jump.log


def edited_file(directory: Path) -> Path:
    """Write a file with what editors colour and fold: text, a wide and a combining character, a long line."""
    directory.mkdir()
    file = directory / "work.py"
    lines = [f"def function_{number}():\n    return '漢 é {number}'  # " + "word " * number for number in range(30)]
    file.write_text("\n".join(lines) + "\n")
    return file


def ends_with(file: Path, line: str) -> bool:
    return file.exists() and file.read_text().endswith(line)


def both_show(remote: PtyProgram, local: PtyProgram, text: str) -> None:
    """Fail unless two programs come to show a text, the same cells and the same cursor."""

    def shown(program: PtyProgram) -> tuple[list[tuple[Cell, ...]], Cursor]:
        frame = program.frame
        return [row.cells for row in frame.rows], frame.cursor

    def equal() -> bool:
        return text in local.screen and shown(remote) == shown(local)

    wait_until(equal, f"equal screens with {text!r}", pump=[remote, local])


@pytest.mark.linux  # the masked host only pretends to have its locale
@needs("vim")
def test_vim_looks_as_it_does_at_home_cell_by_cell_through_edits_and_a_resize(
    host: Host[PtyProgram], pty_program: Callable[..., PtyProgram]
) -> None:
    here, there = edited_file(host.path("here")), edited_file(host.path("there"))
    options = "ruler showcmd hlsearch rulerformat=%l,%c-%{&lines}x%{&columns}"
    vim = f"vim -u NONE -N -i NONE -c 'syntax on' -c 'set {options}' work.py"
    local = pty_program(["sh", "-c", f"cd {here.parent}; {vim}"], env=host.sshd.client_env)
    remote = host.open("box", "--", f"cd {there.parent}; {vim}")
    both_show(remote, local, '"work.py" 60L')
    for step, keys in enumerate(("jjA added\x1b", "/word\r", "5ddp", "ggOtop é 漢字\x1b", "\x06")):
        for program in (local, remote):
            program.type(f"{keys}:echo 'step' {step}\r")
        both_show(remote, local, f"step {step}")
    for rows, columns in ((40, 120), (10, 30), (24, 80)):
        for program in (local, remote):
            program.resize(rows=rows, columns=columns)
        both_show(remote, local, f"{rows}x{columns}")
    for program in (local, remote):
        program.type(":x\r")
        assert program.wait_exit() == 0
    assert there.read_text() == here.read_text()
    assert "top é 漢字" in there.read_text()


@needs("less")
def test_less_pages_and_gives_the_screen_back(host: Host[PtyProgram]) -> None:
    file = host.path("numbers")
    file.write_text("".join(f"line {number}\n" for number in range(1, 201)))
    program = host.shell()
    program.type("echo bef''ore\r")
    program.wait_for("before")
    program.type(f"less {file}\r")
    program.wait_for("line 23")
    program.type(" ")
    program.wait_for("line 46")
    program.type("G")
    program.wait_for("(END)")
    program.type("q")
    screen = program.wait_for("before")
    assert "line 200" not in screen
    assert program.frame.modes.application_cursor is False


@needs("htop")
def test_htop_starts_redraws_and_quits(host: Host[PtyProgram]) -> None:
    program = host.shell()
    program.type("htop\r")
    program.wait_for("F10")
    program.resize(rows=30, columns=100)
    program.wait_for(lambda screen: len(screen.splitlines()) == 30 and "F10" in screen.splitlines()[-1])
    program.type("q")
    program.wait_for(lambda screen: screen.endswith(PROMPT.rstrip()) and program.frame.modes.mouse == 0)


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (400, 1000), (1000, 3)])
def test_window_of_any_size_and_back(host: Host[PtyProgram], rows: int, columns: int) -> None:
    program = host.shell()
    sizes, enough = host.path("sizes"), host.path("enough")
    # Asked again and again: a second signal that comes while bash runs its trap may not run it again (seen in 5.2).
    program.type(f"until [ -e {enough} ]; do stty size > {sizes}; sleep 0.05; done\r")
    for wanted in ((rows, columns), (24, 80)):
        program.resize(rows=wanted[0], columns=wanted[1])
        line = "{} {}\n".format(*wanted)
        wait_until(partial(ends_with, sizes, line), line, pump=[program])
    enough.touch()
    program.wait_for(lambda screen: screen.endswith(PROMPT.rstrip()))
    program.type("clear; echo un''harmed; exit\r")
    assert program.wait_exit() == 0
    assert "unharmed" in program.screen


def test_started_in_a_window_of_one_cell(host: Host[PtyProgram]) -> None:
    program = host.open("box", "--", "exit 5", rows=1, columns=1)
    assert program.wait_exit() == 5


def test_a_shell_on_this_machine_leaves_the_session_as_it_is(host: Host[PtyProgram]) -> None:
    program = host.shell(env={**host.sshd.client_env, "SHELL": "/bin/sh", "PS1": "here> ", "ENV": ""})
    proof = host.path("meanwhile")
    program.type(f"echo f''ar; (while [ ! -e {proof} ]; do sleep 0.1; done; echo mean''while) &\r")
    program.wait_for("far")
    program.type("\x1e!")
    program.wait_for("here>")
    program.type(f"echo near $((6 * 7)); touch {proof}; exit 3\r")
    program.wait_for("meanwhile")
    program.type("echo ba''ck; exit 5\r")
    program.wait_for("back")
    assert program.wait_exit() == 5


def test_large_paste_arrives_byte_for_byte(host: Host[PtyProgram]) -> None:
    text = "".join(f"{number:06d} the quick brown fox é漢\n" for number in range(2000))
    pasted = host.path("pasted")
    program = host.shell()
    program.type(f"stty -echo; cat > {pasted}; echo do''ne\r")
    program.wait_for(lambda screen: "do''ne" in screen)
    program.type(text + "\x04")
    program.wait_for("done")
    assert pasted.read_text() == text


def test_control_c_behind_a_pasted_megabyte_acts_soon_and_in_its_place(host: Host[PtyProgram]) -> None:
    text = "".join([f"{number:06d} the quick brown fox jumps over it\n" for number in range(26000)])
    pasted = host.path("pasted")
    program = host.shell(link=LinkModel(delay=0.1))
    program.type(f"stty raw -echo; head -c {len(text) + 1} > {pasted}; echo do''ne\r")
    program.wait_for(lambda screen: "do''ne" in screen)
    program.type(text)
    pressed = time.monotonic()
    program.type("\x03")
    program.wait_for("done")
    took = time.monotonic() - pressed
    print(f"Ctrl-C took {took:.3f} s")
    assert took < 2.0
    assert pasted.read_text() == text + "\x03"
