"""Serving a session that was announced, until it is over: where the session core meets the process."""

import contextlib
import faulthandler
import gc
import os
import signal
import socket
import sys
import time
from typing import Final

from rmosh import __version__
from rmosh.channels.closing.frames import Close, CloseKind
from rmosh.session.attachment import Guest
from rmosh.session.server import ServerSession
from rmosh.terminal.width import Widths
from rmosh_server.desk.desk import Facts
from rmosh_server.desk.registry import Entry
from rmosh_server.desk.session_log import SessionLog, losses_in_words
from rmosh_server.process.descriptors import leave_standard_streams
from rmosh_server.process.kept_modules import keep_modules
from rmosh_server.process.signals import SignalPipe
from rmosh_server.serving.driver import ServerDriver, UdpPort
from rmosh_server.serving.handover import NO_DESCRIPTOR, Handover, receive
from rmosh_server.serving.presence import Enquiries, HostPresence
from rmosh_server.serving.streams import StreamPaths
from rmosh_server.serving.traces import Traces
from rmosh_server.shell.account import go_home, own_account
from rmosh_server.shell.columns import columns_here
from rmosh_server.shell.greeting import login_greeting
from rmosh_server.shell.login_record import client_address
from rmosh_server.shell.pty import Pty
from rmosh_server.sockets.control_socket import ControlSocket
from rmosh_server.sockets.ssh_channel import ChannelEnds, SshChannel
from rmosh_server.sockets.udp import UdpSocket
from rmosh_server.systems import forbid_looks

#: New objects after which the garbage collector looks at them. Reason: the emulator makes many and hardly a cycle; the
#: usual 700 cost a coloured flood a tenth of its speed, more than this gains little. Source:
#: tests/benchmarks/chosen_numbers.py, collecting.
COLLECT_EVERY: Final = 5000


def main(descriptor: int) -> None:
    """Serve the session handed over through a pipe, until it is over."""
    serve(receive(descriptor))


def serve(session: Handover) -> None:
    """Serve a session until it is over."""
    _show_name()
    forbid_looks()
    entry = _entry_of(session)
    log = _open_log(session, entry)
    try:
        _serve(session, entry, log)
    except Exception as error:
        log.crashed(error)
        raise


def _serve(session: Handover, entry: Entry | None, log: SessionLog) -> None:
    pty = Pty(master=session.master, slave=session.slave)
    core = _build_core(session)
    traces = Traces(core, complain=log.complain)
    traces.begin(session.announce.session_id, session.trace, now=time.monotonic())
    presence = HostPresence(entry, pty, traces, session_id=session.announce.session_id, name=session.name)
    signals = SignalPipe(
        watched=(signal.SIGCHLD, signal.SIGTERM),
        ignored=(signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE, signal.SIGTSTP),
    )
    udp = _open_port(session)
    streams = StreamPaths(core, tell=log.write)
    enquiries = _open_enquiries(session, core, udp, pty, presence, streams)
    driver = ServerDriver(
        core,
        udp,
        streams,
        pty,
        signals,
        shell=session.shell,
        presence=presence,
        control=enquiries,
        idle_timeout=session.settings.idle_timeout,
        complain=log.complain,
    )
    if enquiries is not None:
        enquiries.on_kill = driver.stop
    keep_modules()
    _detach(session, streams)
    presence.join(_place())
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_EVERY)
    close = _run(driver, log)
    streams.close()
    if losses := losses_in_words(core.dropped, failed_sends=udp.failed_sends + streams.failed_sends):
        log.write(losses)
    log.end(f"{close.kind.name.lower()} {close.value}" + (f", {close.message}" if close.message else ""))
    presence.end(close, now=time.monotonic())


def _open_port(session: Handover) -> UdpPort:
    opened = socket.socket(fileno=session.udp)
    if not session.shared_port:
        return UdpSocket(opened)
    from rmosh_server.port.shared_port import SharedPort  # which a session with a port of its own does without

    return SharedPort(opened, session.shared_port, port=session.announce.port)


def _entry_of(session: Handover) -> Entry | None:
    if session.record == NO_DESCRIPTOR:
        return None
    return Entry(session.record, session.directory, session.announce.session_id.hex())


def _open_log(session: Handover, entry: Entry | None) -> SessionLog:
    """Return the session's log, with all that can be told of it so far; the interpreter's own last words go there."""
    log = SessionLog("" if entry is None else entry.log)
    python = ".".join(map(str, sys.version_info[:3]))
    announce = session.announce
    log.begin(
        announce.session_id,
        name=session.name,
        told=f"rmosh-server {__version__}, Python {python}, protocol {announce.version}, "
        f"process {os.getpid()}, UDP port {announce.port}",
    )
    for complaint in session.complaints:
        log.write(complaint)
    if log.descriptor is not None:
        faulthandler.enable(log.descriptor)
    return log


def _open_enquiries(
    session: Handover, core: ServerSession, udp: UdpPort, pty: Pty, presence: HostPresence, streams: StreamPaths
) -> Enquiries | None:
    if session.control == NO_DESCRIPTOR:
        return None
    announce = session.announce
    facts = Facts(
        announce.session_id,
        session.name,
        started=time.time(),
        port=announce.port,
        client_timeout=announce.client_timeout,
    )
    control = ControlSocket(socket.socket(fileno=session.control))
    return Enquiries(
        control,
        facts,
        core,
        pty,
        presence,
        streams,
        unsent=lambda: udp.failed_sends + streams.failed_sends,
        network=lambda: udp.network,
    )


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


def _show_name() -> None:
    """Have `top` and `pgrep` show our name instead of the interpreter's."""
    with contextlib.suppress(OSError), open("/proc/self/comm", "w", encoding="ascii") as name:
        name.write("rmosh-server")


def _detach(session: Handover, streams: StreamPaths) -> None:
    """Let go of everything that belongs to the SSH login but a channel to go on in; without one the launcher ends."""
    os.chdir("/")
    leave_standard_streams()
    with contextlib.suppress(OSError):
        os.write(session.report, b"%d" % session.shell)
    if not session.stream:
        os.close(session.report)
        return
    ends = ChannelEnds(session.reading, session.writing, session.report, session.stream)
    channel = SshChannel(ends, follows_line=True)
    streams.adopt(channel, session.announce.session_id, now=time.monotonic())


def _run(driver: ServerDriver, log: SessionLog) -> Close:
    try:
        return driver.run()
    except Exception as error:  # a bug of ours must reach the client as an end, not as silence
        log.crashed(error)
        close = Close(CloseKind.FAILED, 0, f"the server failed on a bug of its own: {type(error).__name__}")
        _abandon(driver, close)
        return close


def _abandon(driver: ServerDriver, close: Close) -> None:
    try:
        driver.abandon(close)
    except Exception:
        return  # the session core itself is what broke: the client learns it from `rmosh-server status`


def _place() -> str:
    """Return where the login came from, as `who` shows it."""
    return f"{client_address()} via rmosh [{os.getpid()}]".strip()
