"""The process that read the command line goes on as one that has nothing of that in memory."""

import ast
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.patience import PATIENCE

#: A command under way, as far as it hands its login over to itself: what it ends with is what a test says.
COMMAND: Final = """
import os, signal, socket, sys
from rmosh_client.bootstrap.request import Request
from rmosh_client.command import cli, fresh_interpreter, session
from rmosh_client.login.birth import Newborn
from rmosh_client.login.messages import Errand, ErrandKind
from rmosh_client.login.process import LoginProcess
line, theirs = socket.socketpair()
child = os.fork()
if not child:
    line.close()
    theirs.recv(1)
    os._exit(5)
login = LoginProcess(Errand(ErrandKind.SESSION, Request("box")), newborn=Newborn(child, line, socket.socket()))
options = session.SessionOptions("ctrl-^", "never", 10, False, False, True, True, True, False, None)
def hand_over(words=["-p", "22", "box"]):
    fresh_interpreter.hand_over(login, options, words)
"""

#: What its interpreter does at last.
_GOES_ON: Final = "from rmosh_client.command.fresh_interpreter import go_on; go_on(*given)"

#: Instead of a session: what the interpreter has, and that the login is its own still.
SHOWS: Final = """
import os
from rmosh_client.command.fresh_interpreter import LoginProcess, _held
name, words, errand, login, options = given
held = LoginProcess(None, newborn=_held(*login))
held.newborn.line.close()
print(os.getpid(), words, options["history"], held.how_it_ended())
print(*sys.modules)
"""


def run(program: str, *flags: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    words = [sys.executable, *flags, "-c", COMMAND + program]
    env = {**os.environ, **environment}
    return subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=False, env=env)


def handing_over_to(program: str) -> str:
    """Return what hands the login over to this program instead."""
    return f"fresh_interpreter._PROGRAM = fresh_interpreter._PROGRAM.replace({_GOES_ON!r}, {program!r})\nhand_over()"


def test_it_stays_one_process_whose_login_is_its_child() -> None:
    done = run("print(os.getpid(), flush=True)\n" + handing_over_to(f"exec({SHOWS!r})"))
    before, after, modules = done.stdout.splitlines()
    assert after == f"{before} ('-p', '22', 'box') 10 ended with status 5"
    assert not {"argparse", "site", "rmosh_client.command.parsers"} & set(modules.split())


@pytest.mark.parametrize("flag", ["-I", "-E"])
@pytest.mark.parametrize("variable", ["PYTHONHOME", "PYTHONPATH"])
def test_it_passes_over_the_environment_that_it_passed_over_before(flag: str, variable: str, tmp_path: Path) -> None:
    """Or it would end before it can say why: no Python begins without its encodings."""
    encodings = tmp_path / "encodings"
    encodings.mkdir()
    (encodings / "__init__.py").write_text("raise SystemExit('not the ones of Python')\n")
    done = run(handing_over_to("print('begun')"), flag, **{variable: str(tmp_path)})
    assert (done.returncode, done.stdout, done.stderr) == (0, "begun\n", "")


def test_it_leaves_nothing_open_that_python_could_warn_of() -> None:
    done = run(handing_over_to("print('begun')"), PYTHONWARNINGS="always::ResourceWarning")
    assert "<string>" not in done.stderr
    assert done.stdout == "begun\n"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems name a process by its program alone")
def test_it_goes_by_the_name_that_it_had() -> None:
    """Or `pkill rmosh` would not find it."""
    named = 'open("/proc/self/comm", "w").write("a-name")\n'
    shows = "import rmosh_client.command.fresh_interpreter as fresh;"
    shows += "fresh.run_in_terminal = lambda *_: print(open('/proc/self/comm').read(), end='') or 3;"
    done = run(named + handing_over_to(shows + _GOES_ON))
    assert (done.returncode, done.stdout) == (3, "a-name\n")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems keep the words where only they write")
def test_ps_shows_the_words_that_the_user_typed() -> None:
    """Or `pgrep -f 'rmosh .*box'` would not find it, and `ps` would show a program of Python's."""
    shows = "import rmosh_client.command.fresh_interpreter as fresh;"
    shows += "fresh.run_in_terminal = lambda *_: print(open('/proc/self/cmdline', 'rb').read()) or 3;"
    words = "['-p', '22', 'b\\u00f6x', '\\udcff', '', 'ls -l']"
    done = run(handing_over_to(shows + _GOES_ON).replace("hand_over()", f"hand_over({words})"))
    shown = b"rmosh\0-p\0" + "22\0b\u00f6x\0".encode() + b"\xff\0\0ls -l\0"
    assert (done.returncode, ast.literal_eval(done.stdout).rstrip(b"\0")) == (3, shown.rstrip(b"\0"))


def test_an_interrupt_on_the_way_ends_it_without_a_word_of_pythons() -> None:
    done = run(handing_over_to("import os, signal; os.kill(os.getpid(), signal.SIGINT);" + _GOES_ON))
    assert (done.returncode, done.stderr) == (128 + signal.SIGINT, "")


@pytest.mark.parametrize(
    "handing_over", ["sys.executable = '/nowhere/python'; hand_over()", "sys.executable = ''; hand_over()",
                "hand_over(['box', 'x' * 100_000])"],
)  # fmt: skip
def test_where_there_is_none_to_be_had_it_goes_on_as_it_is(handing_over: str) -> None:
    left = "print(signal.pthread_sigmask(signal.SIG_BLOCK, ()), login.newborn.line.get_inheritable())"
    done = run(f"{handing_over}\n{left}")
    assert (done.stdout, done.stderr) == ("set() False\n", "")
