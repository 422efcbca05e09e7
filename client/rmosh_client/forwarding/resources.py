"""What all forwards of a session share."""

from collections.abc import Callable

from rmosh.lazy_dataclass import dataclass
from rmosh_client.forwarding.dialling import Lookups
from rmosh_client.forwarding.ready_set import ReadySet
from rmosh_client.forwarding.settings import ForwardSettings
from rmosh_client.forwarding.stream_users import StreamUsers


@dataclass(frozen=True, slots=True)
class Resources:
    """Made once.

    Attributes:
        clock: monotonic seconds.
    """

    users: StreamUsers
    ready_set: ReadySet
    lookups: Lookups
    settings: ForwardSettings
    clock: Callable[[], float]
