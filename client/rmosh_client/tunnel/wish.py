"""What the user wants a tunnel for."""

from rmosh.lazy_dataclass import dataclass
from rmosh_client.forwarding.specification import Place
from rmosh_client.tunnel.background import Background


@dataclass(frozen=True, slots=True)
class TunnelWish:
    """What a tunnel is for.

    Attributes:
        direct: what standard input and output are connected to; None for forwards alone.
        background: where to go once the login is done; None to stay in front.
    """

    direct: Place | None = None
    background: Background | None = None
