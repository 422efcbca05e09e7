"""Who is in a session, as its clients are told: not too often, and always in the smallest datagram."""

from collections.abc import Sequence

from rmosh.channels.newest.frames import MAX_PERSON_NAME, PEOPLE, People, Person
from rmosh.lazy_dataclass import replace
from rmosh.session.attachment import Attachment
from rmosh.session.policy import PEOPLE_INTERVAL
from rmosh.transport.traffic import SMALLEST_ROOM

#: What stands for the end of a name that was cut.
_CUT = "…"


class Roster:
    """Tells all clients of a session who is here.

    Attributes:
        due_at: when they are to be told next; None where they know.
    """

    def __init__(self) -> None:
        self._serial = 0
        self._told_at = float("-inf")
        self.due_at: float | None = None

    def came_or_went(self, *, now: float) -> None:
        """There is somebody more or less, which may change what quitting does: they are told at once."""
        self.due_at = now

    def changed(self, *, now: float) -> None:
        """Somebody else leads now, or has another window."""
        if self.due_at is None:
            self.due_at = max(now, self._told_at + PEOPLE_INTERVAL)

    def tell(self, present: Sequence[Attachment], leader: Attachment | None, *, now: float) -> None:
        """Tell everybody, if that is due."""
        if self.due_at is None or now < self.due_at:
            return
        self.due_at, self._told_at = None, now
        self._serial += 1
        people = fitted(People(self._serial, tuple([_person(each, leads=each is leader) for each in present])))
        for place, told in enumerate(present):
            you = replace(people.people[place], is_you=True)
            told.tell_people(replace(people, people=(*people.people[:place], you, *people.people[place + 1 :])))


def fitted(people: People) -> People:
    """Return it with the longest names cut as far as the smallest datagram needs."""
    sizes = [len(_encoded(person.name)) for person in people.people]
    nameless = replace(people, people=tuple([replace(person, name="") for person in people.people]))
    room = SMALLEST_ROOM - len(PEOPLE.encode(nameless))
    limit = MAX_PERSON_NAME
    while limit > 0 and sum(min(size, limit) for size in sizes) > room:
        limit -= 1
    return replace(people, people=tuple([replace(person, name=_cut(person.name, limit)) for person in people.people]))


def _person(attachment: Attachment, *, leads: bool) -> Person:
    rows, columns = attachment.window
    guest = attachment.guest
    return Person(guest.name, rows, columns, guest.read_only, is_you=False, leads=leads)


def _cut(name: str, limit: int) -> str:
    """Return a name of at most `limit` bytes."""
    encoded = _encoded(name)
    if len(encoded) <= limit:
        return name
    kept = encoded[: max(0, limit - len(_encoded(_CUT)))].decode("utf-8", "ignore")
    return kept + _CUT if len(_encoded(kept + _CUT)) <= limit else kept


def _encoded(name: str) -> bytes:
    return name.encode("utf-8", "replace")
