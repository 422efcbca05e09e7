"""The `rmosh` command: reads the command line, starts a session over SSH and runs it."""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NoReturn

from rmosh.errors import BootstrapError, Stage
from rmosh.lazy_dataclass import replace
from rmosh_client.bootstrap.descriptors import fill_closed_streams
from rmosh_client.bootstrap.exit_status import FAILED
from rmosh_client.bootstrap.login_log import log_login
from rmosh_client.bootstrap.request import PathWish, Request
from rmosh_client.command.errands import run_on_host, with_wish
from rmosh_client.command.fresh_interpreter import hand_over
from rmosh_client.command.outcome import end_with, status_of
from rmosh_client.command.parsers import (
    ERRANDS,
    SHORT_HELP,
    CommandParser,
    completion_parser,
    errand_parser,
    session_parser,
)
from rmosh_client.command.preferences import settle
from rmosh_client.command.session import SessionOptions, run_in_terminal
from rmosh_client.command.ssh_habits import SHORT_FOR, settings_of_passing_on
from rmosh_client.command.stream_options import wants_no_shell, wish_for_streams
from rmosh_client.forwarding.settings import ForwardSettings
from rmosh_client.loading import collecting_nothing, interrupts_kept
from rmosh_client.login.messages import Errand, ErrandKind
from rmosh_client.login.process import LoginProcess
from rmosh_client.piping.wishes import PipedWish

if TYPE_CHECKING:
    from rmosh_client.demo.demonstration import Demo

#: Most rows and columns of a window, in cells. Source: PROTOCOL.md, the bound of the WINDOW frame.
MAX_WINDOW: Final = 1000


def main() -> int:
    """Run the command; returns its exit status."""
    return status_of(_run_with_streams, sys.argv[1:])


def _run_with_streams(words: Sequence[str]) -> int:
    fill_closed_streams()
    return run(words)


def run_command() -> NoReturn:
    """Run the command and end the process."""
    end_with(main())


def run(words: Sequence[str]) -> int:
    """Do what the words after `rmosh` say; returns the exit status.

    Raises:
        RmoshError: it cannot be done.
    """
    if "_ARGCOMPLETE" in os.environ:  # a shell asks what Tab shall offer
        from rmosh_client.command.completion import complete

        complete(_parser_of)
    if not words:
        print(SHORT_HELP, end="", file=sys.stderr)
        return FAILED
    if words[0] == "demo":
        return _run_demo(words[1:])
    if words[0] == "cp":
        from rmosh_client.command.copying import run_copying

        return run_copying(words[1:])
    if words[0] == "completion":
        return _print_completion(words[1:])
    if words[0] in ERRANDS:
        return _run_errand(words[0], words[1:])
    arguments, command = read_command_line(words)
    if arguments.control is not None:
        from rmosh_client.command.control import run_control

        return run_control(arguments.control, request_of(arguments, ()), ssh=arguments.ssh)
    request = request_of(arguments, command)
    if wants_no_shell(arguments, request):
        return _run_tunnel(request, arguments)
    streams = wish_for_streams(arguments, request)
    if streams is not None:
        return _run_piped(request, replace(streams, confirms_agent=arguments.confirm_agent), arguments)
    return _run_session(with_wish(request, arguments, name=arguments.S), arguments)


def _parser_of(word: str) -> CommandParser:
    """Return the parser for what follows a word that stands instead of a host, "" for a host."""
    if word == "demo":
        from rmosh_client.command.demo_options import demo_parser

        return demo_parser()
    if word == "cp":
        from rmosh_client.command.copying import copy_parser

        return copy_parser()
    if word == "completion":
        return completion_parser()
    return errand_parser(word) if word else session_parser()


def read_command_line(words: Sequence[str]) -> tuple[argparse.Namespace, tuple[str, ...]]:
    """Return the options and the remote command of a line without an errand.

    Raises:
        BootstrapError: it cannot be understood.
    """
    parser = session_parser()
    own, command = parser.split_command(words)
    arguments = parser.parse_words(own)
    if not arguments.host:
        raise BootstrapError(Stage.USAGE, "no host is named", hint=SHORT_HELP.splitlines()[0].removeprefix("usage: "))
    return _settled(arguments), () if command == ("",) else command  # ssh 9.2 starts a shell then


def read_errand_line(errand: str, words: Sequence[str]) -> argparse.Namespace:
    """Return the options of a line with one, such as `ls`.

    Raises:
        BootstrapError: it cannot be understood.
    """
    return _settled(errand_parser(errand).parse_words(words))


def _settled(arguments: argparse.Namespace, host: str = "") -> argparse.Namespace:
    """Return what was typed with all habits filled in; says which of those are mistaken."""
    log_login(getattr(arguments, "verbose", 0), getattr(arguments, "E", None))
    for complaint in settle(arguments, os.environ, host=host or arguments.host):
        print(f"rmosh: {complaint}", file=sys.stderr)
    return arguments


def _print_completion(words: Sequence[str]) -> int:
    """Print what a shell must run to complete `rmosh`."""
    from rmosh_client.command.completion import script

    print(script(completion_parser().parse_words(words).shell), flush=True)
    return 0


