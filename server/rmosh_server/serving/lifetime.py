"""A serving process from its start to its end, whatever it serves: its port, its log, letting go of the login."""

import contextlib
import faulthandler
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

from rmosh import __version__
from rmosh.channels.closing.frames import Close, CloseKind
from rmosh.session.reached_server import ReachedServer
from rmosh_server.desk.places import Unusable
from rmosh_server.desk.questions import Facts
from rmosh_server.desk.registry import CONTROL_SUFFIX, Entry
from rmosh_server.desk.session_log import SessionLog, losses_in_words
from rmosh_server.process.descriptors import leave_standard_streams
from rmosh_server.process.signals import SignalPipe
from rmosh_server.process.title import show_name
from rmosh_server.serving.handover import NO_DESCRIPTOR, Handover
from rmosh_server.serving.loop import ServingLoop, UdpPort
from rmosh_server.serving.served_streams import ServedStreams
from rmosh_server.serving.session_ways import SessionWays
from rmosh_server.serving.ssh_paths import SshPaths
from rmosh_server.sockets.asking import Door
from rmosh_server.sockets.ssh_channel import ChannelEnds, SshChannel
from rmosh_server.sockets.udp import UdpSocket
from rmosh_server.systems import forbid_looks

#: Serves what was handed over, with its record on this host, if it has one, and its log.
Serving: TypeAlias = "Callable[[Handover, Entry | None, SessionLog], None]"


def in_own_name(session: Handover, serving: Serving) -> None:
    """Serve as a process that people tell by its name, and which leaves a word where a fault of ours ends it."""
    show_name("rmosh-server")
    forbid_looks()
    entry = _entry_of(session)
    log = _open_log(session, entry)
    try:
        serving(session, entry, log)
    except Exception as error:
        log.crashed(error)
        raise


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


def facts_of(session: Handover) -> Facts:
    """Return what others of the user are told of it."""
    announce = session.announce
    return Facts(
        announce.session_id,
        session.name,
        started=time.time(),
        port=announce.port,
        client_timeout=announce.client_timeout,
    )


def signal_pipe() -> SignalPipe:
    """Return where the signals come that a loop acts on; others are ignored."""
    return SignalPipe(
        watched=(signal.SIGCHLD, signal.SIGTERM),
        ignored=(signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE, signal.SIGTSTP),
    )


def open_port(session: Handover) -> UdpPort:
    """Return where datagrams come and go."""
    opened = socket.socket(fileno=session.udp)
    if not session.shared_port:
        return UdpSocket(opened)
    from rmosh_server.port.shared_port import SharedPort  # which a session with a port of its own does without

    return SharedPort(opened, session.shared_port, port=session.announce.port)


def _neighbours_of(session: Handover) -> list[Door]:
    """Return where the user's other sessions and tunnels on this host can be asked."""
    from rmosh_server.desk.places import usual_places
    from rmosh_server.desk.sessions import Sessions

    own = Door(session.directory, session.announce.session_id.hex() + CONTROL_SUFFIX)
    with contextlib.suppress(Unusable):
        return [door for door in Sessions(usual_places(os.environ)).doors() if door != own]
    return []


def serve_streams(session: Handover, core: ReachedServer[Any], log: SessionLog) -> ServedStreams:
    """Return what will serve the streams that clients open."""
    return ServedStreams(
        core.streams,
        unheard=lambda client: core.unheard(client, now=time.monotonic()),
        complain=log.complain,
        settings=session.settings.forwarding,
        ways=SessionWays(session),
        neighbours=partial(_neighbours_of, session),
        own_program=session.program,
    )


def stand_alone(session: Handover, ssh_paths: SshPaths) -> None:
    """Let go of everything that belongs to the SSH login but a channel to go on in; without one the launcher ends."""
    os.chdir("/")
    leave_standard_streams()
    with contextlib.suppress(OSError):
        os.write(session.report, b"%d %d" % (os.getpid(), session.shell))
    if not session.stream:
        os.close(session.report)
        return
    ends = ChannelEnds(session.reading, session.writing, session.report, session.stream)
    channel = SshChannel(ends, follows_line=True)
    ssh_paths.adopt(channel, session.announce.session_id, now=time.monotonic())


def run(driver: ServingLoop, log: SessionLog) -> Close:
    """Run a loop until it is over; a bug of ours must reach clients as an end, not as silence."""
    try:
        return driver.run()
    except Exception as error:
        log.crashed(error)
        close = Close(CloseKind.FAILED, 0, f"the server failed on a bug of its own: {type(error).__name__}")
        _abandon(driver, close)
        return close


def _abandon(driver: ServingLoop, close: Close) -> None:
    try:
        driver.abandon(close)
    except Exception:
        return  # the core itself is what broke: the client learns it from `rmosh-server status`


def log_end(log: SessionLog, close: Close, dropped: Mapping[str, int], *, failed_sends: int) -> None:
    """Write how it ended, and what was lost on the way there."""
    if losses := losses_in_words(dropped, failed_sends=failed_sends):
        log.write(losses)
    log.end(f"{close.kind.name.lower()} {close.value}" + (f", {close.message}" if close.message else ""))
