"""What `rmosh-netem` can do with a laboratory: start one, be in it, change it from elsewhere, validate, sweep."""

import argparse
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..errors import BadRequest, NetemError, Unavailable
from ..firewall import IcmpRefusal
from ..left_behind import sweep_folders
from ..profiles import Profile, find_profile, with_profile_settings
from ..quantities import parse_seconds
from . import plan
from .backends import BackendName
from .commands import LAB_HELP
from .control_socket import ask, running_lab
from .lab import Lab
from .lab_sshd import lab_sshd
from .marked_shell import marked_shell, users_shell
from .namespaces import Namespace, is_root, require_root, sweep

if TYPE_CHECKING:
    SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]

_SHELL_GREETING: Final = f"""\
you are at the client's end; for the other, {plan.SERVER_NAME}, say: rmosh-netem enter server
from any terminal: rmosh-netem set loss=30%, or blackout 10s, roam, status; exit ends it all"""

_ELSEWHERE: Final = "while it runs, change it from any terminal:\nrmosh-netem set, blackout, roam, udp, status"

_SSHD_GREETING: Final = f"""\
sshd is there: ssh -F $NETEM_SSH {plan.SERVER_NAME}, or rmosh -F $NETEM_SSH {plan.SERVER_NAME}"""

#: Says in a laboratory's shell which process is the laboratory.
_OWN_LABORATORY: Final = "NETEM_LAB"

_VALIDATION_HINT: Final = """\
hint: one --seed in twenty misses a share by chance; a busy machine misses delays and throughput"""


def lab(options: argparse.Namespace, profiles: Mapping[str, Profile]) -> int:
    """Run a laboratory until told to quit, obeying lines from standard input."""
    with _open_lab(options, profiles) as running:
        print(running.obey("status"))
        print(f"laboratory {running.owner.pid}; enter it with rmosh-netem enter client; say help", flush=True)
        for line in sys.stdin:
            if line.strip() == "quit":
                return 0
            if line.strip():
                _obey_and_print(running, line)
        threading.Event().wait()
    return 0


def shell(options: argparse.Namespace, profiles: Mapping[str, Profile]) -> int:
    """Run the user's shell, or a command, at the client's end; return its exit status."""
    with contextlib.ExitStack() as ending:
        running = ending.enter_context(_open_lab(options, profiles))
        command, environment = ending.enter_context(marked_shell(f"[netem {options.profile}] "))
        environment |= {_OWN_LABORATORY: str(running.owner.pid), "NETEM_SERVER": plan.SERVER_NAME}
        environment["PATH"] = f"{os.environ.get('PATH', os.defpath)}:{Path(sys.executable).parent}"  # sudo has its own
        if options.sshd:
            environment["NETEM_SSH"] = str(ending.enter_context(lab_sshd(running)))
        if not options.command:
            print(running.obey("status"), _SHELL_GREETING, sep="\n", file=sys.stderr)
            if options.sshd:
                print(_SSHD_GREETING, file=sys.stderr)
        # Ctrl-C is for what runs in the shell. A handler, unlike SIG_IGN, is not inherited by that.
        before = signal.signal(signal.SIGINT, lambda *_: None)
        try:
            process = running.client.popen(options.command or command, env={**os.environ, **environment})
            return _exit_status(process.wait())
        finally:
            signal.signal(signal.SIGINT, before)


def enter(options: argparse.Namespace, profiles: Mapping[str, Profile]) -> int:
    """Become a shell, or a command, at one end of a running laboratory."""
    require_root()
    chosen, words = _choice_behind_side(options.command)
    namespace = Namespace(running_lab(options.lab if chosen is None else chosen), options.side)
    command = namespace.command(words or [users_shell()])
    os.execvp(command[0], command)  # noqa: S606


def _choice_behind_side(words: Sequence[str]) -> tuple[int | None, Sequence[str]]:
    """Take --lab PID off the front of a command: argparse leaves it there, where people write it.

    Raises:
        BadRequest: it names no process.
    """
    match words:
        case ["--lab", pid, *command]:
            pass
        case [first, *command] if first.startswith("--lab="):
            pid = first.removeprefix("--lab=")
        case _:
            return None, words
    if not pid.isdecimal():
        raise BadRequest(f"--lab {pid} is not a process: give the number that the laboratory printed")
    return int(pid), command


def say(options: argparse.Namespace, profiles: Mapping[str, Profile]) -> int:
    """Say a line to a running laboratory and print its answer."""
    print(ask(options.line(options), pid=options.lab))
    return 0


def sweep_up(options: argparse.Namespace, profiles: Mapping[str, Profile]) -> int:
    """Remove what dead laboratories, which only root may, and killed benches left."""
    gone = [*(sweep() if is_root() else []), *sweep_folders()]
    print("\n".join(f"removed {name}" for name in gone) or "nothing was left behind")
    return 0


def validate_lab(options: argparse.Namespace, profiles: Mapping[str, Profile]) -> int:
    """Measure the laboratory itself; 1 where it is not what was asked for."""
    from .validation import as_table, validate

    require_root()
    try:
        from rich.console import Console
    except ModuleNotFoundError as error:
        raise Unavailable("tables need the package rich: pip install '.[netem]' where rmosh's source is") from error
    checks = validate(
        seed=options.seed,
        backend=BackendName(options.backend),
        say=lambda line: print(line, file=sys.stderr, flush=True),
    )
    Console().print(as_table(checks))
    if all(check.passed for check in checks):
        return 0
    print(_VALIDATION_HINT, file=sys.stderr)
    return 1


