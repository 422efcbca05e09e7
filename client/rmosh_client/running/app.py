"""A session's client from its start to its end: puts the parts together, runs them, gives the terminal back."""

import os
import sys
from functools import partial

from rmosh.channels.closing.frames import Close, CloseKind
from rmosh.lazy_dataclass import replace
from rmosh_client.bootstrap.login_log import leave_screen
from rmosh_client.bootstrap.request import Started
from rmosh_client.bootstrap.stages import tell_udp
from rmosh_client.link.clocks import monotonic
from rmosh_client.link.event_loop import EventLoop
from rmosh_client.login.messages import ErrandKind, PathOpened
from rmosh_client.login.process import LoginProcess
from rmosh_client.painting.width_answers import WidthAnswers
from rmosh_client.reaching.dumps import CoreLimit
from rmosh_client.reaching.ending import HUNG_UP, Ending
from rmosh_client.reaching.letting_others_in import let_others_in
from rmosh_client.reaching.login_watch import LoginWatch
from rmosh_client.reaching.reach import starting_paths
from rmosh_client.running.assembly import UserTerminal, Wishes, put_together
from rmosh_client.running.driver import ClientDriver
from rmosh_client.running.job_control import JobControl
from rmosh_client.running.parts import Parts
from rmosh_client.sharing.doors import usual_login_doors
from rmosh_client.sharing.sharing import Sharing
from rmosh_client.systems import forbid_looks
from rmosh_client.typing.introduction import Introduction, await_answers
from rmosh_client.typing.local_terminal import HungUp


def drive(login: LoginProcess, terminal: UserTerminal, wishes: Wishes) -> int:
    """Run the session that a login starts, to its end; return the exit status.

    Raises:
        BootstrapError: it could not be started, or no datagram was ever answered.
    """
    forbid_looks()
    try:
        outcome = LoginWatch(login, terminal.introduction).run()
        assert not isinstance(outcome, PathOpened)  # nobody has asked for one
        ending = run_session(outcome, login, terminal, wishes) if isinstance(outcome, Started) else outcome
    finally:
        login.close()
        await_answers(terminal.device, terminal.interview)
        terminal.device.close()
    if ending.message:
        print(f"rmosh: {ending.message}", file=sys.stderr)
    return ending.status


def run_session(started: Started, login: LoginProcess, terminal: UserTerminal, wishes: Wishes) -> Ending:
    """Run a session that was started until it ends, on the user's terminal, and give that back.

    Raises:
        BootstrapError: no datagram was ever answered.
    """
    core_limit = CoreLimit()

    def log_in(kind: ErrandKind) -> LoginProcess:
        with core_limit.lifted():
            return LoginProcess(replace(login.errand, kind=kind, session_id=started.announce.session_id, verbosity=0))

    paths = starting_paths(started, login, log_in)
    try:
        with core_limit.lowered():
            parts = put_together(started, terminal, wishes, paths)
            wish = login.errand.request.wish
            parts.forwards.joins_session = wish.attach_to is not None or bool(wish.name)
            sharing = None if wishes.read_only else let_others_in(started, parts.session)
            try:
                ending = _run_on_terminal(parts, login, terminal.introduction, sharing)
                if sharing is not None and sharing.stays(now=monotonic()):
                    from rmosh_client.running.lingering import stay_behind

                    sharing = None if stay_behind(parts, sharing) else sharing
                return ending
            finally:
                if sharing is not None:
                    sharing.close()
    finally:
        paths.close()


def _questions(parts: Parts) -> bytes:
    """Leave the screen to the session; return what the terminal is asked then."""
    status = parts.session.status(now=monotonic())
    round_trip = "" if status.srtt is None else f", round trip {status.srtt * 1000:.0f} ms"
    source = "inside SSH" if status.is_stream else f"from {status.path or 'nobody yet'}"
    tell_udp(f"first answer {source}{round_trip}")
    leave_screen(parts.tracer.create_log)
    if not parts.interview.is_unanswered:
        return parts.interview.ask(parts.topics, now=monotonic()) if parts.topics else b""
    # A slow one is asked no more before it has answered: a session that is over by then leaves less to a shell. Widths
    # can be asked in an empty row only, and there is none later.
    later = [topic for topic in parts.topics if not isinstance(topic, WidthAnswers)]

    def ask_later() -> None:
        if parts.display.is_started:
            parts.display.ask(parts.interview.ask(later, now=monotonic()))

    parts.interview.on_first_answer = ask_later
    return b""


def _ask_to_stay(sharing: Sharing, close: Close) -> None:
    """Have the server stay for others where its session ended by itself."""
    if close.kind in (CloseKind.EXITED, CloseKind.SIGNALLED):
        sharing.ask_to_stay(usual_login_doors(os.environ), now=monotonic())


def _run_on_terminal(parts: Parts, login: LoginProcess, introduction: Introduction, sharing: Sharing | None) -> Ending:
    loop = EventLoop()
    driver = ClientDriver(parts, loop)
    if sharing is not None:
        driver.add_work(sharing, wakes=sharing.fileno())
        driver.on_closed = partial(_ask_to_stay, sharing)
    driver.ssh_path.carry(login, parts.reach.stream)
    jobs = JobControl(driver, loop, parts.terminal, parts.display, parts.interview)
    driver.on_suspend = jobs.suspend
    driver.on_log_in = lambda: parts.notices.tell_of_login(jobs.log_in(driver.ssh_path), now=monotonic())
    driver.on_shell = lambda: parts.notices.tell_of_shell(jobs.run_shell(), now=monotonic())
    parts.display.on_stuck = driver.terminal_stuck
    parts.display.on_first_start = lambda: _questions(parts)
    with jobs.installed():
        try:
            parts.terminal.enter_raw()
            ending = driver.run(typed_ahead=introduction.typed)
            parts.reach.log.end(parts.session.status(now=monotonic()), ending.message or f"status {ending.status}")
            return ending
        except HungUp:
            return HUNG_UP
        finally:
            parts.reach.stop()
            parts.tracer.stop(now=monotonic())
            parts.display.finish(now=monotonic())
            await_answers(parts.terminal, parts.interview)
            parts.terminal.restore()
            driver.ssh_path.stop()
            if parts.tracer.log_path:  # the first screen covered the line that named it
                print(f"rmosh: the log is in {parts.tracer.log_path}", file=sys.stderr)
            if parts.tracer.path:
                print(f"rmosh: the trace is in {parts.tracer.where}", file=sys.stderr)
