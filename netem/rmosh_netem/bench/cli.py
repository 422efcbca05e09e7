"""The command line of the bench."""

import argparse
import contextlib
import math
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..errors import EXIT_FAILED, BadRequest, Unavailable, end_by_sigterm
from ..near_names import no_such
from ..profiles import Profile

if TYPE_CHECKING:
    from .results import Results
    from .runner import BenchRequest
    from .tools import Tool

#: Where results are kept unless another file is named.
DEFAULT_OUTPUT: Final = Path("rmosh-netem.json")

#: Options that are numbers: name, kind, default, unit, and what they say.
_NUMBERS: Final[Sequence[tuple[str, type, float, str, str]]] = (
    ("seed", int, 1, "N", "repeat the same losses and the same keys"),
    ("keys", int, 200, "N", "type this many keys in each typing workload"),
    ("rounds", int, 1, "N", "make each run this many times, each time with the next seed: reports then give intervals"),
    ("repeats", int, 3, "N", "start, interrupt, roam and black out this many times"),
    ("repaints", int, 15, "N", "paint this many full screens"),
    ("blackout", float, 5.0, "SECONDS", "black out for this long while typing"),
    ("long_blackout", float, 30.0, "SECONDS", "the same in the workload long-blackout"),
    ("idle", float, 30.0, "SECONDS", "count bytes and processor time for this long; at rest, after twice that"),
    ("outage", float, 20.0, "SECONDS", "black out for this long with nobody typing"),
    ("sleep", float, 60.0, "SECONDS", "stop the client for this long"),
    ("stream", float, 10.0, "SECONDS", "let a stream of bytes run for this long each way"),
    ("megabytes", int, 20, "N", "copy a file of this size, and fetch as much through a forward"),
    ("connections", int, 50, "N", "make this many small connections through a forward"),
    ("sessions", int, 20, "N", "weigh the servers of this many sessions of one user"),
    ("limit", float, 300.0, "SECONDS", "give a single run up after this time"),
)


def bench(options: argparse.Namespace, profiles: dict[str, Profile]) -> int:
    """Measure and print tables; 1 where a run failed."""
    from .runner import run_bench

    request = _bench_request(options, profiles)
    _require_rich()
    end_by_sigterm()
    with _progress_bar() as (tell, on_progress):
        results = run_bench(request, tell, on_progress)
    _print_tables(results)
    words = ["rmosh-netem", "report", *([str(options.output)] if options.output != DEFAULT_OUTPUT else [])]
    print(f"results are in {options.output}; for a page with curves: {shlex.join(words)}", file=sys.stderr)
    return EXIT_FAILED if any(run.error for run in results.runs) else 0


def _bench_request(options: argparse.Namespace, profiles: dict[str, Profile]) -> "BenchRequest":
    from .measurement import Plan
    from .runner import BenchRequest

    for name, *_ in _NUMBERS:
        if name != "seed" and not 0 < getattr(options, name) < math.inf:
            raise BadRequest(f"--{_hyphened(name)} {getattr(options, name):g} measures nothing: give more than 0")
    if options.congestion and options.driver != "lab":
        raise BadRequest("--congestion is for a laboratory's own TCP: add --driver lab, or leave it out")
    chosen = [profiles[name] for name in _choice(options.profiles, profiles, "profile")]
    workloads = _chosen_workloads(options)
    tools = _chosen_tools(options)
    for tool in tools:
        if tool.congestion_control and options.driver != "lab":
            raise BadRequest(f"{tool.name} is for a laboratory's own TCP: add --driver lab, or leave it out")
    of_plan = {name: getattr(options, name) for name, *_ in _NUMBERS if name not in ("rounds", "limit")}
    return BenchRequest(
        profiles=chosen,
        tools=tools,
        workloads=workloads,
        plan=Plan(profile=chosen[0], trace=options.keys_file, **of_plan),
        limit=options.limit,
        output=options.output,
        driver=options.driver,
        resume=options.resume,
        congestion_control=options.congestion,
        rounds=options.rounds,
        replace=options.replace,
    )


def _chosen_workloads(options: argparse.Namespace) -> list[str]:
    from .keystrokes import read_trace
    from .workloads import WORKLOADS

    without = () if options.keys_file else ("trace",)
    usual = ",".join(name for name in WORKLOADS if name not in without)
    workloads = _choice(options.workloads or usual, WORKLOADS, "workload")
    if options.keys_file:
        read_trace(options.keys_file)
    elif "trace" in workloads:
        raise BadRequest("the workload trace types your own keys: name their file with --keys-file")
    return workloads


