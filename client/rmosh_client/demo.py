"""`rmosh demo`: a session with this very machine over a made-up bad link, for someone without any server.

Client, server and login are the ordinary ones; only the SSH server and the link are the demo's own.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from rmosh.command_line import HelpFormatter
from rmosh.errors import BootstrapError, Stage
from rmosh_netem.errors import NetemError
from rmosh_netem.quantities import parse_seconds, parse_share

from .bootstrap.request import Request
from .parser import Parser
from .parsers import OTHER_WORDS, add_client_options

_EXAMPLE: Final = """\
Example: feel a link by satellite that loses packets

    rmosh demo --delay 300ms --loss 2%
"""

#: Seconds the far side gets to stop its servers at the end.
_PARTING_TIMEOUT: Final = 5.0


def demo_parser() -> Parser:
    """Return the parser of `rmosh demo`."""
    parser = Parser(
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
        help="change the client's address so often, 0 for never (default: 5s)",
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


def explanation(*, delay: float, loss: float, roam: float) -> str:
    """Return the two lines a newcomer reads first."""
    moving = f", roaming every {roam:g} s" if roam else ""
    return (
        f"A shell on this machine, over a bad link: {delay * 1000:g} ms each way, {loss * 100:g} % loss{moving}.\n"
        "Type and see: keys show at once. `exit` leaves, Ctrl-^ then ? lists more."
    )


@contextmanager
def demo_host(*, delay: float, loss: float, roam: float) -> Iterator[Callable[[Request], Request]]:
    """Run the far side; gives a function that aims a request at it.

    Raises:
        BootstrapError: it did not start.
    """
    with tempfile.TemporaryDirectory(prefix="rmosh-demo-") as name:
        words = [sys.executable, "-m", "rmosh_client.bootstrap.demo_server", name]
        with open(os.path.join(name, "log"), "wb") as log:
            host = subprocess.Popen(  # noqa: S603 - our own module
                [*words, str(delay), str(loss), str(roam)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        try:
            yield lambda request: _aim(request, host, Path(name))
        finally:
            _end(host)


def _aim(request: Request, host: "subprocess.Popen[bytes]", directory: Path) -> Request:
    assert host.stdout is not None
    if host.stdout.readline() != b"ready\n":
        reason = (directory / "log").read_text(errors="replace").strip().rpartition("\n")[2]
        raise BootstrapError(
            Stage.SERVER_FAILED,
            f"the demo's own SSH server did not start: {reason or 'it said nothing'}",
            hint="does this machine let a program listen on 127.0.0.1?",
        )
    return replace(request, config_file=os.fspath(directory / "config"))


def _end(host: "subprocess.Popen[bytes]") -> None:
    assert host.stdin is not None
    host.stdin.close()
    try:
        host.wait(_PARTING_TIMEOUT)
    except subprocess.TimeoutExpired:
        host.kill()
        host.wait()
    if host.stdout is not None:
        host.stdout.close()
