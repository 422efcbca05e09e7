"""Starting a session: the server process splits off, starts the shell, announces itself and serves.

A tunnel is the same without a shell and its terminal.

Two processes: the one that SSH ran (the launcher) waits until the server process is on its own feet, then ends, or
becomes next to nothing while datagrams go through the SSH channel; its child belongs to a session of its own from the
start, and becomes the server process or hands over to one that was forked for it (`serving_process.py`). All that can
fail visibly is done before the announce line, all that is slow to import after it.
"""

import os
import signal
from collections.abc import Mapping
from typing import Final

from rmosh.announce import SECRET_BYTES, SESSION_ID_BYTES, Announce, format_announce, new_announce
from rmosh.errors import BootstrapError, Stage
from rmosh.hello import Hello, choose_version
from rmosh.lazy_dataclass import replace
from rmosh_server.command.client_ways import handed_over, open_client_ways, taken_back_on_failure
from rmosh_server.command.complaints import print_error, print_warning, write_on_stderr
from rmosh_server.command.hearing import answer, hear_hello
from rmosh_server.command.host_settings import Listening, udp_is_closed
from rmosh_server.command.options import NewSession
from rmosh_server.command.port_choice import ChosenPort, choose_port
from rmosh_server.command.reachable import addresses_here
from rmosh_server.command.server_file import read_settings
from rmosh_server.command.serving_process import serving_process
from rmosh_server.command.staying import can_go_on, stay_until_closed
from rmosh_server.command.to_start import ToStart
from rmosh_server.desk.places import Places, Unusable, usual_places
from rmosh_server.desk.registration import Registration, register
from rmosh_server.plain_text import plain, remark
from rmosh_server.process.descriptors import (
    STANDARD_INPUT,
    STANDARD_OUTPUT,
    close_others,
    fill_standard_streams,
    is_open,
    point_at_null,
    require_spare,
)
from rmosh_server.process.trace_file import told_path, trace_path
from rmosh_server.serving.handover import NO_DESCRIPTOR, Handover
from rmosh_server.shell.account import Account, go_home, login_program, own_account
from rmosh_server.shell.environment import login_environment, may_be_set
from rmosh_server.shell.locales import locale_exists
from rmosh_server.shell.pty import open_pty
from rmosh_server.sockets.udp import closed_socket

#: Most bytes of the server process's report to the launcher: its own process id and the shell's, in decimal.
REPORT_BYTES: Final = 32

#: How long a login waits for the other sessions to tell how they are, in seconds. Reason: each answers in a
#: millisecond or is stopped; the announce line has gone out by then.
GREETING_PATIENCE: Final = 0.2

#: How many refused variables are named, and how much of each name, in characters.
_NAMED: Final = 5
_LONGEST_NAME: Final = 40


def start_session(wanted: NewSession) -> int:
    """Start a session and print its announce line; return the exit status.

    Raises:
        BootstrapError: it cannot be started; nothing is left running.
    """
    if not is_open(STANDARD_OUTPUT):
        raise BootstrapError(
            Stage.SERVER_FAILED,
            "standard output is closed, so there is nobody to announce the session to",
            hint="rmosh-server is started by rmosh over SSH",
        )
    close_others()
    fill_standard_streams()
    require_spare()
    hello = hear_hello(wanted.guest)
    wanted = replace(wanted, environment=(*hello.locale, *wanted.environment))
    if wanted.name and _attached_by_name(wanted, hello):
        return 0
    if wanted.guest.read_only:
        raise BootstrapError(
            Stage.SERVER_FAILED,
            f"there is no session named {wanted.name} to watch",
            hint="without --read-only it is started",
        )
    account = own_account()  # before the fork: macOS promises little of its directory services behind it
    reading, writing = os.pipe()
    server = os.fork()
    if server == 0:
        os.close(reading)
        _run_server(wanted, hello, account, report=writing)
    os.close(writing)
    return _await_server(server, report=reading, stays=can_go_on(hello))


