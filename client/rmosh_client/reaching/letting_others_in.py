"""The door of a login that was told of what is alike, where there is a place for one."""

import os

from rmosh_client.bootstrap.request import Started
from rmosh_client.bootstrap.stages import tell_session
from rmosh_client.link.clocks import monotonic
from rmosh_client.sharing.doors import NoLoginDoors, usual_login_doors
from rmosh_client.sharing.sharing import Shared, Sharing


def let_others_in(started: Started, core: Shared) -> Sharing | None:
    """Let others in who log in alike; None where none may, or there is no place for a door."""
    if not started.likeness or not started.announce.streams:
        return None
    try:
        return Sharing(core, usual_login_doors(os.environ), started.likeness, now=monotonic())
    except (NoLoginDoors, OSError) as error:
        tell_session(f"nobody else is let in by this login: {error}")
        return None
