"""What the others in a session make of us: whether we only look on, and whether the session goes on when we leave."""

from collections.abc import Sequence

from rmosh.channels.newest.frames import MAX_PERSON_NAME, Person
from rmosh_client.plain_text import printable


def alone_and_looking_on(*, rows: int, columns: int) -> tuple[Person, ...]:
    """Return who is in a session as far as a client knows that asked to look on, before the server has told."""
    return (Person("", rows, columns, read_only=True, is_you=True, leads=False),)


def only_looks_on(people: Sequence[Person]) -> bool:
    """Tell whether the server let us in as somebody who may look and leave, nothing else."""
    return any(person.is_you and person.read_only for person in people)


def others_in(people: Sequence[Person]) -> list[str]:
    """Return the names of who else is in the session, whoever may type first."""
    others = sorted((person for person in people if not person.is_you), key=lambda person: person.read_only)
    return [person_name(person) for person in others]


def person_name(person: Person) -> str:
    """Return what somebody is called, fit to be shown."""
    return printable(person.name, limit=MAX_PERSON_NAME) or "somebody"


def goes_on_without_us(people: Sequence[Person]) -> bool:
    """Tell whether quitting only leaves: we do not hold the session, or somebody else holds it too."""
    others_hold_it = any(not person.is_you and not person.read_only for person in people)
    return only_looks_on(people) or others_hold_it