def _run_errand(errand: str, words: Sequence[str]) -> int:
    """Run `rmosh ls` and the like."""
    arguments = read_errand_line(errand, words)
    request = request_of(arguments, ())
    if errand == "attach":
        return _run_session(with_wish(request, arguments, attach_to=arguments.session), arguments)
    options = [f"--{name}" for name in ("json", "all") if getattr(arguments, name, False)]
    session = getattr(arguments, "session", "")
    return run_on_host(request, [errand, *options, *([session] if session else [])], ssh=arguments.ssh)


def request_of(arguments: argparse.Namespace, command: tuple[str, ...]) -> Request:
    """Return what the options ask for, for a window of this terminal's size.

    Raises:
        BootstrapError: a key file is not there.
    """
    for file in arguments.i:
        if not os.path.exists(os.path.expanduser(file)):
            raise BootstrapError(Stage.USAGE, f"there is no key file {file}", hint="check -i")
    options = settings_of_passing_on(arguments)
    options += [option if "=" in option else option.replace(" ", "=", 1) for option in arguments.o]
    given = (
        ("Port", arguments.p),
        ("User", arguments.l),
        ("ProxyJump", arguments.J),
        ("AddressFamily", arguments.family),
        *((keyword, getattr(arguments, name)) for name, keyword in SHORT_FOR.items()),
    )
    options += [f"{keyword}={value}" for keyword, value in given if value is not None]
    options += ["GatewayPorts=yes"] if getattr(arguments, "g", False) else []
    options += [f"IdentityFile={_quoted(os.path.abspath(os.path.expanduser(file)))}" for file in arguments.i]
    rows, columns = _window_size()
    return Request(
        destination=arguments.host,
        ssh_options=tuple(options),
        config_file=arguments.F,
        command=command,
        server=arguments.server,
        sends_server=arguments.inject,
        keep_server_as=_name_to_keep() if arguments.install else "",
        udp_ports=arguments.port,
        path=PathWish(arguments.path),
        shares=arguments.share,
        confirms_agent=getattr(arguments, "confirm_agent", False),
        forwarding=_forwards(arguments),
        rows=rows,
        columns=columns,
    )


def _forwards(arguments: argparse.Namespace) -> ForwardSettings:
    local, remote, dynamic = (tuple(getattr(arguments, letter, ())) for letter in "LRD")
    return ForwardSettings(local=local, remote=remote, dynamic=dynamic)


def _name_to_keep() -> str:
    from rmosh_client.bootstrap.missing_server import name_to_keep  # a login without --install need not wait for it

    return name_to_keep(os.environ)


def _quoted(file: str) -> str:
    """Return a file's name as one word of the SSH configuration. Source: OpenSSH 9.2, misc.c, argv_split."""
    if not set(file) & set(" \t\"'\\#"):
        return file
    return '"' + file.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _window_size() -> tuple[int, int]:
    """Return rows and columns, within what the protocol takes."""
    try:
        columns, rows = os.get_terminal_size(sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):
        return 24, 80
    return min(max(rows, 1), MAX_WINDOW), min(max(columns, 1), MAX_WINDOW)


def _run_session(request: Request, arguments: argparse.Namespace, *, demo: "Demo | None" = None) -> int:
    # The login loads the SSH library, the slowest import, while this process loads the session and asks the terminal.
    ssh = getattr(arguments, "ssh", None)
    errand = Errand(
        ErrandKind.SESSION,
        request,
        ssh=ssh,
        verbosity=getattr(arguments, "verbose", 0),
        log_file=getattr(arguments, "E", None),
        escape=arguments.escape,
    )
    login, options = LoginProcess(errand, by_fork=True), SessionOptions.of(arguments)
    if demo is None:
        hand_over(login, options, sys.argv[1:])
    return run_in_terminal(login, options, demo=demo)


def _run_piped(request: Request, streams: PipedWish, arguments: argparse.Namespace) -> int:
    from rmosh_client.command.tunnels import tunnel_errand

    login = LoginProcess(tunnel_errand(request, arguments), by_fork=True)
    try:
        with interrupts_kept(), collecting_nothing():  # the login loads the SSH library meanwhile
            from rmosh_client.piping.command import run_piped
        return run_piped(login, streams)
    finally:
        login.close()


def _run_tunnel(request: Request, arguments: argparse.Namespace) -> int:
    from rmosh_client.command.tunnels import begin_tunnel

    wish, login = begin_tunnel(request, arguments)
    try:
        with interrupts_kept(), collecting_nothing():  # the login loads the SSH library meanwhile
            from rmosh_client.tunnel.command import run_tunnel
        return run_tunnel(login, wish)
    finally:
        login.close()


def _run_demo(words: Sequence[str]) -> int:
    from rmosh_client.command.demo_options import demo_parser
    from rmosh_client.demo.demonstration import demo, require_terminal
    from rmosh_client.demo.session import BadLink
    from rmosh_client.typing.escape import parse_escape_key

    arguments = _settled(demo_parser().parse_words(words), "demo")
    require_terminal(os.environ)
    print("rmosh demo: starting a host of its own on this machine, and a bad link to it ...", flush=True)
    rows, columns = _window_size()
    link = BadLink(delay=arguments.delay, loss=arguments.loss, roam=arguments.roam)
    key = parse_escape_key(arguments.escape)
    with demo(link, key, rows=rows, columns=columns, meter=arguments.meter) as made:
        with interrupts_kept():  # the host starts meanwhile
            from rmosh_client.running import app  # noqa: F401
        status = _run_session(made.request(), arguments, demo=made)
    print(made.farewell())
    return status


if __name__ == "__main__":
    run_command()
