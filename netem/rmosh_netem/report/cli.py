"""The action `rmosh-netem report`; what draws is loaded only when asked for."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..errors import BadRequest, Unavailable
from ..profiles import Profile
from .documents import Evidence, read_evidence
from .goals import read_goals
from .markdown import markdown_tables
from .session_traces import EndTrace, read_traces

if TYPE_CHECKING:
    SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]

#: What the bench writes to unless told otherwise.
_DEFAULT_RESULTS: Final = Path("rmosh-netem.json")

#: In the place of a file: the goals that rmosh has set itself.
OWN_GOALS: Final = "rmosh"

_DEFAULT_FOLDER: Final = Path("rmosh-netem-report")


def report(options: argparse.Namespace, profiles: dict[str, Profile]) -> int:
    """Write the page and its figures; with --picture one picture alone, with --table tables in Markdown."""
    if options.trace:
        return _report_traces(options)
    evidence = read_evidence(options.results or [_DEFAULT_RESULTS])
    goals = read_goals(None if options.goals == OWN_GOALS else Path(options.goals)) if options.goals else {}
    for reason in evidence.skipped:
        print(f"rmosh-netem: left out: {reason}", file=sys.stderr)
    if options.table:
        print(markdown_tables(evidence))
        if options.picture is None:
            return 0
    _require_drawing()
    try:
        if options.picture is not None:
            _write_picture(evidence, options.picture)
            print(f"the picture is {options.picture}", file=sys.stderr)
            return 0
        from .page import build_report, write_report

        drawn = build_report(evidence, profiles, goals, lambda words: print(words, file=sys.stderr, flush=True))
        page = write_report(drawn, options.output, png=options.png)
    except OSError as error:
        raise BadRequest(f"cannot write the report: {error}: choose another place with --output") from error
    print(f"the report is {page}; its figures are in {page.parent / 'figures'}")
    return 0


def add_action(actions: "SubParsers") -> None:
    """Add the action to the command's parser."""
    parser = actions.add_parser(
        "report",
        help="turn bench's results into a page of figures and tables",
        epilog="example: rmosh-netem report results/ --output report/",
    )
    parser.add_argument(
        "results",
        type=Path,
        nargs="*",
        metavar="RESULTS",
        help=f"read these JSON files of bench, or all in a folder (default {_DEFAULT_RESULTS})",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=_DEFAULT_FOLDER,
        metavar="FOLDER",
        help=f"write report.html and figures/ here (default {_DEFAULT_FOLDER})",
    )
    parser.add_argument("--png", action="store_true", help="write each figure as PNG as well as SVG")
    parser.add_argument(
        "--picture", type=Path, metavar="FILE", help="write only the overview, for a README, as .svg or .png"
    )
    parser.add_argument("--table", action="store_true", help="print tables for a README, in Markdown, and draw no page")
    parser.add_argument(
        "--trace",
        type=Path,
        nargs="+",
        metavar="TRACE",
        help="draw sessions that rmosh --trace wrote instead: these files or folders, and say where they froze",
    )
    parser.add_argument(
        "--goals", metavar="FILE", help=f"compare rmosh with the goals in this TOML file; {OWN_GOALS} for its own"
    )
    parser.set_defaults(action=report)


def _report_traces(options: argparse.Namespace) -> int:
    """Draw each session that was traced, and tell of its freezes."""
    found = read_traces(options.trace)
    for reason in found.skipped:
        print(f"rmosh-netem: left out: {reason}", file=sys.stderr)
    _require_drawing()
    try:
        options.output.mkdir(parents=True, exist_ok=True)
        for traces in found.sessions:
            _report_session(traces, options.output, png=options.png)
    except OSError as error:
        raise BadRequest(f"cannot write the pictures: {error}: choose another place with --output") from error
    return 0


def _report_session(traces: Sequence[EndTrace], folder: Path, *, png: bool) -> None:
    from .trace_pictures import draw_session, in_words

    group = traces[0].group
    if any(trace.moments() for trace in traces):
        print(f"session {group}: {draw_session(traces).write(folder, png=png)}")
        for line in [in_words(freeze) for trace in traces for freeze in trace.freezes()] or ["No freeze."]:
            print(f"  {line}")
    else:
        print(f"session {group}: nothing happened in its trace")
    for trace in traces:
        if trace.unreadable or trace.left_off:
            told = f"{trace.unreadable} records unreadable, {trace.left_off} events left off"
            print(f"  {trace.file}: {told}", file=sys.stderr)


def _write_picture(evidence: Evidence, file: Path) -> None:
    from .overview import draw_overview

    if file.suffix not in (".svg", ".png"):
        raise BadRequest(f"cannot draw {file}: give a name that ends in .svg or .png")
    picture = draw_overview(evidence)
    if picture is None:
        raise BadRequest("the picture shows keys, and none were measured: run bench with --workloads key,bash")
    file.write_bytes(picture.png if file.suffix == ".png" else picture.svg.encode())


def _require_drawing() -> None:
    try:
        import jinja2  # noqa: F401
        import matplotlib  # noqa: F401
    except ModuleNotFoundError as error:
        raise Unavailable(
            f"the report needs the package {error.name}: pip install '.[netem]' where rmosh's source is"
        ) from error
