"""Changes of a link at set times, such as a train's tunnels. Sans-IO: says what holds at a time, and keeps no clock.

A schedule is written one change a line, in the words in which a running link is changed:

    at 12.5s loss=30%
    at 20s blackout 10s
    at 45s loss=0% delay=80ms
    repeat after 60s
"""

import bisect
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from .errors import BadProfile, ImpossibleLink, NetemError
from .quantities import parse_seconds

#: Changes in a schedule at most, so that a wrong file is refused and not worked on.
MAX_CHANGES: Final = 100_000

_FORM: Final = 'write "at 12.5s loss=30%", "at 20s blackout 10s" or "repeat after 60s"'


@dataclass(frozen=True, slots=True)
class Change:
    """Settings that hold from a time on, by the names of `LinkModel`'s fields."""

    at: float
    values: tuple[tuple[str, object], ...]


@dataclass(frozen=True, slots=True)
class Blackout:
    """A time in which nothing gets through."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Schedule:
    """What changes when, in seconds from the link's begin.

    Attributes:
        name: what messages call it.
        changes: in the order of their times; each keeps what earlier ones have set.
        blackouts: as they were written; they may overlap.
        repeat_after: seconds after which all begins again, with the link as it was first; None for never.
    """

    name: str
    changes: tuple[Change, ...] = ()
    blackouts: tuple[Blackout, ...] = ()
    repeat_after: float | None = None

    def __post_init__(self) -> None:
        times = [change.at for change in self.changes]
        if times != sorted(times):
            raise ImpossibleLink(f"the changes of {self.name} are not in the order of their times: sort them")
        ends = [end for blackout in self.blackouts for end in (blackout.start, blackout.end)]
        if not all(0 <= time < math.inf for time in (*times, *ends)):
            raise ImpossibleLink(f"{self.name} has a time that is no time after its begin: give 0s or more")
        if self.repeat_after is not None and not max((*times, *ends, 0.0)) <= self.repeat_after < math.inf:
            raise ImpossibleLink(f"{self.name} begins again before it is over: repeat it after its last change")
        if self.repeat_after == 0:
            raise ImpossibleLink(f"{self.name} begins again at once: repeat it after more than 0s")

    def without(self, names: Collection[str]) -> "Schedule":
        """Return it without what it does to the settings `names`."""
        changes = (
            Change(change.at, tuple((name, value) for name, value in change.values if name not in names))
            for change in self.changes
        )
        return replace(self, changes=tuple(change for change in changes if change.values))

    def values_at(self, time: float) -> dict[str, object]:
        """Return what has been set by `time`; nothing before the begin."""
        last = bisect.bisect_right(self.changes, self._within(time), key=lambda change: change.at)
        return {name: value for change in self.changes[:last] for name, value in change.values}

    def stage_at(self, time: float) -> int:
        """Return the number of changes by `time`: as long as it is the same, so is what is set."""
        return bisect.bisect_right(self.changes, self._within(time), key=lambda change: change.at)

    def blackout_end(self, time: float) -> float | None:
        """Return when the blackout of `time` ends, None where there is none."""
        within = self._within(time)
        left = max((each.end - within for each in self.blackouts if each.start <= within < each.end), default=None)
        return None if left is None else time + left

    def _within(self, time: float) -> float:
        return time if self.repeat_after is None or time < 0 else time % self.repeat_after


def parse_schedule(
    text: str, *, where: str, read_settings: Callable[[Sequence[str]], Mapping[str, object]]
) -> Schedule:
    """Read a schedule; `read_settings` turns words such as "loss=30%" into values of `LinkModel`.

    Raises:
        BadProfile: a line cannot be understood; the message names it.
    """
    changes: list[Change] = []
    blackouts: list[Blackout] = []
    repeat_after = None
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split()
        try:
            match words:
                case []:
                    continue
                case ["repeat", "after", time]:
                    repeat_after = parse_seconds(time)
                case ["at", time, "blackout", length]:
                    start = parse_seconds(time)
                    blackouts.append(Blackout(start, start + parse_seconds(length)))
                case ["at", time, *settings] if settings:
                    changes.append(Change(parse_seconds(time), tuple(read_settings(settings).items())))
                case _:
                    raise BadProfile(f"{line.strip()[:40]!r} is not a change: {_FORM}")
        except NetemError as error:
            raise BadProfile(f"line {number} of {where}: {error}") from error
        if len(changes) + len(blackouts) > MAX_CHANGES:
            raise BadProfile(f"{where} has more than {MAX_CHANGES} changes: is it a cellular trace?")
    if not changes and not blackouts:
        raise BadProfile(f"{where} changes nothing: {_FORM}")
    try:
        return Schedule(where, tuple(changes), tuple(blackouts), repeat_after)
    except ImpossibleLink as error:
        raise BadProfile(str(error)) from error
