"""The results in short as Markdown tables to paste into a README: medians, intervals, and how many runs they are of."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ..intervals import Interval
from .documents import Evidence
from .repeats import MeasuredRun, Number

#: What stands where nothing was measured.
_NONE: Final = "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class _Told:
    """A figure that a README tells.

    Attributes:
        unit: what is printed behind it; milliseconds become seconds where there are many.
    """

    workload: str
    figure: str
    words: str
    unit: str = "ms"

    def of(self, run: MeasuredRun | None) -> str:
        """Return a run's cell."""
        if run is None or self.figure not in run.figures:
            return "failed" if run is not None and run.error else _NONE
        value = run.figures[self.figure]
        interval = run.intervals.get(self.figure)
        star = "*" if run.spared and self.unit != "MB" else ""
        return ("never" if value is None else self._written(value, interval)) + star

    def _written(self, value: Number, interval: Interval | None) -> str:
        factor, unit = (1000, "s") if self.unit == "ms" and value >= 1000 else (1, self.unit)
        unit = "" if unit in ("ms", "%") else f" {unit}"
        ends = f" [{_short(interval.low / factor)}, {_short(interval.high / factor)}]" if interval else ""
        return f"{_short(value / factor)}{unit}{ends}"


#: What is told of each link in a row of its own.
_BY_LINK: Final = (
    _Told("key", "p50_ms", "a key comes back, ms"),
    _Told("edit", "at_once_percent", "shown within 10 ms, %", "%"),
)

#: What is told of few links.
_BY_FIGURE: Final = (
    _Told("start", "ms", "from Enter to the prompt"),
    _Told("yes", "p50_ms", "Ctrl-C out of `yes`"),
    _Told("flood", "wall_s", "20 MB of log lines: the remote `cat` is over", "s"),
    _Told("flood", "end_s", "their end is on the terminal", "s"),
    _Told("flood", "whole_s", "the scrollback has all that comes (mosh has none)", "s"),
    _Told("coloured", "wall_s", "20 MB of log lines, a coloured word in each: the remote `cat` is over", "s"),
    _Told("coloured", "server_busy_s", "the server's processor time for them", "s"),
    _Told("coloured-cjk", "wall_s", "the same of Chinese words: the remote `cat` is over", "s"),
    _Told("coloured-cjk", "server_busy_s", "the server's processor time for them", "s"),
    _Told("page", "p50_ms", "a 160x48 page of 960 pairs of colours is shown"),
    _Told("page", "p90_ms", "nine in ten of them are within"),
    _Told("page", "bytes_each", "each takes", "bytes"),
    _Told("true-colours", "p50_ms", "the same of 1920 colours of 24 bits, none twice"),
    _Told("picture", "p50_ms", "a 400x100 picture of half blocks is shown"),
    _Told("burst", "p90_ms", "nine in ten keys of bad minutes are back within"),
    _Told("burst", "p99_ms", "99 % of them are"),
    _Told("blackout", "first_ms", "the first key after {blackout} s without a link is back"),
    _Told("roam", "p99_ms", "the slowest key where the address changes at every tenth"),
    _Told("roam-nat", "p99_ms", "the slowest key where a NAT forgets at every tenth"),
    _Told("switch", "first_worst_ms", "the slowest first key after UDP is blocked or let through"),
    _Told("stream", "down_mb_s", "a stream down", "MB/s"),
    _Told("stream", "up_mb_s", "a stream up", "MB/s"),
    _Told("cp", "put_s", "a file of {megabytes} MB to the host, login included", "s"),
    _Told("cp", "get_s", "the same file back", "s"),
    _Told("forward", "p50_ms", "a small answer through `-L`"),
    _Told("forward", "large_mb_s", "a large one", "MB/s"),
    _Told("busy", "alone_p99_ms", "99 % of keys are back within"),
    _Told("busy", "p99_ms", "99 % of keys beside a download through the session's own `-L`"),
    _Told("busy", "stop_ms", "Ctrl-C beside it, the slowest"),
    _Told("busy", "stream_mb_s", "the download meanwhile", "MB/s"),
    _Told("exit", "p50_ms", "from Enter on `exit` to the local prompt"),
    _Told("agent", "server_cpu_ms_s", "a coding agent's screen, 10 a second: the server's processor time", "ms/s"),
    _Told("agent", "client_cpu_ms_s", "the client's", "ms/s"),
    _Told("agent", "up_packets_s", "packets up", "a second"),
    _Told("each-second", "server_cpu_ms_s", "the same once a second: the server's processor time", "ms/s"),
    _Told("each-second", "client_cpu_ms_s", "the client's", "ms/s"),
    _Told("each-second", "up_packets_s", "packets up", "a second"),
    _Told("each-second", "down_packets_s", "packets down", "a second"),
    _Told("idle", "client_wake_ups_s", "at rest: the client wakes up", "a second"),
    _Told("idle", "server_wake_ups_s", "the server", "a second"),
    _Told("memory", "server_mb", "server's memory (PSS)", "MB"),
    _Told("memory", "each_server_mb", "each of {sessions} sessions' servers", "MB"),
    _Told("memory", "client_mb", "client's memory (PSS)", "MB"),
    _Told("key", "server_pss_mb", "server's memory (PSS), typed at", "MB"),
    _Told("key", "client_pss_mb", "client's memory (PSS), typed at", "MB"),
)

