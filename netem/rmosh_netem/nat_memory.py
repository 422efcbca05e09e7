"""A NAT's memory of who has spoken lately: one clock for each flow. Sans-IO; knows neither addresses nor packets."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Final, Generic, TypeVar

#: Flows remembered at once; the one silent longest makes way.
MAX_FLOWS: Final = 20_000

FlowT = TypeVar("FlowT", bound=Hashable)


class NatMemory(Generic[FlowT]):
    """When each flow last had a packet, in either direction; any packet keeps a flow, as with most NATs.

    Attributes:
        forget_after: seconds of silence after which a flow is forgotten; None for never.
    """

    def __init__(self, *, forget_after: float | None) -> None:
        self.forget_after = forget_after
        self._last_packet: OrderedDict[FlowT, float] = OrderedDict()

    def outbound(self, flow: FlowT, *, now: float) -> bool:
        """Take a packet from inside; say whether its flow had been forgotten, and so needs another port."""
        forgotten = flow in self._last_packet and not self._knows(flow, now)
        self._note(flow, now)
        return forgotten

    def inbound(self, flow: FlowT, *, now: float) -> bool:
        """Take a packet from outside; say whether it gets in."""
        known = self._knows(flow, now)
        if known:
            self._note(flow, now)
        return known

    def _note(self, flow: FlowT, now: float) -> None:
        self._last_packet[flow] = now
        self._last_packet.move_to_end(flow)
        if len(self._last_packet) > MAX_FLOWS:
            self._last_packet.popitem(last=False)

    def _knows(self, flow: FlowT, now: float) -> bool:
        last = self._last_packet.get(flow)
        return last is not None and (self.forget_after is None or now - last <= self.forget_after)
