"""What a running session is made of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rmosh.containment import Containment
from rmosh.transport.path import Path
from rmosh_client.link.network_watch import NetworkWatch
from rmosh_client.link.refusal import RefusalProbe
from rmosh_client.link.sockets import SocketTable
from rmosh_client.running.contact import ContactWatch
from rmosh_client.running.contained_prediction import ContainedPredictor
from rmosh_client.running.core import Session
from rmosh_client.running.liveness import LivenessCheck
from rmosh_client.running.server_addresses import ServerAddresses
from rmosh_client.running.ssh_path import Begin
from rmosh_client.showing.display import Display
from rmosh_client.showing.notice import Notices
from rmosh_client.tracing.link_log import LinkLog
from rmosh_client.tracing.tracer import Tracer
from rmosh_client.typing.colour_watch import ColourWatch
from rmosh_client.typing.escape import EscapeMachine
from rmosh_client.typing.foreign_keys import ForeignKeys
from rmosh_client.typing.interview import Interview, Topic
from rmosh_client.typing.local_terminal import LocalTerminal
from rmosh_client.viewing.reading import HistoryReader


@dataclass(frozen=True, slots=True)
class Parts:
    """Put together once, and joined by the driver.

    Attributes:
        topics: what the terminal is asked at the start.
        stream: the path inside the SSH channel of the login that started the session; None where it has none.
        log_in: starts another login for such a path; None where there is to be none.
        way_back: the command that attaches to the session anew, "" where nothing does.
        black_out: what the key for the demo's tunnel does; None where that is no key.
    """

    walls: Containment
    session: Session
    sockets: SocketTable
    terminal: LocalTerminal
    predictor: ContainedPredictor
    display: Display
    reader: HistoryReader
    interview: Interview
    topics: Sequence[Topic]
    colours: ColourWatch
    notices: Notices
    escape: EscapeMachine
    foreign_keys: ForeignKeys
    contact: ContactWatch
    liveness: LivenessCheck
    addresses: ServerAddresses
    network: NetworkWatch
    refusal: RefusalProbe
    tracer: Tracer
    log: LinkLog
    way_back: str
    stream: Path | None = None
    log_in: Begin = None
    black_out: Callable[[], None] | None = None
