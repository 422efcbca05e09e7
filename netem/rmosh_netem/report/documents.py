"""Reads what the bench wrote, from files and folders; tolerant of workloads, tools and figures it does not know."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeGuard

from ..errors import BadRequest
from ..spared import is_spared
from .repeats import MeasuredRun, combined_runs


@dataclass(frozen=True, slots=True)
class Document:
    """One bench: its runs, and what is needed to judge and to repeat them."""

    file: str
    started: str
    argv: tuple[str, ...]
    seed: object
    versions: Mapping[str, str]
    settings: Mapping[str, object]
    machine: Mapping[str, object]
    runs: tuple[MeasuredRun, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """All runs to report on; those of one profile, tool and workload are one, see `combined_runs`.

    Attributes:
        replaced: runs left out because a newer one was measured with another driver, version, congestion control or
            model of the link.
        skipped: files of a folder that are no results.
    """

    documents: tuple[Document, ...]
    runs: tuple[MeasuredRun, ...]
    replaced: int = 0
    skipped: tuple[str, ...] = field(default=())

    def of(self, workload: str, profile: str | None = None) -> list[MeasuredRun]:
        """Return the runs of a workload, on one profile or all."""
        return [run for run in self.runs if run.workload == workload and profile in (None, run.profile)]

    @property
    def workloads(self) -> list[str]:
        """Names, in the order measured."""
        return list(dict.fromkeys(run.workload for run in self.runs))

    @property
    def profiles(self) -> list[str]:
        """Names, in the order measured."""
        return list(dict.fromkeys(run.profile for run in self.runs))

    @property
    def tools(self) -> list[str]:
        """Names: the known ones first, in the order that every table and figure keeps."""
        known = ("ssh", "mosh", "rmosh")
        names = dict.fromkeys(run.tool for run in self.runs)
        return [name for name in known if name in names] + [name for name in names if name not in known]

    def rtt(self, profile: str) -> float | None:
        """Return the link's mean round trip in seconds."""
        return next((run.rtt for run in self.runs if run.profile == profile and run.rtt is not None), None)


def read_evidence(paths: Sequence[Path]) -> Evidence:
    """Read result files and folders of them.

    Raises:
        BadRequest: a named file is no result, a folder holds none, or there is no run in any.
    """
    documents: list[Document] = []
    skipped: list[str] = []
    for path in paths:
        if not path.is_dir():
            documents.append(_read_document(path))
            continue
        for file in sorted(path.glob("*.json")):
            try:
                documents.append(_read_document(file))
            except BadRequest as error:
                skipped.append(str(error))
    named = ", ".join(map(str, paths))
    if not documents:
        why = f" ({skipped[0]})" if skipped else ""
        raise BadRequest(f"no results in {named}{why}: write some with rmosh-netem bench --output FILE.json")
    documents.sort(key=lambda document: document.started)
    runs = combined_runs(_all_runs(documents))
    if not runs:
        raise BadRequest(f"{named} holds no finished run: let rmosh-netem bench finish at least one")
    replaced = sum(1 for _ in _all_runs(documents)) - sum(run.count for run in runs)
    return Evidence(tuple(documents), tuple(runs), replaced, tuple(skipped))


def _all_runs(documents: Iterable[Document]) -> Iterable[MeasuredRun]:
    return (run for document in documents for run in document.runs)


def _read_document(file: Path) -> Document:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadRequest(f"there is no {file}: write it with rmosh-netem bench --output {file}") from None
    except (OSError, ValueError) as error:
        raise BadRequest(f"cannot read {file} as JSON: {error}: give a file that rmosh-netem bench wrote") from error
    if not isinstance(content, dict) or not isinstance(content.get("runs"), list):
        raise BadRequest(f"{file} is not a result of the bench, it has no list of runs: give one that it wrote")
    return Document(
        file=file.name,
        started=str(content.get("started", "")),
        argv=_texts(content.get("argv")),
        seed=content.get("seed", "unknown"),
        versions={str(name): str(version) for name, version in _table(content.get("versions")).items()},
        settings=_table(content.get("settings")),
        machine=_table(content.get("machine")),
        runs=tuple(_read_run(run, content, file, number) for number, run in enumerate(content["runs"], 1)),
    )


def _read_run(content: object, document: Mapping[str, object], file: Path, number: int) -> MeasuredRun:
    table = _table(content)
    for key in ("profile", "tool", "workload"):
        if not isinstance(table.get(key), str):
            raise BadRequest(f"run {number} in {file} names no {key}: give a file that rmosh-netem bench wrote")
    relay = _table(table.get("relay"))
    link = relay or _table(table.get("lab"))
    return MeasuredRun(
        profile=str(table["profile"]),
        tool=str(table["tool"]),
        workload=str(table["workload"]),
        figures={name: value for name, value in _table(table.get("figures")).items() if _is_number_or_none(value)},
        samples={name: values for name, values in _table(table.get("samples")).items() if _are_samples(values)},
        command=_texts(table.get("command")),
        notes=_texts(table.get("notes")),
        rtt=_rtt(link),
        lateness=_number(_table(link.get("lateness")).get("p99")),
        timers_late_ms=_number(_table(table.get("noise")).get("timer_worst_ms")),
        load=tuple(value for value in _list(table.get("load")) if isinstance(value, (int, float))),
        spared=is_spared(relay, workload=str(table["workload"]), tool=str(table["tool"])),
        error=str(table.get("error") or ""),
        measured_with=(
            "relay" if relay else "lab",
            str(_table(document.get("versions")).get(str(table["tool"]), "")),
            str(link.get("congestion_control") or _table(document.get("machine")).get("congestion_control") or ""),
            str(_table(document.get("settings")).get("link_model", 1)),
        ),
    )


def _rtt(relay: Mapping[str, object]) -> float | None:
    """Return the mean round trip of a relay's links: the delays, and half of each jitter."""
    links = [_table(relay.get(direction)) for direction in ("up", "down")]
    delays = [_number(link.get("delay")) for link in links]
    jitters = [_number(link.get("jitter")) or 0.0 for link in links]
    if None in delays:
        return None
    return sum(delay or 0.0 for delay in delays) + sum(jitters) / 2


def _table(content: object) -> dict[str, object]:
    return content if isinstance(content, dict) else {}


def _list(content: object) -> list[object]:
    return content if isinstance(content, list) else []


def _texts(content: object) -> tuple[str, ...]:
    return tuple(map(str, _list(content)))


def _number(content: object) -> float | None:
    return float(content) if isinstance(content, (int, float)) and not isinstance(content, bool) else None


def _is_number_or_none(value: object) -> TypeGuard[float | None]:
    return value is None or _number(value) is not None


def _are_samples(values: object) -> TypeGuard[list[float | None]]:
    return isinstance(values, list) and all(map(_is_number_or_none, values))
