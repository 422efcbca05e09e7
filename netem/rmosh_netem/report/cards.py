"""The few numbers at the page's top: what rmosh did on the slowest link, beside its rivals; and its goals."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .documents import Evidence
from .drawing import in_words
from .goals import GOALS_OF
from .repeats import MeasuredRun, Number
from .tables import Table

#: Workload, figure and what the card is called, in the order shown.
_HEADLINES: Final = (
    ("key", "p50_ms", "until a key is confirmed (median)"),
    ("bash", "at_once_percent", "of keys shown within 10 ms, at a bash prompt"),
    ("blackout", "first_ms", "from the end of a blackout to the first key"),
    ("start", "ms", "from the command to a prompt"),
)


@dataclass(frozen=True, slots=True)
class Card:
    """One number.

    Attributes:
        value: the number, with its unit.
        what: what it is of.
        rivals: the others' numbers in words.
        place: the link; empty where it is not of one.
    """

    value: str
    what: str
    rivals: tuple[str, ...]
    place: str


def build_cards(evidence: Evidence, tables: Sequence[Table]) -> list[Card]:
    """Return the cards that the runs of rmosh allow; none without such runs."""
    cards = [card for headline in _HEADLINES if (card := _card(evidence, *headline))]
    met = [row.met for table in tables for group in table.groups for row in group.rows if row.met is not None]
    if met:
        cards.append(Card(f"{sum(met)} of {len(met)}", "goals of rmosh met, of those measured here", (), ""))
    return cards


def _card(evidence: Evidence, workload: str, figure: str, what: str) -> Card | None:
    ours = [run for run in evidence.of(workload) if run.tool == GOALS_OF and run.figures.get(figure) is not None]
    if not ours:
        return None
    slowest = max(ours, key=lambda run: run.rtt or 0.0)
    rivals = tuple(
        f"{run.tool} {_in_words(run, figure)}"
        for tool in reversed(evidence.tools)
        for run in evidence.of(workload, slowest.profile)
        if run.tool == tool != GOALS_OF and figure in run.figures
    )
    return Card(_in_words(slowest, figure), what, rivals, slowest.profile)


def _in_words(run: MeasuredRun, figure: str) -> str:
    value: Number | None = run.figures[figure]
    if value is None:
        return "never"
    words = f"{value:.0f} %" if figure.endswith("_percent") else in_words(value / 1000)
    return words + "*" if run.spared else words
