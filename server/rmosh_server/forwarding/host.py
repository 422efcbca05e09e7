"""What this host has for those who serve a stream: descriptors to wait for, names, what is allowed, who listens."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from rmosh_server.forwarding.held_places import HeldPlaces
from rmosh_server.forwarding.lingering import Lingering
from rmosh_server.forwarding.names import Names
from rmosh_server.forwarding.permissions import Permissions
from rmosh_server.forwarding.waiting import Waiting

if TYPE_CHECKING:
    from rmosh_server.forwarding.programs import Programs
    from rmosh_server.forwarding.running_program import RunningProgram
    from rmosh_server.forwarding.ways import ClientsMachines


class Host:
    """This host, as the user of the session has it.

    Attributes:
        waiting: whom descriptors and moments wake.
        names: finds hosts by their names.
        held_places: who listens where, in this session and others of the user.
        home: the user's home directory.
        lingering: who wants the server to stay when its session is over.
        own_program: the words that run this server anew; none where it is in memory alone.
    """

    def __init__(
        self,
        waiting: Waiting,
        held_places: HeldPlaces,
        *,
        permissions: Callable[[], Permissions],
        own_program: "tuple[str, ...]" = (),
        ways: "Callable[[], ClientsMachines | None]" = lambda: None,
    ) -> None:
        """Begin; what is allowed, and what ways there are, is asked when somebody wants to know."""
        self.waiting = waiting
        self.names = Names(waiting)
        self.held_places = held_places
        self.home = os.path.expanduser("~")
        self.lingering = Lingering(waiting)
        self.own_program = own_program
        self._ask_permissions = permissions
        self._ask_for_ways = ways
        self._permissions: Permissions | None = None
        self._programs: Programs | None = None

    @property
    def permissions(self) -> Permissions:
        """What the administrator and the user allow."""
        if self._permissions is None:
            self._permissions = self._ask_permissions()
        return self._permissions

    @property
    def ways(self) -> "ClientsMachines | None":
        """What the session has of its clients' machines; None where nobody has a session."""
        return self._ask_for_ways()

    @property
    def programs(self) -> "Programs":
        """Those that run for streams."""
        if self._programs is None:
            from rmosh_server.forwarding.programs import Programs

            self._programs = Programs(self._watch)
        return self._programs

    def child_ended(self, child: int, status: int) -> None:
        """Take that a child process has ended, perhaps one that runs for a stream."""
        if self._programs is not None:
            self._programs.child_ended(child, status)

    def path(self, asked: str) -> str:
        """Return a path that a client asked for: what does not begin at the root does at home."""
        return os.path.join(self.home, asked)

    def _watch(self, descriptor: int, events: int, program: "RunningProgram") -> None:
        self.waiting.watch(descriptor, events, lambda _: program.stream_changed(), owner=program)
