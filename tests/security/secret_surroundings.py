"""What people keep around the programs that they type secrets at: multiplexers, editors, the way to another host."""

import os
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeAlias

from rmosh_netem.addresses import Address
from rmosh_netem.errors import Unavailable
from rmosh_netem.sshd import SSHD_HOST, Sshd, free_port
from tests.e2e import own_home

#: A variable by which everything that was started around readers is known again.
MARK: Final = "SURROUNDED"

#: The shell that readers are started from, alone and with what people keep around it.
_BASH: Final = ("bash", "--norc", "--noprofile")

#: Where this tree's programs were installed.
_PROGRAMS: Final = Path(sys.executable).parent

#: Gives, for a folder and ssh's option that names a configuration, the command of a shell and what is around it.
_Command: TypeAlias = Callable[[Path, str], Sequence[str]]


def _shell(folder: Path) -> str:
    return f"env {MARK}={folder} LC_ALL=C.UTF-8 {' '.join(_BASH)}"


def _tmux(folder: Path) -> str:
    return f"tmux -L readers{os.getpid()} -f /dev/null new {shlex.quote(_shell(folder))}"


def _as_a_job(command: str) -> Sequence[str]:
    """Return a command run as a shell runs a job: in the foreground, in a process group of its own."""
    return ("bash", "-mc", f"{command}; :")


def _over_ssh(config: str, command: str) -> Sequence[str]:
    return _as_a_job(f"ssh {config} -tt {SSHD_HOST} {shlex.quote(command)}")


def _over_rmosh(folder: Path, config: str, command: str) -> Sequence[str]:
    server = own_home.write_server(folder / "rmosh-server")
    return _as_a_job(f"{_PROGRAMS}/rmosh {config} --server {server} {SSHD_HOST} -- {command}")


_LOCAL: Final[dict[str, _Command]] = {
    "direct": lambda _folder, _config: _BASH,
    "tmux": lambda folder, _config: shlex.split(_tmux(folder)),
    "screen": lambda _folder, _config: ("screen", "-c", "/dev/null", *_BASH),
    "raw relay": lambda _folder, _config: _as_a_job(f"script -qfc '{' '.join(_BASH)}' /dev/null"),
    "vim": lambda _folder, _config: ("vim", "-u", "NONE", "-N", "-n", "-c", "terminal ++curwin " + " ".join(_BASH)),
    "tmux in a raw relay": lambda folder, _config: ("script", "-qfc", _tmux(folder), "/dev/null"),
}

#: What needs a host to log in to: a real sshd on loopback.
_AWAY: Final[dict[str, _Command]] = {
    "ssh": lambda folder, config: _over_ssh(config, _shell(folder)),
    "tmux in ssh": lambda folder, config: _over_ssh(config, _tmux(folder)),
    "nested rmosh": lambda folder, config: _over_rmosh(folder, config, _shell(folder)),
    "tmux in a nested rmosh": lambda folder, config: _over_rmosh(folder, config, _tmux(folder)),
}

SURROUNDINGS: Final = (*_LOCAL, *_AWAY)


@contextmanager
def surrounded(around: str, folder: Path) -> Iterator[Sequence[str]]:
    """Yield the command of a shell with one of the surroundings, which may be a host away.

    Raises:
        Unavailable: it is not on this machine.
    """
    if around in _LOCAL:
        argv = _LOCAL[around](folder, "")
        if shutil.which(argv[0]) is None:
            raise Unavailable(f"there is no {argv[0]} on this machine")
        yield argv
        return
    keys = folder / "keys"
    keys.mkdir()
    address = Address(SSHD_HOST, free_port(SSHD_HOST))
    with Sshd(keys, relay=address, listen=[address], server_path=f"{_PROGRAMS}:{os.environ['PATH']}") as sshd:
        yield _AWAY[around](folder, f"-F {sshd.client_config}")
