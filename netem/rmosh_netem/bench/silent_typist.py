"""The measurements where only the far side talks: it prints rising numbers, and nobody types.

What is on the screen then tells how long the tool takes to be there again after a roam, an outage or a sleep.
"""

import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import pyte

from ..errors import BenchFailed
from .figures import milliseconds, percentile
from .laboratory import Laboratory
from .measurement import Findings, Plan, roamed_host
from .pty_session import PtySession

#: Seconds that a tool may take to be there again before it has failed.
_BACK_TIMEOUT: Final = 60.0

#: Range of seconds at rest before each roam and outage: a tool's heartbeat of 3 s is met in every phase.
_REST: Final = (2.0, 6.0)

_TICK: Final = re.compile(r"tick-(\d+)\.")


@dataclass(slots=True)
class _Ticks:
    """When each number was first on the screen, or a later one."""

    shown: dict[int, float] = field(default_factory=dict)
    newest: int = 0

    def look(self, when: float, screen: pyte.Screen) -> None:
        """Note the number on this screen."""
        match = _TICK.match(screen.display[0])
        if match and int(match[1]) > self.newest:
            self.shown |= dict.fromkeys(range(self.newest + 1, int(match[1]) + 1), when)
            self.newest = int(match[1])

    def wait_for(self, number: int, session: PtySession) -> float | None:
        """Return when `number` or a later one was shown; None if not in time."""
        session.watch(lambda when, screen: self._has(number, when, screen), timeout=_BACK_TIMEOUT)
        return self.shown.get(number)

    def _has(self, number: int, when: float, screen: pyte.Screen) -> bool:
        self.look(when, screen)
        return self.newest >= number


def silent_roam(lab: Laboratory, plan: Plan) -> Findings:
    """A NAT forgets the client's port while only the server talks: how late the next number comes."""
    return _while_silent(lab, plan, lambda number: lab.link.rebind())


def silent_move(lab: Laboratory, plan: Plan) -> Findings:
    """The client gets another address while only the server talks: how late the next number comes."""
    return _while_silent(lab, plan, lambda number: lab.link.rebind(roamed_host(number)))


def _while_silent(lab: Laboratory, plan: Plan, elsewhere: Callable[[int], None]) -> Findings:
    chance = random.Random(f"{plan.seed}/silent roam")
    back: list[float | None] = []
    with lab.session("ticks") as session:
        session.watch_for("tick-", timeout=plan.start_timeout)
        ticks = _Ticks()
        for turn in range(plan.repeats):
            session.record_until(time.monotonic() + plan.profile.mean_rtt + chance.uniform(*_REST))
            elsewhere(turn)
            number, printed = _first_printed_after(lab, time.monotonic())
            shown = ticks.wait_for(number, session)
            back.append(None if shown is None else shown - printed)
    return _back(back)


def outage(lab: Laboratory, plan: Plan) -> Findings:
    """One number is printed in the middle of an outage and nobody types: from its end until the number shows."""
    chance = random.Random(f"{plan.seed}/outage")
    back: list[float | None] = []
    with lab.session("echo") as session:
        session.watch_for("READY", timeout=plan.start_timeout)
        ticks = _Ticks()
        for number in range(1, plan.repeats + 1):
            session.record_until(time.monotonic() + plan.profile.mean_rtt + chance.uniform(*_REST))
            end = time.monotonic() + plan.outage  # or a little later, never sooner
            lab.link.blackout(plan.outage)
            session.record_until(end - plan.outage / 2)
            lab.print_far_away(b"\033[Htick-%d." % number)
            session.record_until(end)
            shown = ticks.wait_for(number, session)
            back.append(None if shown is None else shown - end)
    return _back(back)


def sleep(lab: Laboratory, plan: Plan) -> Findings:
    """The client is stopped and continued: until its screen is up to date, and until a key is answered."""
    with lab.session("ticks") as session:
        session.watch_for("tick-", timeout=plan.start_timeout)
        ticks = _Ticks()
        session.record_until(time.monotonic() + plan.profile.mean_rtt + 2.0)
        session.freeze()
        time.sleep(plan.sleep)
        number = _last_printed(lab)
        session.thaw()
        awake = session.type(b"x")
        shown = ticks.wait_for(number, session)
        answered = session.watch_for("key-1.", timeout=_BACK_TIMEOUT)
    consistent = None if shown is None else shown - awake
    return Findings({"consistent_ms": milliseconds(consistent), "answer_ms": milliseconds(answered - awake)})


def _back(back: list[float | None]) -> Findings:
    median, worst = (milliseconds(percentile(back, share)) for share in (0.5, 1))
    return Findings({"p50_ms": median, "worst_ms": worst, "never": back.count(None)}, {"back": back})


def _printed(lab: Laboratory) -> list[tuple[int, float]]:
    """Return the numbers printed so far, each with its monotonic time."""
    text = (lab.far_side.folder / "ticks").read_text(encoding="ascii")
    lines = (line.split() for line in text[: text.rfind("\n") + 1].splitlines())
    return [(int(number), float(when)) for number, when in lines]


def _last_printed(lab: Laboratory) -> int:
    return _printed(lab)[-1][0]


def _first_printed_after(lab: Laboratory, start: float) -> tuple[int, float]:
    while time.monotonic() < start + _BACK_TIMEOUT:
        for number, printed in _printed(lab):
            if printed >= start:
                return number, printed
        time.sleep(0.05)
    raise BenchFailed("the far side's program has stopped printing")