def _chosen_tools(options: argparse.Namespace) -> "list[Tool]":
    from .tools import TOOLS, UsersCommand, installed_tools

    if options.tools is None:
        tools = installed_tools(lambda line: print(f"rmosh-netem: {line}", file=sys.stderr))
    else:
        tools = [TOOLS[name] for name in _choice(options.tools, TOOLS, "tool")] if options.tools else []
    return [*tools, *map(UsersCommand, options.command)]


def _hyphened(name: str) -> str:
    return name.replace("_", "-")


def _choice(text: str, known: Mapping[str, object], kind: str) -> list[str]:
    """Read names parted by commas; each must be known.

    Raises:
        BadRequest: there is none, or an unknown one.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in known:
            raise BadRequest(no_such(kind, name, known))
    if not names:
        raise BadRequest(f"{text!r} names no {kind}: choose from {', '.join(known)}")
    return names


def _require_rich() -> None:
    try:
        import rich  # noqa: F401
    except ModuleNotFoundError as error:
        raise Unavailable("tables need the package rich: pip install '.[netem]' where rmosh's source is") from error


@contextlib.contextmanager
def _progress_bar() -> Iterator[tuple[Callable[[str], None], Callable[[int, int], None]]]:
    """Yield what tells lines and what moves the bar; without a terminal there are only the lines."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn, TimeRemainingColumn

    console = Console(stderr=True, soft_wrap=True)
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        "runs,",
        TimeElapsedColumn(),
        "so far,",
        TimeRemainingColumn(),
        "left",
    )
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("bench", total=None)
        yield (
            lambda line: console.print(line, markup=False, highlight=False),
            lambda done, total: bar.update(task, completed=done, total=total),
        )


def _print_tables(results: "Results") -> None:
    from rich.console import Console

    from .table import print_results

    print_results(results, Console())


def add_action(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = actions.add_parser(
        "bench",
        help="measure ssh, mosh and rmosh over links, against a real sshd on loopback",
        epilog="example: rmosh-netem bench --profiles transoceanic,evdo --tools mosh,rmosh --workloads key,bash",
    )
    parser.add_argument(
        "--profiles",
        default="lan,transoceanic",
        metavar="A,B",
        help="measure on these links (default lan,transoceanic)",
    )
    parser.add_argument(
        "--tools",
        metavar="A,B",
        help="measure these tools (default those of ssh, mosh and rmosh that are installed); ssh-bbr"
        " is ssh over a laboratory's TCP with bbr",
    )
    parser.add_argument(
        "--workloads",
        metavar="A,B",
        help="measure any of key, burst, bash, cat, edit, vim (both also with -confirmed), trace, flood, coloured,"
        " coloured-cjk, yes, colours, blackout, long-blackout, roam, roam-nat, switch, silent-roam, silent-move,"
        " outage, sleep, start, exit, idle, agent, each-second, memory, repaint, page, true-colours, picture, and of"
        " ssh and rmosh stream, cp, forward, busy (default all)",
    )
    parser.add_argument(
        "--command",
        action="append",
        default=[],
        metavar="NAME=COMMAND",
        help="measure this command as well, such as 'plain=ssh -F {config} -tt {host} {remote}'; may be repeated",
    )
    parser.add_argument(
        "--keys-file",
        type=Path,
        metavar="FILE",
        help="type these keys in the workload trace: in each line seconds since the key before, and the key",
    )
    parser.add_argument(
        "--driver",
        choices=("relay", "lab"),
        default="relay",
        help="cross a relay on loopback (default), or a laboratory, where ssh's TCP meets loss too; that needs root",
    )
    parser.add_argument(
        "--congestion",
        metavar="NAME",
        help="congestion control of a laboratory's TCP, such as bbr (default cubic); told with the results",
    )
    for name, kind, default, unit, words in _NUMBERS:
        told = f"{words} (default {default:g})"
        parser.add_argument(f"--{_hyphened(name)}", type=kind, default=default, metavar=unit, help=told)
    _add_output(parser)
    parser.set_defaults(action=bench)


def _add_output(parser: argparse.ArgumentParser) -> None:
    former = parser.add_mutually_exclusive_group()
    former.add_argument("--resume", action="store_true", help="leave out what --output has from an earlier bench")
    former.add_argument("--replace", action="store_true", help="lose what --output has from an earlier bench")
    parser.add_argument(
        "--output",
        type=Path,
        default=DEFAULT_OUTPUT,
        metavar="FILE",
        help=f"write results as JSON here (default {DEFAULT_OUTPUT})",
    )
