"""Values of which only the newest counts, at both ends: each a channel of its own, told again until it is there."""

from collections.abc import Callable, Mapping

from rmosh.channels.channel import AtClient, AtServer, AttachmentEvent, ClientEvent, ClientSide, ServerSide
from rmosh.channels.contained_class import ContainedClass
from rmosh.channels.newest.frames import (
    COLOURS,
    PEOPLE,
    READS,
    TERMINAL,
    WINDOW,
    Colours,
    People,
    Person,
    Reads,
    Terminal,
    Window,
)
from rmosh.lazy_dataclass import dataclass
from rmosh.screen.optional_fields import ALL_READ
from rmosh.traits import Traits
from rmosh.transport.channel import Urgency
from rmosh.transport.newest import NewestSender


class WindowTold(AttachmentEvent):
    """The client's window has another size now; see `WindowAtServer.size`."""

    __slots__ = ()


class TerminalTold(AttachmentEvent):
    """The client's terminal said more of itself; see `TerminalAtServer.traits` and `ColoursAtServer.colours`."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class PeopleChanged(ClientEvent):
    """These are in the session now; none where nobody else is or was."""

    people: tuple[Person, ...]


class WindowAtClient(AtClient):
    """Says how large the user's window is."""

    def __init__(self, side: ClientSide) -> None:
        self._serial = 0
        self._newest = NewestSender(WINDOW)
        self.senders = ((Urgency.NEWS, self._newest),)
        self.tell(rows=side.rows, columns=side.columns)

    def tell(self, *, rows: int, columns: int) -> None:
        """Tell the window's size, in cells."""
        self._serial += 1
        self._newest.tell(Window(self._serial, rows, columns))


class WindowAtServer(AtServer):
    """Hears how large a client's window is.

    Attributes:
        size: rows x columns.
    """

    takes = (WINDOW,)

    def __init__(self, side: ServerSide) -> None:
        self._tell = side.tell
        self._serial = 0
        self.size = (side.rows, side.columns)

    def take(self, frame: Window, *, now: float) -> None:
        """Take a size that is newer than the one that is known."""
        if frame.serial <= self._serial:
            return
        self._serial = frame.serial
        if (frame.rows, frame.columns) != self.size:
            self.size = (frame.rows, frame.columns)
            self._tell(WindowTold())


class ColoursAtClient(AtClient):
    """Says what colours the user's terminal has."""

    def __init__(self, side: ClientSide) -> None:
        self._newest = NewestSender(COLOURS)
        self.senders = ((Urgency.NEWS, self._newest),)

    def tell(self, colours: Mapping[int, int]) -> None:
        """Tell them, 0xRRGGBB by place (see `Colours`)."""
        self._newest.tell(Colours(tuple(sorted(colours.items()))))


class ColoursAtServer(AtServer):
    """Hears what colours a client's terminal has.

    Attributes:
        colours: as `Colours` has them; none before it told.
    """

    takes = (COLOURS,)

    def __init__(self, side: ServerSide) -> None:
        self._tell = side.tell
        self.colours: tuple[tuple[int, int], ...] = ()

    def take(self, frame: Colours, *, now: float) -> None:
        """Take them."""
        self.colours = frame.values
        self._tell(TerminalTold())


class TerminalAtClient(AtClient):
    """Says what the user's terminal said of itself, where the hello could not."""

    def __init__(self, side: ClientSide) -> None:
        self._newest = NewestSender(TERMINAL)
        self.senders = ((Urgency.NEWS, self._newest),)

    def tell(self, traits: Traits) -> None:
        """Tell it."""
        self._newest.tell(Terminal(traits))


class TerminalAtServer(AtServer):
    """Hears what a client's terminal said of itself.

    Attributes:
        traits: None where nobody tells.
    """

    takes = (TERMINAL,)

    def __init__(self, side: ServerSide) -> None:
        self._tell = side.tell
        self.traits = side.traits

    def take(self, frame: Terminal, *, now: float) -> None:
        """Take it."""
        self.traits = frame.traits
        self._tell(TerminalTold())


class ReadsAtClient(AtClient):
    """Says which optional fields of screen messages this client reads."""

    def __init__(self, side: ClientSide) -> None:
        newest = NewestSender(READS)
        newest.tell(Reads(ALL_READ))
        self.senders = ((Urgency.NEWS, newest),)


class ReadsAtServer(AtServer):
    """Hears which optional fields of screen messages a client reads.

    Attributes:
        fields: as `Reads` has them.
        on_changed: told the new ones, and the moment.
    """

    takes = (READS,)

    def __init__(self, side: ServerSide) -> None:
        self.fields = 0
        self.on_changed: list[Callable[[int, float], None]] = []

    def take(self, frame: Reads, *, now: float) -> None:
        """Take them."""
        if frame.fields != self.fields:
            self.fields = frame.fields
            for told in self.on_changed:
                told(frame.fields, now)


class PeopleAtServer(AtServer):
    """Says who is here; one that is and was alone need not know, unless it is to know that it reads."""

    def __init__(self, side: ServerSide) -> None:
        self._knows_of_others = side.read_only
        self._newest = NewestSender(PEOPLE)
        self.senders = ((Urgency.NEWS, ContainedClass(self._newest, side.walls.part("who is told who is here"))),)

    def tell(self, people: People) -> None:
        """Tell it."""
        self._knows_of_others = self._knows_of_others or len(people.people) > 1
        if self._knows_of_others:
            self._newest.tell(people)


class PeopleAtClient(AtClient):
    """Hears who is here."""

    takes = (PEOPLE,)

    def __init__(self, side: ClientSide) -> None:
        self._tell = side.tell
        self._serial = 0

    def take(self, frame: People, *, now: float) -> None:
        """Take it, if it is newer than what is known."""
        if frame.serial > self._serial:
            self._serial = frame.serial
            self._tell(PeopleChanged(frame.people))
