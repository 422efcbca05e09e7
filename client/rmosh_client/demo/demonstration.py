"""`rmosh demo`: a session with this very machine over a made-up bad link, for someone without any server.

Client, server and login are the ordinary ones; only the SSH server and the link are the demo's own.
"""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from rmosh.errors import BootstrapError, Stage
from rmosh.prediction import PredictionStatistics
from rmosh.session.status import LinkStatus
from rmosh_client.bootstrap.request import PathWish, Request, SessionWish
from rmosh_client.demo.going_on import how_to_go_on
from rmosh_client.demo.host import DemoHost, demo_host
from rmosh_client.demo.meter import TUNNEL, DemoMeter
from rmosh_client.demo.session import BadLink, write_session
from rmosh_client.link.clocks import monotonic
from rmosh_client.painting.abilities import judge_abilities
from rmosh_client.painting.terminfo import read_terminfo
from rmosh_client.showing.session_window import rows_above_footer
from rmosh_client.typing.escape import EscapeKey
from rmosh_client.typing.local_terminal import LocalTerminal

#: Where the demo's two sides meet, and how long a word may take there, in seconds.
_LOOPBACK: Final = "127.0.0.1"
_LOOPBACK_TIMEOUT: Final = 2.0

#: How long the link is good once there is a screen, in seconds. Reason: a shell is at its prompt within that time.
GOOD_FOR: Final = 0.5

#: How long a session is kept that nobody is at. Reason: should both of the demo's processes be killed, nothing else
#: would end it; a laptop may be closed for a while.
_IDLE_TIMEOUT: Final = "1h"


class Demo:
    """One demo: its far side, and the line below the session that tells of it; a `Footer`.

    Attributes:
        has_meter: there is that line. Without one the link is bad from the first screen on.
    """

    def __init__(self, host: DemoHost, *, command: str, rows: int, columns: int, has_meter: bool) -> None:
        self.has_meter = has_meter
        self._host = host
        self._command = command
        self._rows = rows
        self._columns = columns
        self._meter = DemoMeter()
        self._began_at: float | None = None
        self._is_bad = False

    def request(self) -> Request:
        """Wait until the far side is ready, and return how a session with it is started.

        Raises:
            BootstrapError: it did not start.
        """
        config_file = self._host.await_ready()
        if not self.has_meter:
            self._host.worsen()
        return Request(
            "demo",
            config_file=config_file,
            command=(self._command,),
            rows=self._rows,
            columns=self._columns,
            path=PathWish.UDP,  # the bad link is all that there is to see
            wish=SessionWish(idle_timeout=_IDLE_TIMEOUT),
            is_lasting=False,
        )

    def line(self, status: LinkStatus, prediction: PredictionStatistics, *, columns: int, now: float) -> str:
        """Return the meter's line; soon after the first one, when there is a screen, the link gets bad."""
        if self._began_at is None:
            self._began_at = now
        if not self._is_bad and now >= self._began_at + GOOD_FOR:
            self._is_bad = True
            self._host.worsen()
        if not self._is_bad:
            return " a good link, for a moment"[:columns]
        self._meter.moves += self._host.new_moves()
        return self._meter.line(status, prediction, columns=columns, now=now)

    def enter_tunnel(self) -> None:
        """Let nothing through for a while."""
        self._host.black_out(TUNNEL)
        self._meter.enter_tunnel(now=monotonic())

    def farewell(self) -> str:
        """Return what there is to say at the end: figures, if there was a session, and how to go on."""
        figures = f"{self._meter.figures(now=monotonic())}\n" if self._is_bad else ""
        return f"{figures}{how_to_go_on()}"


@contextmanager
def demo(link: BadLink, key: EscapeKey, *, rows: int, columns: int, meter: bool | None) -> Iterator[Demo]:
    """Run a demo's far side for a window of rows x columns; nothing of it is left at the end.

    Args:
        key: what the session tells of as the escape key.
        meter: a line tells of the link; if None, where there is more to tell than the prompt does.

    Raises:
        BootstrapError: this machine lets no demo run.
    """
    require_loopback()
    wants_meter = link.is_eventful if meter is None else meter
    rows_left = rows_above_footer(rows) if wants_meter else rows
    has_meter = rows_left < rows
    with demo_host(link) as host:
        command = write_session(host.directory, link, key, rows=rows_left, columns=columns, has_meter=has_meter)
        yield Demo(host, command=command, rows=rows_left, columns=columns, has_meter=has_meter)


def require_terminal(environment: Mapping[str, str]) -> None:
    """Make sure that a session can be shown here, before anything is started for it.

    Raises:
        BootstrapError: it cannot.
    """
    try:
        LocalTerminal.open().close()
    except BootstrapError as error:
        raise BootstrapError(
            error.stage, str(error), hint="run it in a terminal, without redirecting its input or output"
        ) from None
    judge_abilities(environment, read_terminfo(environment.get("TERM", "")))


def require_loopback() -> None:
    """Make sure that this machine can speak with itself.

    Raises:
        BootstrapError: it cannot.
    """
    try:
        with socket.socket() as listener, socket.socket() as caller:
            listener.bind((_LOOPBACK, 0))
            listener.listen()
            caller.settimeout(_LOOPBACK_TIMEOUT)
            caller.connect(listener.getsockname())
    except OSError as error:
        raise BootstrapError(
            Stage.CONNECT,
            f"the demo talks to itself over {_LOOPBACK}, which does not work here: {error.strerror or error}",
            hint="bring the loopback interface up (as root: ip link set lo up), or run it outside of this container",
        ) from None