def add_actions(actions: "SubParsers") -> None:
    """Add every action of this module to the command line."""
    _add_lab(
        actions,
        "lab",
        "join two network namespaces by a bad link; needs root",
        lab,
        lines=f";\nor by lines on standard input:\n{LAB_HELP}",
        example="lab satellite",
    )
    shell_parser = _add_lab(
        actions,
        "shell",
        "open a shell at the client's end of a bad link; needs root",
        shell,
        example="shell wifi loss=9%",
    )
    shell_parser.add_argument("--sshd", action="store_true", help="run an sshd with throw-away keys at the other end")
    shell_parser.add_argument("--run", dest="command", nargs=argparse.REMAINDER, help="run this instead of a shell")
    entering = actions.add_parser("enter", help="open a shell at one end of a running laboratory; needs root")
    entering.add_argument("side", choices=("client", "server"), help="at this end")
    entering.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND", help="run this instead of a shell")
    _add_choice(entering)
    entering.set_defaults(action=enter)
    _add_words(actions)
    sweeping = actions.add_parser(
        "sweep", help="remove what killed benches left behind; as root, crashed laboratories' remains too"
    )
    sweeping.set_defaults(action=sweep_up)
    validating = actions.add_parser(
        "validate", help="check the laboratory against its own promises (half a minute); needs root"
    )
    _add_common(validating)
    validating.set_defaults(action=validate_lab)


def _add_lab(
    actions: "SubParsers", name: str, words: str, action: Callable[..., int], *, lines: str = "", example: str
) -> argparse.ArgumentParser:
    parser = actions.add_parser(
        name,
        help=words,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"{_ELSEWHERE}{lines}\n\nexample: rmosh-netem {example}",
    )
    parser.add_argument("profile", metavar="PROFILE", help="be this link; see rmosh-netem profiles")
    parser.add_argument(
        "settings", metavar="NAME=VALUE", nargs="*", default=[], help="change the profile, such as loss=30%%"
    )
    _add_common(parser)
    parser.add_argument("--mtu", type=int, default=1500, metavar="BYTES", help="of both ends' devices (default 1500)")
    parser.add_argument("--nat-timeout", metavar="TIME", help="let the NAT forget silent flows, such as 30s")
    parser.add_argument(
        "--congestion", metavar="NAME", help="congestion control of TCP at both ends, such as bbr (default cubic)"
    )
    parser.set_defaults(action=action)
    return parser


def _add_words(actions: "SubParsers") -> None:
    setting = actions.add_parser("set", help="change the link of a running laboratory")
    setting.add_argument(
        "settings",
        metavar="NAME=VALUE",
        nargs="+",
        help="such as loss=30%% delay=50ms rate=none; up or down in front: one direction; profile NAME: another link",
    )
    setting.set_defaults(line=lambda options: " ".join(("set", *options.settings)))
    blackout = actions.add_parser("blackout", help="cut a running laboratory's link for a while")
    blackout.add_argument("time", metavar="TIME", help="such as 10s")
    blackout.set_defaults(line=lambda options: f"blackout {options.time}")
    roam = actions.add_parser("roam", help="move a running laboratory's client elsewhere")
    roam.add_argument(
        "kind", nargs="?", default="nat", metavar="KIND", help="nat (default), address, ipv6, ipv4 or both"
    )
    roam.set_defaults(line=lambda options: f"roam {options.kind}")
    udp = actions.add_parser("udp", help="block all UDP in a running laboratory, refuse it, or let it through again")
    udp.add_argument(
        "state",
        choices=("on", "off", *(each.value for each in IcmpRefusal)),
        help="whether UDP gets through; or by which ICMP error it is refused, named as by iptables: "
        + ", ".join(each.value for each in IcmpRefusal),
        metavar="on|off|KIND",
    )
    udp.set_defaults(line=lambda options: f"udp {options.state}")
    status = actions.add_parser("status", help="show what a running laboratory is doing")
    status.set_defaults(line=lambda options: "status")
    for parser in (setting, blackout, roam, udp, status):
        _add_choice(parser)
        parser.set_defaults(action=say)


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="repeat the same losses (default 1)")
    parser.add_argument(
        "--backend",
        choices=[each.value for each in BackendName],
        default=BackendName.AUTO.value,
        help="tun: our own link, with a NAT; tc: the kernel's netem; auto (default): tun where there is one",
    )


def _add_choice(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--lab",
        type=int,
        default=_own_laboratory(),
        metavar="PID",
        help=f"of several laboratories, take this one (default ${_OWN_LABORATORY}, which a laboratory's shell sets)",
    )


def _own_laboratory() -> int | None:
    value = os.environ.get(_OWN_LABORATORY, "")
    return int(value) if value.isdecimal() else None


def _open_lab(options: argparse.Namespace, profiles: Mapping[str, Profile]) -> Lab:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    return Lab(
        with_profile_settings(find_profile(options.profile, profiles), options.settings),
        seed=options.seed,
        backend=BackendName(options.backend),
        mtu=options.mtu,
        nat_timeout=parse_seconds(options.nat_timeout) if options.nat_timeout else None,
        profiles=profiles,
        congestion_control=options.congestion,
    )


def _obey_and_print(running: Lab, line: str) -> None:
    try:
        print(running.obey(line), flush=True)
    except NetemError as error:
        print(f"rmosh-netem: {error}", file=sys.stderr, flush=True)


def _exit_status(returned: int) -> int:
    return 128 - returned if returned < 0 else returned
