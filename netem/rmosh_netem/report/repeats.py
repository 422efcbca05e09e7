"""One tool on one link under one workload: a run, or several of them as one with its interval."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..intervals import Interval, bootstrap_interval

Number = float | int


@dataclass(frozen=True, slots=True)
class MeasuredRun:
    """One tool on one link under one workload, as the JSON says.

    Attributes:
        figures: by name, in the units that the names end in; None where there is no value.
        samples: by name, in seconds; None for what never came.
        rtt: mean seconds of a round trip of the link; None where the JSON does not tell.
        lateness: seconds by which the emulated link itself was late, at its 99th percentile.
        timers_late_ms: milliseconds by which the machine's timers were late at worst, just before.
        load: the machine's load average before and after.
        spared: the link did not do to this run what it did to the others, so that they are no rivals.
        error: why there are no figures; empty where there are.
        measured_with: driver, version, congestion control, link model: runs with others are no repeats of this one.
        count: how many runs it stands for; figures are then their medians, and samples all of theirs.
        intervals: of figures, by name, where there were runs enough.
    """

    profile: str
    tool: str
    workload: str
    figures: Mapping[str, Number | None]
    samples: Mapping[str, Sequence[float | None]]
    command: tuple[str, ...]
    notes: tuple[str, ...]
    rtt: float | None
    lateness: float | None
    timers_late_ms: float | None
    load: tuple[float, ...]
    spared: bool
    error: str
    measured_with: tuple[str, ...] = ()
    count: int = 1
    intervals: Mapping[str, Interval] = field(default_factory=dict)


def combined_runs(runs: Iterable[MeasuredRun]) -> list[MeasuredRun]:
    """Make one of all runs of a profile, tool and workload that were measured as the newest, which comes last, was.

    A failed run counts only where there is no other.
    """
    groups: dict[tuple[str, str, str], list[MeasuredRun]] = {}
    for run in runs:
        groups.setdefault((run.profile, run.tool, run.workload), []).append(run)
    return [_combined(group) for group in groups.values()]


def _combined(group: Sequence[MeasuredRun]) -> MeasuredRun:
    whole = [run for run in group if not run.error] or group[-1:]
    alike = [run for run in whole if run.measured_with == whole[-1].measured_with]
    if len(alike) == 1:
        return alike[0]
    values = {name: [run.figures.get(name) for run in alike] for name in alike[-1].figures}
    known = {name: [value for value in each if value is not None] for name, each in values.items()}
    intervals = {name: bootstrap_interval(each) for name, each in known.items() if len(each) == len(alike)}
    return replace(
        alike[-1],
        figures={name: _median(values[name]) for name in values},
        samples=_all_samples(alike),
        notes=tuple(dict.fromkeys(note for run in alike for note in run.notes)),
        count=len(alike),
        intervals={name: interval for name, interval in intervals.items() if interval is not None},
    )


def _median(values: Sequence[Number | None]) -> Number | None:
    """Return the median; None, which stands for "never came", where half of the runs have no value."""
    known = [value for value in values if value is not None]
    return round(statistics.median(known), 3) if 2 * len(known) > len(values) else None


def _all_samples(runs: Sequence[MeasuredRun]) -> dict[str, Sequence[float | None]]:
    names = dict.fromkeys(name for run in runs for name in run.samples)
    return {name: [sample for run in runs for sample in run.samples.get(name, ())] for name in names}
