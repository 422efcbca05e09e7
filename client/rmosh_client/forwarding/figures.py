"""How much goes through a forward, for people."""

from rmosh.lazy_dataclass import dataclass
from rmosh_client.forwarding.specification import Forward


@dataclass(frozen=True, slots=True)
class ForwardFigures:
    """A forward as people see it.

    Attributes:
        forward: with the port that it got.
        connections: those that are open.
        sent, received: bytes from here to there, and back, since it listens.
        is_listening: the far side has not answered yet where this is False.
    """

    forward: Forward
    connections: int
    sent: int
    received: int
    is_listening: bool = True
