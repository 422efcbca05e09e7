"""Draws a traced session: what was in flight, lost and shown over time, both ends on one axis."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from matplotlib.axes import Axes

from .drawing import CHART_COLOURS, INK, MUTED, OUTAGE, Picture, finish, new_figure
from .session_traces import EndTrace, Freeze

#: Inches. Reason: time is what is looked at, so it is wider than the page's other figures.
_WIDTH: Final = 8.4
_LANE: Final = 1.05
_FRAME: Final = 0.6

#: Most points of a line. Reason: more than a screen has columns; a trace of hours has 100,000.
_MOST_POINTS: Final = 2000

_LINE, _LOST, _RTT = (CHART_COLOURS[name][0] for name in ("rmosh", "mosh", "other2"))


def draw_session(traces: Sequence[EndTrace]) -> Picture:
    """Draw the ends of one session: for each what is in flight and its round trips, below what was typed and shown.

    Something must have happened in it.
    """
    began = min(at for trace in traces for at in trace.moments())
    ended = max(at for trace in traces for at in trace.moments())
    figure = new_figure(width=_WIDTH, height=_FRAME + _LANE * 2 * len(traces))
    heights = [height for _ in traces for height in (1.3, 0.7)]
    lanes = figure.subplots(2 * len(traces), sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    freezes = [freeze for trace in traces for freeze in trace.freezes()]
    for trace, flight, happenings in zip(traces, lanes[::2], lanes[1::2], strict=True):
        for lane in (flight, happenings):
            _shade(lane, [freeze for freeze in freezes if freeze.end == trace.end], began)
        _draw_flight(flight, trace, began)
        _draw_happenings(happenings, trace, began)
    lanes[0].set_title(f"session {traces[0].group}, {_clock(began)}", fontweight="bold", fontsize=9)
    lanes[0].legend(loc="lower right", bbox_to_anchor=(1.0, 0.97), borderpad=0, handletextpad=0.2)
    lanes[-1].set_xlim(0, max(0.1, ended - began))
    lanes[-1].set_xlabel(f"seconds since {_clock(began)}")
    words = " ".join(map(in_words, freezes)) or "no freeze."
    return finish(figure, name=f"trace-{traces[0].group}", about=f"Bytes in flight, packets lost, round trips: {words}")


def in_words(freeze: Freeze) -> str:
    """Return what is known of a freeze, for somebody who asks why."""
    return (
        f"The {freeze.end} had no answer for {freeze.ended - freeze.began:.1f} s from {_clock(freeze.began)} on:"
        f" of {freeze.sent} packets that left it ({freeze.size:,} bytes) {freeze.lost} were lost;"
        f" the next one came at {_clock(freeze.ended)}."
    )


def _clock(moment: float) -> str:
    return datetime.fromtimestamp(moment).strftime("%H:%M:%S.%f")[:-5]


def _shade(lane: Axes, freezes: Sequence[Freeze], zero: float) -> None:
    for freeze in freezes:
        lane.axvspan(freeze.began - zero, freeze.ended - zero, color=OUTAGE, linewidth=0, zorder=0)


def _draw_flight(lane: Axes, trace: EndTrace, zero: float) -> None:
    """Draw bytes in flight as steps, with a cross where a packet left that was lost, and round trips as points."""
    steps = thinned(trace.in_flight)
    lane.step([at - zero for at, _ in steps], [size for _, size in steps], where="post", color=_LINE, linewidth=1.1)
    lost = sorted((trace.sent[number].at - zero, 0.0) for number in trace.lost if number in trace.sent)
    crosses = [at for at, _ in thinned(lost)]
    [marks] = lane.plot(crosses, [0] * len(crosses), "x", color=_LOST, markersize=4, clip_on=False)
    marks.set_label("left and was lost")
    marks.set_in_layout(False)  # where none was lost it counts as if it stood in the figure's corner
    lane.set_ylim(bottom=0)
    lane.set_ylabel(f"{trace.end}:\nbytes in flight", color=_LINE)
    trips = lane.twinx()
    points = thinned(trace.rtt)
    trips.plot([at - zero for at, _ in points], [1000 * rtt for _, rtt in points], ".", color=_RTT, markersize=3)
    trips.set_ylim(bottom=0)
    trips.set_ylabel("RTT, ms", color=_RTT)
    trips.grid(visible=False)
    for at, address in trace.moved:
        lane.axvline(at - zero, color=MUTED, linewidth=0.8, linestyle=(0, (2, 2)))
        lane.annotate(address, (at - zero, 1), xycoords=("data", "axes fraction"), fontsize=6, color=MUTED, va="top")


def _draw_happenings(lane: Axes, trace: EndTrace, zero: float) -> None:
    """Draw a mark for each packet that came, key that was typed and change that was shown."""
    last = "shown" if trace.end == "client" else "output"
    rows = [(last, trace.shown, INK), ("typed", trace.typed, _LOST), ("received", trace.received, _LINE)]
    for height, (_, moments, colour) in enumerate(rows):
        marks = thinned([(at, 0.0) for at in moments])
        lane.plot([at - zero for at, _ in marks], [height] * len(marks), "|", color=colour, markersize=7)
    lane.set_ylim(-0.6, len(rows) - 0.4)
    lane.set_yticks(range(len(rows)), [name for name, _, _ in rows])
    lane.grid(visible=False, axis="y")


def thinned(samples: Sequence[tuple[float, float]], *, most: int = _MOST_POINTS) -> list[tuple[float, float]]:
    """Return samples over time, of many that are close together the largest."""
    if len(samples) <= most:
        return list(samples)
    width = (samples[-1][0] - samples[0][0]) / most
    kept: list[tuple[float, float]] = []
    for sample in samples:
        if kept and sample[0] - kept[-1][0] < width:
            kept[-1] = (kept[-1][0], max(kept[-1][1], sample[1]))
        else:
            kept.append(sample)
    return kept
