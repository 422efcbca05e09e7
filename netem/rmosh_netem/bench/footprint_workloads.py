"""The measurements of what a session takes while it is there: memory, processor time, wake-ups, packets; its end."""

import contextlib
import time
from functools import partial
from typing import Final

from ..errors import BenchFailed
from .figures import Figure, milliseconds, percentile
from .laboratory import Laboratory
from .measurement import PROMPT, Findings, Plan, Workload
from .processes import family_of, memory
from .pty_session import PtySession
from .spending import Spending
from .tools import Predict

#: The screen of a coding agent, rows x columns. Reason: a window that fills a laptop's display.
_LARGE: Final = (48, 160)

#: Seconds after which a screen that is written each second has stopped.
_STOPPED: Final = 3.0

#: Seconds after a login, or after keys, until a session has done what comes of them.
_SETTLED: Final = 3.0

#: Seconds that a busy screen runs before it is measured: caches are warm, and what the login has left behind is gone.
_WARM_UP: Final = 45.0

#: Keys that a session is typed at first, and seconds between them. Reason: rmosh keeps the login's connection, and the
#: process that has it, until some forty datagrams were answered without it.
_USED_BY_KEYS: Final = 80
_BETWEEN_KEYS: Final = 0.05

#: Seconds, and a round trip, after which what was typed has been confirmed.
_TYPED: Final = 1.0


def idle(lab: Laboratory, plan: Plan) -> Findings:
    """A session at rest, for some time already: what it sends, wakes and costs a second, and its ends' memory."""
    with lab.session("bash", predict=Predict.ADAPTIVE) as session:
        session.watch_for(PROMPT.strip(), timeout=plan.start_timeout)
        _use(session)
        session.record_until(time.monotonic() + 2 * plan.idle)
        return _costs(lab, session, plan)


def _busy_screen(script: str, lab: Laboratory, plan: Plan) -> Findings:
    """A coding agent's screen, written whole so many times a second: what that costs both ends and the link."""
    rows, columns = _LARGE
    with lab.session(script, predict=Predict.ADAPTIVE, rows=rows, columns=columns) as session:
        session.watch_for("Thinking", timeout=plan.start_timeout)
        session.record_until(time.monotonic() + _WARM_UP)
        spent = _costs(lab, session, plan)
        if session.last_output < time.monotonic() - _STOPPED:
            raise BenchFailed("the screen stood still")
        return spent


def memory_of_sessions(lab: Laboratory, plan: Plan) -> Findings:
    """The memory of both ends after a login, then of so many sessions' servers with what they share."""
    with contextlib.ExitStack() as sessions:
        for number in range(plan.sessions):
            session = sessions.enter_context(lab.session("bash", predict=Predict.ADAPTIVE))
            session.watch_for(PROMPT.strip(), timeout=plan.start_timeout)
            if number == 0:
                _use(session)
                client = _pss(family_of(session.process))
                alone = _pss(lab.servers())
        session.record_until(time.monotonic() + _SETTLED)
        servers = lab.servers()
        together = _pss(servers)
    lab.end(servers)  # what they were forked from goes on for a while by itself
    figures: dict[str, Figure] = {"client_mb": round(client, 1), "server_mb": round(alone, 1)}
    return Findings(figures | {"each_server_mb": round(together / plan.sessions, 1)})


def leave(lab: Laboratory, plan: Plan) -> Findings:
    """From Enter on `exit` at the far side's prompt until the local one could come."""
    taken: list[float | None] = []
    for _ in range(plan.repeats):
        with lab.session("bash", predict=Predict.ADAPTIVE) as session:
            session.watch_for(PROMPT.strip(), timeout=plan.start_timeout)
            session.record_until(time.monotonic() + _SETTLED)
            session.type(b"exit")
            session.record_until(time.monotonic() + _TYPED + plan.profile.mean_rtt)
            press = session.type(b"\r")
            ended = session.wait_for_end(timeout=plan.patience)
            taken.append(None if ended is None else ended - press)
    figures: dict[str, Figure] = {"p50_ms": milliseconds(percentile(taken, 0.5))}
    return Findings(figures | {"worst_ms": milliseconds(percentile(taken, 1))}, {"taken": taken})


FOOTPRINTS: Final[dict[str, Workload]] = {
    "idle": idle,
    "agent": partial(_busy_screen, "agent"),
    "each-second": partial(_busy_screen, "each-second"),
    "memory": memory_of_sessions,
    "exit": leave,
}


def _use(session: PtySession) -> None:
    """Type at the prompt for a while, and take it back."""
    for key in (*[b"x"] * _USED_BY_KEYS, b"\x15"):
        session.type(key)
        session.record_until(time.monotonic() + _BETWEEN_KEYS)
    session.record_until(time.monotonic() + _SETTLED)


def _costs(lab: Laboratory, session: PtySession, plan: Plan) -> Findings:
    """Let a session go on, and tell what that costs a second."""
    spending = Spending(lab, session)
    session.record_until(time.monotonic() + plan.idle)
    return Findings(spending.figures())


def _pss(processes: list[int]) -> float:
    """Return the proportional memory of some processes in MB."""
    return sum(float(memory(process, prefix="its").get("its_pss_mb") or 0.0) for process in processes)
