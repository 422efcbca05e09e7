"""The `rmosh` command: reads the command line, starts a session over SSH and runs it."""

import argparse
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Final, NoReturn

from rmosh import __version__
from rmosh.errors import BootstrapError, RmoshError, Stage
from rmosh.session.policy import DEFAULT_HISTORY_DEPTH

from .bootstrap.request import DEFAULT_UDP_PORTS, PlainLogin, Request, Started
from .errands import add_guest_options, run_on_host, with_wish
from .interrupts import interrupts_kept

if TYPE_CHECKING:
    import logging

    from .bootstrap.asking import Asking

#: Most rows and columns of a window, in cells. Source: PROTOCOL.md, the bound of the WINDOW frame.
MAX_CELLS: Final = 1000

#: What `rmosh` does with sessions that run.
_ERRANDS: Final = {
    "ls": "List your sessions on a host.",
    "attach": "Get back into a session, or into one that others are in.",
    "detach": "Send a session's clients away; the session goes on.",
    "kill": "End a session and what runs in it.",
}

_EXAMPLE: Final = """\
Example: work in vim on a host with an SSH port of its own, over a bad link

    rmosh -p 2222 me@example.org -- vim notes.txt

Once connected, Ctrl-^ (Ctrl-6) then ? lists the keys that speak to rmosh itself.
`rmosh demo` shows what it does, without any server; a host with the name of one of these words is
reached as user@demo and so on.
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
    if "_ARGCOMPLETE" in os.environ:  # a shell asks what Tab shall offer
        from .completion import complete

        complete(lambda errand: _errand_parser(errand) if errand else _parser(), tuple(_ERRANDS))
    if words[:1] == ["demo"]:
        return _run_demo(words[1:])
    if words[:1] == ["completion"]:
        return _print_completion(words[1:])
    if words and words[0] in _ERRANDS:
        return _run_errand(words[0], words[1:])
    own, command = _split_command(words)
    arguments = _parser().parse_args(own)
    _log_ssh(arguments.verbose)
    rows, columns = _window_size()
    request = with_wish(_request(arguments, command, rows=rows, columns=columns), arguments, name=arguments.S)
    return _run_session(request, arguments)


def _print_completion(words: Sequence[str]) -> int:
    """Print what a shell must run to complete `rmosh`."""
    from .completion import SHELLS, script

    parser = _Parser(prog="rmosh completion", description="Print what makes Tab work for rmosh.", allow_abbrev=False)
    parser.add_argument("shell", choices=SHELLS, help='such as: eval "$(rmosh completion bash)" in ~/.bashrc')
    print(script(parser.parse_args(words).shell))
    return 0


def _run_errand(errand: str, words: Sequence[str]) -> int:
    """Run `rmosh ls` and the like."""
    arguments = _errand_parser(errand).parse_args(words)
    _log_ssh(arguments.verbose)
    rows, columns = _window_size()
    request = _request(arguments, (), rows=rows, columns=columns)
    if errand == "attach":
        return _run_session(with_wish(request, arguments, attach_to=arguments.session), arguments)
    options = [f"--{name}" for name in ("json", "all") if getattr(arguments, name, False)]
    session = getattr(arguments, "session", "")
    return run_on_host(request, [errand, *options, *([session] if session else [])], ssh=arguments.ssh)


def _errand_parser(errand: str) -> argparse.ArgumentParser:
    parser = _Parser(prog=f"rmosh {errand}", description=_ERRANDS[errand], allow_abbrev=False)
    parser.add_argument("host", metavar="[user@]host", help="the host, or alias of the SSH configuration")
    if errand != "ls":
        parser.add_argument(
            "session",
            metavar="SESSION",
            nargs=None if errand == "kill" else "?",
            default="",
            help="its name, or the first digits of its id" + ("" if errand == "kill" else "; needless if there is one"),
        )
    group = parser.add_argument_group("session")
    if errand == "ls":
        group.add_argument("--json", action="store_true", help="print an array of objects, for programs")
    elif errand == "detach":
        group.add_argument("--all", action="store_true", help="all clients, not only the one that typed last")
    elif errand == "attach":
        add_guest_options(group)
        _add_client_options(group)
    group.add_argument("--server", metavar="PATH", help="run this rmosh-server there")
    _add_ssh_options(parser)
    parser.set_defaults(port=DEFAULT_UDP_PORTS)
    return parser


def _split_command(words: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Split at the first `--`: what follows is the remote command, options and all."""
    if "--" not in words:
        return list(words), ()
    at = list(words).index("--")
    return list(words[:at]), tuple(words[at + 1 :])


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="rmosh",
        usage="rmosh [options] [user@]host [-- command...]\n"
        "       rmosh ls|attach|detach|kill [options] [user@]host [session]\n"
        "       rmosh demo [--delay TIME] [--loss PERCENT]\n"
        "       rmosh completion bash|zsh|fish",
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
        "--idle-timeout", metavar="TIME", default="", help="let the host end it when nobody was there for so long: 3d"
    )
    session.add_argument("-S", metavar="NAME", default="", help="attach to the session of this name, or start it")
    add_guest_options(session)
    _add_client_options(session)
    parser.add_argument("--version", action="version", version=f"rmosh {__version__}")
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


