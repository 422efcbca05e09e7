"""What may be typed after `rmosh demo`."""

import argparse
from collections.abc import Callable
from typing import Final

from rmosh.command_line import HelpFormatter
from rmosh_client.command.parsers import OTHER_WORDS, CommandParser, add_client_options
from rmosh_netem.errors import NetemError
from rmosh_netem.quantities import parse_seconds, parse_share

_EXAMPLE: Final = """\
Example: a satellite link that loses packets

    rmosh demo --delay 300ms --loss 2%

The session says what to try. In it, Ctrl-^ (Ctrl-6) then b drives into a tunnel
for 10 s, and p makes keys wait for the host, as ssh does.
"""


def demo_parser() -> CommandParser:
    """Return the parser of `rmosh demo`."""
    parser = CommandParser(
        prog="rmosh demo",
        description=OTHER_WORDS["demo"],
        epilog=_EXAMPLE,
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    _add_link_options(parser)
    add_client_options(parser)
    parser.set_defaults(obscure_typing=False, read_only=False)
    return parser


def _add_link_options(parser: argparse.ArgumentParser) -> None:
    link = parser.add_argument_group("link")
    link.add_argument(
        "--delay",
        metavar="TIME",
        type=_seconds,
        default="150ms",
        help="hold every packet back, each way (default: 150ms)",
    )
    link.add_argument(
        "--loss", metavar="PERCENT", type=_share, default="5%", help="lose this share of packets (default: 5%%)"
    )
    link.add_argument(
        "--roam",
        metavar="TIME",
        type=_seconds,
        default="5s",
        help="change the client's address this often, 0 for never (default: 5s)",
    )
    link.add_argument(
        "--meter",
        action=argparse.BooleanOptionalAction,
        help="show a line below the session that reports on the link (default: if it loses packets or moves)",
    )


def _seconds(text: str) -> float:
    return _read(parse_seconds, text)


def _share(text: str) -> float:
    return _read(parse_share, text)


def _read(parse: Callable[[str], float], text: str) -> float:
    try:
        return parse(text)
    except NetemError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
