"""Draws the one picture that says it all: how long a key takes, by link and tool; for a README or the page's top."""

from collections.abc import Mapping, Sequence
from typing import Final

from matplotlib.axes import Axes

from ..bench.figures import percentile
from .curves import FASTEST, key_samples, median_in_words, slowest
from .documents import Evidence, MeasuredRun
from .drawing import INK, MUTED, Look, Picture, finish, looks, milliseconds_axis, new_figure
from .words import CONFIRMED, DISPLAYED

#: Inches: the picture, each profile's row in it, and what frames the rows.
_WIDTH: Final = 7.8
_ROW: Final = 0.52
_FRAME: Final = 1.15

#: Share of a row between two tools.
_STEP: Final = 0.25


def draw_overview(evidence: Evidence) -> Picture | None:
    """Draw keys confirmed and keys displayed over all profiles; None where no such key was measured."""
    panels = [
        (title, _typing_runs(evidence, workloads))
        for title, workloads in (("confirmed by the far side", CONFIRMED), ("shown on your screen", DISPLAYED))
    ]
    panels = [(title, runs) for title, runs in panels if runs]
    if not panels:
        return None
    every = [run for _, runs in panels for run in runs]
    profiles = [name for name in evidence.profiles if any(run.profile == name for run in every)]
    tools = [name for name in evidence.tools if any(run.tool == name for run in every)]
    figure = new_figure(width=_WIDTH, height=_FRAME + _ROW * len(profiles))
    columns = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axes, (title, runs) in zip(columns, panels, strict=True):
        milliseconds_axis(axes, low=FASTEST, high=slowest(every) * 2)
        axes.set_title(title, fontweight="bold", fontsize=9)
        _draw_rows(axes, runs, profiles, looks(tools))
    columns[0].set_yticks(range(len(profiles)), profiles, color=INK, fontsize=9)
    columns[0].set_ylim(len(profiles) - 0.45, -0.55)
    figure.legend(*columns[0].get_legend_handles_labels(), loc="outside upper left", ncols=len(tools) + 1)
    spared = (
        "\n* spared the loss: ssh's TCP ends at the relay, its best case" if any(run.spared for run in every) else ""
    )
    figure.supxlabel(
        f"from the key pressed to its character shown; mark: median, line: to the 99th percentile{spared}",
        color=MUTED,
        fontsize=8,
    )
    return finish(figure, name="overview", about=_about(every))


def _typing_runs(evidence: Evidence, workloads: Sequence[str]) -> list[MeasuredRun]:
    """Return the runs of the first of these workloads that has been measured."""
    for workload in workloads:
        runs = [run for run in evidence.of(workload) if key_samples(run)]
        if runs:
            return runs
    return []


def _draw_rows(axes: Axes, runs: Sequence[MeasuredRun], profiles: Sequence[str], tools: Mapping[str, Look]) -> None:
    axes.grid(visible=False, axis="y")
    for row in range(1, len(profiles)):
        axes.axhline(row - 0.5, color=MUTED, linewidth=0.4, alpha=0.5)
    for place, look in enumerate(tools.values()):
        mine = {run.profile: run for run in runs if run.tool == look.name}
        for row, profile in enumerate(profiles):
            if profile in mine:
                offset = (place - (len(tools) - 1) / 2) * _STEP
                _draw_run(axes, mine[profile], look, row + offset)
        axes.plot([], [], color=look.colour, marker=look.marker, markersize=5, label=look.name)
    for row, profile in enumerate(profiles):
        rtt = next((run.rtt for run in runs if run.profile == profile and run.rtt), None)
        if rtt:
            label = "one round trip" if row == 0 else None
            axes.plot([rtt, rtt], [row - 0.42, row + 0.42], color=MUTED, linewidth=1, linestyle=":", label=label)


def _draw_run(axes: Axes, run: MeasuredRun, look: Look, height: float) -> None:
    right = axes.get_xlim()[1]
    median, most = (percentile(key_samples(run), share) for share in (0.5, 0.99))
    begin, end = (right if value is None else max(value, FASTEST * 1.1) for value in (median, most))
    axes.plot([begin, end], [height, height], color=look.colour, linewidth=1.6, alpha=0.55, solid_capstyle="round")
    axes.plot(begin, height, look.marker, color=look.colour, markersize=5)
    axes.annotate(
        median_in_words(run),
        (end, height),
        xytext=(5, 0),
        textcoords="offset points",
        va="center",
        color=look.colour,
        fontsize=7.5,
    )


def _about(runs: Sequence[MeasuredRun]) -> str:
    words = (f"{run.profile} {run.workload} {run.tool} {median_in_words(run)}" for run in runs)
    return "Median latency of keys by link and tool: " + ", ".join(words)
