"""Bounds what goes to addresses that only the server speaks of: they may be of somebody who has nothing to do with it.

A hostile server could otherwise have its clients send to whom it likes, for as long as it keeps silent.
"""

from collections.abc import Iterable
from typing import Final

#: Most datagrams to such an address before it has answered, then again after the network has changed, and most in all.
#: Reason: probes come every 250 ms, so that is 5 s of them: at 30 % loss each way all fail once in 10^5 times.
A_ROUND: Final = 20
IN_ALL: Final = 100

#: Most such addresses of one session, the early ones. Reason: a server may claim others at each question.
MOST_CLAIMED: Final = 16


class Claims:
    """Counts what was sent to each address that was claimed."""

    def __init__(self, claimed: Iterable[str] = ()) -> None:
        self._left: dict[str, int] = {}
        self._left_in_all: dict[str, int] = {}
        self._proven: set[str] = set()
        self.claim(claimed)

    def claim(self, addresses: Iterable[str]) -> tuple[str, ...]:
        """Take note of more claims; return those that may be tried."""
        accepted = []
        for address in addresses:
            if address not in self._left_in_all and len(self._left_in_all) < MOST_CLAIMED:
                self._left[address], self._left_in_all[address] = A_ROUND, IN_ALL
            if address in self._left_in_all:
                accepted.append(address)
        return tuple(accepted)

    def may_send_to(self, address: str) -> bool:
        """Whether a datagram may go to an address, which is counted if it is one that was claimed."""
        if address not in self._left or address in self._proven:
            return True
        if min(self._left[address], self._left_in_all[address]) <= 0:
            return False
        self._left[address] -= 1
        self._left_in_all[address] -= 1
        return True

    def answered(self, address: str) -> None:
        """The server was authentically heard from an address: it is its own."""
        if address in self._left:
            self._proven.add(address)

    def renew(self) -> None:
        """The network is another one now: what did not answer may answer."""
        self._left = dict.fromkeys(self._left, A_ROUND)
