"""The bench's results as tables for people, by rich."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from .figures import Figure, is_aside
from .results import Results, Run

#: What each figure is called in a table's head; those not named here stay in the JSON.
_HEADS = {
    "p50_ms": "p50 ms",
    "p90_ms": "p90 ms",
    "p99_ms": "p99 ms",
    "at_once_percent": "< 10 ms",
    "wrong_cells": "wrong cells",
    "wrong_at_end": "wrong at end",
    "wall_s": "wall s",
    "end_s": "end seen s",
    "whole_s": "whole s",
    "worst_ms": "worst ms",
    "first_ms": "first ms",
    "all_ms": "all ms",
    "consistent_ms": "screen ms",
    "answer_ms": "answer ms",
    "ms": "ms",
    "undelayed_ms": "undelayed ms",
    "round_trips": "round trips",
    "up_bytes_s": "up B/s",
    "down_bytes_s": "down B/s",
    "up_packets_s": "up packets/s",
    "down_packets_s": "down packets/s",
    "client_cpu_ms_s": "client CPU ms/s",
    "server_cpu_ms_s": "server CPU ms/s",
    "client_wake_ups_s": "client wake-ups/s",
    "server_wake_ups_s": "server wake-ups/s",
    "server_busy_s": "server CPU s",
    "client_mb": "client MB",
    "server_mb": "server MB",
    "each_server_mb": "each of many MB",
    "server_pss_mb": "server PSS MB",
    "client_cpu_s": "client CPU s",
    "server_cpu_s": "server CPU s",
    "client_pss_mb": "client PSS MB",
    "down_mb_s": "down MB/s",
    "up_mb_s": "up MB/s",
    "put_s": "put s",
    "get_s": "get s",
    "large_mb_s": "large MB/s",
    "alone_p50_ms": "alone p50 ms",
    "alone_p99_ms": "alone p99 ms",
    "alone_stop_ms": "alone ^C ms",
    "stop_ms": "^C ms",
    "stream_mb_s": "stream MB/s",
    "bytes_each": "bytes each",
    "up_bytes_per_key": "up B/key",
    "down_bytes_per_key": "down B/key",
    "never": "never",
}


def print_results(results: Results, console: Console) -> None:
    """Print one table for each workload, a row for each profile and tool."""
    for workload in dict.fromkeys(run.workload for run in results.runs):
        console.print(_table(workload, [run for run in results.runs if run.workload == workload]))
    for run in results.runs:
        if run.error:
            console.print(f"{run.profile}/{run.tool}/{run.workload}: {run.error}", style="red", markup=False)
    for note in dict.fromkeys(note for run in results.runs for note in run.notes):
        console.print(note, style="dim", markup=False)


def _table(workload: str, runs: list[Run]) -> Table:
    told = [name for name in _HEADS if not is_aside(workload, name)]
    names = [name for name in told if any(name in run.figures for run in runs)]
    table = Table(title=workload, title_justify="left")
    names_met = (name for run in runs for name in (run.profile, run.tool))
    order = {name: place for place, name in enumerate(dict.fromkeys(names_met))}
    table.add_column("profile", no_wrap=True)
    table.add_column("tool", no_wrap=True)
    for name in names:
        widest = max(len(_cell(name, run.figures[name])) for run in runs if name in run.figures)
        table.add_column(_HEADS[name], justify="right", min_width=widest)
    has_rounds = any(run.round for run in runs)
    for run in sorted(runs, key=lambda run: (order[run.profile], order[run.tool])):
        tool = f"{run.tool} {run.round + 1}" if has_rounds else run.tool
        table.add_row(run.profile, tool, *_cells(run, names))
    return table


def _cells(run: Run, names: Iterable[str]) -> list[str]:
    return [_cell(name, run.figures[name]) if name in run.figures else "" for name in names]


def _cell(name: str, figure: Figure) -> str:
    if figure is None:
        return "-"
    if name.endswith("_percent"):
        return f"{figure:.0f} %"
    return f"{figure:.0f}" if name.endswith("ms") and figure >= 100 else f"{figure:g}"
