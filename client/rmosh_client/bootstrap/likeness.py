"""Which logins are alike, so that one may stand for another: those that lead the same way, as the same user.

Whatever decides who is reached, by which way, as whom and whom the host is taken for counts; what a session is like
(its window, its command, its forwards) does not.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Final

from rmosh.lazy_dataclass import field_names
from rmosh_client.bootstrap.request import Request
from rmosh_client.bootstrap.settings import SshSettings

#: Hexadecimal digits that tell logins apart. Reason: 80 bits, and a socket's path has 108 bytes at most.
LIKENESS_DIGITS: Final = 20

#: Settings that a login may differ in and still stand for another: how the user calls the host, how long it is tried,
#: how often and whom it asks, what goes faster by it, and what is of the session alone.
_OF_NO_MATTER: Final = frozenset(
    {
        "alias",
        "connect_timeout",
        "handshake_timeout",
        "connection_attempts",
        "password_prompts",
        "batch",
        "compression",
        "forwarding",
        "forwarded_agent",
        "display",
        "hash_known_hosts",
        "agent_rule",
        "remote_command",
        "uncarried",
    }
)


def likeness(hops: Sequence[SshSettings], request: Request) -> str:
    """Return what is the same for two logins that may stand for each other, and for no others.

    Args:
        hops: every SSH server on the way, the host itself last.
    """
    told = [[_told(getattr(hop, name)) for name in _COUNTED] for hop in hops]
    text = json.dumps([request.server, told])
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:LIKENESS_DIGITS]


#: The others: a setting that comes new counts, until somebody says that it does not.
_COUNTED: Final = tuple(name for name in field_names(SshSettings) if name not in _OF_NO_MATTER)


def _told(value: object) -> str:
    """Return a setting in a form that is the same in every process: sets have no order of their own."""
    if isinstance(value, (set, frozenset)):
        return repr(sorted(map(repr, value)))
    if isinstance(value, dict):
        return repr(sorted(value.items()))
    return repr(value)
