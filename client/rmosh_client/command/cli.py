"""The `rmosh` command: reads the command line, starts a session over SSH and runs it."""

import argparse
import os
import shlex
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NoReturn

from rmosh.errors import BootstrapError, RmoshError, Stage
from rmosh.near_words import nearest
from rmosh_client.bootstrap.descriptors import fill_closed_streams, too_many_files
from rmosh_client.bootstrap.exit_status import FAILED, signalled
from rmosh_client.bootstrap.login_log import log_login
from rmosh_client.bootstrap.request import PathWish, Request
from rmosh_client.command.errands import run_on_host, with_wish
from rmosh_client.command.parsers import (
    ERRANDS,
    INSTEAD_OF_A_HOST,
    SHORT_HELP,
    CommandParser,
    completion_parser,
    errand_parser,
    session_parser,
)
from rmosh_client.command.preferences import settle
from rmosh_client.command.ssh_habits import SHORT_FOR
from rmosh_client.loading import interrupts_kept
from rmosh_client.login.messages import Errand, ErrandKind
from rmosh_client.login.process import LoginProcess

if TYPE_CHECKING:
    from rmosh_client.demo.demonstration import Demo

#: Most rows and columns of a window, in cells. Source: PROTOCOL.md, the bound of the WINDOW frame.
MAX_WINDOW: Final = 1000


def main() -> int:
    """Run the command; returns its exit status."""
    try:
        fill_closed_streams()
        return run(sys.argv[1:])
    except RmoshError as error:
        status = complain(too_many_files(error) or error)
        if isinstance(error, BootstrapError) and error.stage is Stage.RESOLVE:
            _tell_near_word(sys.argv[1:])
        return status
    except KeyboardInterrupt:
        return signalled(signal.SIGINT)
    except BrokenPipeError:  # whoever reads what we print wants no more of it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return signalled(signal.SIGPIPE)
    except OSError as error:
        told = too_many_files(error)
        if told is None:
            raise
        return complain(told)


def run_command() -> NoReturn:
    """Run the command and end the process at once, with no word of Python's own about it.

    The terminal is given back and files are closed by then; threads that wait for the network are not waited for.
    Taking the modules of a session down was measured to cost 0.04 s of processor time on CPython 3.11.
    """
    status = main()
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        print(f"rmosh: the output could not be written: {error.strerror}", file=sys.stderr)
        status = FAILED
    os._exit(status)


def complain(error: RmoshError) -> int:
    """Print an error as users read it and return the exit status it means."""
    print(f"rmosh: {error}", file=sys.stderr)
    hint = getattr(error, "hint", "")
    if hint:
        print(f"hint: {hint}", file=sys.stderr)
    return error.exit_status if isinstance(error, BootstrapError) else FAILED


def _tell_near_word(words: Sequence[str]) -> None:
    """A host that nobody knows may have been meant as another word, which comes before all options."""
    if words[0] in INSTEAD_OF_A_HOST:
        return
    parser = session_parser()
    host = parser.parse_words(parser.split_command(words)[0]).host
    near = nearest(host, [*INSTEAD_OF_A_HOST, "--help", "--version"])
    if near:
        others = list(words)
        others.remove(host)
        print(f"hint: or did you mean: {shlex.join(['rmosh', near, *others])}", file=sys.stderr)


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
    if words[0] == "completion":
        return _print_completion(words[1:])
    if words[0] in ERRANDS:
        return _run_errand(words[0], words[1:])
    arguments, command = read_command_line(words)
    return _run_session(with_wish(request_of(arguments, command), arguments, name=arguments.S), arguments)


def _parser_of(word: str) -> CommandParser:
    """Return the parser for what follows a word that stands instead of a host, "" for a host."""
    if word == "demo":
        from rmosh_client.command.demo_options import demo_parser

        return demo_parser()
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
    options = [option if "=" in option else option.replace(" ", "=", 1) for option in arguments.o]
    given = (
        ("Port", arguments.p),
        ("User", arguments.l),
        ("ProxyJump", arguments.J),
        ("AddressFamily", arguments.family),
        *((keyword, getattr(arguments, name)) for name, keyword in SHORT_FOR.items()),
    )
    options += [f"{keyword}={value}" for keyword, value in given if value is not None]
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
        rows=rows,
        columns=columns,
    )


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
    login = LoginProcess(errand, by_fork=True)
    try:
        return run_in_terminal(login, arguments, demo=demo)
    finally:
        login.close()


def run_in_terminal(login: LoginProcess, arguments: argparse.Namespace, *, demo: "Demo | None" = None) -> int:
    """Run the session that a login starts in this terminal; returns the exit status.

    Args:
        demo: what it is a demo of.

    Raises:
        RmoshError: it could not be started.
    """
    with interrupts_kept():
        from rmosh.prediction import PredictMode
        from rmosh_client.running.app import drive
        from rmosh_client.running.assembly import Wishes, open_terminal
        from rmosh_client.typing.escape import parse_escape_key

    wishes = Wishes(
        escape_key=parse_escape_key(arguments.escape),
        predict=PredictMode(arguments.predict),
        history_depth=arguments.history,
        obscures_typing=arguments.obscure_typing,
        read_only=arguments.read_only,
        title=arguments.title,
        clipboard=arguments.clipboard,
        notifications=arguments.notifications,
        footer=demo if demo is not None and demo.has_meter else None,
        black_out=None if demo is None else demo.enter_tunnel,
        traces=arguments.trace,
    )
    return drive(login, open_terminal(os.environ), wishes)


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
