"""Draws how quickly keys appeared as cumulative curves, one a tool, as in figure 2 of the Mosh paper."""

from collections.abc import Mapping, Sequence
from typing import Final

from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from ..bench.figures import AT_ONCE, percentile
from .drawing import MUTED, WIDTH, Look, Picture, finish, in_words, milliseconds_axis, new_figure
from .repeats import MeasuredRun

#: Seconds where all that is faster is drawn too: nobody sees the difference.
FASTEST: Final = 0.0005

#: Seconds at the very left, so that marks of the fastest stand clear of the edge.
LEFT_END: Final = 0.0004

_HEIGHT: Final = 2.35


def key_samples(run: MeasuredRun) -> Sequence[float | None]:
    """Return the seconds from each key to its character on the screen; nothing where the run has none."""
    return run.samples.get("shown", ())


def slowest(runs: Sequence[MeasuredRun]) -> float:
    """Return the right end of an axis that all these runs fit on, in seconds."""
    return max([1.2, *(1.3 * sample for run in runs for sample in key_samples(run) if sample is not None)])


def draw_curves(
    runs: Sequence[MeasuredRun], looks: Mapping[str, Look], *, name: str, title: str, until: float, displayed: bool
) -> Picture:
    """Draw the runs of one profile and workload; the axis ends at `until` seconds."""
    figure = new_figure(width=WIDTH, height=_HEIGHT)
    axes = figure.subplots()
    milliseconds_axis(axes, low=LEFT_END, high=until)
    axes.set_ylim(0, 102)
    axes.set_yticks([0, 25, 50, 75, 100])
    axes.yaxis.set_major_formatter(PercentFormatter(decimals=0))
    for run in runs:
        _draw_curve(axes, run, looks[run.tool])
    rtt = next((run.rtt for run in runs if run.rtt), None)
    if displayed:
        _draw_mark(axes, AT_ONCE, "immediate")
    elif rtt:
        _draw_mark(axes, rtt, "one round trip")
    axes.set_xlabel("from the key pressed until it shows")
    axes.set_title(title, fontweight="bold", fontsize=9, pad=20)
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(-0.02, 0.99),
        ncols=len(runs),
        borderpad=0,
        handlelength=1.9,
        columnspacing=1.3,
    )
    about = f"{title}: cumulative share of keys by latency; " + "medians: " + ", ".join(map(_label, runs))
    return finish(figure, name=name, about=about)


def _draw_curve(axes: Axes, run: MeasuredRun, look: Look) -> None:
    """Draw one step a key; a curve that ends below 100 % had keys that never came."""
    samples = key_samples(run)
    times = sorted(max(sample, FASTEST) for sample in samples if sample is not None)
    shares = [100 * number / len(samples) for number in range(1, len(times) + 1)]
    axes.plot(
        [*times[:1], *times, *([axes.get_xlim()[1]] if times else [])],
        [0, *shares, *shares[-1:]] if times else [],
        drawstyle="steps-post",
        color=look.colour,
        linestyle=look.line,
        linewidth=look.width,
        zorder=4 if look.name == "rmosh" else 3,
        label=_label(run),
        solid_capstyle="round",
    )


def median_in_words(run: MeasuredRun) -> str:
    """Return the median of the run's keys, marked where the link spared it."""
    if run.error:
        return "failed"
    median = percentile(key_samples(run), 0.5)
    return ("never" if median is None else in_words(median)) + ("*" if run.spared else "")


def _label(run: MeasuredRun) -> str:
    return f"{run.tool} {median_in_words(run)}"


def _draw_mark(axes: Axes, when: float, words: str) -> None:
    axes.axvline(when, color=MUTED, linewidth=0.8, linestyle=(0, (2, 2)), zorder=2)
    axes.annotate(
        words,
        (when, 50),
        xytext=(-1.5, 0),
        textcoords="offset points",
        ha="right",
        va="center",
        rotation=90,
        color=MUTED,
        fontsize=7,
    )
