"""Options about a program's standard streams, as ssh has them, and what comes of them."""

import argparse
import os
import sys
from typing import Final

from rmosh.errors import BootstrapError, Stage
from rmosh_client.bootstrap.program_settings import program_settings
from rmosh_client.bootstrap.request import Request
from rmosh_client.piping.wishes import PipedWish, StandardEnds, TerminalWish, piped_wish, wish_of

#: Longest command that runs with our own standard streams, in bytes. Source: PROTOCOL.md, a request has at most 16,384.
_LONGEST_COMMAND: Final = 16_000


def add_stream_options(parser: argparse.ArgumentParser) -> None:
    """Add them to the parser of `rmosh host`."""
    group = parser.add_argument_group("standard streams; a program that has not the terminal has them, as with ssh")
    group.add_argument(
        "-T", dest="terminal", action="append_const", const="T", default=[], help="no terminal for the program"
    )
    group.add_argument(
        "-t",
        dest="terminal",
        action="append_const",
        const="t",
        help="a terminal, where input comes from one; twice: in any case",
    )
    group.add_argument("-n", dest="no_input", action="store_true", help="no input for the program")
    group.add_argument("-s", dest="subsystem", action="store_true", help="the command is a subsystem, such as sftp")


def wish_for_streams(arguments: argparse.Namespace, request: Request) -> PipedWish | None:
    """Return what to run with our own standard streams; None for a session with its screen.

    Raises:
        BootstrapError: a subsystem is wanted and not named, the command is too long, or the SSH configuration is wrong.
    """
    if arguments.S or arguments.read_only or arguments.detach_others:
        return None  # which is about sessions
    configured = program_settings(request)
    is_subsystem = arguments.subsystem or configured.is_subsystem
    command = request.command or tuple(filter(None, [configured.command]))
    if is_subsystem and not command:
        raise BootstrapError(Stage.USAGE, "no subsystem is named", hint="rmosh -s host sftp")
    wish = piped_wish(
        command,
        wish_of("".join(arguments.terminal), TerminalWish(configured.request_tty)),
        StandardEnds(
            input_is_terminal=sys.stdin is not None and os.isatty(0),
            output_is_terminal=sys.stdout is not None and os.isatty(1),
        ),
        reads_input=configured.reads_input and not arguments.no_input,
        is_subsystem=is_subsystem,
    )
    if wish is not None:
        _check_length(wish.command)
    return wish


def wants_no_shell(arguments: argparse.Namespace, request: Request) -> bool:
    """Tell whether a session without a shell is wanted; what the SSH configuration adds is in the arguments then.

    Raises:
        BootstrapError: the configuration is wrong.
    """
    if arguments.W is not None or arguments.f:
        return True
    if not arguments.N and (arguments.S or arguments.read_only or arguments.detach_others):
        return False  # which is about sessions
    configured = program_settings(request)
    arguments.N = arguments.N or (configured.runs_nothing and not request.command)
    arguments.f = arguments.N and configured.in_background
    return bool(arguments.N)


def _check_length(command: str) -> None:
    size = len(command.encode("utf-8", "surrogateescape"))
    if size > _LONGEST_COMMAND:
        raise BootstrapError(
            Stage.USAGE,
            f"the remote command has {size} bytes; {_LONGEST_COMMAND} fit",
            hint="let the shell there read it: rmosh host < file",
        )
