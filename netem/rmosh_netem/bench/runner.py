"""Runs every asked workload with every asked tool on every asked profile, each bounded in time."""

import contextlib
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import FrameType
from typing import Final

from ..addresses import Address
from ..errors import BenchFailed, NetemError
from ..profiles import Profile
from ..relay_process import RelayProcess
from .far_side import FarSide
from .laboratory import Laboratory
from .measurement import Outcome, Plan
from .results import Results, Run
from .sshd import Sshd
from .tools import RELAY_HOST, Tool
from .workloads import WORKLOADS

#: What ssh's figures on a lossy link mean here.
_STREAM_NOTE: Final = (
    "ssh here crosses a relay that ends TCP: it shows delay, rate and blackouts, but neither lost segments nor"
    " TCP's own waiting after a blackout; take ssh's figures on lossy links as its best case"
)


@dataclass(frozen=True, slots=True)
class Request:
    """What to measure.

    Attributes:
        plan: how much; its profile is replaced by each of `profiles`.
        limit: seconds after which a run is given up.
        output: file that results are written to after each run.
    """

    profiles: Sequence[Profile]
    tools: Sequence[Tool]
    workloads: Sequence[str]
    plan: Plan
    limit: float
    output: Path


def run_bench(request: Request, tell: Callable[[str], None]) -> Results:
    """Measure, telling of each run in a line; results so far are in the file whenever it stops.

    Raises:
        Unavailable: a tool or sshd is missing.
    """
    plan = request.plan
    results = Results(
        seed=plan.seed,
        versions={tool.name: tool.version() for tool in request.tools},
        settings={each.name: getattr(plan, each.name) for each in fields(plan) if each.name not in ("profile", "seed")},
    )
    runs = [(p, w, t) for p in request.profiles for w in request.workloads for t in request.tools]
    with tempfile.TemporaryDirectory(prefix="rmosh-netem-") as name:
        folder = Path(name)
        relay = _free_address()
        with Sshd(folder, relay=relay, server_path=_server_path()) as sshd:
            far_side = FarSide(folder, seed=plan.seed)
            for number, (profile, workload, tool) in enumerate(runs, 1):
                tell(f"[{number}/{len(runs)}] {profile.name} {workload} {tool.name} ...")
                with _in_time(request.limit):
                    run = _run(tool, workload, replace(plan, profile=profile), sshd, far_side, relay)
                results.runs.append(run)
                results.write(request.output)
                tell(f"    {run.error or _in_words(run)} ({run.seconds:.0f} s)")
    return results


def _run(tool: Tool, workload: str, plan: Plan, sshd: Sshd, far_side: FarSide, listen: Address) -> Run:
    start = time.monotonic()
    load = os.getloadavg()[0]
    with RelayProcess(plan.profile, seed=plan.seed) as relay:
        relay.forward_tcp(listen=listen, to=sshd.address)
        lab = Laboratory(tool=tool, relay=relay, sshd=sshd, far_side=far_side)
        outcome, error = Outcome({}), ""
        try:
            outcome = WORKLOADS[workload](lab, plan)
        except NetemError as failure:
            error = str(failure)
        described = relay.describe()
    lossy = any(model.loss or model.bursts for model in (plan.profile.up, plan.profile.down))
    if tool.name == "ssh" and (lossy or workload in ("blackout", "outage")):
        outcome.notes.append(_STREAM_NOTE)
    return Run(
        profile=plan.profile.name,
        tool=tool.name,
        workload=workload,
        seconds=round(time.monotonic() - start, 1),
        command=list(lab.last_command),
        figures=outcome.figures,
        samples=outcome.samples,
        notes=outcome.notes,
        relay=described,
        load=(load, os.getloadavg()[0]),
        error=error,
    )


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
    return ", ".join(f"{name} {value}" for name, value in run.figures.items())


def _free_address() -> Address:
    with socket.socket() as probe:
        probe.bind((RELAY_HOST, 0))
        return Address(RELAY_HOST, int(probe.getsockname()[1]))


def _server_path() -> str:
    """Return PATH for the far side: this Python's own programs first."""
    return f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}"
