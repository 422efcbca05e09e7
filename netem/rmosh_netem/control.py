"""Live control of a relay by lines of text: "loss=30%", "down rate=1mbit", "blackout 10s", "rebind", "stats"."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol

from .errors import BadRequest
from .firewall import Firewall
from .link import LinkModel
from .profiles import Profile, changed_firewall, find_profile, split_settings, with_settings
from .quantities import parse_seconds
from .status import describe_status

#: What can be said to a running relay.
HELP: Final = """\
NAME=VALUE ...         change both directions: loss=30% delay=50ms rate=none
up|down NAME=VALUE ... change one direction
profile NAME           take another profile
blackout TIME          let nothing through, such as: blackout 10s
udp on|off             let a firewall eat all UDP, or let it through
begin                  let schedules, bad spells and traces begin again
rebind [HOST]          new upstream ports, as after a NAT forgot; from HOST
status                 what the link does now
stats                  what has happened so far, as JSON
quit                   end"""


class Controllable(Protocol):
    """What lines are said to: a relay, or a laboratory."""

    @property
    def up(self) -> LinkModel: ...
    @property
    def down(self) -> LinkModel: ...
    def change(self, *, up: LinkModel | None = None, down: LinkModel | None = None) -> None: ...
    def blackout(self, seconds: float) -> None: ...
    def rebind(self, host: str | None = None) -> int: ...
    @property
    def firewall(self) -> Firewall: ...
    def put_up(self, firewall: Firewall) -> None: ...
    def forget_after(self, seconds: float | None) -> None: ...
    def begin_again(self) -> None: ...
    def describe(self) -> dict[str, object]: ...


def obey(line: str, relay: Controllable, profiles: Mapping[str, Profile]) -> str:
    """Do what a line says and return the answer for the user.

    Raises:
        NetemError: it cannot be done, and the relay is as it was.
    """
    words = line.split()
    match words:
        case ["blackout", time]:
            relay.blackout(parse_seconds(time))
            return f"nothing gets through for {time}"
        case ["udp", "on" | "off" as state]:
            relay.put_up(replace(relay.firewall, blocked=state == "off", refusal=None))
            return relay.firewall.in_words or "UDP gets through"
        case ["rebind"] | ["rebind", _]:
            count = relay.rebind(words[1] if len(words) > 1 else None)
            return f"new upstream ports for {count} clients"
        case ["profile", name]:
            profile = find_profile(name, profiles)
            relay.put_up(profile.firewall)
            relay.forget_after(profile.nat_timeout)
            relay.change(up=profile.up, down=profile.down)
            return f"{name}: {profile.about}"
        case ["begin"]:
            relay.begin_again()
            return "schedules, bad spells and traces begin now"
        case ["status"]:
            return describe_status(relay.describe(), relay.up, relay.down)
        case ["stats"]:
            return json.dumps(relay.describe())
        case ["help"]:
            return HELP
        case ["up", *settings] if settings:
            relay.change(up=with_settings(relay.up, settings))
        case ["down", *settings] if settings:
            relay.change(down=with_settings(relay.down, settings))
        case [first, *_] if "=" in first:
            _change_whole_link(relay, words)
        case _:
            raise BadRequest(f"{line.strip()!r} is not a command: say help to see what there is")
    return "changed"


def _change_whole_link(relay: Controllable, words: Sequence[str]) -> None:
    """Change both directions and what stands on their way."""
    whole, each_way = split_settings(words)
    up, down = with_settings(relay.up, each_way), with_settings(relay.down, each_way)
    firewall = changed_firewall(relay.firewall, whole, where="the settings")
    if firewall != relay.firewall:
        relay.put_up(firewall)
    if "nat_timeout" in whole:
        timeout = whole["nat_timeout"]
        assert timeout is None or isinstance(timeout, float)
        relay.forget_after(timeout)
    if each_way:
        relay.change(up=up, down=down)
