"""One session's side of sharing: a door, and what those who come to it may have; nothing else of it is theirs."""

import contextlib
import os
from typing import TYPE_CHECKING, Final, Protocol

from rmosh.errors import RmoshError
from rmosh.moments import earliest
from rmosh.session.status import LinkStatus
from rmosh.transport.path import Path
from rmosh_client.sharing.door import LoginDoor, Reply
from rmosh_client.sharing.doors import LoginDoors
from rmosh_client.sharing.messages import DoorQuestion, Here, Wish

if TYPE_CHECKING:
    from rmosh.forwarding.byte_stream import ByteStream
    from rmosh_client.sharing.host_access import HostAccess, StreamOpener

#: Seconds for which a login stands for others once its session is over and nobody has used it. Reason: what people set
#: ControlPersist to.
SHARED_FOR: Final = 600.0


class Shared(Protocol):
    """What is asked of a session that is shared."""

    @property
    def streams(self) -> "StreamOpener": ...
    @property
    def active_path(self) -> Path | None: ...
    def status(self, *, now: float) -> LinkStatus: ...


class Sharing:
    """Lets others of this user in, for as long as it is open.

    Attributes:
        used_at: when somebody was let in last, in monotonic seconds, or it began.
        is_over: somebody has asked for its end.
    """

    def __init__(self, session: Shared, doors: LoginDoors, likeness: str, *, now: float) -> None:
        """Open the door.

        Raises:
            NoLoginDoors: there is none for it.
            OSError: the socket cannot be made.
        """
        self._session = session
        self._likeness = likeness
        self._now = now
        self._access: HostAccess | None = None
        self._door = LoginDoor(doors, likeness, respond=self._respond)
        self._stay: ByteStream | None = None
        self.used_at = now
        self.is_over = False

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._door.fileno()

    def turn(self, *, now: float) -> None:
        """Do what is asked, and hand on what has come of it."""
        self._now = now
        if not self.is_over:
            self._door.turn(now=now)
            if self._access is not None:
                self._access.turn(now=now)
        if self.is_over:
            self._door.shut()

    @property
    def next_wakeup(self) -> float | None:
        """When something is due without another reason, in monotonic seconds."""
        moments = (self._door.next_wakeup, None if self._access is None else self._access.next_wakeup)
        return earliest(moments)

    def ask_to_stay(self, doors: LoginDoors, *, now: float) -> None:
        """Have the server stay though its session is over, unless another door here leads to the same host.

        It does so only for who comes by UDP: a path inside SSH ends with its login.
        """
        if self.is_over or not self._addresses() or doors.found(self._likeness) != [self._door.path]:
            return
        from rmosh.forwarding.requests import Linger, encode_request

        self.used_at = now
        with contextlib.suppress(RmoshError):
            self._stay = self._session.streams.open()
            self._stay.write(encode_request(Linger()))

    def stays(self, *, now: float) -> bool:
        """Tell whether the server was asked to stay, has not refused, and was of use to somebody of late."""
        stay = self._stay
        is_wanted = not self.is_over and now < self.used_at + SHARED_FOR
        return is_wanted and stay is not None and stay.was_reset is None and not stay.at_end

    def let_go(self) -> None:
        """Leave the door to another process that has it open as well."""
        self._door.let_go()

    def close(self) -> None:
        """Let nobody in any more."""
        self.is_over = True
        self._door.close()

    def _respond(self, question: DoorQuestion, reply: Reply) -> None:
        if question.wish is Wish.SERVE:
            self.used_at = self._now
            status = self._session.status(now=self._now)
            self._opened_access().serve(question, reply, silence=max(status.silence, status.unheard), now=self._now)
            return
        reply(Here(os.getpid()))
        self.is_over = self.is_over or question.wish is Wish.STOP

    def _opened_access(self) -> "HostAccess":
        """Return what lets others use the host; most sessions never load it."""
        if self._access is None:
            from rmosh_client.sharing.host_access import HostAccess

            self._access = HostAccess(self._session.streams, addresses=self._addresses)
        return self._access

    def _addresses(self) -> tuple[str, ...]:
        """Return where the host answers; nothing while it does so inside SSH, where nobody else's datagrams go."""
        path = self._session.active_path
        return () if path is None or path.is_stream else (path.host,)
