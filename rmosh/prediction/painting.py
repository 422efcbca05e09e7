"""Whether predictions are painted at all, and underlined, given how slow the link is."""

from enum import Enum
from typing import Final

#: Adaptive mode paints above SHOW_ABOVE and stops below HIDE_BELOW, seconds of smoothed round trip. Reason:
#: an echo within 25 ms feels immediate, and painting ahead of it could only flicker. Source: our choice.
SHOW_ABOVE: Final = 0.025
HIDE_BELOW: Final = 0.015

#: A key unconfirmed this long makes adaptive mode paint, in seconds. Reason: the link stalls, whatever its
#: average; a delay of 60 ms begins to be felt. Source: our choice.
STALLED: Final = 0.06

#: Underline above and below, seconds of smoothed round trip. Reason: on links this slow a guess is seen for so long
#: that a wrong one misleads; far apart, so that a link near one of them does not flicker.
UNDERLINE_ABOVE: Final = 0.160
UNDERLINE_BELOW: Final = 0.100

#: A key unconfirmed this long is underlined whatever the context, in seconds beyond two round trips. Reason:
#: the link may be down and the user should see what has not arrived. Source: our choice.
LOST: Final = 1.0

#: Confirmations in a row within STALLED that end a stall. Reason: hysteresis. Source: our choice.
CALM: Final = 5


class PredictMode(Enum):
    """When to show predictions."""

    ALWAYS = "always"
    NEVER = "never"
    ADAPTIVE = "adaptive"


class PaintingPolicy:
    """The policy, fed with round-trip times and the ages of keys.

    Attributes:
        mode: may be changed at any time.
    """

    def __init__(self, mode: PredictMode) -> None:
        self.mode = mode
        self._srtt: float | None = None
        self._slow = True
        self._slow_enough_to_underline = False
        self._calm_needed = 0
        self._is_lost = False

    @property
    def srtt(self) -> float | None:
        return self._srtt

    @property
    def painting(self) -> bool:
        """Whether predictions are painted."""
        if self.mode is PredictMode.ADAPTIVE:
            return self._slow or self._calm_needed > 0
        return self.mode is PredictMode.ALWAYS

    def link(self, *, srtt: float, pending: bool) -> None:
        """Take a new smoothed round-trip time, seconds; painting stops only when nothing is pending."""
        self._srtt = srtt
        if srtt > SHOW_ABOVE:
            self._slow = True
        elif srtt < HIDE_BELOW and not pending:
            self._slow = False
        if srtt > UNDERLINE_ABOVE:
            self._slow_enough_to_underline = True
        elif srtt < UNDERLINE_BELOW:
            self._slow_enough_to_underline = False

    def waiting(self, typed_at: float, *, now: float) -> None:
        """Take when the oldest unconfirmed key was typed."""
        if now >= typed_at + STALLED:
            self._calm_needed = CALM
        self._is_lost = now >= typed_at + self._lost_after

    def confirmed(self, age: float) -> None:
        """Take the age in seconds of a prediction just confirmed."""
        if age < STALLED and self._calm_needed:
            self._calm_needed -= 1

    def deadline(self, typed_at: float) -> float | None:
        """Return when the oldest key, typed at a time and still unconfirmed, changes what is painted."""
        if not self.painting and self.mode is PredictMode.ADAPTIVE:
            return typed_at + STALLED
        return None if self._is_lost else typed_at + self._lost_after

    def underlines(self, *, unsure: bool) -> bool:
        """Tell whether predictions are underlined: unsure ones on slow links, all when the link is stuck."""
        return self._is_lost or (self._slow_enough_to_underline and unsure)

    @property
    def _lost_after(self) -> float:
        return LOST + 2 * (self._srtt or 0.0)
