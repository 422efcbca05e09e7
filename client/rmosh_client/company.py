"""What the others in a session make of us: whether we only look on, and whether the session goes on when we leave."""

from collections.abc import Sequence

from rmosh.transport.frames import Person


def alone_and_looking_on(*, rows: int, columns: int) -> tuple[Person, ...]:
    """Return who is in a session as far as a client knows that asked to look on, before the server has told."""
    return (Person("", rows, columns, read_only=True, is_you=True, leads=False),)


def only_looks_on(people: Sequence[Person]) -> bool:
    """Tell whether the server let us in as somebody who may look and leave, nothing else."""
    return any(person.is_you and person.read_only for person in people)


def goes_on_without_us(people: Sequence[Person]) -> bool:
    """Tell whether quitting only leaves: we do not hold the session, or somebody else holds it too."""
    others_hold_it = any(not person.is_you and not person.read_only for person in people)
    return only_looks_on(people) or others_hold_it
