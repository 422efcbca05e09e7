"""What every workload is given and what it returns."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ..profiles import Profile
from .figures import Figure
from .laboratory import Laboratory

#: The prompt of the far side's bash.
PROMPT: Final = "bench$ "

#: Round trips a session may take to start before it has failed, besides half a minute.
_START_ROUND_TRIPS: Final = 40


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to measure.

    Attributes:
        keys: measured keys in each typing workload.
        repeats: sessions started, interrupts pressed.
        repaints: full screens painted.
        blackout, long_blackout: seconds.
        idle: seconds.
        outage: seconds of a blackout with nobody typing.
        sleep: seconds that the client is stopped.
        stream: seconds that a stream is let run.
        megabytes: of a file, of one large answer.
        connections: small ones through a forward.
        sessions: of one user at a time, whose memory is weighed.
        trace: file of the user's own keys; None for none.
    """

    profile: Profile
    seed: int
    keys: int = 200
    repeats: int = 3
    repaints: int = 15
    blackout: float = 5.0
    long_blackout: float = 30.0
    idle: float = 30.0
    outage: float = 20.0
    sleep: float = 60.0
    stream: float = 10.0
    megabytes: int = 20
    connections: int = 50
    sessions: int = 20
    trace: Path | None = None

    @property
    def start_timeout(self) -> float:
        """Seconds a session may take to start."""
        return 30.0 + _START_ROUND_TRIPS * self.profile.mean_rtt

    @property
    def patience(self) -> float:
        """Seconds that the last key may take to show."""
        return 10.0 + 10 * self.profile.mean_rtt


@dataclass(slots=True)
class Findings:
    """What a workload found; sample lists are in seconds."""

    figures: dict[str, Figure]
    samples: dict[str, list[float | None]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


Workload = Callable[[Laboratory, Plan], Findings]


def roamed_host(number: int) -> str:
    """Return a loopback address to be seen at after so many moves; a laboratory takes one of its own instead."""
    return f"127.0.0.{100 + number % 100}"
