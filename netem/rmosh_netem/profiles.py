"""Named links: reads profiles from TOML. Knows no sockets."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from .errors import BadProfile, BadQuantity
from .firewall import Firewall, IcmpRefusal
from .link_model import LinkModel
from .near_names import no_such
from .quantities import parse_bytes, parse_rate, parse_seconds, parse_truth
from .settings import BUILT_IN, WHOLE_LINK, with_settings, with_values

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]  # where an older tree is measured

__all__ = [
    "Profile",
    "find_profile",
    "load_profiles",
    "parse_profiles",
    "split_settings",
    "with_profile_settings",
    "with_settings",
]


@dataclass(frozen=True, slots=True)
class Profile:
    """A link between client and server, and what stands on its way.

    Attributes:
        up: towards the server.
        down: towards the client.
        nat_timeout: seconds after which the client's NAT forgets a silent flow; None for never.
        firewall: what is done to UDP.
    """

    name: str
    about: str
    source: str
    up: LinkModel
    down: LinkModel
    nat_timeout: float | None = None
    firewall: Firewall = Firewall()  # noqa: RUF009 - frozen, so it may be shared

    @property
    def mean_rtt(self) -> float:
        """Mean seconds of a lone datagram's round trip, its time through the bottleneck left out."""
        return sum(model.delay + model.jitter / 2 for model in (self.up, self.down))


#: Keys of a profile's table that are not settings of the link.
_PROFILE_KEYS: Final = frozenset({"about", "source", "up", "down", *WHOLE_LINK})


def load_profiles(*files: Path) -> dict[str, Profile]:
    """Read the built-in profiles and then `files`, where a later one of the same name wins.

    Raises:
        BadProfile: a file cannot be read or understood; the message names file, profile and key.
    """
    built_in = (BUILT_IN / "profiles.toml").read_text(encoding="utf-8")
    profiles = parse_profiles(built_in, where="the built-in profiles")
    for file in files:
        try:
            text = file.read_text(encoding="utf-8")
        except OSError as error:
            raise BadProfile(f"cannot read profiles from {file}: {(error.strerror or str(error)).lower()}") from error
        except UnicodeDecodeError as error:
            raise BadProfile(f"cannot read profiles from {file}: it is not UTF-8 text") from error
        profiles |= parse_profiles(text, where=str(file), folder=file.parent)
    return profiles


def find_profile(name: str, profiles: Mapping[str, Profile]) -> Profile:
    """Return the profile of that name.

    Raises:
        BadProfile: there is none; the message lists those there are.
    """
    try:
        return profiles[name]
    except KeyError:
        raise BadProfile(no_such("profile", name, profiles)) from None


def with_profile_settings(profile: Profile, settings: Sequence[str]) -> Profile:
    """Return `profile` changed in both directions, and as a whole, by settings such as "loss=30%" or "nat_timeout=30s".

    Raises:
        BadProfile: a setting is unknown, or its value is impossible.
    """
    whole, each_way = split_settings(settings)
    up, down = with_settings(profile.up, each_way), with_settings(profile.down, each_way)
    return _with_whole_link(replace(profile, up=up, down=down), whole, where="the settings")


def changed_firewall(before: Firewall, whole: Mapping[str, object], *, where: str) -> Firewall:
    """Return a firewall changed by those settings of the whole link that are about UDP.

    Raises:
        BadProfile: there is no such firewall.
    """
    changes = {name.removeprefix(_OF_UDP): value for name, value in whole.items() if name.startswith(_OF_UDP)}
    try:
        return replace(before, **changes)  # type: ignore[arg-type]  # each reader gives what its field is
    except BadQuantity as error:
        raise BadProfile(f"udp_largest in {where}: {error}") from error


def split_settings(settings: Sequence[str]) -> tuple[dict[str, object], list[str]]:
    """Read the settings of the whole link, by their names; return the others as they are.

    Raises:
        BadProfile: a value is impossible.
    """
    whole: dict[str, object] = {}
    each_way: list[str] = []
    for setting in settings:
        name, equals, value = setting.partition("=")
        if equals and name in _WHOLE_LINK_READERS:
            whole[name] = _read_whole_link(name, value, where="the settings")
        else:
            each_way.append(setting)
    return whole, each_way


def parse_profiles(text: str, *, where: str, folder: Path = BUILT_IN) -> dict[str, Profile]:
    """Read profiles from TOML; `where` is what messages call the text, and traces are in `folder`.

    Raises:
        BadProfile: it is no TOML, or a profile is wrong.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadProfile(f"{where} is not TOML: {error}") from error
    return {name: _parse_profile(name, table, where=where, folder=folder) for name, table in tables.items()}


def _parse_profile(name: str, table: object, *, where: str, folder: Path) -> Profile:
    if not isinstance(table, dict):
        raise BadProfile(f"{name} in {where} is not a profile: write [{name}] and its settings below")
    common = {key: value for key, value in table.items() if key not in _PROFILE_KEYS}
    model = with_values(LinkModel(), common, where=f"profile {name} in {where}", folder=folder)
    whole = {
        key: _read_whole_link(key, str(table[key]), where=f"profile {name} in {where}")
        for key in _WHOLE_LINK_READERS
        if key in table
    }
    profile = Profile(
        name=name,
        about=str(table.get("about", "")),
        source=str(table.get("source", "")),
        up=_one_direction(model, table.get("up", {}), where=f"profile {name}.up in {where}", folder=folder),
        down=_one_direction(model, table.get("down", {}), where=f"profile {name}.down in {where}", folder=folder),
    )
    return _with_whole_link(profile, whole, where=f"profile {name} in {where}")


def _with_whole_link(profile: Profile, whole: Mapping[str, object], *, where: str) -> Profile:
    timeout = whole.get("nat_timeout", profile.nat_timeout)
    assert timeout is None or isinstance(timeout, float)
    return replace(profile, nat_timeout=timeout, firewall=changed_firewall(profile.firewall, whole, where=where))


def _read_timeout(text: str) -> float | None:
    if text == "none":
        return None
    seconds = parse_seconds(text)
    if seconds == 0:
        raise BadQuantity("a nat_timeout of 0 s forgets at once: give 1s or more")
    return seconds


def _read_refusal(text: str) -> IcmpRefusal:
    try:
        return IcmpRefusal(text)
    except ValueError:
        raise BadQuantity(no_such("refusal", text, [each.value for each in IcmpRefusal])) from None


#: What settings about UDP begin with; the rest is a field of `Firewall`.
_OF_UDP: Final = "udp_"

#: Settings of the whole link; those of each direction are `settings`'s.
_WHOLE_LINK_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "nat_timeout": _read_timeout,
    "udp_blocked": parse_truth,
    "udp_refusal": lambda text: None if text == "none" else _read_refusal(text),
    "udp_largest": lambda text: None if text == "none" else parse_bytes(text),
    "udp_rate": lambda text: None if text == "none" else parse_rate(text),
}


def _read_whole_link(name: str, text: str, *, where: str) -> object:
    try:
        return _WHOLE_LINK_READERS[name](text)
    except BadQuantity as error:
        raise BadProfile(f"{name} in {where}: {error}") from error


def _one_direction(model: LinkModel, table: object, *, where: str, folder: Path) -> LinkModel:
    if not isinstance(table, dict):
        raise BadProfile(f"{where} is not a table of settings")
    return with_values(model, table, where=where, folder=folder)
