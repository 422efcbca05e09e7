"""Where the far side may go by SOCKS through this machine: PermitRemoteOpen. Source: ssh_config(5)."""

from collections.abc import Sequence

from rmosh_client.forwarding.specification import Tcp


def is_permitted(place: Tcp, permitted: Sequence[str]) -> bool:
    """Tell whether a list of `host:port` allows a place; an empty one allows all, `*` stands for any, `none` for none.

    Names are compared as they stand and not looked up.
    """
    return not permitted or any(_fits(place, entry) for entry in permitted)


def _fits(place: Tcp, entry: str) -> bool:
    host, _, port = entry.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    return host in ("*", place.host) and port in ("*", str(place.port))
