"""How many descriptors this process may have: more for a session that forwards, and for its children what it had."""

import contextlib
import resource
from collections.abc import Iterator

from rmosh_server.process.descriptors import SPARE


class _Login:
    """The limits of the login, soft and hard, as they were before they were raised; None where they were not."""

    limits: "tuple[int, int] | None" = None


def raise_descriptor_limit() -> None:
    """Raise the soft limit to the hard one: a thousand connections are as many descriptors."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard and _Login.limits is None and _set((hard, hard)):
        _Login.limits = (soft, hard)


def is_spare(descriptor: int) -> bool:
    """Whether a descriptor is none of the last: what the session itself opens for a moment needs some."""
    return descriptor < resource.getrlimit(resource.RLIMIT_NOFILE)[0] - SPARE


@contextlib.contextmanager
def descriptor_limit_of_login() -> Iterator[None]:
    """Have the login's limit for a moment, in which a child is started: programs that use `select` count on it."""
    if _Login.limits is None:
        yield
        return
    _set(_Login.limits)
    try:
        yield
    finally:
        _set((_Login.limits[1], _Login.limits[1]))


def _set(limits: "tuple[int, int]") -> bool:
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    except (OSError, ValueError):  # macOS refuses what is above a limit of its own
        return False
    return True
