"""Named links: reads profiles from TOML and single settings such as "loss=30%". Knows no sockets."""

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Final

from .errors import BadProfile, BadQuantity, ImpossibleLink
from .link import Bursts, LinkModel
from .quantities import parse_bytes, parse_rate, parse_seconds, parse_share, parse_truth

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]


@dataclass(frozen=True, slots=True)
class Profile:
    """A link between client and server: `up` is towards the server, `down` towards the client."""

    name: str
    about: str
    source: str
    up: LinkModel
    down: LinkModel

    @property
    def mean_rtt(self) -> float:
        """Mean seconds of a lone datagram's round trip, its time through the bottleneck left out."""
        return sum(model.delay + model.jitter / 2 for model in (self.up, self.down))


_BURST_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "good": parse_seconds,
    "bad": parse_seconds,
    "loss_good": parse_share,
    "loss_bad": parse_share,
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
    "mtu": parse_bytes,
}

#: Settings that can be taken away again by "none", with what that means.
_ABSENT: Final = {"rate": None, "mtu": None, "bursts": None}

#: Keys of a profile's table that are not settings of the link.
_PROFILE_KEYS: Final = frozenset({"about", "source", "up", "down"})


def load_profiles(*files: Path) -> dict[str, Profile]:
    """Read the built-in profiles and then `files`, where a later one of the same name wins.

    Raises:
        BadProfile: a file cannot be read or understood; the message names file, profile and key.
    """
    built_in = resources.files(__package__).joinpath("profiles.toml").read_text(encoding="utf-8")
    profiles = parse_profiles(built_in, where="the built-in profiles")
    for file in files:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BadProfile(f"cannot read profiles from {file}: {error}") from error
        profiles |= parse_profiles(text, where=str(file))
    return profiles


def find_profile(name: str, profiles: Mapping[str, Profile]) -> Profile:
    """Return the profile of that name.

    Raises:
        BadProfile: there is none; the message lists those there are.
    """
    try:
        return profiles[name]
    except KeyError:
        raise BadProfile(f"there is no profile {name!r}: choose one of {', '.join(profiles)}") from None


def parse_profiles(text: str, *, where: str) -> dict[str, Profile]:
    """Read profiles from TOML; `where` is what messages call the text.

    Raises:
        BadProfile: it is no TOML, or a profile is wrong.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadProfile(f"{where} is not TOML: {error}") from error
    return {name: _parse_profile(name, table, where=where) for name, table in tables.items()}


def with_settings(model: LinkModel, settings: Iterable[str]) -> LinkModel:
    """Return `model` changed by settings such as "loss=30%" or "rate=none".

    Raises:
        BadProfile: a setting is unknown, or its value is impossible.
    """
    changes: dict[str, object] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            raise BadProfile(f"{setting!r} is not a setting: write NAME=VALUE such as loss=30%")
        changes[key] = value
    return _with_values(model, changes, where="the settings")


def _parse_profile(name: str, table: object, *, where: str) -> Profile:
    if not isinstance(table, dict):
        raise BadProfile(f"{name} in {where} is not a profile: write [{name}] and its settings below")
    common = {key: value for key, value in table.items() if key not in _PROFILE_KEYS}
    model = _with_values(LinkModel(), common, where=f"profile {name} in {where}")
    return Profile(
        name=name,
        about=str(table.get("about", "")),
        source=str(table.get("source", "")),
        up=_one_direction(model, table.get("up", {}), where=f"profile {name}.up in {where}"),
        down=_one_direction(model, table.get("down", {}), where=f"profile {name}.down in {where}"),
    )


def _one_direction(model: LinkModel, table: object, *, where: str) -> LinkModel:
    if not isinstance(table, dict):
        raise BadProfile(f"{where} is not a table of settings")
    return _with_values(model, table, where=where)


def _with_values(model: LinkModel, values: Mapping[str, object], *, where: str) -> LinkModel:
    changes: dict[str, object] = {}
    for key, value in values.items():
        try:
            changes[key] = _read_value(key, value)
        except (BadQuantity, ImpossibleLink) as error:
            raise BadProfile(f"{key} in {where}: {error}") from error
        except KeyError:
            known = ", ".join(sorted({*_READERS, "bursts"}))
            raise BadProfile(f"{where} cannot set {key!r}: settings are {known}") from None
    try:
        return replace(model, **changes)  # type: ignore[arg-type]
    except ImpossibleLink as error:
        raise BadProfile(f"{where}: {error}") from error


def _read_value(key: str, value: object) -> object:
    if key in _ABSENT and value == "none":
        return _ABSENT[key]
    if key == "bursts":
        return _read_bursts(value)
    return _READERS[key](str(value))


def _read_bursts(value: object) -> Bursts:
    if isinstance(value, str):
        good, _, bad = value.partition(",")
        value = {"good": good, "bad": bad}
    if not isinstance(value, dict) or not {"good", "bad"} <= value.keys() <= _BURST_READERS.keys():
        raise BadQuantity('write bursts = { good = "2s", bad = "300ms" }, or bursts=2s,300ms in a setting')
    return Bursts(**{key: _BURST_READERS[key](str(text)) for key, text in value.items()})  # type: ignore[arg-type]
