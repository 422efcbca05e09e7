"""Lines that control a running laboratory: those of the relay, and what only a laboratory can do."""

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Final

from ..control import obey
from ..errors import BadRequest
from ..link import Bursts, LinkModel
from ..profiles import Profile
from .running import Roam, RunningLab

#: What can be said to a running laboratory.
HELP: Final = """\
NAME=VALUE ...         change both directions, such as: loss=30% delay=50ms rate=none
up|down NAME=VALUE ... change one direction
profile NAME           take another profile
blackout TIME          let nothing through, such as: blackout 10s
roam [KIND]            nat: the NAT forgets, flows come from other ports (default)
                       address: the client's addresses change
                       ipv6, ipv4, both: the client has addresses of only that family, or both
udp on|off             let a firewall eat all UDP, or no longer
status                 what the link does now
stats                  what has happened so far, as JSON
quit                   end"""


def obey_lab(line: str, lab: RunningLab, profiles: Mapping[str, Profile]) -> str:
    """Do what a line says and return the answer for the user.

    Raises:
        NetemError: it cannot be done, and the laboratory is as it was.
    """
    match line.split():
        case ["set", *settings] if settings:
            return obey(" ".join(settings), lab, profiles)
        case ["roam"]:
            return _roam("nat", lab)
        case ["roam", kind]:
            return _roam(kind, lab)
        case ["udp", "on" | "off" as state]:
            lab.block_udp(state == "off")
            return "UDP is eaten by a firewall" if state == "off" else "UDP gets through"
        case ["status"]:
            return describe_status(lab.describe(), lab.up, lab.down)
        case ["help"]:
            return HELP
        case ["stats"]:
            return json.dumps(lab.describe())
    return obey(line, lab, profiles)


def describe_status(description: Mapping[str, object], up: LinkModel, down: LinkModel) -> str:
    """Return what a laboratory is like, for people."""
    lines = [
        f"{description['profile']} (seed {description['seed']}, backend {description['backend']})",
        f"up:     {describe_model(up)}",
        f"down:   {describe_model(down)}",
    ]
    for side in ("client", "server"):
        found = description[side]
        assert isinstance(found, dict)
        lines.append(f"{side}: {found['ipv4'] or 'no IPv4'}, {found['ipv6'] or 'no IPv6'}")
    counters = description.get("counters")
    for name, counts in counters.items() if isinstance(counters, dict) else ():
        happened = ", ".join(f"{key.replace('_', ' ')} {count}" for key, count in counts.items() if count)
        lines.append(f"{name + ':':<7} {happened or 'nothing sent yet'}")
    if description.get("udp_blocked"):
        lines.append("a firewall eats all UDP")
    return "\n".join(lines)


def describe_model(model: LinkModel) -> str:
    """Return a model's settings as people write them; what is as in a perfect link is left out."""
    perfect = LinkModel()
    changed = [each.name for each in fields(model) if getattr(model, each.name) != getattr(perfect, each.name)]
    return " ".join(f"{name}={_written(name, getattr(model, name))}" for name in changed) or "nothing in the way"


def _written(name: str, value: object) -> str:
    if isinstance(value, Bursts):
        return f"{value.good:g}s,{value.bad:g}s"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, (int, float)):
        return str(getattr(value, "name", value))  # a schedule or a trace
    if name in ("delay", "jitter", "duplicate_spread"):
        return f"{value * 1000:g}ms"
    if name in ("loss", "duplicate", "corrupt"):
        return f"{value * 100:g}%"
    return f"{value / 1000:g}kbit" if name == "rate" else f"{value}"


def _roam(kind: str, lab: RunningLab) -> str:
    try:
        lab.roam(Roam(kind))
    except ValueError:
        known = ", ".join(each.value for each in Roam)
        raise BadRequest(f"there is no roam {kind!r}: choose from {known}") from None
    description = lab.describe()["client"]
    assert isinstance(description, dict)
    where = " and ".join(filter(None, (description["ipv4"], description["ipv6"])))
    return "the NAT has forgotten every flow" if kind == "nat" else f"the client is now at {where}"
