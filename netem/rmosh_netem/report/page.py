"""Puts the report together: figures, tables and words into one HTML file that needs nothing else."""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from ..profiles import Profile
from .cards import Card, build_cards
from .curves import draw_curves, key_samples, slowest
from .documents import Document, Evidence
from .drawing import Picture, colour_variables, looks
from .goals import Goals
from .overview import draw_overview, draw_panels
from .repeats import MeasuredRun
from .tables import Table, build_table
from .timelines import draw_blackout, draw_roam, has_timeline
from .words import WORDINGS, Wording, is_predicted, wording

#: Where a relay is so late, or a machine so busy, figures of a few milliseconds are no longer the tools' own.
_LATE_SECONDS: Final = 0.002
_BUSY_LOAD_PER_CORE: Final = 0.75

#: Fewer keys than this have no 99th percentile of their own: it is the slowest key.
_KEYS_FOR_P99: Final = 100

_SPARED: Final = (
    "* The relay ends TCP at both of its sides, and so spared ssh what the link did to datagrams: lost segments, TCP's"
    " waiting after an outage, a changed address (which really ends ssh's connection). Its figures marked * are a"
    " best case that no user sees, shown without ratios."
)


@dataclass(frozen=True, slots=True)
class Section:
    """All about one workload."""

    workload: str
    words: Wording
    pictures: Sequence[Picture]
    table: Table
    aside: Table
    notes: Sequence[str]
    failures: Sequence[MeasuredRun]


@dataclass(frozen=True, slots=True)
class MeasuredLink:
    """One of the links measured on."""

    name: str
    about: str
    rtt: str


@dataclass(frozen=True, slots=True)
class Report:
    """Everything on the page."""

    evidence: Evidence
    cards: Sequence[Card]
    overview: Picture | None
    panels: Sequence[Picture]
    sections: Sequence[Section]
    links: Sequence[MeasuredLink]
    noise: Sequence[str]

    @property
    def pictures(self) -> list[Picture]:
        """All figures, each with files of its own."""
        overview = [self.overview] if self.overview else []
        return [*overview, *self.panels, *(picture for each in self.sections for picture in each.pictures)]


def build_report(
    evidence: Evidence, profiles: dict[str, Profile], goals: Goals, tell: Callable[[str], object] = lambda words: None
) -> Report:
    """Draw and tabulate everything; `profiles` explains those links that it knows, `tell` hears what is drawn."""
    order = list(WORDINGS)
    workloads = sorted(evidence.workloads, key=lambda name: order.index(name) if name in order else len(order))
    sections = []
    for number, workload in enumerate(workloads, 1):
        tell(f"[{number}/{len(workloads)}] drawing {workload} ...")
        sections.append(_section(evidence, workload, goals))
    links = [_link(evidence, name, profiles.get(name)) for name in evidence.profiles]
    cards = build_cards(evidence, [table for section in sections for table in (section.table, section.aside)])
    return Report(evidence, cards, draw_overview(evidence), draw_panels(evidence), sections, links, _noise(evidence))


def render(report: Report) -> str:
    """Return the page."""
    folder = resources.files(__package__)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["inline"] = _inline
    template = environment.from_string(folder.joinpath("page.html.j2").read_text(encoding="utf-8"))
    return template.render(
        report=report,
        documents=report.evidence.documents,
        style=Markup(folder.joinpath("page.css").read_text(encoding="utf-8")),  # noqa: S704
        light=Markup(colour_variables(dark=False)),  # noqa: S704
        dark=Markup(colour_variables(dark=True)),  # noqa: S704
        command_line=command_line,
        join=shlex.join,
    )


def _inline(picture: Picture) -> Markup:
    return Markup(picture.inline)  # noqa: S704 - our own drawing, its words escaped


def write_report(report: Report, folder: Path, *, png: bool = False) -> Path:
    """Write the page and an SVG file for each figure, where asked a PNG too; return where the page is."""
    figures = folder / "figures"
    figures.mkdir(parents=True, exist_ok=True)
    for picture in report.pictures:
        picture.write(figures, png=png)
    page = folder / "report.html"
    page.write_text(render(report), encoding="utf-8")
    return page


def command_line(document: Document) -> str:
    """Return the command that repeats a bench, as one types it."""
    if not document.argv:
        return "unknown"
    return shlex.join([Path(document.argv[0]).name, *document.argv[1:]])