def _add_client_options(group: argparse._ActionsContainer) -> None:
    group.add_argument(
        "--predict",
        choices=("always", "never", "adaptive"),
        default="adaptive",
        help="show keys before the host answers: always, never, or as the link needs it (default: adaptive)",
    )
    group.add_argument(
        "--escape",
        metavar="KEY",
        default="^^",
        help="speak to rmosh after this key, ^X for Ctrl-X, none for no key (default: ^^)",
    )
    group.add_argument(
        "--no-clipboard", action="store_true", help="never write the clipboard here, whatever is printed or copied"
    )
    group.add_argument("--no-notifications", action="store_true", help="show no notifications here")
    group.add_argument(
        "--history",
        metavar="N",
        type=_line_count,
        default=DEFAULT_HISTORY_DEPTH,
        help="put the last N lines of a session's history into the scrollback when attaching (default: %(default)s)",
    )


def _line_count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of lines, such as 1000; 0 for none")
    return int(text)


def _udp_ports(text: str) -> str:
    first, colon, last = text.partition(":")
    numbers = [first, last] if colon else [first]
    if not all(number.isascii() and number.isdecimal() and 0 < int(number) < 65536 for number in numbers):
        raise argparse.ArgumentTypeError(f"{text!r} is not N or N:M with ports from 1 to 65535")
    if colon and int(first) > int(last):
        raise argparse.ArgumentTypeError(f"{text!r} ends before it begins")
    return text


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


def _window_size() -> tuple[int, int]:
    """Return rows and columns, within what the protocol takes."""
    try:
        columns, rows = os.get_terminal_size(sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):
        return 24, 80
    return min(max(rows, 1), MAX_CELLS), min(max(columns, 1), MAX_CELLS)


def _log_ssh(verbosity: int) -> None:
    """Log the login for the user, or nothing at all: Python's own last resort would write over the session."""
    import logging

    if verbosity:
        level = logging.DEBUG if verbosity > 1 else logging.INFO
        handler = logging.StreamHandler()
        handler.addFilter(_made_printable)
        logging.basicConfig(level=level, format="%(message)s", handlers=[handler])
    else:
        logging.getLogger().addHandler(logging.NullHandler())


def _made_printable(record: "logging.LogRecord") -> bool:
    """Take out what could steer the terminal: a server's words are in the log."""
    from .bootstrap.prompts import printable

    record.msg, record.args = printable(record.getMessage()), None
    return True


async def _then_hush(starting: Awaitable[Started | PlainLogin]) -> Started | PlainLogin:
    """Log nothing more once the screen belongs to the session."""
    import logging

    started = await starting
    logging.disable()
    return started


def _run_session(request: Request, arguments: argparse.Namespace) -> int:
    if arguments.ssh is not None:
        from .bootstrap.system_ssh import start_with_ssh

        return run_in_terminal(lambda asking=None: start_with_ssh(request, arguments.ssh, asking), arguments)
    return _log_in_and_run(request, arguments)


def _log_in_and_run(request: Request, arguments: argparse.Namespace) -> int:
    # The way to the host opens in a thread, and the terminal answers, while the SSH library, the slowest import, loads.
    from .bootstrap.route import begin_route

    route = begin_route(request)

    def starting(asking: "Asking | None" = None) -> Awaitable[Started | PlainLogin]:
        with interrupts_kept():
            from .bootstrap.start import start

        return start(request, route=route, asking=asking)

    return run_in_terminal(starting, arguments)


def run_in_terminal(starting: Callable[..., Awaitable[Started | PlainLogin]], arguments: argparse.Namespace) -> int:
    """Start a session and run it in this terminal; returns the exit status.

    Args:
        starting: starts one; is given the terminal that was asked about itself.

    Raises:
        RmoshError: it could not be started.
    """
    with interrupts_kept():
        from rmosh.prediction import PredictMode

        from .app import Wishes, drive, open_terminal
        from .escape import parse_escape_key

    wishes = Wishes(
        escape_key=parse_escape_key(arguments.escape),
        predict=PredictMode(arguments.predict),
        history_depth=arguments.history,
        obscures_typing=arguments.obscure_typing,
        read_only=arguments.read_only,
        clipboard=not arguments.no_clipboard,
        notifications=not arguments.no_notifications,
    )
    return drive(lambda asking: _then_hush(starting(asking)), open_terminal(os.environ), wishes)


def _run_demo(words: Sequence[str]) -> int:
    from .demo import add_demo_options, demo_host, explanation

    parser = _Parser(
        prog="rmosh demo",
        description="Try rmosh on this machine alone: a shell behind a made-up bad link.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_demo_options(parser)
    _add_client_options(parser)
    parser.set_defaults(obscure_typing=False, read_only=False)
    arguments = parser.parse_args(words)
    _log_ssh(0)
    link = {"delay": arguments.delay, "loss": arguments.loss, "roam": arguments.roam}
    print(explanation(**link), flush=True)
    with demo_host(**link) as aim:
        rows, columns = _window_size()
        request = aim(Request("demo", rows=rows, columns=columns, is_lasting=False))
        return _log_in_and_run(request, arguments)


if __name__ == "__main__":
    sys.exit(main())
