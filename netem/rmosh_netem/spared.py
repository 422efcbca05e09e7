"""Tells from a run's description whether a relay, which ends TCP, spared its program what the link did to others."""

from collections.abc import Mapping
from typing import Final

#: Workloads in which the relay spares TCP, besides all on lossy links: no address changes under a connection, and
#: TCP never waits for its timer after an outage.
_SPARED_WORKLOADS: Final = ("blackout", "long-blackout", "outage", "roam", "roam-nat", "silent-roam", "silent-move")


def is_spared(relay: Mapping[str, object], *, workload: str, tool: str) -> bool:
    """Say so for what `Relay.describe` told after the run: whoever the program is, nothing of it crossed as UDP.

    Results from before streams were counted are judged by the tool's name.
    """
    counters = [_table(_table(relay.get("counters")).get(direction)) for direction in ("up", "down")]
    if all("streamed" in each for each in counters):
        is_tcp = all(each["streamed"] == each.get("sent") for each in counters)
    else:
        is_tcp = tool == "ssh"
    return bool(relay) and is_tcp and (workload in _SPARED_WORKLOADS or _is_lossy(relay))


def _is_lossy(relay: Mapping[str, object]) -> bool:
    links = [_table(relay.get(direction)) for direction in ("up", "down")]
    return any(link.get("loss") or link.get("bursts") or link.get("schedule") for link in links)


def _table(content: object) -> dict[str, object]:
    return content if isinstance(content, dict) else {}
