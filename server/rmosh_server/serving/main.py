"""Serving a session that was announced, until it is over: where the session core meets the process."""

import gc
import os
import time
from typing import Final

from rmosh.session.attachment import Guest
from rmosh.session.server import ServerSession
from rmosh.terminal.width import Widths
from rmosh_server.desk.desk import Desk
from rmosh_server.desk.registry import Entry
from rmosh_server.desk.session_log import SessionLog
from rmosh_server.process.kept_modules import keep_modules
from rmosh_server.serving.driver import ServerDriver
from rmosh_server.serving.enquiries import open_enquiries
from rmosh_server.serving.handover import Handover
from rmosh_server.serving.lifetime import (
    facts_of,
    in_own_name,
    log_end,
    open_port,
    run,
    serve_streams,
    signal_pipe,
    stand_alone,
)
from rmosh_server.serving.presence import HostPresence
from rmosh_server.serving.ssh_paths import SshPaths
from rmosh_server.serving.traces import Traces
from rmosh_server.shell.account import go_home, own_account
from rmosh_server.shell.columns import columns_here
from rmosh_server.shell.greeting import login_greeting
from rmosh_server.shell.login_record import client_address
from rmosh_server.shell.pty import Pty

#: New objects after which the garbage collector looks at them. Reason: the emulator makes many and hardly a cycle; the
#: usual 700 cost a coloured flood a tenth of its speed, more than this gains little. Source:
#: tests/benchmarks/chosen_numbers.py, collecting.
COLLECT_EVERY: Final = 5000


def serve(session: Handover) -> None:
    """Serve a session until it is over."""
    in_own_name(session, _serve)


def _serve(session: Handover, entry: Entry | None, log: SessionLog) -> None:
    pty = Pty(master=session.master, slave=session.slave)
    core = _build_core(session)
    traces = Traces(core, complain=log.complain)
    traces.begin(session.announce.session_id, session.trace, now=time.monotonic())
    presence = HostPresence(entry, pty, traces, session_id=session.announce.session_id, name=session.name)
    signals = signal_pipe()
    udp = open_port(session)
    ssh_paths = SshPaths(core, tell=log.write)
    served = serve_streams(session, core, log)
    enquiries = open_enquiries(
        session,
        lambda end: Desk(
            facts_of(session),
            core,
            terminal=pty.fileno(),
            doors=presence,
            ssh_paths=ssh_paths,
            end=end,
            release=served.release,
            unsent=lambda: udp.failed_sends + ssh_paths.failed_sends,
            network=lambda: udp.network,
        ),
    )
    driver = ServerDriver(
        core,
        udp,
        ssh_paths,
        pty,
        signals,
        shell=session.shell,
        presence=presence,
        control=enquiries,
        served=served,
        idle_timeout=session.settings.idle_timeout,
        complain=log.complain,
    )
    if enquiries is not None:
        enquiries.on_kill = driver.stop
    stand_alone(session, ssh_paths)
    keep_modules()
    presence.join(_place())
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_EVERY)
    close = run(driver, log)
    ssh_paths.close()
    served.close()
    log_end(log, close, core.dropped, failed_sends=udp.failed_sends + ssh_paths.failed_sends)
    presence.end(close, now=time.monotonic())


def _build_core(session: Handover) -> ServerSession:
    now = time.monotonic()
    core = ServerSession(
        rows=session.rows,
        columns=session.columns,
        entropy=os.urandom,
        now=now,
        history_lines=session.settings.history_lines,
        history_bytes=session.settings.history_bytes,
        client_timeout=session.settings.client_timeout,
        answers_checksums=session.settings.screen_checksums,
        widths=Widths(columns_here),
    )
    address = client_address()
    guest = Guest(
        session.rows,
        session.columns,
        name=session.client or address,
        compression=session.compression,
        obscures_typing=session.obscures_typing,
        login_host=address,
        traits=session.traits,
        streams=session.streams,
    )
    core.attach(session.announce, guest, now=now)
    session.announce.forget_secret()
    account = own_account()
    greeting = go_home(account).encode()
    if session.is_login:
        greeting += login_greeting(account, os.getuid())
        greeting += "".join([f"{line}\r\n" for line in (*session.complaints, session.others) if line]).encode()
    if greeting:
        core.output(greeting, now=now)
    return core


def _place() -> str:
    """Return where the login came from, as `who` shows it."""
    return f"{client_address()} via rmosh [{os.getpid()}]".strip()
