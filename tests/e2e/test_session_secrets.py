"""What is typed at a password prompt never reaches the user's screen, however slow the link and eager the guessing."""

import re
import resource
from pathlib import Path

import pytest

from rmosh_netem.link import LinkModel
from tests.e2e.pty_program import PtyProgram
from tests.e2e.session_host import PROMPT, Host, pump_for, so_many

pytestmark = [pytest.mark.slow, pytest.mark.sshd]

#: 300 ms of round trip: a typist is several keys ahead of every answer.
SLOW = LinkModel(delay=0.15)

#: Letters that end no escape sequence and stand in no prompt, so that none of them may be written at all.
SECRET = "zvjkzvvjkz"


def type_slowly(program: PtyProgram, text: str) -> bytes:
    """Press keys one at a time, 50 ms apart; return all that was written to the terminal meanwhile."""
    before = len(program.output)
    for key in text:
        program.type(key)
        pump_for(program, 0.05)
    return program.output[before:]


#: Programs that ask, each writing the answer to the file that `{}` stands for.
ASKING = {
    "bash, which turns ECHO and ICANON off": "read -rsp 'What? ' answer; echo $answer > {}",
    "the kernel's line editing with ECHO off": "stty -echo; printf 'What? '; head -n1 > {}; stty echo",
    "getpass": """python3 -c 'import getpass; open("{}", "w").write(getpass.getpass("What? "))'""",
}


@pytest.mark.parametrize("asking", ASKING)
def test_typed_secret_never_appears_in_any_painted_frame(host: Host[PtyProgram], asking: str) -> None:
    program = host.shell("--predict", "always", link=SLOW)
    program.type("echo teach the guesser that typed letters appear\r")
    program.wait_for(lambda screen: screen.count(PROMPT.rstrip()) == 2)
    answer = host.path("answer")
    program.type(f"clear; {ASKING[asking].format(answer)}; echo got''it\r")
    program.wait_for(lambda screen: screen.endswith("What?") and screen.count("What?") == 1)
    before = len(program.output)
    type_slowly(program, SECRET)
    type_slowly(program, "x\x7f" * 2)
    program.type("\r")
    program.wait_for("gotit")
    assert answer.read_text().strip() == SECRET
    painted = program.output[before:].decode()
    assert [letter for letter in painted if letter in SECRET] == []


def test_secret_typed_before_its_prompt_has_come_is_not_shown_either(host: Host[PtyProgram]) -> None:
    program = host.shell("--predict", "always", link=SLOW)
    type_slowly(program, "echo teach the guesser\r")
    program.wait_for(lambda screen: screen.count(PROMPT.rstrip()) == 2)
    type_slowly(program, "read -rsp 'What? ' answer; echo; echo do''ne")
    program.wait_for(lambda screen: screen.endswith("do''ne"))
    before = len(program.output)
    program.type("\r")
    program.pump(0.05)
    type_slowly(program, SECRET)
    program.type("\r")
    program.wait_for("done")
    painted = program.output[before:].decode()
    assert [letter for letter in painted if letter in SECRET] == []


def test_guesses_are_shown_before_the_host_answers_where_it_echoes(host: Host[PtyProgram]) -> None:
    program = host.shell("--predict", "always", link=LinkModel(delay=0.4))
    for commands in range(1, 4):  # a prompt is trusted after a job of the shell's that was seen to have the terminal
        type_slowly(program, "sh -c 'echo zvjk; sleep 1'\r")
        program.wait_for(so_many(PROMPT.rstrip(), commands + 1))
        type_slowly(program, "zvjk")  # takes 200 ms of the round trip's 800
        if program.screen.endswith("$ zvjk"):
            return
        program.wait_for(lambda screen: screen.endswith("$ zvjk"))
        program.type("\x15")
        program.wait_for(lambda screen: screen.endswith(PROMPT.rstrip()))
    pytest.fail(f"no letter was shown at once:\n{program.screen}")


def test_the_client_dumps_no_core_and_leaves_the_users_limit_to_raise_again(host: Host[PtyProgram]) -> None:
    program = host.shell()
    limit = re.search(r"Max core file size\s+(\S+)\s+(\S+)", Path(f"/proc/{program.pid}/limits").read_text())
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    assert limit is not None
    assert limit.groups() == ("0", "unlimited" if hard == resource.RLIM_INFINITY else str(hard))