#: Links on which memory is told, which is the same on all.
_ONE_LINK: Final = frozenset({"server_pss_mb", "client_pss_mb", "server_mb", "client_mb", "each_server_mb"})


def markdown_tables(evidence: Evidence) -> str:
    """Return a table by link and a table by figure, and what their numbers are."""
    parts = [_table_by_link(evidence), _table_by_figure(evidence), _legend(evidence)]
    return "\n\n".join(part for part in parts if part)


def _table_by_link(evidence: Evidence) -> str:
    columns = [(told, tool) for told in _BY_LINK for tool in evidence.tools if _has(evidence, told, tool)]
    links = [link for link in evidence.profiles if any(_run(evidence, told, link, tool) for told, tool in columns)]
    head = [f"{told.words}: {tool}" if _is_first(told, tool, columns) else tool for told, tool in columns]
    rows = [[link, *(told.of(_run(evidence, told, link, tool)) for told, tool in columns)] for link in links]
    return _table(["link", *head], rows)


def _table_by_figure(evidence: Evidence) -> str:
    rows = []
    for told in _BY_FIGURE:
        links = [run.profile for run in evidence.of(told.workload) if told.figure in run.figures]
        for link in list(dict.fromkeys(links))[: 1 if told.figure in _ONE_LINK else None]:
            cells = [told.of(_run(evidence, told, link, tool)) for tool in evidence.tools]
            rows.append([told.words.format_map(_settings(evidence, told.workload)), link, *cells])
    return _table(["", "link", *evidence.tools], rows)


def _settings(evidence: Evidence, workload: str) -> defaultdict[str, object]:
    """Return what a workload was measured with last; a setting that is not told has no value."""
    told = (each.settings for each in evidence.documents if any(run.workload == workload for run in each.runs))
    return defaultdict(lambda: "some", *list(told)[-1:])


def _legend(evidence: Evidence) -> str:
    """Say what a cell is, and of how many runs."""
    counts = Counter(run.count for run in evidence.runs)
    usual = counts.most_common(1)[0][0]
    fewer = [f"{run.profile} {run.workload} {run.tool} n = {run.count}" for run in evidence.runs if run.count != usual]
    interval = ", in brackets its 95 % bootstrap interval" if usual > 2 else ""
    what = "Each cell is a single run" if usual == 1 else f"Each cell is the median of n = {usual} runs{interval}"
    sentences = [f"{what}; ms unless it says otherwise."]
    if fewer:
        sentences.append(f"Other n: {', '.join(fewer)}.")
    if any(run.spared for run in evidence.runs):
        sentences.append("* crossed a relay, which spares TCP what the link does to others: a best case.")
    return " ".join(sentences)


def _has(evidence: Evidence, told: _Told, tool: str) -> bool:
    return any(run.tool == tool and told.figure in run.figures for run in evidence.of(told.workload))


def _is_first(told: _Told, tool: str, columns: Sequence[tuple[_Told, str]]) -> bool:
    return next(other for each, other in columns if each is told) == tool


def _run(evidence: Evidence, told: _Told, link: str, tool: str) -> MeasuredRun | None:
    return next((run for run in evidence.of(told.workload, link) if run.tool == tool), None)


def _short(value: float) -> str:
    """Return two digits at least, and no more decimals than one."""
    return f"{value:.1f}".removesuffix(".0") if value < 9.95 else f"{value:.0f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([f"| {' | '.join(head)} |", "|---" * len(head) + "|", *lines]) if lines else ""