def _section(evidence: Evidence, workload: str, goals: Goals) -> Section:
    runs = evidence.of(workload)
    notes = list(dict.fromkeys(note for run in runs if not run.spared for note in run.notes))
    if any(run.spared for run in runs):
        notes.insert(0, _SPARED)  # instead of what the bench noted on these runs, which says the same
    if any("p99_ms" in run.figures and len(key_samples(run)) < _KEYS_FOR_P99 for run in runs if key_samples(run)):
        notes.append(f"Of fewer than {_KEYS_FOR_P99} keys, the 99th percentile is the slowest one.")
    failures = [run for run in runs if run.error]
    table, aside = (build_table(evidence, workload, goals, aside=aside) for aside in (False, True))
    return Section(workload, wording(workload), _pictures(evidence, workload), table, aside, notes, failures)


def _pictures(evidence: Evidence, workload: str) -> list[Picture]:
    look = looks(evidence.tools)
    until = slowest(evidence.of(workload))

    def curves(runs: Sequence[MeasuredRun], name: str, title: str) -> Picture:
        predicted = is_predicted(workload, (run.figures for run in runs))
        return draw_curves(runs, look, name=name, title=title, until=until, displayed=predicted)

    def blackout(runs: Sequence[MeasuredRun], name: str, title: str) -> Picture:
        return draw_blackout(runs, look, name=name, title=title)

    def roam(runs: Sequence[MeasuredRun], name: str, title: str) -> Picture:
        return draw_roam(runs, look, name=name, title=title)

    if workload in ("blackout", "long-blackout"):
        return _one_a_profile(evidence, workload, has_timeline, blackout)
    if workload in ("roam", "roam-nat", "switch"):
        return _one_a_profile(evidence, workload, lambda run: has_timeline(run) and not run.spared, roam)
    return _one_a_profile(evidence, workload, lambda run: bool(key_samples(run)), curves)


def _one_a_profile(
    evidence: Evidence,
    workload: str,
    wanted: Callable[[MeasuredRun], bool],
    draw: Callable[[Sequence[MeasuredRun], str, str], Picture],
) -> list[Picture]:
    pictures = []
    for profile in evidence.profiles:
        runs = {run.tool: run for run in evidence.of(workload, profile) if wanted(run)}
        if runs:
            ordered = [runs[tool] for tool in evidence.tools if tool in runs]
            pictures.append(draw(ordered, f"{workload}-{profile}", profile))
    return pictures


def _link(evidence: Evidence, name: str, profile: Profile | None) -> MeasuredLink:
    rtt = evidence.rtt(name)
    about = profile.about if profile else "a link of the user's own"
    return MeasuredLink(name, about, "" if rtt is None else f"{rtt * 1000:,.1f} ms".replace(",", "\u202f"))


def _noise(evidence: Evidence) -> list[str]:
    """Say how quiet the machine was, and what that means for small differences."""
    loads = [load for run in evidence.runs for load in run.load]
    late = [run.lateness for run in evidence.runs if run.lateness is not None]
    timers = [run.timers_late_ms for run in evidence.runs if run.timers_late_ms is not None]
    cores = [c for document in evidence.documents if isinstance(c := document.machine.get("cores"), int)]
    sentences = []
    if loads:
        sentences.append(f"The machine's load average was between {min(loads):.1f} and {max(loads):.1f}.")
    if late:
        sentences.append(
            f"At worst, the emulated link itself was {max(late) * 1000:.1f} ms late (99th percentile of a run)."
        )
    if timers:
        sentences.append(f"The machine's timers were up to {max(timers):.1f} ms late just before a run.")
    busy = loads and cores and max(loads) > _BUSY_LOAD_PER_CORE * min(cores)
    if busy or (late and max(late) > _LATE_SECONDS):
        sentences.append("Take differences of a few milliseconds with care: the machine had other things to do.")
    kinds = {(str(document.seed), str(document.settings.get("driver", "relay"))) for document in evidence.documents}
    if len(kinds) > 1:
        sentences.append("Seeds or emulators differ between the result files: compare tools only within one of them.")
    if any(run.count > 1 for run in evidence.runs):
        sentences.append(
            "Runs made twice or more alike are combined: the median, the 95 % bootstrap interval of it from three"
            " runs on, and n, how many there were; a cell without n is a single run. Overlapping intervals"
            " are no difference."
        )
    if evidence.replaced:
        sentences.append(
            "Runs of another driver, version, congestion control or model of the link than the newest, and failed ones,"
            f" do not count: {evidence.replaced} left out."
        )
    return sentences
