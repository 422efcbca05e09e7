"""Lines that control a running laboratory: those of the relay, and what only a laboratory can do."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ..control import obey
from ..errors import BadRequest
from ..firewall import IcmpRefusal
from ..near_names import no_such
from ..profiles import Profile
from .running import Roam, RunningLab

#: What can be said to a running laboratory.
LAB_HELP: Final = """\
NAME=VALUE ...         change both directions: loss=30% delay=50ms rate=none
up|down NAME=VALUE ... change one direction
profile NAME           take another profile
blackout TIME          let nothing through, such as: blackout 10s
roam [KIND]            nat (default): the NAT forgets, ports are others
                       address: the client's addresses change
                       ipv6, ipv4, both: the client's addresses are of these
udp on|off|KIND        let UDP through, or let a firewall eat it all, or refuse
                       it by ICMP: admin-prohibited, port-unreachable ...
begin                  let schedules, bad spells and traces begin again
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
        case ["udp", state] if state not in ("on", "off"):
            return _refuse_udp(state, lab)
        case ["help"]:
            return LAB_HELP
        case ["stats"]:
            return json.dumps(lab.describe())
    return obey(line, lab, profiles)


def _refuse_udp(kind: str, lab: RunningLab) -> str:
    try:
        lab.put_up(replace(lab.firewall, blocked=True, refusal=IcmpRefusal(kind)))
    except ValueError:
        raise BadRequest(no_such("refusal", kind, ["on", "off", *(each.value for each in IcmpRefusal)])) from None
    return lab.firewall.in_words


def _roam(kind: str, lab: RunningLab) -> str:
    try:
        lab.roam(Roam(kind))
    except ValueError:
        raise BadRequest(no_such("roam", kind, [each.value for each in Roam])) from None
    description = lab.describe()["client"]
    assert isinstance(description, dict)
    where = " and ".join(filter(None, (description["ipv4"], description["ipv6"])))
    return "the NAT has forgotten every flow" if kind == "nat" else f"the client is now at {where}"