def _attached_by_name(wanted: NewSession, hello: Hello) -> bool:
    """Attach to the session of the wanted name, if there is one; else its name stays ours until this process ends.

    Raises:
        BootstrapError: there is one and it may not be taken, or does not answer.
    """
    from rmosh_server.command.attaching import attach  # what a session without a name does not need
    from rmosh_server.desk.registry import NamesHeld
    from rmosh_server.desk.sessions import NoSession, Sessions

    places = usual_places(os.environ)
    try:
        _hold_names(places)
        sessions = Sessions(places)
        found = [session for session in sessions.alive() if session.name == wanted.name]
        if not found:
            return False
        if not wanted.or_attach:
            raise BootstrapError(
                Stage.SERVER_FAILED,
                f"a session named {wanted.name} is already running",
                hint="attach to it, or choose another name",
            )
        attach(sessions, found[0], wanted.guest, hello)
        return True
    except Unusable:
        return False  # a session cannot be known here at all, which is said where this one fails to become known
    except (NoSession, NamesHeld) as problem:
        raise BootstrapError(Stage.SERVER_FAILED, str(problem)) from problem


def _hold_names(places: Places) -> None:
    """Keep names from being taken, in the first directory that serves.

    Raises:
        Unusable: none does.
        NamesHeld: somebody else keeps them for too long.
    """
    from rmosh_server.desk.registry import Registry

    for directory in places.usable():
        try:
            Registry(directory).hold_names()
            return
        except Unusable:
            continue
    raise Unusable("no directory serves")


def _await_server(server: int, *, report: int, stays: bool) -> int:
    """Wait until the server process serves, or has said on standard error why it does not.

    Args:
        stays: wait on until it lets the SSH channel go as well.
    """
    told = os.read(report, REPORT_BYTES)
    if not told:
        _, status = os.waitpid(server, 0)
        return max(1, os.waitstatus_to_exitcode(status))
    point_at_null(STANDARD_OUTPUT)
    serving, shell = map(int, told.split())
    _escape_logout({serving, shell}, str(serving))
    if stays:
        stay_until_closed(report)
    return 0


def _escape_logout(processes: set[int], name: str) -> None:
    from rmosh_server.command.logind import in_login_session, outlive_login

    try:
        with open("/proc/self/cgroup", encoding="utf-8", errors="replace") as opened:
            cgroups = opened.read()
    except OSError:
        return
    if in_login_session(cgroups):
        warning = outlive_login(sorted(processes), name)
        if warning:
            print_warning(warning)


def _run_server(wanted: NewSession, hello: Hello, account: Account, *, report: int) -> None:
    """Be the server process; never returns."""
    status = 1
    try:
        os.setsid()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        _announce_and_serve(wanted, hello, account, report=report)
        status = 0
    except BootstrapError as error:
        print_error(error)
    except Exception:
        _print_traceback()
    finally:
        os._exit(status)


def _print_traceback() -> None:
    import traceback  # 2 ms that only a bug of ours needs

    write_on_stderr(traceback.format_exc())


def _announce_and_serve(wanted: NewSession, hello: Hello, account: Account, *, report: int) -> None:
    go_home(account)
    host = read_settings(os.environ, account.home)
    remarks = list(host.remarks)
    settings = host.for_session(idle_timeout=wanted.idle_timeout, remarks=remarks)
    settings = settings.of_a_tunnel if wanted.is_tunnel else settings
    entropy = os.urandom(SESSION_ID_BYTES + SECRET_BYTES)
    announce = new_announce(
        port=0,
        entropy=entropy,
        version=choose_version(hello.versions),
        client_timeout=settings.client_timeout,
    )
    goes_on = can_go_on(hello)
    port = _choose_port(announce, host.listening, wanted, goes_on=goes_on, remarks=remarks)
    announce = replace(announce, port=host.listening.told_port(port.number))
    places = usual_places(os.environ)
    registration, unknown = _register(places, announce.session_id)
    directory = "" if registration is None else registration.entry.directory
    remarks += unknown
    known_as = (announce.session_id, directory)
    offered = replace(hello, agent=False, x11=False) if wanted.is_tunnel else hello
    ways = open_client_ways(offered, settings.forwarding, places, known_as, account, remarks.append)
    with taken_back_on_failure(registration, ways, account):
        to_start = None
        if not wanted.is_tunnel:
            environment = {} if ways is None else ways.environment()
            to_start = _shell(wanted, account, announce.session_id, hello, environment)
        complaints = tuple(map(remark, (*remarks, *_refused(wanted))))
        trace = trace_path(announce.session_id, os.environ, directory, wanted=hello.trace)
        master, slave = (NO_DESCRIPTOR, NO_DESCRIPTOR) if to_start is None else to_start.pty.descriptors
        session = Handover(
            announce=announce,
            rows=wanted.guest.rows,
            columns=wanted.guest.columns,
            shell=os.getpid(),
            is_login=not (wanted.command or wanted.is_tunnel),
            udp=port.descriptor,
            shared_port=port.keeper,
            master=master,
            slave=slave,
            report=report,
            record=NO_DESCRIPTOR if registration is None else registration.entry.descriptor,
            control=NO_DESCRIPTOR if registration is None else registration.listener.fileno(),
            directory=directory,
            name=wanted.name,
            client=wanted.guest.name,
            compression=wanted.guest.compression,
            traits=hello.traits,
            streams=hello.streams,
            obscures_typing=wanted.guest.obscures_typing,
            complaints=complaints,
            trace=trace,
            stream=hello.nonce if goes_on else "",
            reading=os.dup(STANDARD_INPUT) if goes_on else NO_DESCRIPTOR,
            writing=os.dup(STANDARD_OUTPUT) if goes_on else NO_DESCRIPTOR,
            settings=settings,
            **handed_over(ways),
        )
        server = serving_process(session, to_start, forks=host.forks)
        session = replace(session, shell=server.start())
        # A user's shell is greeted with them instead.
        if wanted.command or wanted.is_tunnel or not wanted.guest.says_hello:
            for complaint in complaints:
                print_warning(complaint)
        line = format_announce(replace(announce, trace=told_path(trace), stream=goes_on, streams=hello.streams))
        _print_announce(answer(line, hello, addresses_here(host.listening)))
    others = "" if wanted.command or wanted.is_tunnel else _detached_sessions(places, registration, hello)
    server.hand_over(replace(session, others=others))


