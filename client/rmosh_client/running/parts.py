"""What a running session is made of."""

from collections.abc import Callable, Sequence

from rmosh.containment import Containment
from rmosh.lazy_dataclass import dataclass
from rmosh_client.reaching.reach import ServerReach
from rmosh_client.running.contained_prediction import ContainedPredictor
from rmosh_client.running.core import Session
from rmosh_client.running.session_forwards import SessionForwards
from rmosh_client.showing.display import Display
from rmosh_client.showing.notice import Notices
from rmosh_client.tracing.tracer import Tracer
from rmosh_client.typing.colour_watch import ColourWatch
from rmosh_client.typing.escape import EscapeMachine
from rmosh_client.typing.foreign_keys import ForeignKeys
from rmosh_client.typing.interview import Interview, Topic
from rmosh_client.typing.local_terminal import LocalTerminal
from rmosh_client.viewing.bottom_line import BottomLine
from rmosh_client.viewing.reading import HistoryReader


@dataclass(frozen=True, slots=True)
class Parts:
    """Put together once, and joined by the driver.

    Attributes:
        topics: what the terminal is asked at the start.
        forward_line: what is typed to forward more.
        way_back: the command that attaches to the session anew, "" where nothing does.
        black_out: what the key for the demo's tunnel does; None where that is no key.
    """

    walls: Containment
    session: Session
    reach: ServerReach
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
    tracer: Tracer
    forwards: SessionForwards
    forward_line: BottomLine
    way_back: str
    black_out: Callable[[], None] | None = None
