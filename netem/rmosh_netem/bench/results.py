"""Results as one JSON document: what was measured, with what, on what machine, and how noisy it was."""

import json
import os
import platform
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .figures import Figure

#: Version of the document's form.
FORMAT = 1


@dataclass(slots=True)
class Run:
    """One tool, one profile, one workload.

    Attributes:
        samples: in seconds; None for what never came.
        relay: the links, their counters and the relay's own lateness.
        load: the machine's load average over a minute, before and after: what else it had to do.
        error: why there are no figures; empty when there are.
    """

    profile: str
    tool: str
    workload: str
    seconds: float
    command: list[str]
    figures: dict[str, Figure]
    samples: dict[str, list[float | None]]
    notes: list[str]
    relay: dict[str, object]
    load: tuple[float, float]
    error: str = ""


@dataclass(slots=True)
class Results:
    """All runs of one bench."""

    seed: int
    versions: Mapping[str, str]
    settings: Mapping[str, object]
    machine: Mapping[str, object] = field(default_factory=lambda: describe_machine())
    started: str = field(default_factory=lambda: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
    runs: list[Run] = field(default_factory=list)

    def write(self, file: Path) -> None:
        """Write the document, whole or not at all."""
        document = {"format": FORMAT, "argv": sys.argv, **asdict(self)}
        new = file.with_name(file.name + ".new")
        new.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        new.replace(file)


def describe_machine() -> dict[str, object]:
    """Return what the figures depend on."""
    return {
        "system": platform.system(),
        "kernel": platform.release(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
