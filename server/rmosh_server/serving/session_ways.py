"""A session's ways to its clients' machines as they were handed over: for clients who ask, and to be taken away."""

import os
import socket
from typing import TYPE_CHECKING

from rmosh_server.serving.handover import NO_DESCRIPTOR, Handover

if TYPE_CHECKING:
    from rmosh_server.forwarding.ways import ClientsMachines


class SessionWays:
    """Loads what they need once somebody needs it: most sessions have none."""

    def __init__(self, session: Handover) -> None:
        self._session = session
        self._made: ClientsMachines | None = None
        self._is_closed = False

    def get(self) -> "ClientsMachines":
        """Return them."""
        if self._made is None:
            self._made = _ways_of(self._session)
        return self._made

    def close(self) -> None:
        """Leave nothing behind of what there is."""
        if self._is_closed:
            return
        self._is_closed = True
        handed_over = {self._session.agent, self._session.display_port} != {NO_DESCRIPTOR}
        if self._made is not None or handed_over:
            self.get().close()


def _ways_of(session: Handover) -> "ClientsMachines":
    from rmosh_server.desk.places import usual_places
    from rmosh_server.forwarding.agent_socket import AgentSocket
    from rmosh_server.forwarding.display import ForwardedDisplay
    from rmosh_server.forwarding.opened_ways import OpenedWays
    from rmosh_server.forwarding.ways import ClientsMachines

    opened = OpenedWays()
    if session.agent != NO_DESCRIPTOR:
        opened.agent = AgentSocket(socket.socket(fileno=session.agent), session.agent_path)
    ports = [each for each in (session.display_port, session.display_port_too) if each != NO_DESCRIPTOR]
    if ports:
        listeners = tuple([socket.socket(fileno=each) for each in ports])
        opened.display = ForwardedDisplay(listeners, session.display, session.cookie)
    directories = (*filter(None, [session.directory]), *usual_places(os.environ).usable())
    return ClientsMachines(opened, directories, session.announce.session_id, os.environ, os.path.expanduser("~"))