def _choose_port(
    announce: Announce, listening: Listening, wanted: NewSession, *, goes_on: bool, remarks: list[str]
) -> ChosenPort:
    """Open a UDP port, or go without one where the client can go on in the SSH channel.

    Raises:
        BootstrapError: there is none, and no other way.
    """
    if listening.closed and not goes_on:
        raise udp_is_closed(listening.closed)
    try:
        return choose_port(announce, listening, wanted.ports, remarks=remarks)
    except BootstrapError as error:
        if not goes_on:
            raise
        remarks.append(f"{error}, so the session goes through SSH")
        return ChosenPort(0, closed_socket().detach())


def _register(places: Places, session_id: bytes) -> tuple[Registration | None, list[str]]:
    """Make the session known on this host; return what to tell the user where that cannot be done."""
    try:
        return register(places, session_id), []
    except Unusable as problem:
        return None, [f"ls, attach and kill will not know this session: {problem}"]


def _refused(wanted: NewSession) -> list[str]:
    """Return what to tell the user of variables that may not be set."""
    names = sorted({plain(name, limit=_LONGEST_NAME) for name, _ in wanted.environment if not may_be_set(name)})
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    if not names:
        return []
    return [f"not set, as programs would run or read something else for them: {', '.join(names[:_NAMED])}{more}"]


def _detached_sessions(places: Places, own: Registration | None, hello: Hello) -> str:
    """Return a line about this user's other sessions, if nobody is at one; "" where nobody can tell."""
    from rmosh_server.desk.sessions import Sessions, tell_of_detached
    from rmosh_server.sockets.asking import Door

    # This one would be asked before it can answer.
    ours = [] if own is None else [Door(own.entry.directory, own.entry.control)]
    try:
        alive = Sessions(places).alive(patience=GREETING_PATIENCE, but=ours)
        return remark(tell_of_detached(alive, attach=hello.attach))
    except (OSError, Unusable):
        return ""


def _shell(
    wanted: NewSession, account: Account, session_id: bytes, hello: Hello, ways_to_client: Mapping[str, str]
) -> ToStart:
    pty = open_pty(rows=wanted.guest.rows, columns=wanted.guest.columns)
    environment = login_environment(
        os.environ,
        account,
        requested=[(name, value) for name, value in wanted.environment if may_be_set(name)],
        term=wanted.term,
        terminal_name=pty.name,
        session_id=session_id,
        direct_colour=hello.traits is None or hello.traits.direct_colour,
        locale_exists=locale_exists,
        ways_to_client=ways_to_client,
    )
    return ToStart(login_program(account, wanted.command), environment, pty)


def _print_announce(told: bytes) -> None:
    try:
        os.write(STANDARD_OUTPUT, told)
    except OSError as error:
        raise BootstrapError(
            Stage.SERVER_FAILED, f"the announce line could not be written: {error.strerror}"
        ) from error
