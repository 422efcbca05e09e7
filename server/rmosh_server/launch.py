"""Starting a session: the server process splits off, starts the shell, announces itself and serves.

Two processes: the one that SSH ran (the launcher) waits until the server process is on its own feet, then ends; the
server process, its child, belongs to a session of its own from the start. All that can fail visibly is done before
the announce line, all that is slow to import after it.
"""

import os
import resource
import signal
import sys
from dataclasses import replace
from typing import Final

from rmosh.announce import SECRET_BYTES, SESSION_ID_BYTES, Announce, format_announce, new_announce
from rmosh.errors import BootstrapError, Stage
from rmosh.hello import Hello, choose_version

from .account import Account, go_home, login_program, own_account
from .complaints import print_error
from .descriptors import STANDARD_OUTPUT, close_others, fill_standard_streams, is_open, point_at_null
from .environment import login_environment
from .handover import Handover, hand_over
from .hearing import answer, hear_hello
from .locales import locale_exists
from .options import NewSession
from .pty import Pty, open_pty
from .registry import AGENT_SUFFIX, usual_directory
from .settings import read_settings
from .udp import bind_first_free
from .variables import AGENT_VARIABLE

#: Most bytes of the server process's report to the launcher: the shell's process id in decimal.
REPORT_BYTES: Final = 32

#: How long a login waits for each of the other sessions to tell how it is, in seconds. Reason: one answers in a
#: millisecond or is stopped; the announce line has gone out by then.
GREETING_PATIENCE: Final = 0.2


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
    hello = hear_hello(wanted.guest)
    if wanted.name and _attached_by_name(wanted, hello):
        return 0
    reading, writing = os.pipe()
    server = os.fork()
    if server == 0:
        os.close(reading)
        _run_server(wanted, hello, report=writing)
    os.close(writing)
    return _await_server(server, report=reading)


def _attached_by_name(wanted: NewSession, hello: Hello) -> bool:
    """Attach to the session of the wanted name, if there is one; else its name stays ours until this process ends.

    Raises:
        BootstrapError: there is one and it may not be taken, or nobody can tell.
    """
    from .errands import attach  # what a session without a name does not need
    from .registry import Registry, Unusable
    from .sessions import NoSession, Sessions

    directory = usual_directory(os.environ)
    try:
        Registry(directory).hold_names()
        sessions = Sessions(directory)
        found = [session for session in sessions.alive() if session.name == wanted.name]
        if not found:
            return False
        if not wanted.or_attach:
            raise BootstrapError(
                Stage.SERVER_FAILED,
                f"a session named {wanted.name} runs already",
                hint="attach to it, or choose another name",
            )
        os.write(STANDARD_OUTPUT, answer(attach(sessions, found[0], wanted.guest, hello), hello))
        return True
    except (NoSession, Unusable) as problem:
        raise BootstrapError(Stage.SERVER_FAILED, str(problem)) from problem


def _await_server(server: int, *, report: int) -> int:
    """Wait until the server process serves, or has said on standard error why it does not."""
    shell = os.read(report, REPORT_BYTES)
    if not shell:
        _, status = os.waitpid(server, 0)
        return max(1, os.waitstatus_to_exitcode(status))
    point_at_null(STANDARD_OUTPUT)
    _escape_logout(server, int(shell))
    return 0


def _escape_logout(server: int, shell: int) -> None:
    from .logind import in_login_session, outlive_login

    try:
        with open("/proc/self/cgroup", encoding="utf-8", errors="replace") as opened:
            cgroups = opened.read()
    except OSError:
        return
    if in_login_session(cgroups):
        warning = outlive_login((server, shell), str(server))
        if warning:
            sys.stderr.write(f"rmosh-server: {warning}\n")


def _run_server(wanted: NewSession, hello: Hello, *, report: int) -> None:
    """Be the server process; never returns."""
    status = 1
    try:
        os.setsid()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        _announce_and_serve(wanted, hello, report=report)
        status = 0
    except BootstrapError as error:
        print_error(error)
    except Exception:
        _print_traceback()
    finally:
        os._exit(status)


def _print_traceback() -> None:
    import traceback  # 2 ms that only a bug of ours needs

    traceback.print_exc()


def _announce_and_serve(wanted: NewSession, hello: Hello, *, report: int) -> None:
    account = own_account()
    go_home(account)
    settings = read_settings(os.environ, account.home)
    udp = bind_first_free(wanted.ports)
    pty = open_pty(rows=wanted.guest.rows, columns=wanted.guest.columns)
    entropy = os.urandom(SESSION_ID_BYTES + SECRET_BYTES)
    announce = new_announce(port=udp.port, entropy=entropy, version=choose_version(hello.versions))
    shell = _start_shell(wanted, account, pty, announce.session_id)
    _keep_secrets_in_memory()
    _print_announce(announce, hello)
    master, slave = pty.descriptors
    hand_over(
        Handover(
            announce=announce,
            rows=wanted.guest.rows,
            columns=wanted.guest.columns,
            shell=shell,
            is_login=not wanted.command,
            udp=udp.fileno(),
            master=master,
            slave=slave,
            report=report,
            name=wanted.name,
            client=wanted.guest.name,
            greeting="" if wanted.command else _detached_sessions(),
            settings=settings if wanted.idle_timeout is None else replace(settings, idle_timeout=wanted.idle_timeout),
        )
    )


def _detached_sessions() -> str:
    """Return a line about this user's sessions that nobody is at; "" where there are none, or nobody can tell."""
    from .registry import CONTROL_SUFFIX, Unusable

    directory = usual_directory(os.environ)
    try:
        if not any(name.endswith(CONTROL_SUFFIX) for name in os.listdir(directory)):
            return ""
        from .sessions import Sessions, tell_of_detached

        return tell_of_detached(Sessions(directory).alive(patience=GREETING_PATIENCE)).replace("\n", " ")
    except (OSError, Unusable):
        return ""


def _start_shell(wanted: NewSession, account: Account, pty: Pty, session_id: bytes) -> int:
    environment = login_environment(
        os.environ,
        account,
        requested=wanted.environment,
        term=wanted.term,
        terminal_name=pty.name,
        session_id=session_id,
        locale_exists=locale_exists,
    )
    if environment.get(AGENT_VARIABLE):  # a path that will follow the newest client's agent
        own = os.path.join(usual_directory(os.environ), session_id.hex() + AGENT_SUFFIX)
        environment[AGENT_VARIABLE] = own
    return pty.start(login_program(account, wanted.command), environment)


def _keep_secrets_in_memory() -> None:
    """Have no core dump written; after the shell has started, whose own limits stay as they were."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        # A dump that is piped to a collector ignores the limit; an empty filter leaves nothing to collect.
        with open("/proc/self/coredump_filter", "w", encoding="ascii") as opened:
            opened.write("0")
    except OSError:
        return


def _print_announce(announce: Announce, hello: Hello) -> None:
    try:
        os.write(STANDARD_OUTPUT, answer(format_announce(announce), hello))
    except OSError as error:
        raise BootstrapError(
            Stage.SERVER_FAILED, f"the announce line could not be written: {error.strerror}"
        ) from error
