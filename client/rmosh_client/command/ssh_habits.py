"""Options that ssh's users have in their fingers: what each is here, or why it is not. Source: ssh(1), OpenSSH 10."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rmosh.errors import BootstrapError, Stage

#: Options that ask for what is so in any case, or for less than what rmosh does not do anyway: compression (-C, the
#: host deflates as --compress says), few words (-q, -y), no Kerberos passed on (-k), Kerberos for the login (-K),
#: version 2 of SSH (-2).
_CHANGES_NOTHING: Final = ("-C", "-q", "-y", "-k", "-K", "-2")

#: Option -> keyword of ssh_config(5) that it is short for.
SHORT_FOR: Final[Mapping[str, str]] = {
    "bind_address": "BindAddress",
    "bind_interface": "BindInterface",
    "ciphers": "Ciphers",
    "macs": "MACs",
}

_ONLY_SSH = "this is about ssh's own process", "ssh {} does it"

#: Option -> why there is none of it, and what to do; {} stands for the option.
_REFUSALS: Final[Mapping[str, tuple[str, str]]] = {
    "-w": ("rmosh forwards no tunnel devices", "run the tunnel beside it: ssh -N -w ... host"),
    "-G": _ONLY_SSH,
    "-M": ("ControlMaster is ssh's own", "log in over one that runs: rmosh --ssh 'ssh -o ControlPath=FILE' host"),
    "-Q": _ONLY_SSH,
    "-I": ("rmosh reads no PKCS#11 library", "let ssh log in with it: rmosh --ssh 'ssh -I FILE' host"),
    "-P": ("rmosh knows no tags of a configuration", "let ssh log in with it: rmosh --ssh 'ssh -P TAG' host"),
    "-1": ("nobody speaks protocol version 1 any more", "leave it away"),
}


#: Option -> where it is kept, what it says there, and what it is for. The one that is typed last counts.
_PASSES_ON: Final[Mapping[str, tuple[str, str, str]]] = {
    "-A": ("forward_agent", "yes", "let programs there use your ssh-agent"),
    "-a": ("forward_agent", "no", argparse.SUPPRESS),
    "-X": ("forward_x11", "yes", "show X11 windows of programs there, which are not trusted"),
    "-Y": ("forward_x11", "trusted", "... which are, and may do all that your own may"),
    "-x": ("forward_x11", "no", argparse.SUPPRESS),
}

#: What it says -> settings of ssh_config(5).
_SETS: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("forward_agent", "yes"): ("ForwardAgent=yes",),
    ("forward_agent", "no"): ("ForwardAgent=no",),
    ("forward_x11", "yes"): ("ForwardX11=yes",),
    ("forward_x11", "trusted"): ("ForwardX11=yes", "ForwardX11Trusted=yes"),
    ("forward_x11", "no"): ("ForwardX11=no",),
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


def add_passing_on(group: argparse._ActionsContainer) -> None:
    """Add what says whether the agent and the display are passed on."""
    for option, (dest, says, about) in _PASSES_ON.items():
        group.add_argument(option, action="store_const", const=says, dest=dest, help=about)


def settings_of_passing_on(arguments: argparse.Namespace) -> list[str]:
    """Return what these say as settings, which come before all others."""
    said = [(dest, getattr(arguments, dest, None)) for dest in ("forward_agent", "forward_x11")]
    return [setting for dest, says in said if says is not None for setting in _SETS[dest, says]]
