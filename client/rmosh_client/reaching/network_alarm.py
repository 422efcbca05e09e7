"""Tell once of a change of the network, which comes as a burst of messages."""

from collections.abc import Callable
from typing import Final

from rmosh_client.link.event_loop import Alarm, EventLoop
from rmosh_client.link.network_watch import NetworkWatch

#: Seconds between the first message and the report. Reason: one change of network is a burst of messages, and
#: the new address is often there only at its end.
_SETTLING: Final = 0.1


class NetworkAlarm:
    """Calls `on_settled` when the network has changed and come to rest."""

    def __init__(self, watch: NetworkWatch, loop: EventLoop, on_settled: Callable[[], None]) -> None:
        self._watch = watch
        self._on_settled = on_settled
        self._loop = loop
        self._alarm: Alarm | None = None

    def watch(self) -> None:
        """Begin to watch, where the system lets us."""
        if self._watch.descriptor is not None:
            self._loop.add_reader(self._watch.descriptor, self._stirs)

    def unwatch(self) -> None:
        """Watch no more."""
        if self._watch.descriptor is not None:
            self._loop.remove_reader(self._watch.descriptor)
        if self._alarm is not None:
            self._alarm.cancel()

    def _stirs(self) -> None:
        self.unwatch()
        self._alarm = self._loop.call_later(_SETTLING, self._settled)

    def _settled(self) -> None:
        self._watch.drain()
        self.watch()
        self._on_settled()
