"""`rmosh host command` with our own standard streams: from its login to its end."""

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Final

from rmosh.forwarding.records import Exited, Killed
from rmosh.forwarding.requests import MAX_WINDOW_SIDE, RunProgram
from rmosh_client.bootstrap.exit_status import FAILED, signalled
from rmosh_client.bootstrap.request import Started
from rmosh_client.forwarding.forwards import Forwards
from rmosh_client.forwarding.passed_on import PassedOn
from rmosh_client.forwarding.settings import ForwardSettings
from rmosh_client.link.clocks import monotonic
from rmosh_client.link.event_loop import EventLoop
from rmosh_client.login.process import LoginProcess
from rmosh_client.piping.local_ends import Sink, Source
from rmosh_client.piping.piped_program import PipedProgram, ProgramOutcome
from rmosh_client.piping.piping import Piping
from rmosh_client.piping.wishes import PipedWish
from rmosh_client.plain_text import printable
from rmosh_client.reaching.ending import Ending, not_forwarded
from rmosh_client.tunnel.link_news import LinkNews
from rmosh_client.tunnel.opening import log_in, tunnel_through
from rmosh_client.tunnel.signals import ends_by_signals
from rmosh_client.tunnel.tunnel import Tunnel
from rmosh_client.typing.local_terminal import LocalTerminal

_INPUT: Final = 0
_OUTPUT: Final = 1
_ERRORS: Final = 2

#: Longest reason of the far side's that is shown, in characters.
_LONGEST_REASON: Final = 256


def run_piped(login: LoginProcess, wish: PipedWish) -> int:
    """Run a program from the login of its tunnel to its end; return the exit status.

    Raises:
        BootstrapError: it could not be started, or no datagram was ever answered.
    """
    if wish.remark:
        print(f"rmosh: {wish.remark}", file=sys.stderr, flush=True)
    started = log_in(login)
    loop, news = EventLoop(), LinkNews(login.errand.request.destination, None)
    with tunnel_through(started, login, loop, news) as tunnel, ends_by_signals(tunnel, loop), _raw_input(wish):
        ending = _run(tunnel, wish, loop, started)
    if ending.message:
        print(f"rmosh: {ending.message}", file=sys.stderr)
    return ending.status


@contextlib.contextmanager
def _forwards(tunnel: Tunnel, settings: ForwardSettings) -> Iterator[Forwards]:
    """Have what the user forwards beside the program, and refuse what the far side opens without being asked."""
    forwards = Forwards(tunnel.streams, settings, tell=_tell, clock=monotonic)
    tunnel.add(forwards, wakes=forwards.fileno())
    forwards.begin()
    try:
        yield forwards
    finally:
        tunnel.remove(forwards)
        forwards.close()


def _tell(line: str) -> None:
    print(f"rmosh: {line}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def _passing_on(tunnel: Tunnel, forwards: Forwards, passed_on: PassedOn, *, confirms: bool) -> Iterator[None]:
    """Have the program use our agent and display, as far as the user wants that: the host knows before it begins."""
    if passed_on == PassedOn():
        yield
        return
    from rmosh_client.forwarding.askpass import questions_to
    from rmosh_client.forwarding.passing_on import PassingOn

    alarms = forwards.resources.ready_set
    questions = questions_to(None, os.environ, alarms, clock=monotonic, tell=_tell) if confirms else None
    offered = PassingOn(forwards.resources, passed_on, questions=questions, tell=_tell, begins_programs=True)
    tunnel.run(until=lambda: offered.is_settled)
    try:
        yield
    finally:
        offered.close()


def _run(tunnel: Tunnel, wish: PipedWish, loop: EventLoop, started: Started) -> Ending:
    with (
        _forwards(tunnel, started.forwarding) as forwards,
        _passing_on(tunnel, forwards, started.passed_on, confirms=wish.confirms_agent),
    ):
        return _run_beside(tunnel, wish, loop, forwards)


def _run_beside(tunnel: Tunnel, wish: PipedWish, loop: EventLoop, forwards: Forwards) -> Ending:
    program = PipedProgram(
        tunnel.streams,
        _request(wish),
        source=Source(_INPUT if wish.reads_input else None),
        output=Sink(_OUTPUT),
        errors=Sink(_ERRORS),
        entropy=os.urandom,
    )
    work = Piping(program, loop, tunnel.guarded)
    tunnel.add(work)
    ended = tunnel.run(until=lambda: program.outcome is not None or bool(forwards.failure))
    work.stop()
    if program.outcome is not None:
        return _ending(program.outcome)
    return ended or not_forwarded(forwards.failure)


def _request(wish: PipedWish) -> RunProgram:
    if not wish.has_terminal:
        return RunProgram(wish.command, wish.is_subsystem)
    rows, columns = _window()
    terminal = os.environ.get("TERM") or "dumb"
    return RunProgram(wish.command, terminal=terminal, rows=rows, columns=columns)


def _window() -> tuple[int, int]:
    try:
        columns, rows = os.get_terminal_size(_INPUT)
    except OSError:
        return 0, 0
    return min(rows, MAX_WINDOW_SIDE), min(columns, MAX_WINDOW_SIDE)


def _ending(outcome: ProgramOutcome) -> Ending:
    message = printable(outcome.failure, limit=_LONGEST_REASON)
    if isinstance(outcome.ending, Exited) and not message:
        return Ending(outcome.ending.status)
    if isinstance(outcome.ending, Killed) and not message:
        return Ending(signalled(outcome.ending.signal))
    return Ending(FAILED, message)


@contextlib.contextmanager
def _raw_input(wish: PipedWish) -> Iterator[None]:
    """Let a terminal at the far side do what ours would do with keys."""
    if not wish.has_terminal or not wish.reads_input or not os.isatty(_INPUT):
        yield
        return
    terminal = LocalTerminal(_INPUT, owned=False)
    terminal.enter_raw()
    try:
        yield
    finally:
        terminal.restore()
