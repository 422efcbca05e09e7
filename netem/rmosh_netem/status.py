"""What a running link is like, in the words in which people change it."""

from collections.abc import Mapping
from dataclasses import fields

from .link_model import Bursts, LinkModel
from .profiles import Profile


def describe_status(description: Mapping[str, object], up: LinkModel, down: LinkModel) -> str:
    """Return what a relay or a laboratory is like, for people."""
    lines = [f"up:     {describe_model(up)}", f"down:   {describe_model(down)}"]
    if "backend" in description:
        lines.insert(0, f"{description['profile']} (seed {description['seed']}, backend {description['backend']})")
    in_effect = description.get("in_effect")
    if isinstance(in_effect, dict) and (up.schedule or down.schedule):
        lines += [f"now {name}: {words}" for name, words in in_effect.items()]
    for side in ("client", "server"):
        found = description.get(side)
        if not isinstance(found, dict):
            continue
        lines.append(f"{side}: {found['ipv4'] or 'no IPv4'}, {found['ipv6'] or 'no IPv6'}")
    if description.get("congestion_control"):
        lines.append(f"TCP:    {description['congestion_control']}")
    counters = description.get("counters")
    for name, counts in counters.items() if isinstance(counters, dict) else ():
        happened = ", ".join(f"{key.replace('_', ' ')} {count}" for key, count in counts.items() if count)
        lines.append(f"{name + ':':<7} {happened or 'nothing sent yet'}")
    dropped = description.get("dropped_by_host")
    if isinstance(dropped, dict) and any(dropped.values()):
        counts = ", ".join(f"{where} {count}" for where, count in dropped.items() if count)
        lines.append(f"this machine dropped packets before the link could have them, being too slow: {counts}")
    refused = description.get("refused")
    if isinstance(refused, dict) and any(refused.values()):
        counts = ", ".join(f"{count} {what}" for what, count in refused.items() if count)
        lines.append(f"closed because there were too many at once: {counts}")
    if description.get("firewall"):
        lines.append(str(description["firewall"]))
    if description.get("nat_timeout") is not None:
        lines.append(f"the NAT forgets what is silent for {description['nat_timeout']:g} s")
    return "\n".join(lines)


def describe_profile(profile: Profile) -> str:
    """Return a profile's name and what it does, such as "wifi (delay=5ms jitter=10ms loss=1%)"."""
    up, down = describe_model(profile.up), describe_model(profile.down)
    words = [up] if up == down else [f"up {up}", f"down {down}"]
    if profile.firewall.in_words:
        words.append(profile.firewall.in_words)
    if profile.nat_timeout is not None:
        words.append(f"the NAT forgets what is silent for {profile.nat_timeout:g} s")
    return f"{profile.name} ({'; '.join(words)})"


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
