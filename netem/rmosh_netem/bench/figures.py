"""From samples to figures: percentiles by nearest rank, with what never came counted as never."""

import math
from collections.abc import Sequence
from typing import Final

#: Units that figures' names end in; the first that fits counts.
_UNITS: Final = {
    "mb_s": "MB/s",
    "ms_s": "ms/s",
    "bytes_s": "B/s",
    "packets_s": "packets/s",
    "wake_ups_s": "wake-ups/s",
    "ms": "ms",
    "s": "s",
    "percent": "%",
    "mb": "MB",
}

#: A key counts as shown at once below this many seconds. Reason: a frame of a display of 100 Hz; nobody tells that from
#: at once, and no link that is worth guessing on answers sooner.
AT_ONCE: Final = 0.010

#: Endings of figures that every run has besides its own: what it used.
_USAGE: Final = ("_cpu_s", "_pss_mb", "_rss_mb")

#: A figure's value; None where it cannot be given, such as a percentile that falls on what never came.
Figure = float | int | None


def percentile(samples: Sequence[float | None], share: float) -> float | None:
    """Return the sample that `share` of all are not above; None stands for "never came" and sorts last."""
    if not samples:
        return None
    ordered = sorted(math.inf if sample is None else sample for sample in samples)
    value = ordered[max(0, math.ceil(share * len(ordered)) - 1)]
    return None if value == math.inf else value


def latencies(samples: Sequence[float | None]) -> dict[str, Figure]:
    """Return p50, p90 and p99 of latencies in seconds as milliseconds, and how many never came."""
    figures: dict[str, Figure] = {}
    for name, share in (("p50_ms", 0.5), ("p90_ms", 0.9), ("p99_ms", 0.99)):
        figures[name] = milliseconds(percentile(samples, share))
    figures["never"] = sum(sample is None for sample in samples)
    return figures


def share_below(samples: Sequence[float | None], limit: float) -> float | None:
    """Return the percentage of samples below `limit`."""
    if not samples:
        return None
    return round(100 * sum(sample is not None and sample < limit for sample in samples) / len(samples), 1)


def milliseconds(seconds: float | None) -> float | None:
    """Return seconds as milliseconds with one decimal."""
    return None if seconds is None else round(seconds * 1000, 1)


def in_words(name: str, figure: Figure) -> str:
    """Return a figure for people, such as "p50 22.6 ms"."""
    ending = next((each for each in _UNITS if f"_{name}".endswith(f"_{each}")), "")
    unit = _UNITS.get(ending, "")
    words = name.removesuffix(ending).strip("_").replace("_", " ")
    return " ".join(filter(None, (words, *(("none",) if figure is None else (f"{figure:g}", unit)))))


def is_aside(workload: str, name: str) -> bool:
    """Say whether a figure is not what its workload is about: processor time and memory, but of a session at rest."""
    return workload != "idle" and name.endswith(_USAGE)
