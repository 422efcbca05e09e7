"""Runs every asked workload with every asked tool on every asked profile, each bounded in time."""

import contextlib
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import FrameType
from typing import Final

from ..errors import BadRequest, BenchFailed, NetemError
from ..left_behind import own_folder
from ..link_model import REVISION
from ..profiles import Profile
from ..spared import is_spared
from .drivers import DRIVERS, Driver
from .far_side import FarSide
from .figures import in_words, is_aside
from .laboratory import Laboratory
from .measurement import Findings, Plan
from .noise import Noise
from .results import Results, Run, read_results
from .tools import StreamingTool, Tool
from .workloads import STREAMING_ONLY, WORKLOADS

#: What the figures of ssh, or of any program that speaks only TCP, mean on a lossy link here.
_STREAM_NOTE: Final = (
    "{tool} here crosses a relay that ends TCP: it shows delay, rate and blackouts, but neither lost segments nor"
    " TCP's own waiting after a blackout; take {tool}'s figures on lossy links as its best case"
)

#: Counts that are news where they are not 0.
_GONE_WRONG: Final = frozenset({"never", "wrong_cells", "wrong_at_end"})


@dataclass(frozen=True, slots=True)
class BenchRequest:
    """What to measure.

    Attributes:
        plan: how much; its profile is replaced by each of `profiles`.
        limit: seconds after which a run is given up.
        output: file that results are written to after each run.
        driver: what runs happen over.
        resume: whether runs that `output` has already are not made again.
        congestion_control: of a laboratory's TCP; None for the usual one.
        rounds: how often each run is made, each time with the next seed.
        replace: whether `output` may be written anew.
    """

    profiles: Sequence[Profile]
    tools: Sequence[Tool]
    workloads: Sequence[str]
    plan: Plan
    limit: float
    output: Path
    driver: str = "relay"
    resume: bool = False
    congestion_control: str | None = None
    rounds: int = 1
    replace: bool = False


def run_bench(
    request: BenchRequest, tell: Callable[[str], None], on_progress: Callable[[int, int], None] = lambda done, of: None
) -> Results:
    """Measure, telling of each run in a line; results so far are in the file whenever it stops.

    Raises:
        Unavailable: a tool or sshd is missing, or the driver needs what this machine has not.
        BadRequest: it is to resume what was measured otherwise, or `output` is taken or cannot be written.
    """
    results = _begin(request)
    done = {(run.round, run.profile, run.workload, run.tool) for run in results.runs}
    runs = [
        (r, p, w, t)
        for r in range(request.rounds)
        for p in request.profiles
        for w in request.workloads
        for t in request.tools
        if isinstance(t, StreamingTool) or w not in STREAMING_ONLY
    ]
    with (
        own_folder() as folder,
        DRIVERS[request.driver](folder, congestion_control=request.congestion_control) as driver,
    ):
        far_side = FarSide(folder, seed=request.plan.seed)
        for number, (turn, profile, workload, tool) in enumerate(runs, 1):
            on_progress(number - 1, len(runs))
            title = f"[{number}/{len(runs)}] {profile.name} {workload} {tool.name}"
            if (turn, profile.name, workload, tool.name) in done:
                tell(f"{title}: measured already")
                continue
            tell(f"{title} ...")
            plan = replace(request.plan, profile=profile, seed=request.plan.seed + turn)
            run = _run(tool, workload, plan, request.limit, driver, far_side)
            run.round = turn
            results.runs.append(run)
            results.write(request.output)
            tell(f"    {run.error or _in_words(run)} ({run.seconds:.0f} s)")
        on_progress(len(runs), len(runs))
    return results


def _begin(request: BenchRequest) -> Results:
    """Return results without runs, or with those of before; they are in the file."""
    left_out = ("profile", "seed")
    settings = {each.name: getattr(request.plan, each.name) for each in fields(Plan) if each.name not in left_out}
    new = Results(
        seed=request.plan.seed,
        versions={tool.name: tool.version() for tool in request.tools},
        settings=settings
        | {
            "trace": str(settings["trace"] or ""),
            "driver": request.driver,
            "congestion_control": request.congestion_control or "",
            "link_model": REVISION,
        },
    )
    if request.resume and request.output.exists():
        before = read_results(request.output)
        before.require_like(new, file=request.output)
        new.started = before.started
        new.runs = [run for run in before.runs if not run.error]
    elif request.output.exists() and not request.replace:
        raise BadRequest(
            f"{request.output} is there already: add --resume to go on with it, --replace to lose it, "
            "or give another --output"
        )
    new.write(request.output)
    return new


def _run(tool: Tool, workload: str, plan: Plan, limit: float, driver: Driver, far_side: FarSide) -> Run:
    start = time.monotonic()
    noise = Noise()
    outcome, error, described = Findings({}), "", {}
    command: tuple[str, ...] = ()
    try:
        with (
            _in_time(limit),
            driver.open(plan.profile, seed=plan.seed, congestion_control=tool.congestion_control) as link,
        ):
            lab = Laboratory(tool=tool, link=link, far_side=far_side)
            try:
                outcome = WORKLOADS[workload](lab, plan)
                outcome.figures |= {name: value for name, value in lab.usage.items() if name not in outcome.figures}
            except NetemError as failure:
                error = str(failure)
            command = lab.last_command
            described = link.describe()
    except BenchFailed as failure:  # the time was up outside of the workload
        error = error or str(failure)
    if driver.name == "relay" and is_spared(described, workload=workload, tool=tool.name):
        outcome.notes.append(_STREAM_NOTE.format(tool=tool.name))
    outcome.notes += _told_of_host_drops(described)
    return Run(
        profile=plan.profile.name,
        tool=tool.name,
        workload=workload,
        seconds=round(time.monotonic() - start, 1),
        command=list(command),
        figures=outcome.figures,
        samples=outcome.samples,
        notes=outcome.notes,
        relay=described if driver.name == "relay" else {},
        lab=described if driver.name == "lab" else {},
        noise=noise.as_dict(),
        load=noise.load,
        seed=plan.seed,
        limit=limit,
        error=error,
    )


def _told_of_host_drops(described: Mapping[str, object]) -> list[str]:
    dropped = described.get("dropped_by_host")
    count = sum(dropped.values()) if isinstance(dropped, dict) else 0
    if not count:
        return []
    return [f"{count} packets were dropped by this machine, not by the link: it was too slow for so many a second"]


@contextlib.contextmanager
def _in_time(limit: float) -> Iterator[None]:
    """Raise BenchFailed in what is still running after `limit` seconds; only in a main thread."""

    def give_up(_signal: int, _frame: FrameType | None) -> None:
        raise BenchFailed(f"given up after {limit:.0f} s: raise --limit, or ask for less")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _in_words(run: Run) -> str:
    """Return what the run was about: what it used besides, and that nothing went wrong, stand in its results."""
    told = {
        name: value
        for name, value in run.figures.items()
        if not is_aside(run.workload, name) and not (value == 0 and name in _GONE_WRONG)
    }
    return ", ".join(in_words(name, value) for name, value in told.items())
