"""What a firewall on the way does to UDP alone: eats it, refuses it, or polices it by size or by rate. Sans-IO."""

import math
from dataclasses import dataclass
from enum import Enum
from typing import Final

from .errors import BadQuantity

#: Seconds' worth of its rate that a policer lets through at once. Reason: what people give tc(8)'s `police` as a burst.
_BURST_TIME: Final = 0.1

#: Least that it lets through at once, in bytes. Reason: a full packet, or none such ever passes.
_LEAST_BURST: Final = 1500

#: Least `largest`, in bytes. Reason: the IPv6 and UDP headers, and a byte.
_LEAST_LARGEST: Final = 49


class IcmpRefusal(Enum):
    """How a firewall says no, named as by iptables. Source: RFC 792, RFC 1812 section 5.2.7, RFC 4443 section 3.1."""

    NET_UNREACHABLE = "net-unreachable"
    HOST_UNREACHABLE = "host-unreachable"
    PORT_UNREACHABLE = "port-unreachable"
    PROTOCOL_UNREACHABLE = "protocol-unreachable"
    NET_PROHIBITED = "net-prohibited"
    HOST_PROHIBITED = "host-prohibited"
    ADMIN_PROHIBITED = "admin-prohibited"


@dataclass(frozen=True, slots=True)
class Firewall:
    """What is done to UDP; the default lets all of it through.

    Attributes:
        blocked: none gets through.
        refusal: how the client's is answered while it is blocked; None for not at all.
        largest: bytes of the largest IP packet with UDP that gets through; None for any.
        rate: bits a second that get through, each way; the rest vanishes, nothing queues. None for all.
    """

    blocked: bool = False
    refusal: IcmpRefusal | None = None
    largest: int | None = None
    rate: float | None = None

    def __post_init__(self) -> None:
        if self.largest is not None and self.largest < _LEAST_LARGEST:
            raise BadQuantity(
                f"a firewall that lets {self.largest} bytes through lets nothing through: give {_LEAST_LARGEST} or more"
            )

    @property
    def in_words(self) -> str:
        """What to say of it; "" where it lets all through."""
        if self.blocked:
            how = "eats all UDP" if self.refusal is None else f"refuses all UDP ({self.refusal.value})"
            return f"a firewall {how}"
        largest = [] if self.largest is None else [f"larger than {self.largest} bytes"]
        rate = [] if self.rate is None else [f"beyond {self.rate / 1000:g} kbit/s"]
        return f"a firewall eats UDP {' and '.join(largest + rate)}" if largest or rate else ""


class Policer:
    """One direction's UDP before a firewall."""

    def __init__(self) -> None:
        self._tokens = math.inf
        self._at = -math.inf

    def passes(self, size: int, firewall: Firewall, *, now: float) -> bool:
        """Count an IP packet of so many bytes; return whether it gets through."""
        if firewall.blocked or (firewall.largest is not None and size > firewall.largest):
            return False
        if firewall.rate is None:
            return True
        burst = max(_LEAST_BURST, firewall.rate / 8 * _BURST_TIME)
        earned = firewall.rate / 8 * (now - self._at) if math.isfinite(self._at) else burst
        self._tokens = min(burst, self._tokens + earned)
        self._at = now
        if self._tokens < size:
            return False
        self._tokens -= size
        return True
