"""What may be typed after `rmosh`: the parsers of the command itself and of its errands, and the values they take."""

import argparse
from typing import Final

from rmosh import __version__
from rmosh.session.policy import DEFAULT_HISTORY_DEPTH
from rmosh.session_name import is_session_name
from rmosh.spans import parse_span

from .bootstrap.request import DEFAULT_UDP_PORTS
from .errands import add_guest_options
from .parser import Parser
from .ssh_habits import add_ssh_habits

#: What `rmosh` does with sessions that run.
ERRANDS: Final = {
    "ls": "List your sessions on a host.",
    "attach": "Get back into a session, or into one that others are in.",
    "detach": "Send a session's clients away; the session goes on.",
    "kill": "End a session and what runs in it.",
}

#: What else the first word may be, instead of a host.
OTHER_WORDS: Final = {
    "demo": "Try rmosh on this machine alone: a shell behind a made-up bad link.",
    "completion": "Print what makes Tab work for rmosh.",
}

#: All words that may stand where a host does.
INSTEAD_OF_A_HOST: Final = {**ERRANDS, **OTHER_WORDS}

#: Shells that there is a script for Tab for.
SHELLS: Final = ("bash", "zsh", "fish")

_WORDS_HELP: Final = "\n".join(f"  {word:<11}{what}" for word, what in INSTEAD_OF_A_HOST.items())

_EPILOG: Final = f"""\
instead of a host (rmosh WORD --help tells more; a host of that name is
reached as user@demo and so on):
{_WORDS_HELP}

Example: work in vim on a host with an SSH port of its own, over a bad link

    rmosh -p 2222 me@example.org vim notes.txt

Once connected, Ctrl-^ (Ctrl-6) then ? lists the keys for rmosh itself.
"""

#: What one sees who types nothing but the name.
SHORT_HELP: Final = """\
usage: rmosh [options] [user@]host [command...]

    rmosh host             log in
    rmosh attach host      get back into a session that runs there
    rmosh demo             try it here, without any server

rmosh --help tells the rest.
"""


def session_parser() -> Parser:
    """Return the parser of `rmosh host`; what `split_command` takes for the command is not for it."""
    parser = Parser(
        prog="rmosh",
        usage="rmosh [options] [user@]host [command...]\n"
        "       rmosh ls|attach|detach|kill [options] [user@]host [session]\n"
        "       rmosh demo [--delay TIME] [--loss PERCENT]\n"
        "       rmosh completion bash|zsh|fish",
        description="Work on a remote host over bad links: SSH logs in, encrypted UDP\ncarries the screen.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "host", metavar="[user@]host", nargs="?", help="connect to this host, or alias of the SSH configuration"
    )
    parser.add_argument(
        "command", nargs="*", help="run this there instead of your shell: all that follows the host, as for ssh"
    )
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
        "--idle-timeout",
        metavar="TIME",
        type=_span,
        default="",
        help="let the host end it when nobody was there for so long: 3d",
    )
    session.add_argument(
        "-S",
        metavar="NAME",
        type=_session_name,
        default="",
        help="attach to the session of this name, or start it",
    )
    add_guest_options(session)
    add_client_options(session)
    parser.add_argument("-V", "--version", action="version", version=f"rmosh {__version__}")
    return parser


def errand_parser(errand: str) -> Parser:
    """Return the parser of `rmosh ls` and the like."""
    parser = Parser(prog=f"rmosh {errand}", description=ERRANDS[errand], allow_abbrev=False)
    parser.add_argument("host", metavar="[user@]host", help="the host, or alias of the SSH configuration")
    if errand != "ls":
        parser.add_argument(
            "session",
            metavar="SESSION",
            type=_session_name,
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
        add_client_options(group)
    group.add_argument("--server", metavar="PATH", help="run this rmosh-server there")
    _add_ssh_options(parser)
    parser.set_defaults(port=DEFAULT_UDP_PORTS)
    return parser


def completion_parser() -> Parser:
    """Return the parser of `rmosh completion`."""
    parser = Parser(prog="rmosh completion", description=OTHER_WORDS["completion"], allow_abbrev=False)
    parser.add_argument("shell", choices=SHELLS, help='such as: eval "$(rmosh completion bash)" in ~/.bashrc')
    return parser


def add_client_options(group: argparse._ActionsContainer) -> None:
    """Add what says how the client shall behave."""
    group.add_argument(
        "--predict",
        choices=("always", "never", "adaptive"),
        default="adaptive",
        help="show keys before the host answers: always, never, or as the link needs it (default: adaptive)",
    )
    group.add_argument(
        "-e",
        "--escape",
        metavar="KEY",
        type=_escape_key,
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


def _add_ssh_options(parser: argparse.ArgumentParser) -> None:
    ssh = parser.add_argument_group("SSH login; the SSH configuration and ssh-agent count as for ssh")
    ssh.add_argument("-p", metavar="PORT", type=_tcp_port, help="connect to this TCP port (default: 22)")
    ssh.add_argument("-l", metavar="USER", help="log in as this user (default: the local name)")
    ssh.add_argument("-i", metavar="FILE", action="append", default=[], help="offer this private key first")
    ssh.add_argument("-J", metavar="HOST,...", help="go through these hosts, each [user@]host[:port]")
    ssh.add_argument("-F", metavar="FILE", help="read this configuration (default: ~/.ssh/config and the system's)")
    ssh.add_argument("-o", metavar="KEY=VALUE", action="append", default=[], help="set an option as in ssh_config(5)")
    family = ssh.add_mutually_exclusive_group()
    family.add_argument("-4", dest="family", action="store_const", const="inet", help="use IPv4 only")
    family.add_argument("-6", dest="family", action="store_const", const="inet6", help="use IPv6 only")
    ssh.add_argument("-v", dest="verbose", action="count", default=0, help="log the SSH login; twice for more")
    ssh.add_argument("-E", metavar="FILE", help="log to the end of this file instead of the screen")
    ssh.add_argument("--ssh", metavar="CMD", help='log in with this command, such as "ssh" or "ssh -o ControlPath=..."')
    add_ssh_habits(parser)


def _tcp_port(text: str) -> int:
    if not (_is_number(text) and 0 < int(text) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is no TCP port: those are 1 to 65535")
    return int(text)


def _line_count(text: str) -> int:
    if not _is_number(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of lines, such as 1000; 0 for none")
    return int(text)


def _udp_ports(text: str) -> str:
    first, colon, last = text.partition(":")
    numbers = [first, last] if colon else [first]
    if not all(_is_number(number) and 0 < int(number) < 65536 for number in numbers):
        raise argparse.ArgumentTypeError(f"{text!r} is not N or N:M with ports from 1 to 65535")
    if colon and int(first) > int(last):
        raise argparse.ArgumentTypeError(f"{text!r} ends before it begins")
    return text


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10


def _session_name(text: str) -> str:
    if text and not is_session_name(text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no session's name: 1 to 64 letters, digits, - _ . @ and no dash first"
        )
    return text


def _span(text: str) -> str:
    if text:
        try:
            parse_span(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _escape_key(text: str) -> str:
    from .escape import parse_escape_key

    parse_escape_key(text)
    return text
