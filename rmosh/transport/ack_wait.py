"""ACK_MAY_WAIT: a sender grants the acknowledgement of a datagram a wait for the next one, which then tells of both."""

from collections.abc import Sequence

from rmosh.transport.frame_type import WireFrame
from rmosh.transport.frames import ACK_MAY_WAIT, AckMayWait
from rmosh.transport.traffic import Load, size_of

_ACK_MAY_WAIT = ACK_MAY_WAIT.encode(AckMayWait())


def grants(loads: Sequence[Load], *, room: int) -> list[Load]:
    """Return what grants the wait to a datagram of these loads, where its only question bears it and there is room."""
    question: Load | None = None
    for load in loads:
        if load.elicits_ack:
            if question is not None:
                return []
            question = load
    may_wait = question is not None and question.answer_may_wait and room - size_of(loads) >= len(_ACK_MAY_WAIT)
    return [Load(_ACK_MAY_WAIT, elicits_ack=False)] if may_wait else []


def is_granted(own: Sequence[WireFrame], questions: Sequence[WireFrame]) -> bool:
    """Tell whether a datagram grants it.

    Args:
        own: its frames that are the endpoint's.
        questions: those that elicit an acknowledgement; of several one may be hurried.
    """
    return len(questions) == 1 and AckMayWait in map(type, own)
