"""The `rmosh` command: reads the command line, starts a session over SSH and runs it."""

import argparse
import os
import shutil
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NoReturn

from rmosh.errors import BootstrapError, RmoshError, Stage
from rmosh.transport.path import Path

from .bootstrap.request import DEFAULT_UDP_PORTS, Request, Started

_EXAMPLE: Final = """\
Example: work in vim on a host with an SSH port of its own, over a bad link

    rmosh -p 2222 me@example.org -- vim notes.txt

Once connected, Ctrl-^ (Ctrl-6) then ? lists the keys that speak to rmosh itself.
`rmosh demo` shows what it does, without any server; a host that is named demo is reached as user@demo.
"""

_DEMO_EXAMPLE: Final = """\
Example: feel a link by satellite

    rmosh demo --delay 300ms --loss 2%
"""


def main() -> int:
    """Run the command; returns its exit status."""
    try:
        return _run(sys.argv[1:])
    except RmoshError as error:
        return complain(error)
    except KeyboardInterrupt:
        return 130


def complain(error: RmoshError) -> int:
    """Print an error as users read it and return the exit status it means."""
    print(f"rmosh: {error}", file=sys.stderr)
    hint = getattr(error, "hint", "")
    if hint:
        print(f"hint: {hint}", file=sys.stderr)
    return error.exit_status if isinstance(error, BootstrapError) else 255


def _run(words: Sequence[str]) -> int:
    if words[:1] == ["demo"]:
        return _run_demo(words[1:])
    own, command = _split_command(words)
    arguments = _parser().parse_args(own)
    _require_terminal()
    if arguments.verbose:
        _log_ssh(arguments.verbose)
    rows, columns = _window_size()
    request = _request(arguments, command, rows=rows, columns=columns)
    return _run_session(request, arguments)


