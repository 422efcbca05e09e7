"""What a session's process is told of a server that waits for it, whoever had it started."""

from collections.abc import Sequence

from rmosh.announce import Announce
from rmosh_client.bootstrap.likeness import likeness
from rmosh_client.bootstrap.request import Request, Started, way_back
from rmosh_client.bootstrap.settings import SshSettings
from rmosh_client.forwarding.passed_on import PassedOn
from rmosh_client.resolving.whereabouts import believable


def started_session(
    announce: Announce,
    addresses: tuple[str, ...],
    request: Request,
    hops: Sequence[SshSettings],
    *,
    passed_on: PassedOn = PassedOn(),  # noqa: B008 - frozen, so it may be shared
    starts_others: bool = True,
) -> Started:
    """Return it.

    Args:
        addresses: where the server is tried, the likeliest first.
        hops: every SSH server on the way, the host itself last.
        passed_on: what of this machine its programs may use.
        starts_others: the server can start others, for whom this login stands.
    """
    target = hops[-1]
    return Started(
        announce,
        addresses,
        way_back(request, announce.session_id),
        name=target.host if is_direct(hops) else "",
        family=target.family,
        forwarding=target.forwarding.with_more(request.forwarding),
        likeness=likeness(hops, request) if request.shares and starts_others else "",
        passed_on=passed_on,
        claimed=believable(announce.addresses, addresses, family=target.family),
    )


def is_direct(hops: Sequence[SshSettings]) -> bool:
    """Tell whether nothing is between this host and that one, so that its name means the same here."""
    return len(hops) == 1 and not hops[-1].proxy_command
