"""The demo's meter: how the link does and what rmosh makes of it, in a line below the session. Sans-IO."""

from collections.abc import Sequence
from typing import Final

from rmosh.prediction import PredictionStatistics
from rmosh.session.status import LinkStatus

#: How long one of the demo's tunnels is, in seconds. Reason: long enough to type in, and for the notice of silence.
TUNNEL: Final = 10.0

#: Which wordings of the link and of the keys go together, the longest first.
_WAYS: Final = ((0, 0), (0, 1), (1, 1), (1, 2), (2, 2))


class DemoMeter:
    """Counts what a session goes through; a `Footer`.

    Attributes:
        moves: how often the client's address has changed.
    """

    def __init__(self) -> None:
        self.moves = 0
        self._statistics = PredictionStatistics()
        self._tunnel_ends = 0.0
        self._tunnel_time = 0.0

    def enter_tunnel(self, *, now: float) -> None:
        """Nothing gets through from now on, for as long as a tunnel is."""
        self._tunnel_time += now + TUNNEL - max(now, self._tunnel_ends)
        self._tunnel_ends = now + TUNNEL

    def line(self, status: LinkStatus, prediction: PredictionStatistics, *, columns: int, now: float) -> str:
        """Return the longest way to say it that fits."""
        self._statistics = prediction
        links = self._link_in_words(status, now)
        keys = _keys_in_words(prediction)
        ways = [f" {links[link]}{keys[told]}" for link, told in _WAYS]
        return next((way for way in ways if len(way) <= columns), ways[-1][:columns])

    def _link_in_words(self, status: LinkStatus, now: float) -> Sequence[str]:
        left = self._tunnel_ends - now
        if left > 0:
            told = f"in a tunnel for {left:.0f} s more"
            return f"{told}, nothing gets through", told, f"tunnel {left:.0f} s"
        if status.srtt is None:
            return ("measuring the link",) * 3
        away, lost = f"{status.srtt * 1000:.0f} ms", f"{status.loss:.0%} lost"
        moved = f", moved {_times(self.moves)}" if self.moves else ""
        return f"{away} there and back, {lost}{moved}", f"{away}, {lost}{moved}", f"{away}, {lost}"

    def figures(self, *, now: float) -> str:
        """Return the whole session in a line or two."""
        counts = self._statistics
        wait = counts.median_wait
        waited = "" if wait is None else f", the host's answers {wait * 1000:.0f} ms later"
        told = [f"{counts.shown_at_once} of {_many(counts.keys, 'key')} shown at once{waited}"]
        spent = self._tunnel_time - max(0.0, self._tunnel_ends - now)
        survived = [_many(self.moves, "move")] if self.moves else []
        survived += [f"{spent:.0f} s of tunnel"] if spent >= 1 else []
        if survived:
            told.append(f"{' and '.join(survived)} survived")
        return "; ".join(told) + "."


def _keys_in_words(prediction: PredictionStatistics) -> Sequence[str]:
    shown, keys = prediction.shown_at_once, _many(prediction.keys, "key")
    if not prediction.keys:
        return "", "", ""
    return (
        f"; {shown} of {keys} shown before the host knew them",
        f"; {shown} of {keys} shown at once",
        f"; {shown} of {prediction.keys} keys at once",
    )


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
