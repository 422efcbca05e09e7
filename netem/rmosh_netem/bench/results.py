"""Results as one JSON document: what was measured, with what, on what machine, and how noisy it was."""

import json
import os
import platform
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from .. import congestion
from ..errors import BadRequest
from .figures import Figure

#: Version of the document's form.
FORMAT = 1


@dataclass(slots=True)
class Run:
    """One tool, one profile, one workload.

    Attributes:
        samples: in seconds; None for what never came.
        relay: the links, their counters and the relay's own lateness; empty where no relay was crossed.
        lab: the same of a laboratory.
        noise: what else the machine had to do; see `noise.Noise`.
        load: its load average over a minute, before and after.
        limit: seconds after which the run would have been given up.
        round: which of the repeated runs it is, from 0.
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
    lab: dict[str, object] = field(default_factory=dict)
    noise: dict[str, float] = field(default_factory=dict)
    seed: int = 0
    limit: float = 0.0
    round: int = 0
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

    def require_like(self, other: "Results", *, file: Path) -> None:
        """Refuse to mix what was measured otherwise.

        Raises:
            BadRequest: seed, settings or a program's version differ.
        """
        asked = {"seed": other.seed, **other.settings, **other.versions}
        had = {"seed": self.seed, **self.settings, **{name: self.versions.get(name) for name in other.versions}}
        for name, value in asked.items():
            if had.get(name) not in (value, None if name in other.versions else value):
                raise BadRequest(
                    f"{file} was measured with {name} {had.get(name)}, not {value}: "
                    "ask for that, or for another --output"
                )

    def write(self, file: Path) -> None:
        """Write the document, whole or not at all.

        Raises:
            BadRequest: it cannot be written there.
        """
        document = {"format": FORMAT, "argv": sys.argv, **asdict(self)}
        new = file.with_name(file.name + ".new")
        try:
            new.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
            new.replace(file)
        except OSError as error:
            raise BadRequest(f"cannot write {file}: {error.strerror}: give another --output") from error


def read_results(file: Path) -> Results:
    """Read a document back.

    Raises:
        BadRequest: it is not one of ours.
    """
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        if document["format"] != FORMAT:
            raise BadRequest(f"{file} has format {document['format']}, not {FORMAT}: give another --output")
        known = {each.name for each in fields(Results)} - {"runs"}
        results = Results(**{name: value for name, value in document.items() if name in known})
        results.runs = [Run(**run) for run in document["runs"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadRequest(f"{file} cannot be resumed ({error}): give another --output, or drop --resume") from error
    return results


def describe_machine() -> dict[str, object]:
    """Return what the figures depend on."""
    return {
        "system": platform.system(),
        "kernel": platform.release(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "congestion_control": congestion.machines_own(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
