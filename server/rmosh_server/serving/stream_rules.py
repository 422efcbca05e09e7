"""What is allowed of forwarding, from all who have a say: server.toml, sshd's configuration, the key that logged in."""

import os
from collections.abc import Callable, Iterator

from rmosh.lazy_dataclass import replace
from rmosh_server.forwarding.permissions import Directions, Permissions, Rules
from rmosh_server.forwarding.sshd_rules import sshd_rules
from rmosh_server.serving.settings import ForwardingSettings

_WAYS = {
    "yes": Directions(),
    "no": Directions(outward=False, inward=False),
    "local": Directions(inward=False),
    "remote": Directions(outward=False),
}


def permissions_of(settings: ForwardingSettings, user_auth: str, complain: Callable[[str], None]) -> Permissions:
    """Return what all rules together allow."""
    return Permissions(stream_rules(settings, user_auth, complain))


def stream_rules(settings: ForwardingSettings, user_auth: str, complain: Callable[[str], None]) -> list[Rules]:
    """Return all rules that hold for this process's login.

    Args:
        settings: what server.toml says, the administrator's and the user's.
        user_auth: what sshd told of how the user was let in; "" where it did not.
        complain: told in a line of each file that cannot be read.
    """
    sshd = sshd_rules(os.environ, complain, x11_by_default=settings.x11_forwarding is True)
    return [*settings_rules(settings), *sshd, *(_key_rules(user_auth) if user_auth else ())]


def _key_rules(user_auth: str) -> list[Rules]:
    from rmosh_server.forwarding.key_rules import key_rules  # which few hosts give reason for

    return key_rules(user_auth, os.path.expanduser("~"))


def settings_rules(settings: ForwardingSettings) -> Iterator[Rules]:
    """Yield what server.toml says, a rule for each line."""
    silent = Rules("")
    if settings.allow_tcp_forwarding:
        yield _said("allow_tcp_forwarding", replace(silent, ports=_WAYS[settings.allow_tcp_forwarding]))
    if settings.allow_stream_local_forwarding:
        ways = _WAYS[settings.allow_stream_local_forwarding]
        yield _said("allow_stream_local_forwarding", replace(silent, sockets=ways))
    for targets in settings.permit_open:
        yield _said("permit_open", replace(silent, targets=targets))
    for places in settings.permit_listen:
        yield _said("permit_listen", replace(silent, places=places))
    if settings.gateway_ports:
        yield _said("gateway_ports", replace(silent, gateways=settings.gateway_ports))
    if settings.allow_agent_forwarding is not None:
        yield _said("allow_agent_forwarding", replace(silent, agent=settings.allow_agent_forwarding))
    if settings.x11_forwarding is not None:
        yield _said("x11_forwarding", replace(silent, x11=settings.x11_forwarding))


def _said(line: str, rules: Rules) -> Rules:
    return replace(rules, said_by=f"server.toml ({line})")
