"""`rmosh cp`: its options, which are scp's. Source: scp(1), OpenSSH 10."""

import argparse
import os
from collections.abc import Sequence
from typing import Final

from rmosh.command_line import HelpFormatter
from rmosh.errors import BootstrapError, Stage
from rmosh_client.command.option_values import kilobits, tcp_port
from rmosh_client.command.parsers import OTHER_WORDS, CommandParser
from rmosh_client.copying.places import place_of

#: Options of scp's that ask for what is so in any case: compression (-C), by way of this machine (-3), SFTP (-s), names
#: that are checked here in any case (-T).
_CHANGES_NOTHING: Final = ("-C", "-3", "-s", "-T")

#: Option of ours -> what `rmosh` is given for it, with its value.
_PASSED_ON: Final = {"port_of_ssh": "-p", "F": "-F", "J": "-J", "c": "-c", "server": "--server", "ssh": "--ssh",
                     "path": "--path", "udp_port": "--port"}  # fmt: skip

#: Bits of a Kbit. Source: scp(1), -l.
_KBIT: Final = 1000


def copy_parser() -> CommandParser:
    """Return the parser of `rmosh cp`."""
    parser = CommandParser(
        prog="rmosh cp",
        usage="rmosh cp [options] SOURCE... TARGET",
        description=OTHER_WORDS["cp"],
        epilog="Each is a file or folder: PATH here, [user@]host:PATH there; patterns such as\n"
        "host:'*.txt' are expanded there, without a shell.",
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("files", metavar="SOURCE... TARGET", nargs="+", help="what to copy, and last where to")
    copying = parser.add_argument_group("copying, as with scp")
    copying.add_argument("-r", dest="recursive", action="store_true", help="copy folders with all that is in them")
    copying.add_argument("-p", dest="preserve", action="store_true", help="keep times and modes")
    copying.add_argument(
        "-a", "--resume", action="store_true", help="go on where an earlier copy was cut off, if its end is the same"
    )
    copying.add_argument("-q", dest="quiet", action="store_true", help="show no progress")
    copying.add_argument("-l", dest="limit", metavar="KBIT/S", type=kilobits, default=0.0, help="copy no faster")
    ssh = parser.add_argument_group("SSH login")
    ssh.add_argument("-P", dest="port_of_ssh", metavar="PORT", type=tcp_port, help="connect to this TCP port")
    ssh.add_argument("-i", metavar="FILE", action="append", default=[], help="offer this private key first")
    ssh.add_argument("-J", metavar="HOST,...", help="go through these hosts")
    ssh.add_argument("-F", metavar="FILE", help="read this configuration")
    ssh.add_argument("-o", metavar="KEY=VALUE", action="append", default=[], help="set an option as in ssh_config(5)")
    ssh.add_argument("-c", help=argparse.SUPPRESS)
    ssh.add_argument("-B", dest="batch", action="store_true", help="ask no questions")
    family = ssh.add_mutually_exclusive_group()
    family.add_argument("-4", dest="family", action="store_const", const="-4", help="use IPv4 only")
    family.add_argument("-6", dest="family", action="store_const", const="-6", help="use IPv6 only")
    ssh.add_argument("-v", dest="verbose", action="count", default=0, help="tell each stage of the login")
    for option in ("--server", "--ssh", "--path"):
        ssh.add_argument(option, help=argparse.SUPPRESS)
    ssh.add_argument("--port", dest="udp_port", help=argparse.SUPPRESS)
    for option in _CHANGES_NOTHING:
        parser.add_argument(option, action="store_true", dest=argparse.SUPPRESS, help=argparse.SUPPRESS)
    return parser


def run_copying(words: Sequence[str]) -> int:
    """Copy what the words after `rmosh cp` say; return the exit status.

    Raises:
        BootstrapError: they cannot be understood.
    """
    arguments = copy_parser().parse_words(words)
    places = [place_of(word) for word in arguments.files]
    if len(places) < 2:
        raise BootstrapError(Stage.USAGE, "there is no target", hint="rmosh cp SOURCE... TARGET")
    if not any(place.host for place in places):
        raise BootstrapError(Stage.USAGE, "no file is on a host", hint="a host's files are HOST:PATH; cp copies here")
    from rmosh_client.copying.command import CopyCommand, run_copy  # the SSH library, of which a mistake needs nothing
    from rmosh_client.copying.copier import CopyWish
    from rmosh_client.copying.hosts import own_command

    return run_copy(
        CopyCommand(
            places[:-1],
            places[-1],
            CopyWish(arguments.recursive, arguments.preserve, arguments.resume),
            [*own_command(), *_passed_on(arguments)],
            shows_progress=not arguments.quiet,
            bytes_per_second=arguments.limit * _KBIT / 8,
        )
    )


def _passed_on(arguments: argparse.Namespace) -> list[str]:
    """Return the options with which a host is reached, as `rmosh` takes them."""
    words = [word for name, option in _PASSED_ON.items() for word in _valued(option, getattr(arguments, name))]
    for file in arguments.i:
        words += ["-i", os.path.abspath(os.path.expanduser(file))]
    for option in (*arguments.o, *(["BatchMode=yes"] if arguments.batch else [])):
        words += ["-o", option]
    return [*words, *filter(None, [arguments.family]), *["-v"] * arguments.verbose]


def _valued(option: str, value: object) -> list[str]:
    return [] if value is None else [option, str(value)]
