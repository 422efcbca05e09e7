"""What a session costs while it goes on: processor time and wake-ups of both ends, packets and bytes, a second."""

import time
from typing import Final

from .figures import Figure
from .laboratory import Laboratory
from .processes import family_of, name_of, run_seconds, wake_ups
from .pty_session import PtySession

#: Milliseconds in a second.
_MILLISECONDS: Final = 1000


class Spending:
    """Begins when it is made; `figures` tells what was spent since, a second.

    Processes that come or end meanwhile, such as a login's, are not counted.
    """

    def __init__(self, lab: Laboratory, session: PtySession) -> None:
        self._lab = lab
        server = lab.server_process()
        processes = {"server": [] if server is None else [server], "client": family_of(session.process)}
        self._before = {end: {process: _spent(process) for process in each} for end, each in processes.items()}
        self._carried = self._counted()
        self._began = time.monotonic()

    def figures(self) -> dict[str, Figure]:
        """Return how much each end spent a second, and each way carried."""
        seconds = time.monotonic() - self._began
        figures: dict[str, Figure] = {}
        for end, processes in self._before.items():
            spent = [_since(before, process) for process, before in processes.items() if name_of(process)]
            figures[f"{end}_cpu_ms_s"] = round(sum(cpu for cpu, _ in spent) * _MILLISECONDS / seconds, 2)
            figures[f"{end}_wake_ups_s"] = round(sum(woken for _, woken in spent) / seconds, 2)
        for unit, now in self._counted().items():
            for way, before, after in zip(("up", "down"), self._carried[unit], now, strict=True):
                figures[f"{way}_{unit}_s"] = round((after - before) / seconds, 2)
        return figures

    def _counted(self) -> dict[str, tuple[int, int]]:
        """Return what the link has carried up and down."""
        return {"packets": self._lab.link.wire_packets(), "bytes": self._lab.link.wire_bytes()}


def _spent(process: int) -> tuple[float, int]:
    """Return the seconds that a process has run, and how often it has woken up."""
    return run_seconds(process), wake_ups(process)


def _since(before: tuple[float, int], process: int) -> tuple[float, int]:
    ran, woken = _spent(process)
    return max(0.0, ran - before[0]), max(0, woken - before[1])
