"""Whether loss is the path's habit or comes of sending too much: that is tried out, by sending less for a while.

A radio link loses as much at half the rate; a policer, and a full queue too short to be felt, lose nothing then.
"""

import math

from rmosh.transport.policy import (
    TRIAL_CUT,
    TRIAL_DEVIATIONS,
    TRIAL_EXCESS,
    TRIAL_PACKETS,
    TRIAL_PACKETS_MAX,
    USUAL_LOSS_MAX,
)


class LossTrial:
    """Counts losses, and says when less is to be sent.

    Attributes:
        usual: the share that is lost whatever is sent, 0 to 1.
        slower: what part of the rate is tried now; 1 while none is.
    """

    def __init__(self) -> None:
        self.usual = 0.0
        self._is_first = True
        self.slower = 1.0
        self._suspicious = 0.0
        self._packets = self._lost = 0
        self._counts_from = 0

    def counts_from(self, number: int) -> None:
        """Count packets with this number or a later one only: those before went at another rate."""
        self._counts_from = number
        self._packets = self._lost = 0

    def arrived(self, number: int) -> None:
        """Count a packet that is known to have arrived."""
        self._packets += number >= self._counts_from

    def lost(self, number: int) -> None:
        """Count a packet that seems lost."""
        if number >= self._counts_from:
            self._packets += 1
            self._lost += 1

    def late(self) -> None:
        """Take back one of those: it was only late."""
        self._lost = max(0, self._lost - 1)

    def verdict(self) -> float | None:
        """Return the share of the rate that arrived, where losses came of that rate; None where nothing shows that."""
        if self._packets < TRIAL_PACKETS:
            return None
        loss = self._lost / self._packets
        if self.slower < 1.0:
            return self._end_trial(loss)
        if self._is_first:  # so little is sent yet that nothing comes of that
            self._is_first, self.usual = False, min(loss, USUAL_LOSS_MAX)
        deviation = math.sqrt(max(loss, 1 / self._packets) * (1 - loss) / self._packets)
        if loss - self.usual > max(TRIAL_EXCESS, TRIAL_DEVIATIONS * deviation):
            self._suspicious = loss
            self.slower = TRIAL_CUT * (1 - loss)
        elif loss - self.usual > deviation and self._packets < TRIAL_PACKETS_MAX:
            return None  # more will tell
        else:
            self.usual += (min(loss, USUAL_LOSS_MAX) - self.usual) / (4 if loss < self.usual else 16)
        self._packets = self._lost = 0
        return None

    def _end_trial(self, loss: float) -> float | None:
        suspicious, self.slower = self._suspicious, 1.0
        self._packets = self._lost = 0
        if loss > (self.usual + suspicious) / 2:
            self.usual = min(loss, USUAL_LOSS_MAX)
            return None
        return 1 - suspicious
