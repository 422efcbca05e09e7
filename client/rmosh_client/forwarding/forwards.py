"""All forwards of a session: begun, ended and listed; one descriptor to wait on, one turn to take. No terminal here."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from rmosh.errors import RmoshError
from rmosh.forwarding.answers import AnswerStatus
from rmosh.forwarding.requests import Accepted
from rmosh_client.forwarding.dialling import Lookups
from rmosh_client.forwarding.ready_set import ReadySet
from rmosh_client.forwarding.resources import Resources
from rmosh_client.forwarding.settings import ForwardSettings
from rmosh_client.forwarding.specification import Flag, Forward, Place, Udp, Unix
from rmosh_client.forwarding.stream_users import CountedStream, CountedStreams, StreamUsers, refuse

if TYPE_CHECKING:
    from rmosh_client.forwarding.figures import ForwardFigures
    from rmosh_client.forwarding.running_forward import LocalForward, RemoteForward

#: Seconds in which the same is told once. Reason: a page with a hundred pictures fails a hundred times.
_TOLD_ONCE_IN: Final = 5.0

#: What is told where the far side has no streams.
_NOT_SPOKEN: Final = "nothing is forwarded: the rmosh-server there is too old for it, or this client only watches"


class Forwards:
    """Owns them.

    Attributes:
        resources: what forwards share; what needs streams for something else takes its part there.
        failure: why the session is not wanted as it is (ExitOnForwardFailure); "" for nothing.
        unsettled: how many of those that the settings ask for nobody has answered for yet.
    """

    def __init__(
        self,
        streams: CountedStreams,
        settings: ForwardSettings,
        *,
        tell: Callable[[str], None],
        clock: Callable[[], float],
        host: str = "the host",
    ) -> None:
        """Begin with none.

        Args:
            tell: takes a line for the user.
            clock: monotonic seconds.
            host: the far side, in words.
        """
        self._settings = settings
        self._tell = tell
        self._clock = clock
        self._host = host
        self._ready_set = ReadySet()
        self.users = StreamUsers(streams)
        self.users.takers[Accepted] = self._accepted
        lookups = Lookups(self._ready_set)
        self.resources = Resources(self.users, self._ready_set, lookups, settings, clock)
        self._running: list[LocalForward | RemoteForward] = []
        self._cancelled: list[LocalForward | RemoteForward] = []
        self._told: dict[str, float] = {}
        self.failure = ""
        self.unsettled = 0

    def fileno(self) -> int:
        """Return what can be read when a `turn` is to be taken."""
        return self._ready_set.fileno()

    @property
    def next_wakeup(self) -> float | None:
        """When to take a `turn` though nothing is ready, monotonic seconds; None for never."""
        return self._ready_set.next_wakeup

    def turn(self, *, now: float) -> None:
        """Move what can be moved; call it after datagrams were received, and before any are sent."""
        self.users.turn()
        self._ready_set.attend(now=now)

    def begin(self) -> None:
        """Begin all that the settings ask for; what fails is told, and is the session's `failure` where it shall be."""
        wanted = list(self._settings.forwards())
        if wanted and not self.users.is_spoken:
            self._failed_at_start(_NOT_SPOKEN)
            return
        self.unsettled = len(wanted)
        for forward in wanted:
            self.add(forward, settled=self._settled_at_start(forward))

    def add(self, forward: Forward, *, settled: Callable[[str, bool], None]) -> None:
        """Begin one; `settled` is told what came of it, in a line, and whether it listens: now, or once it is known."""
        if not self.users.is_spoken:
            settled(_NOT_SPOKEN, False)
            return
        from rmosh_client.forwarding.running_forward import LocalForward  # 11 files that few programs in a pipe need

        try:
            if forward.flag is Flag.REMOTE:
                self._running.append(self._begun_there(forward, settled))
            else:
                running = LocalForward(self.resources, forward, self._tell_once)
                self._running.append(running)
                settled(self._listens(forward, running.forward), True)
        except RmoshError as error:
            settled(f"{forward}: {error}", False)

    def cancel(self, flag: Flag, listen: Place) -> bool:
        """End one, by where it listens; its open connections go on. Return whether there was one."""
        for running in self._running:
            if running.forward.flag is flag and _is_same(running.forward.listen, listen):
                running.stop_listening()
                self._running.remove(running)
                self._cancelled = [each for each in [*self._cancelled, running] if each.figures.connections]
                return True
        return False

    @property
    def figures(self) -> "list[ForwardFigures]":
        """Each of them, in the order in which they began."""
        return [running.figures for running in self._running]

    def close(self) -> None:
        """End all, with their connections."""
        for running in (*self._running, *self._cancelled):
            running.close()
        self._running.clear()
        self.resources.lookups.close()
        self._ready_set.close()

    def _begun_there(self, forward: Forward, settled: Callable[[str, bool], None]) -> "RemoteForward":
        from rmosh_client.forwarding.running_forward import RemoteForward

        def answered(reason: str) -> None:
            if reason:
                self._running.remove(running)
                running.stop_listening()
                settled(f"{forward}: {reason}", False)
            else:
                settled(self._listens(forward, running.forward), True)

        running = RemoteForward(self.resources, forward, self._tell_once, answered)
        return running

    def _listens(self, wanted: Forward, got: Forward) -> str:
        """Return what is told of a forward that listens: the port, where none was named."""
        where = self._host if wanted.flag is Flag.REMOTE else "this machine"
        if isinstance(got.listen, Unix) or isinstance(wanted.listen, Unix) or wanted.listen.port:
            return f"{wanted}: listening on {where}"
        kind = "UDP port" if isinstance(got.listen, Udp) else "port"
        return f"{wanted}: {kind} {got.listen.port} of {where}"

    def _settled_at_start(self, forward: Forward) -> Callable[[str, bool], None]:
        def settled(line: str, listens: bool) -> None:
            self.unsettled -= 1
            if not listens:
                self._failed_at_start(line)
            elif not isinstance(forward.listen, Unix) and not forward.listen.port:
                self._tell(line)

        return settled

    def _failed_at_start(self, line: str) -> None:
        if self._settings.exits_on_failure:
            self.failure = self.failure or line
        else:
            self._tell(line)

    def _tell_once(self, line: str) -> None:
        now = self._clock()
        self._told = {told: at for told, at in self._told.items() if now - at < _TOLD_ONCE_IN}
        if line not in self._told:
            self._told[line] = now
            self._tell(line)

    def _accepted(self, stream: CountedStream, request: Accepted) -> None:
        from rmosh_client.forwarding.running_forward import RemoteForward

        for running in self._running:
            if isinstance(running, RemoteForward) and running.number == request.listener:
                running.accepted(stream, request)
                return
        refuse(self.users, stream, AnswerStatus.NOT_ALLOWED, "nothing here has asked to listen there")


def _is_same(place: Place, named: Place) -> bool:
    """Tell whether a listener is meant: by its port alone where no bind address is named. Source: ssh(1), -KL."""
    if isinstance(named, Unix) or isinstance(place, Unix):
        return place == named
    return type(place) is type(named) and place.port == named.port and named.host in (None, place.host)
