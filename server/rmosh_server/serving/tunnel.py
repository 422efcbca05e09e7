"""Serving a tunnel that was announced, until it is over: no terminal, no program, and nothing loaded for them."""

import json
import os
import time

from rmosh.channels.closing.frames import Close
from rmosh.session.tunnel_server import TunnelServer
from rmosh_server.desk.registry import Entry
from rmosh_server.desk.session_log import SessionLog
from rmosh_server.desk.tunnel_desk import TunnelDesk
from rmosh_server.process.kept_modules import keep_modules
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
from rmosh_server.serving.ssh_paths import SshPaths
from rmosh_server.serving.tunnel_driver import TunnelDriver
from rmosh_server.shell.account import go_home, own_account
from rmosh_server.shell.login_record import client_address


def serve_tunnel(handover: Handover) -> None:
    """Serve a tunnel until it is over."""
    in_own_name(handover, _serve)


def _serve(handover: Handover, entry: Entry | None, log: SessionLog) -> None:
    core = _core(handover)
    signals = signal_pipe()
    udp = open_port(handover)
    ssh_paths = SshPaths(core, tell=log.write)
    go_home(own_account())
    served = serve_streams(handover, core, log)
    presence = _Presence(entry, handover.announce.session_id)
    enquiries = open_enquiries(
        handover,
        lambda end: TunnelDesk(
            facts_of(handover),
            core,
            ssh_paths=ssh_paths,
            end=end,
            release=served.release,
            unsent=lambda: udp.failed_sends + ssh_paths.failed_sends,
            network=lambda: udp.network,
        ),
    )
    driver = TunnelDriver(
        core,
        udp,
        ssh_paths,
        signals,
        served=served,
        presence=presence,
        control=enquiries,
        idle_timeout=handover.settings.idle_timeout,
        complain=log.complain,
    )
    if enquiries is not None:
        enquiries.on_kill = driver.stop
    keep_modules()
    stand_alone(handover, ssh_paths)
    close = run(driver, log)
    ssh_paths.close()
    served.close()
    log_end(log, close, core.dropped, failed_sends=udp.failed_sends + ssh_paths.failed_sends)
    presence.end(close)


def _core(handover: Handover) -> TunnelServer:
    now = time.monotonic()
    core = TunnelServer(entropy=os.urandom, client_timeout=handover.settings.client_timeout, now=now)
    address = client_address()
    core.attach(handover.announce, name=handover.client or address, login_host=address, now=now)
    handover.announce.forget_secret()
    return core


class _Presence:
    """The tunnel in `rmosh-server status`; who(1) tells of terminals alone."""

    def __init__(self, entry: Entry | None, session_id: bytes) -> None:
        self._entry = entry
        self._session_id = session_id

    def refresh(self) -> None:
        """Keep its file from growing old."""
        if self._entry is not None:
            self._entry.refresh()

    def leave(self) -> None:
        """Have nothing to vanish from."""

    def ended(self, close: Close) -> None:
        """Have nobody who would attach to it."""

    def client_left(self, client: bytes, *, now: float) -> None:
        """Forget a client."""

    def end(self, close: Close) -> None:
        """Leave a record of the end."""
        if self._entry is not None:
            told = json.dumps({"id": self._session_id.hex(), "name": ""})
            self._entry.end(f"ended {close.kind.name.lower()} {close.value}\n{told}\n")
