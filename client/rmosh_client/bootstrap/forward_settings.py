"""What an SSH configuration says of forwarding, read from its evaluated options."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from rmosh_client.bootstrap.expansion import Expansion
from rmosh_client.bootstrap.option_table import OptionTable, unusable
from rmosh_client.forwarding.settings import DEFAULT_BIND_MASK, ForwardSettings
from rmosh_client.forwarding.specification import UDP_PREFIX, Flag, Forward, Unix, parse_forward

#: How `ssh -G` prints the target of a `RemoteForward` that has none. Source: OpenSSH 9.2.
_SOCKS: Final = "[socks]:0"

_PERMITTED: Final = re.compile(r"(?:\[[^\]\s]+\]|[^:\s]+):(?:[0-9]{1,5}|\*)")


def forward_settings(table: OptionTable, expand: Expansion) -> ForwardSettings:
    """Return what is to be forwarded, and how; with ClearAllForwardings nothing is.

    Raises:
        BootstrapError: a value means nothing.
    """
    clears = table.flag("clearallforwardings", default=False)

    def forwards(flag: Flag, keyword: str) -> tuple[Forward, ...]:
        values = () if clears else table.many(keyword)
        return tuple(parse_forward(flag, _as_typed(value, expand)) for value in values)

    local = forwards(Flag.LOCAL, "localforward")
    return ForwardSettings(
        local=_texts(local),
        remote=_texts(forwards(Flag.REMOTE, "remoteforward")),
        dynamic=_texts(_really_dynamic(forwards(Flag.DYNAMIC, "dynamicforward"), local)),
        clears=clears,
        exits_on_failure=table.flag("exitonforwardfailure", default=False),
        gateway_ports=table.flag("gatewayports", default=False),
        permitted=_permitted(table),
        bind_mask=_mask(table),
        unlinks=table.flag("streamlocalbindunlink", default=False),
    )


def _texts(forwards: Iterable[Forward]) -> tuple[str, ...]:
    return tuple(forward.text for forward in forwards)


def _really_dynamic(dynamic: Iterable[Forward], local: Iterable[Forward]) -> Iterator[Forward]:
    """Yield what listens for SOCKS: OpenSSH 9.2 prints what goes to a Unix socket a second time as if it did."""
    printed_twice = {forward.listen for forward in local if isinstance(forward.target, Unix)}
    yield from (forward for forward in dynamic if forward.listen not in printed_twice)


def _as_typed(value: str, expand: Expansion) -> str:
    """Return a value of the configuration, where it listens and where it goes, as the option takes it."""
    is_path = value.startswith("/")
    listen, blank, target = value.rpartition(" ") if is_path and " /" in value[1:] else value.partition(" ")
    fields = [listen, *([target.strip()] if blank and target.strip() != _SOCKS else [])]
    return ":".join(_field(field, expand) for field in fields)


def _field(field: str, expand: Expansion) -> str:
    """Return a path, its tokens expanded, with its colons escaped; anything else as it is."""
    if "/" not in field or field.startswith(("[", UDP_PREFIX)):
        return field
    return str(Unix(expand.path(field)))


def _permitted(table: OptionTable) -> tuple[str, ...]:
    value = table.first("permitremoteopen") or "any"
    words = tuple(value.split())
    if words == ("any",):
        return ()
    if words != ("none",) and not all(map(_PERMITTED.fullmatch, words)):
        raise unusable("permitremoteopen", value)
    return words


def _mask(table: OptionTable) -> int:
    value = table.text("streamlocalbindmask", f"{DEFAULT_BIND_MASK:o}")
    if not re.fullmatch("0*[0-7]{1,3}", value):
        raise unusable("streamlocalbindmask", value)
    return int(value, 8)