def _split_command(words: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Split at the first `--`: what follows is the remote command, options and all."""
    if "--" not in words:
        return list(words), ()
    at = list(words).index("--")
    return list(words[:at]), tuple(words[at + 1 :])


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="rmosh",
        usage="rmosh [options] [user@]host [-- command...]\n       rmosh demo [--delay TIME] [--loss PERCENT]",
        description="Work on a remote host over bad links: SSH logs in, encrypted UDP carries the screen.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("host", metavar="[user@]host", help="connect to this host, or alias of the SSH configuration")
    _add_ssh_options(parser)
    session = parser.add_argument_group("session")
    session.add_argument(
        "--server", metavar="PATH", help="run this rmosh-server there (default: look in $PATH, ~/.local/bin, ~/bin)"
    )
    session.add_argument(
        "--port",
        metavar="N[:M]",
        type=_udp_ports,
        default=DEFAULT_UDP_PORTS,
        help="let the server listen on one of these UDP ports (default: %(default)s)",
    )
    session.add_argument(
        "--predict",
        choices=("always", "never", "adaptive"),
        default="adaptive",
        help="show keys before the host answers: always, never, or as the link needs it (default: adaptive)",
    )
    session.add_argument(
        "--escape",
        metavar="KEY",
        default="^^",
        help="speak to rmosh after this key, ^X for Ctrl-X, none for no key (default: ^^)",
    )
    parser.add_argument("--version", action="version", version=f"rmosh {_version()}")
    return parser


class _Parser(argparse.ArgumentParser):
    """Reports mistakes as every other rmosh error."""

    def error(self, message: str) -> NoReturn:
        hint = f"{self.prog} --help lists the options"
        if message.startswith("unrecognized arguments"):
            hint = "the remote command comes after --: rmosh host -- command"
        raise BootstrapError(Stage.USAGE, message, hint=hint)


def _add_ssh_options(parser: argparse.ArgumentParser) -> None:
    ssh = parser.add_argument_group("SSH login; the SSH configuration and ssh-agent count as for ssh")
    ssh.add_argument("-p", metavar="PORT", type=int, help="connect to this TCP port (default: 22)")
    ssh.add_argument("-l", metavar="USER", help="log in as this user (default: the local name)")
    ssh.add_argument("-i", metavar="FILE", action="append", default=[], help="offer this private key first")
    ssh.add_argument("-J", metavar="HOST,...", help="go through these hosts, each [user@]host[:port]")
    ssh.add_argument("-F", metavar="FILE", help="read this configuration (default: ~/.ssh/config and the system's)")
    ssh.add_argument("-o", metavar="KEY=VALUE", action="append", default=[], help="set an option as in ssh_config(5)")
    family = ssh.add_mutually_exclusive_group()
    family.add_argument("-4", dest="family", action="store_const", const="inet", help="use IPv4 only")
    family.add_argument("-6", dest="family", action="store_const", const="inet6", help="use IPv6 only")
    ssh.add_argument("-v", dest="verbose", action="count", default=0, help="log the SSH login; twice for more")
    ssh.add_argument("--ssh", metavar="CMD", help='log in with this command, such as "ssh" or "ssh -o ControlPath=..."')


def _udp_ports(text: str) -> str:
    first, colon, last = text.partition(":")
    numbers = [first, last] if colon else [first]
    if not all(number.isascii() and number.isdecimal() and 0 < int(number) < 65536 for number in numbers):
        raise argparse.ArgumentTypeError(f"{text!r} is not N or N:M with ports from 1 to 65535")
    if colon and int(first) > int(last):
        raise argparse.ArgumentTypeError(f"{text!r} ends before it begins")
    return text


def _version() -> str:
    from importlib.metadata import version

    return version("rmosh")


def _request(arguments: argparse.Namespace, command: tuple[str, ...], *, rows: int, columns: int) -> Request:
    for file in arguments.i:
        if not os.path.exists(os.path.expanduser(file)):
            raise BootstrapError(Stage.USAGE, f"there is no key file {file}", hint="check -i")
    options = [option if "=" in option else option.replace(" ", "=", 1) for option in arguments.o]
    given = (
        ("Port", arguments.p),
        ("User", arguments.l),
        ("ProxyJump", arguments.J),
        ("AddressFamily", arguments.family),
    )
    options += [f"{keyword}={value}" for keyword, value in given if value is not None]
    options += [f"IdentityFile={os.path.abspath(os.path.expanduser(file))}" for file in arguments.i]
    return Request(
        destination=arguments.host,
        ssh_options=tuple(options),
        config_file=arguments.F,
        command=command,
        server=arguments.server,
        udp_ports=arguments.port,
        rows=rows,
        columns=columns,
    )


def _require_terminal() -> None:
    for stream, name in ((sys.stdin, "input"), (sys.stdout, "output")):
        if stream is None or not stream.isatty():
            raise BootstrapError(
                Stage.TERMINAL,
                f"standard {name} is not a terminal",
                hint="run rmosh from a terminal; for scripts and pipes use ssh",
            )


def _window_size() -> tuple[int, int]:
    """Return rows and columns, within what the protocol takes."""
    size = shutil.get_terminal_size()
    return min(max(size.lines, 1), 1000), min(max(size.columns, 1), 1000)


def _log_ssh(verbosity: int) -> None:
    import logging

    logging.basicConfig(level=logging.DEBUG if verbosity > 1 else logging.INFO, format="%(message)s")


def _run_session(request: Request, arguments: argparse.Namespace) -> int:
    if arguments.ssh is not None:
        from .bootstrap.system_ssh import start_with_ssh

        return _drive(lambda: start_with_ssh(request, arguments.ssh), arguments)
    # The way to the host opens in a thread while the SSH library, the slowest import, loads here.
    from .bootstrap.route import RouteInBackground

    route = RouteInBackground(request, os.environ)
    from .bootstrap.start import start

    return _drive(lambda: start(request, route=route), arguments)


def _drive(starting: Callable[[], Awaitable[Started]], arguments: argparse.Namespace) -> int:
    import uvloop

    async def session() -> int:
        started = await starting()
        return await run_started(started, predict=arguments.predict, escape=arguments.escape)

    return uvloop.run(session())


async def run_started(started: Started, *, predict: str, escape: str) -> int:
    """Run a started session in this terminal; returns the exit status."""
    from rmosh.session.client import ClientSession

    from .app import run_session

    rows, columns = _window_size()
    session = ClientSession(
        started.announce,
        rows=rows,
        columns=columns,
        paths=[Path(0, address, started.announce.port) for address in started.addresses],
        entropy=os.urandom,
        now=time.monotonic(),
    )
    return await run_session(session, predict=predict, escape=escape, ask_again=started.ask_again)


def _run_demo(words: Sequence[str]) -> int:
    from .demo import run_demo

    return run_demo(words)


if __name__ == "__main__":
    sys.exit(main())
