"""The ways from a new session to its client's agent and display, opened before its shell starts."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rmosh.errors import BootstrapError
from rmosh.hello import Hello
from rmosh.lazy_dataclass import replace
from rmosh_server.desk.places import Places
from rmosh_server.desk.registration import Registration
from rmosh_server.serving.settings import ForwardingSettings
from rmosh_server.shell.account import Account

if TYPE_CHECKING:
    from rmosh_server.forwarding.opened_ways import OpenedWays


def open_client_ways(
    hello: Hello,
    settings: ForwardingSettings,
    places: Places,
    session: "tuple[bytes, str]",
    account: Account,
    complain: Callable[[str], None],
) -> "OpenedWays | None":
    """Open what the client offers and the host allows; None where that is nothing.

    Args:
        session: its id, and the directory where it is known, "" for none.
    """
    if not (hello.agent or hello.x11):
        return None
    from rmosh_server.forwarding.opened_ways import open_for_shell  # which no other login waits for

    session_id, directory = session
    directories = (*filter(None, [directory]), *places.usable())
    return open_for_shell(_allowed(hello, settings), directories, session_id, os.environ, account.home, complain)


def _allowed(hello: Hello, settings: ForwardingSettings) -> Hello:
    """Return the hello without what is not allowed; the client is told why when it offers it."""
    from rmosh_server.serving.served_streams import user_auth
    from rmosh_server.serving.stream_rules import permissions_of

    permissions = permissions_of(settings, user_auth(), lambda _: None)
    return replace(
        hello,
        agent=hello.agent and not permissions.to_forward_agent(),
        x11=hello.x11 and not permissions.to_forward_x11(),
    )


def handed_over(ways: "OpenedWays | None") -> "dict[str, Any]":
    """Return the fields of a handover that tell of them."""
    told: dict[str, Any] = {}
    if ways is not None and ways.agent is not None:
        told = {"agent": ways.agent.listener.fileno(), "agent_path": ways.agent.path}
    if ways is not None and ways.display is not None:
        listeners = zip(("display_port", "display_port_too"), ways.display.listeners, strict=False)
        told.update(display=ways.display.number, cookie=ways.display.cookie)
        told.update({name: listener.fileno() for name, listener in listeners})
    return told


@contextmanager
def taken_back_on_failure(
    registration: "Registration | None", ways: "OpenedWays | None", account: Account
) -> Iterator[None]:
    """Leave nothing behind of a session that does not come to be."""
    try:
        yield
    except BootstrapError:
        if registration is not None:
            registration.entry.withdraw()
        if ways is not None:
            ways.close(os.environ, account.home)
        raise
