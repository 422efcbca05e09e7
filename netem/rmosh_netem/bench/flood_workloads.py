"""The measurements where a program prints far more than anybody reads: a log of some kind, as fast as it goes."""

import time
from functools import partial
from typing import Final

from .figures import Figure
from .laboratory import Laboratory
from .logs import LOGS
from .measurement import Findings, Plan, Workload
from .processes import cpu_seconds

#: Seconds without output after which a flood has left all that it leaves. Reason: longer than any link's round trip.
_WHOLE_AFTER: Final = 1.5


def _print(log: str, lab: Laboratory, plan: Plan) -> Findings:
    """A log of 20 MB printed: how long the far side's `cat` takes, until when the user has its end and all there is."""
    lab.far_side.prepare_log(log)
    times = lab.far_side.folder / "flood.times"
    times.unlink(missing_ok=True)
    with lab.session("flood") as session:
        session.watch_for("READY", timeout=plan.start_timeout)
        server = lab.server_process()
        cpu_before = _cpu_seconds(server)
        lab.link.begin_again()
        session.type(b"\r")
        ended = session.record_until_written(b"FINISHED", timeout=plan.start_timeout * 2)
        whole_by = time.monotonic() + plan.start_timeout * 2
        session.record_until_quiet(quiet=_WHOLE_AFTER, at_most=plan.start_timeout * 2)
        is_whole = time.monotonic() < whole_by
        start, stop = (float(word) for word in times.read_text(encoding="ascii").split())
        server_cpu = _cpu_seconds(server) - cpu_before
    start_here = start - (time.time() - time.monotonic())
    figures: dict[str, Figure] = {
        "wall_s": round(stop - start, 3),
        "end_s": round(ended - start_here, 3),
        "whole_s": round(session.last_output - start_here, 3) if is_whole else None,
        "server_busy_s": round(server_cpu, 2),
    }
    return Findings(figures)


#: A workload for each kind of log.
FLOODS: Final[dict[str, Workload]] = {log: partial(_print, log) for log in LOGS}


def _cpu_seconds(server: int | None) -> float:
    return cpu_seconds(server) if server is not None else 0.0
