"""Reads a link's settings as people write them, "loss=30%" or TOML's loss = "30%", into a `LinkModel`'s values.

Settings that name a file, `schedule` and `cellular`, are read from beside what names them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from .cellular import Opportunities, parse_opportunities
from .errors import BadProfile, BadQuantity, ImpossibleLink
from .link_model import Bursts, LinkModel
from .quantities import parse_bytes, parse_rate, parse_seconds, parse_share, parse_truth
from .schedule import Schedule, parse_schedule

#: Bytes of a trace at most: a wrong file, such as a disk, is refused and not read.
_MAX_TRACE: Final = 64 * 1024 * 1024

_BURST_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "good": parse_seconds,
    "bad": parse_seconds,
    "loss_good": parse_share,
    "loss_bad": parse_share,
    "both_ways": parse_truth,
}

_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "delay": parse_seconds,
    "jitter": parse_seconds,
    "reorder": parse_truth,
    "loss": parse_share,
    "duplicate": parse_share,
    "duplicate_spread": parse_seconds,
    "corrupt": parse_share,
    "rate": parse_rate,
    "queue": parse_bytes,
    "codel": parse_truth,
    "download": parse_truth,
    "mtu": parse_bytes,
}

#: Settings that can be taken away again by "none".
_ABSENT: Final = frozenset({"rate", "mtu", "bursts", "schedule", "cellular"})

#: Settings of the whole link, which are a profile's.
WHOLE_LINK: Final = ("nat_timeout", "udp_blocked", "udp_refusal", "udp_largest", "udp_rate")

#: Where the built-in profiles and their traces are.
BUILT_IN: Final = Path(__file__).parent


def with_settings(model: LinkModel, settings: Iterable[str]) -> LinkModel:
    """Return `model` changed by settings such as "loss=30%" or "rate=none".

    What is set holds: a schedule that the model has already no longer changes it.

    Raises:
        BadProfile: a setting is unknown, or its value is impossible.
    """
    values = _split(settings)
    if model.schedule is not None and "schedule" not in values:
        left = model.schedule.without(values.keys())
        model = replace(model, schedule=left if left.changes or left.blackouts else None)
    return with_values(model, values, where="the settings", folder=Path())


def with_values(model: LinkModel, values: Mapping[str, object], *, where: str, folder: Path) -> LinkModel:
    """Return `model` changed by settings that come from `where`; files they name are in `folder`.

    Raises:
        BadProfile: a setting is unknown, or its value is impossible.
    """
    changes = _read_values(values, where=where, folder=folder)
    try:
        return replace(model, **changes)  # type: ignore[arg-type]  # as the caller names them
    except ImpossibleLink as error:
        raise BadProfile(f"{where}: {error}") from error


def _split(settings: Iterable[str]) -> dict[str, object]:
    values: dict[str, object] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            raise BadProfile(f"{setting!r} is not a setting: write NAME=VALUE such as loss=30%")
        values[key] = value
    return values


def _read_values(values: Mapping[str, object], *, where: str, folder: Path) -> dict[str, object]:
    read: dict[str, object] = {}
    for key, value in values.items():
        try:
            read[key] = _read_value(key, value, folder)
        except (BadQuantity, ImpossibleLink) as error:
            raise BadProfile(f"{key} in {where}: {error}") from error
        except KeyError:
            known = ", ".join(sorted({*_READERS, *_ABSENT}))
            raise BadProfile(
                f"{where} cannot set {key!r}: settings are {known}; of the whole link {', '.join(WHOLE_LINK)}"
            ) from None
    return read


def _read_value(key: str, value: object, folder: Path) -> object:
    if key in _ABSENT and value == "none":
        return None
    if key == "bursts":
        return _read_bursts(value)
    if key == "schedule":
        return _read_schedule(str(value), folder)
    if key == "cellular":
        return _read_opportunities(str(value), folder)
    return _READERS[key](str(value))


def _read_bursts(value: object) -> Bursts:
    if isinstance(value, str):
        good, _, bad = value.partition(",")
        value = {"good": good, "bad": bad}
    if not isinstance(value, dict) or not {"good", "bad"} <= value.keys() <= _BURST_READERS.keys():
        raise BadQuantity('write bursts = { good = "2s", bad = "300ms" }, or bursts=2s,300ms in a setting')
    read = {key: _BURST_READERS[key](str(text)) for key, text in value.items()}
    return Bursts(**read)  # type: ignore[arg-type]  # each reader gives what its field is


def _read_schedule(name: str, folder: Path) -> Schedule:
    def read_settings(words: Sequence[str]) -> dict[str, object]:
        values = _split(words)
        if "schedule" in values:
            raise BadProfile("a schedule cannot begin another: write its changes here")
        return _read_values(values, where="this change", folder=folder)

    return parse_schedule(_read_file(name, folder), where=name, read_settings=read_settings)


def _read_opportunities(name: str, folder: Path) -> Opportunities:
    return parse_opportunities(_read_file(name, folder), where=name)


def _read_file(name: str, folder: Path) -> str:
    file = folder / name
    try:
        with file.open("rb") as stream:
            text = stream.read(_MAX_TRACE + 1)
        if len(text) > _MAX_TRACE:
            raise BadProfile(f"the trace {name} is larger than {_MAX_TRACE >> 20} MiB: cut it")
        return text.decode()
    except OSError as error:
        raise BadProfile(f"cannot read the trace {name}: {error.strerror}: its path counts from the profile") from error
    except UnicodeDecodeError as error:
        raise BadProfile(f"the trace {name} is not text: give the file that was recorded, unpacked") from error
