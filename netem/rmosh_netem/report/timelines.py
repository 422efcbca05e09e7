"""Draws when each key was typed and when it was shown, through a blackout and through roams."""

from collections.abc import Mapping, Sequence
from typing import Final

from matplotlib.axes import Axes

from .drawing import (
    INK,
    MUTED,
    OUTAGE,
    WIDTH,
    Look,
    Picture,
    finish,
    in_words,
    milliseconds_axis,
    new_figure,
)
from .repeats import MeasuredRun

#: Inches for each tool's lane, and for title and axis.
_LANE: Final = 0.95
_FRAME: Final = 0.75

#: Seconds drawn before the first key and after the last.
_MARGIN: Final = 0.4


def has_timeline(run: MeasuredRun) -> bool:
    """Say whether the run tells when each key was pressed."""
    pressed = run.samples.get("pressed", ())
    return bool(pressed) and len(pressed) == len(run.samples.get("shown", ()))


def draw_blackout(runs: Sequence[MeasuredRun], looks: Mapping[str, Look], *, name: str, title: str) -> Picture:
    """Draw a lane for each tool: from left to right each key waits until it is shown."""
    figure = new_figure(width=WIDTH, height=_FRAME + _LANE * len(runs))
    lanes = figure.subplots(len(runs), sharex=True, squeeze=False)[:, 0]
    for lane, run in zip(lanes, runs, strict=True):
        _draw_lane(lane, run, looks[run.tool])
    lanes[0].set_title(title, fontweight="bold", fontsize=9)
    ends = [press + (shown or 0) for run in runs for press, shown in _keys(run)]
    lanes[-1].set_xlim(min(press for run in runs for press, _ in _keys(run)) - _MARGIN, max(ends) + _MARGIN)
    lanes[-1].set_xlabel("seconds since the link went dead")
    waits = ", ".join(f"{run.tool} {_back_in_words(run)}" for run in runs)
    return finish(figure, name=name, about=f"{title}: when each key was typed and shown; {waits}")


def draw_roam(runs: Sequence[MeasuredRun], looks: Mapping[str, Look], *, name: str, title: str) -> Picture:
    """Draw each key's latency over the time it was typed, and a line at each new address."""
    figure = new_figure(width=WIDTH, height=2.5)
    axes = figure.subplots()
    shown = [latency for run in runs for _, latency in _keys(run) if latency is not None]
    low, high = min([0.001, *shown]) / 1.3, max([1.0, *shown]) * 1.6
    milliseconds_axis(axes, low=low, high=high, axis="y")
    for moved in runs[-1].samples.get("moved", ()):
        if moved is not None:
            axes.axvline(moved, color=MUTED, linewidth=0.9, linestyle=(0, (2, 2)), zorder=1)
    for run in runs:
        _draw_latencies(axes, run, looks[run.tool], top=high / 1.15)
    axes.set_title(title, fontweight="bold", fontsize=9, pad=20)
    axes.set_xlabel("seconds since the first key was typed")
    axes.legend(loc="lower left", bbox_to_anchor=(-0.02, 0.99), ncols=len(runs), borderpad=0, handletextpad=0.2)
    return finish(figure, name=name, about=f"{title}: latency of each key while the client's address changes")


def _keys(run: MeasuredRun) -> list[tuple[float, float | None]]:
    """Return each key's press and latency."""
    pairs = zip(run.samples["pressed"], run.samples["shown"], strict=True)
    return [(press, latency) for press, latency in pairs if press is not None]


def _draw_lane(lane: Axes, run: MeasuredRun, look: Look) -> None:
    keys = _keys(run)
    outage = [edge for edge in run.samples.get("outage", ()) if edge is not None]
    if len(outage) == 2:
        lane.axvspan(outage[0], outage[1], color=OUTAGE, linewidth=0, zorder=0)
    for number, (press, latency) in enumerate(keys, 1):
        if latency is None:
            lane.plot(press, number, "x", color=look.colour, markersize=4, zorder=3)
            continue
        lane.plot([press, press + latency], [number, number], color=look.colour, linewidth=1.3, alpha=0.5, zorder=2)
        lane.plot(press + latency, number, "o", color=look.colour, markersize=3.2, zorder=4)
    lane.plot([press for press, _ in keys], range(1, len(keys) + 1), "|", color=INK, markersize=4, zorder=3)
    lane.set_ylim(0, len(keys) + 1)
    lane.set_yticks([])
    lane.grid(visible=False, axis="y")
    lane.text(0.012, 0.95, look.name, transform=lane.transAxes, va="top", color=look.colour, fontweight="bold")
    lane.text(0.012, 0.77, _back_in_words(run), transform=lane.transAxes, va="top", color=INK, fontsize=7.5)


def _back_in_words(run: MeasuredRun) -> str:
    back = run.figures.get("first_ms")
    star = "*" if run.spared else ""
    return f"never came back{star}" if back is None else f"first key back after {in_words(back / 1000)}{star}"


def _draw_latencies(axes: Axes, run: MeasuredRun, look: Look, *, top: float) -> None:
    keys = _keys(run)
    came = [(press, latency) for press, latency in keys if latency is not None]
    axes.plot(
        [press for press, _ in came],
        [latency for _, latency in came],
        linestyle="none",
        marker=look.marker,
        markersize=3.6,
        markeredgewidth=0,
        color=look.colour,
        label=look.name,
    )
    never = [press for press, latency in keys if latency is None]
    if never:
        label = f"{look.name}, never shown"
        axes.plot(never, [top] * len(never), "x", color=look.colour, markersize=4.5, label=label)
