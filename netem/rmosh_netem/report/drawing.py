"""How every figure looks, and how it is saved: SVG whose colours follow light and dark mode, and PNG."""

import io
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import matplotlib as mpl
import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

#: Colours in light and in dark mode. Drawn in the light ones, which must all differ: in SVG each becomes a variable.
#: Blue, orange and grey stay apart for every common colour blindness; line forms and markers differ as well.
#: Contrast to the page is at least 3:1 for marks and 4.5:1 for text. Source: WCAG 2.2, 1.4.3 and 1.4.11.
CHART_COLOURS: Final[Mapping[str, tuple[str, str]]] = {
    "ink": ("#1c2128", "#e6e9ed"),
    "muted": ("#5a636e", "#9aa5b1"),
    "grid": ("#e4e7eb", "#31383f"),
    "outage": ("#f9ddd7", "#4b2a26"),
    "ssh": ("#76808c", "#a9b3bf"),
    "mosh": ("#c4520a", "#ff9a57"),
    "rmosh": ("#0b63c5", "#6bb3ff"),
    "other1": ("#8a3ea8", "#d79bef"),
    "other2": ("#12805c", "#4fd1a1"),
    "other3": ("#96700a", "#e3bd4f"),
}

INK, MUTED, GRID, OUTAGE = (CHART_COLOURS[name][0] for name in ("ink", "muted", "grid", "outage"))

#: Inches; narrow, so that letters stay readable where a phone shrinks the figure to its width.
WIDTH: Final = 4.2

#: Points a letter is high, in figures WIDTH wide.
FONT_SIZE: Final = 8.0

#: Dots an inch of the PNG files: sharp on dense screens.
_PNG_DPI: Final = 220

_FONTS: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', sans-serif"

_SETTINGS: Final[Mapping[str, object]] = {
    "font.size": FONT_SIZE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.titlelocation": "left",
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.minor.size": 0,
    "ytick.major.size": 0,
    "ytick.minor.size": 0,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "text.parse_math": False,
}


#: A line's form as matplotlib takes it.
Line = str | tuple[int, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Look:
    """How a tool is drawn, in every figure alike."""

    name: str
    colour: str
    line: Line
    marker: str
    width: float


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn figure.

    Attributes:
        name: of its files, without an ending; what may not be in a file's name is replaced.
        about: what it shows, for those who cannot see it.
        svg: standing alone, its colours and dark mode in a style element.
        figure: what a PNG is drawn from.
    """

    name: str
    about: str
    svg: str
    figure: Figure

    @property
    def png(self) -> bytes:
        """The PNG, drawn now, its background white."""
        png = io.BytesIO()
        self.figure.savefig(png, format="png", dpi=_PNG_DPI, facecolor="white")
        return png.getvalue()

    @property
    def inline(self) -> str:
        """The SVG to stand in a page that defines the colours."""
        return re.sub(r"<style>.*?</style>", "", self.svg, count=1, flags=re.DOTALL)

    def write(self, folder: Path, *, png: bool) -> Path:
        """Write the SVG, and where asked the PNG; return where the SVG is."""
        file_name = re.sub(r"[^\w-]+", "_", self.name)
        svg = folder / f"{file_name}.svg"
        svg.write_text(self.svg, encoding="utf-8")
        if png:
            svg.with_suffix(".png").write_bytes(self.png)
        return svg


def looks(tools: list[str]) -> dict[str, Look]:
    """Return each tool's look; those not known take turns in what is left."""
    known: dict[str, tuple[Line, str, float]] = {
        "ssh": ((0, (1.2, 1.2)), "s", 1.6),
        "mosh": ((0, (4.0, 1.4)), "^", 1.6),
        "rmosh": ("-", "o", 2.1),
    }
    others = ("other1", "other2", "other3")
    chosen = {}
    for tool in tools:
        if tool in known:
            line, marker, width = known[tool]
            chosen[tool] = Look(tool, CHART_COLOURS[tool][0], line, marker, width)
        else:
            turn = len([name for name in chosen if name not in known]) % len(others)
            chosen[tool] = Look(tool, CHART_COLOURS[others[turn]][0], (0, (5, 1, 1, 1)), "D", 1.6)
    return chosen


def new_figure(*, width: float = WIDTH, height: float) -> Figure:
    """Return an empty figure in the page's style; inches."""
    # Letters are set by whatever fonts the reader has: what is missing on this machine is no news.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    mpl.style.use(dict(_SETTINGS))
    return Figure(figsize=(width, height), layout="constrained")


def milliseconds_axis(axes: Axes, *, low: float, high: float, axis: str = "x") -> None:
    """Make an axis of seconds logarithmic, with whole decades named in ms and s."""
    set_scale, set_limits = (axes.set_xscale, axes.set_xlim) if axis == "x" else (axes.set_yscale, axes.set_ylim)
    set_scale("log")
    set_limits(low, high)
    which = axes.xaxis if axis == "x" else axes.yaxis
    decades = [10.0**power for power in range(-4, 4)]
    which.set_major_locator(FixedLocator([decade for decade in decades if low <= decade <= high]))
    which.set_major_formatter(FuncFormatter(lambda seconds, _: in_words(seconds)))
    which.set_minor_locator(NullLocator())


def in_words(seconds: float) -> str:
    """Return a time as people write it: 0.4 ms, 11 ms, 273 ms, 1.4 s."""
    if seconds >= 0.9995:
        return f"{seconds:.3g} s"
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.00995 else f"{seconds * 1000:.2g} ms"


def finish(figure: Figure, *, name: str, about: str) -> Picture:
    """Save a figure as a picture."""
    svg = io.StringIO()
    figure.draw_without_rendering()  # lays it out, which takes longest, once for both forms
    figure.set_layout_engine("none")
    with mpl.rc_context({"svg.hashsalt": name}):
        metadata: dict[str, str | None] = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(svg, format="svg", transparent=True, metadata=metadata)
    return Picture(name, about, _themed(svg.getvalue(), about), figure)


def colour_variables(*, dark: bool) -> str:
    """Return the colours as CSS declarations."""
    return " ".join(f"--{name}: {colours[dark]};" for name, colours in CHART_COLOURS.items())


def _themed(svg: str, about: str) -> str:
    """Return matplotlib's SVG with its colours as variables, its letters in the reader's font and its text in words."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    svg = re.sub(r"font-family: [^;\"]*", f"font-family: {_FONTS}", svg)
    for name, (light, _) in CHART_COLOURS.items():
        svg = svg.replace(light, f"var(--{name})")
    head, _, body = svg.partition(">")
    style = (
        f"<style>:root {{ {colour_variables(dark=False)} }}"
        f" @media (prefers-color-scheme: dark) {{ :root {{ {colour_variables(dark=True)} }} }}</style>"
    )
    label = about.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return f'{head} role="img" aria-label="{label}">{style}{body}'
