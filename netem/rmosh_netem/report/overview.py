"""Draws the one picture that says it all: how long a key takes, by link and tool; for a README and the page's top."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from matplotlib.axes import Axes

from ..bench.figures import percentile
from .curves import FASTEST, LEFT_END, key_samples, median_in_words, slowest
from .documents import Evidence
from .drawing import INK, MUTED, WIDTH, Look, Picture, finish, in_words, looks, milliseconds_axis, new_figure
from .repeats import MeasuredRun
from .words import CONFIRMED, DISPLAYED

#: Inches: a panel of the whole picture, each profile's row, what frames the rows.
_PANEL: Final = 4.3
_ROW: Final = 0.52
_FRAME: Final = 1.15

#: Share of a row between two tools.
_STEP: Final = 0.25

#: The axis ends so many times beyond the slowest key: there stand the numbers.
_ROOM: Final = 14


@dataclass(frozen=True, slots=True)
class _Panel:
    name: str
    title: str
    runs: Sequence[MeasuredRun]


def draw_overview(evidence: Evidence) -> Picture | None:
    """Draw keys confirmed and keys displayed over all profiles; None where no such key was measured."""
    panels = _panels(evidence)
    return _draw(evidence, panels, name="overview", width=_PANEL * len(panels)) if panels else None


def draw_panels(evidence: Evidence) -> list[Picture]:
    """Draw the same as pictures of their own, narrow enough for a phone."""
    return [_draw(evidence, [panel], name=f"overview-{panel.name}", width=WIDTH) for panel in _panels(evidence)]


def _panels(evidence: Evidence) -> list[_Panel]:
    panels = [
        _Panel("confirmed", "confirmed by the far side", _typing_runs(evidence, CONFIRMED)),
        _Panel("displayed", "shown on your screen", _typing_runs(evidence, DISPLAYED)),
    ]
    return [panel for panel in panels if panel.runs]


def _typing_runs(evidence: Evidence, workloads: Sequence[str]) -> list[MeasuredRun]:
    """Return the runs of the first of these workloads that has been measured, with those that failed."""
    for workload in workloads:
        runs = evidence.of(workload)
        if any(map(key_samples, runs)):
            return [run for run in runs if key_samples(run) or run.error]
    return []


def _draw(evidence: Evidence, panels: Sequence[_Panel], *, name: str, width: float) -> Picture:
    runs = [run for panel in panels for run in panel.runs]
    profiles = [profile for profile in evidence.profiles if any(run.profile == profile for run in runs)]
    tools = looks([tool for tool in evidence.tools if any(run.tool == tool for run in runs)])
    figure = new_figure(width=width, height=_FRAME + _ROW * len(profiles))
    columns = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axes, panel in zip(columns, panels, strict=True):
        milliseconds_axis(axes, low=LEFT_END, high=slowest(runs) * _ROOM)
        axes.set_title(panel.title, fontweight="bold", fontsize=9)
        _draw_rows(axes, panel.runs, profiles, tools)
    columns[0].set_yticks(range(len(profiles)), profiles, color=INK, fontsize=8.5)
    columns[0].set_ylim(len(profiles) - 0.45, -0.55)
    handles = columns[0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside upper left", ncols=len(tools) + 1, columnspacing=1.4, handlelength=1.6)
    figure.supxlabel(_footer(runs), color=MUTED, fontsize=7.5)
    words = (f"{run.profile} {run.workload} {run.tool} {median_in_words(run)}" for run in runs)
    return finish(figure, name=name, about="Median latency of keys by link and tool: " + ", ".join(words))


def _footer(runs: Sequence[MeasuredRun]) -> str:
    footer = "from the key pressed to its character shown: median to 99th percentile"
    if any(run.spared for run in runs):
        footer += "\n* ssh's best case: its TCP ends at the relay and loses nothing"
    return footer


def _draw_rows(axes: Axes, runs: Sequence[MeasuredRun], profiles: Sequence[str], tools: Mapping[str, Look]) -> None:
    axes.grid(visible=False, axis="y")
    for row in range(1, len(profiles)):
        axes.axhline(row - 0.5, color=MUTED, linewidth=0.4, alpha=0.5)
    for place, look in enumerate(tools.values()):
        mine = {run.profile: run for run in runs if run.tool == look.name}
        for row, profile in enumerate(profiles):
            if profile in mine:
                _draw_run(axes, mine[profile], look, row + (place - (len(tools) - 1) / 2) * _STEP)
        axes.plot([], [], color=look.colour, marker=look.marker, markersize=5, label=look.name)
    for row, profile in enumerate(profiles):
        rtt = next((run.rtt for run in runs if run.profile == profile and run.rtt), None)
        if rtt:
            axes.plot([rtt, rtt], [row - 0.42, row + 0.42], color=MUTED, linewidth=1, linestyle=":", zorder=1)
    axes.plot([], [], color=MUTED, linewidth=1, linestyle=":", label="one round trip")


def _draw_run(axes: Axes, run: MeasuredRun, look: Look, height: float) -> None:
    """Draw a mark at the median and a line to the 99th percentile; what never came stands at the right end."""
    if not key_samples(run):
        axes.annotate(f"{run.tool} failed", (FASTEST, height), va="center", color=look.colour, fontsize=7)
        return
    right = slowest([run])
    median, most = (percentile(key_samples(run), share) for share in (0.5, 0.99))
    begin, end = (right if value is None else max(value, FASTEST) for value in (median, most))
    axes.plot([begin, end], [height, height], color=look.colour, linewidth=1.6, alpha=0.55, solid_capstyle="round")
    axes.plot(begin, height, look.marker, color=look.colour, markersize=5)
    axes.annotate(
        f"{median_in_words(run)} to {'never' if most is None else in_words(most)}",
        (end, height),
        xytext=(5, 0),
        textcoords="offset points",
        va="center",
        color=look.colour,
        fontsize=7,
    )
