"""Options that ssh's users have in their fingers: what each is here, or why it is not. Source: ssh(1), OpenSSH 10."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rmosh.errors import BootstrapError, Stage

#: Options that ask for what is so in any case, or for less than what rmosh does not do anyway: a terminal (-t),
#: compression (-C, the host deflates as --compress says), few words (-q, -y), no agent, X11 or Kerberos passed on
#: (-a, -x, -k), Kerberos for the login (-K), version 2 of SSH (-2).
_CHANGES_NOTHING: Final = ("-t", "-C", "-q", "-y", "-a", "-x", "-k", "-K", "-2")

#: Option -> keyword of ssh_config(5) that it is short for.
SHORT_FOR: Final[Mapping[str, str]] = {
    "bind_address": "BindAddress",
    "bind_interface": "BindInterface",
    "ciphers": "Ciphers",
    "macs": "MACs",
}

_NO_FORWARDS = "rmosh forwards no ports yet", "run the tunnel beside it: ssh -N {} ... host"
_ONLY_SSH = "this is about ssh's own process", "ssh {} does it"
_NO_X11 = "rmosh forwards no X11 windows", "ssh {} host does"

#: Option -> why there is none of it, and what to do; {} stands for the option.
_REFUSALS: Final[Mapping[str, tuple[str, str]]] = {
    "-A": ("rmosh forwards no agent yet", "for what needs yours over there: ssh -A host"),
    "-D": _NO_FORWARDS,
    "-L": _NO_FORWARDS,
    "-R": _NO_FORWARDS,
    "-W": _NO_FORWARDS,
    "-g": _NO_FORWARDS,
    "-w": ("rmosh forwards no tunnel devices", "run the tunnel beside it: ssh -N -w ... host"),
    "-X": _NO_X11,
    "-Y": _NO_X11,
    "-G": _ONLY_SSH,
    "-M": ("ControlMaster is ssh's own", "log in over one that runs: rmosh --ssh 'ssh -o ControlPath=FILE' host"),
    "-O": _ONLY_SSH,
    "-Q": _ONLY_SSH,
    "-N": ("a session without a shell has nothing to show", "ssh -N host"),
    "-f": ("rmosh shows a screen and cannot go into the background", "leave it running with Ctrl-^ d"),
    "-n": ("rmosh reads keys from the terminal", "for a command without input: ssh -n host command"),
    "-T": ("a session here always has a terminal", "for plain output: ssh -T host command"),
    "-s": ("rmosh runs no subsystem", "ssh -s host NAME, or sftp host"),
    "-I": ("rmosh reads no PKCS#11 library", "let ssh log in with it: rmosh --ssh 'ssh -I FILE' host"),
    "-P": ("rmosh knows no tags of a configuration", "let ssh log in with it: rmosh --ssh 'ssh -P TAG' host"),
    "-1": ("nobody speaks protocol version 1 any more", "leave it away"),
}


class _Refused(argparse.Action):
    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        option = self.option_strings[0]
        reason, hint = _REFUSALS[option]
        raise BootstrapError(Stage.USAGE, f"{option}: {reason}", hint=hint.format(option))


def add_ssh_habits(parser: argparse.ArgumentParser) -> None:
    """Add them, out of sight of the help: whoever types one knows it already."""
    for option in _CHANGES_NOTHING:
        parser.add_argument(option, action="store_true", dest=argparse.SUPPRESS, help=argparse.SUPPRESS)
    for option, dest in (("-b", "bind_address"), ("-B", "bind_interface"), ("-c", "ciphers"), ("-m", "macs")):
        parser.add_argument(option, dest=dest, help=argparse.SUPPRESS)
    for option in _REFUSALS:
        parser.add_argument(option, action=_Refused, nargs="?", dest=argparse.SUPPRESS, help=argparse.SUPPRESS)
