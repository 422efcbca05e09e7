"""Tables of figures: a row for each link and figure, a column for each tool, and how rmosh compares."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..bench.figures import is_aside
from .documents import Evidence
from .goals import GOALS_OF, Goals, is_at_least, is_met
from .repeats import MeasuredRun, Number
from .words import figure_label, figure_order, has_ratio


@dataclass(frozen=True, slots=True)
class Ratio:
    """A figure of rmosh divided by another tool's; `better` is None where no user can tell the difference."""

    text: str
    better: bool | None


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure on one link.

    Attributes:
        cells: a text for each tool, as the JSON has it; a dash where not measured, "never" where it never came.
        spared: which cells are of runs that the link spared.
        best: which of the cells is the least, where least is best and they differ.
        ratios: one for each rival; None where there is none to give.
        goal: in words, empty where there is none.
        met: whether rmosh keeps it; None where there is none, or rmosh was not measured.
    """

    figure: str
    cells: tuple[str, ...]
    best: int | None
    spared: frozenset[int]
    ratios: tuple[Ratio | None, ...]
    goal: str
    met: bool | None


@dataclass(frozen=True, slots=True)
class Group:
    """All rows of one link."""

    profile: str
    rows: tuple[FigureRow, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One workload's figures."""

    tools: tuple[str, ...]
    rivals: tuple[str, ...]
    groups: tuple[Group, ...]
    has_goals: bool


#: What stands where nothing was measured.
NONE: Final = "\N{EN DASH}"

#: Ratios nearer to 1 than this are no difference that a reader should be pointed at.
_SAME: Final = 0.02

#: Milliseconds: where two tools are both faster, no user and hardly the bench can tell which one is.
_UNFELT_MS: Final = 2.0


def build_table(evidence: Evidence, workload: str, goals: Goals, *, aside: bool = False) -> Table:
    """Return a workload's table, or that of its processor time and memory; without a run of rmosh it has no ratios."""
    runs = evidence.of(workload)
    tools = [tool for tool in evidence.tools if any(run.tool == tool for run in runs)]
    ours = [run for run in runs if run.tool == GOALS_OF]
    rivals = [tool for tool in reversed(tools) if tool != GOALS_OF and _is_rival(tool, runs, ours)]
    groups = []
    for profile in evidence.profiles:
        here = {run.tool: run for run in runs if run.profile == profile}
        found = {name for run in here.values() for name in run.figures if is_aside(workload, name) is aside}
        names = sorted(found, key=lambda name: (figure_order(name), name))
        rows = [_row(name, here, tools, rivals, goals.get((workload, name, profile))) for name in names]
        if rows:
            groups.append(Group(profile, tuple(rows)))
    has_goals = any(row.goal for group in groups for row in group.rows)
    return Table(tuple(tools), tuple(rivals), tuple(groups), has_goals)


def number(value: Number) -> str:
    """Return a number as the JSON has it, thousands parted by a narrow space."""
    return f"{value:,}".replace(",", "\u202f")


def _row(
    name: str, runs: dict[str, MeasuredRun], tools: Sequence[str], rivals: Sequence[str], goal: float | None
) -> FigureRow:
    ours = _value(runs.get(GOALS_OF), name)
    values = [None if tool in runs and runs[tool].spared else _value(runs.get(tool), name) for tool in tools]
    least = min((value for value in values if value is not None), default=None)
    return FigureRow(
        figure=figure_label(name),
        cells=tuple(_cell(runs.get(tool), name) for tool in tools),
        best=values.index(least) if has_ratio(name) and len({*values}) > 1 and values.count(least) == 1 else None,
        spared=frozenset(
            place
            for place, tool in enumerate(tools)
            if tool in runs and runs[tool].spared and name in runs[tool].figures
        ),
        ratios=tuple(_ratio(runs.get(GOALS_OF), runs.get(rival), name) for rival in rivals),
        goal="" if goal is None else f"{'≥' if is_at_least(name) else '≤'}\u202f{goal:g}",
        met=None if goal is None or GOALS_OF not in runs or runs[GOALS_OF].error else is_met(name, ours, goal),
    )


def _is_rival(tool: str, runs: Sequence[MeasuredRun], ours: Sequence[MeasuredRun]) -> bool:
    """Say whether rmosh can be compared with a tool anywhere."""
    theirs = {run.profile: run for run in runs if run.tool == tool}
    pairs = [(own, theirs[own.profile]) for own in ours if own.profile in theirs]
    return any(_ratio(own, rival, name) for own, rival in pairs for name in own.figures)


def _may_be_the_same(own: MeasuredRun | None, rival: MeasuredRun | None, name: str) -> bool:
    """Say whether repeated runs leave it open which of two is less."""
    both = [run.intervals.get(name) for run in (own, rival) if run is not None]
    return len(both) == 2 and both[0] is not None and both[1] is not None and both[0].overlaps(both[1])


def _value(run: MeasuredRun | None, name: str) -> Number | None:
    return None if run is None else run.figures.get(name)


def _cell(run: MeasuredRun | None, name: str) -> str:
    if run is None or name not in run.figures:
        return "failed" if run is not None and run.error else NONE
    value = run.figures[name]
    if value is None:
        return "never" if name.endswith("ms") else NONE
    return f"{number(value)}{_told_repeats(run, name)}"


def _told_repeats(run: MeasuredRun, name: str) -> str:
    """Return the interval and the number of runs; nothing for a single run, which has no interval."""
    if run.count == 1:
        return ""
    interval = run.intervals.get(name)
    ends = f" [{number(interval.low)}, {number(interval.high)}]" if interval is not None else ""
    return f"{ends} n={run.count}"


def _ratio(own: MeasuredRun | None, rival: MeasuredRun | None, name: str) -> Ratio | None:
    ours, theirs = _value(own, name), _value(rival, name)
    if not has_ratio(name) or ours is None or not theirs or (rival is not None and rival.spared):
        return None
    ratio = ours / theirs
    unfelt = name.endswith("ms") and max(ours, theirs) < _UNFELT_MS
    better = None if unfelt or abs(ratio - 1) < _SAME or _may_be_the_same(own, rival, name) else ratio < 1
    return Ratio(f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.1g}", better)
