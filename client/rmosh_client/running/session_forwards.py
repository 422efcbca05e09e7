"""The forwards of a session on the user's terminal: begun with it or typed into it; made when the first is wanted."""

import os
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from rmosh.containment import Containment
from rmosh.errors import BootstrapError
from rmosh_client.forwarding.passed_on import PassedOn
from rmosh_client.forwarding.settings import ForwardSettings
from rmosh_client.link.clocks import monotonic

if TYPE_CHECKING:
    from rmosh_client.forwarding.figures import ForwardFigures
    from rmosh_client.forwarding.forwards import Forwards
    from rmosh_client.forwarding.passing_on import PassingOn
    from rmosh_client.forwarding.questions import Questions
    from rmosh_client.forwarding.stream_users import CountedStreams

#: Seconds for which a line is left before the next one takes its place. Reason: it can be read in that.
_LINE_FOR: Final = 2.0

#: Most lines that wait to be told. Reason: of a hundred failures the first tell enough.
_MOST_UNTOLD: Final = 8


class StreamsOfSession(Protocol):
    """What a session has of streams, as `rmosh.session.client.ClientSession` says."""

    @property
    def streams(self) -> "CountedStreams": ...
    @property
    def begun_streams(self) -> "CountedStreams | None": ...


class SessionForwards:
    """Loads what forwards when there is something to forward: most sessions never do.

    Attributes:
        on_made: told once there are any, which is work beside the session.
        confirms_agent: the user is asked before each use of a key of his agent.
        ask: shows him a question, "" for none any more; None where it cannot be answered in his terminal.
        joins_session: it may have been there before: ExitOnForwardFailure leaves it then, and ends it otherwise.
    """

    def __init__(
        self,
        session: StreamsOfSession,
        settings: ForwardSettings,
        walls: Containment,
        passed_on: PassedOn = PassedOn(),  # noqa: B008 - frozen, so it may be shared
    ) -> None:
        self._part = walls.part("forwarding")
        self._session = session
        self._settings = settings
        self._forwards: Forwards | None = None
        self._untold: deque[str] = deque(maxlen=_MOST_UNTOLD)
        self._tell_at = 0.0
        self._passed_on = passed_on
        self._passing_on: PassingOn | None = None
        self._questions: Questions | None = None
        self.confirms_agent = False
        self.ask: Callable[[str], None] | None = None
        self.joins_session = False
        self.on_made: Callable[[SessionForwards], None] = _ignore

    @property
    def forwards(self) -> "Forwards":
        """All of them; whoever needs streams for something else finds them here, too."""
        if self._forwards is None:
            from rmosh_client.forwarding.forwards import Forwards

            self._forwards = Forwards(self._session.streams, self._settings, tell=self._untold.append, clock=monotonic)
            self.on_made(self)
        return self._forwards

    def begin(self) -> None:
        """Begin those that the command line and the SSH configuration ask for."""
        if self._settings.is_wanted:
            self.forwards.begin()
        if self._passed_on != PassedOn():
            self._pass_on()

    def leave(self) -> None:
        """Pass nothing on any more: the session is being left, and its programs find whoever else is there."""
        if self._passing_on is not None:
            self._part.run(None, self._passing_on.close)
            self._passing_on = None

    def answer(self, *, allowed: bool) -> None:
        """Hear what the user said to a question, if there is one."""
        if self._questions is not None:
            self._part.run(None, self._questions.answer, allowed=allowed)

    def _pass_on(self) -> None:
        from rmosh_client.forwarding.askpass import questions_to
        from rmosh_client.forwarding.passing_on import PassingOn

        resources = self.forwards.resources
        if self.confirms_agent:
            self._questions = questions_to(
                self.ask, os.environ, resources.ready_set, clock=monotonic, tell=self._untold.append
            )
        self._passing_on = PassingOn(resources, self._passed_on, questions=self._questions, tell=self._untold.append)

    def refuse_unasked(self) -> None:
        """Give up what the far side opens while nothing here could have asked for it."""
        streams = self._session.begun_streams
        if self._forwards is None and streams is not None:
            for stream in streams.opened():
                from rmosh.forwarding.byte_stream import ResetCode

                stream.reset(ResetCode.NOT_ASKED_FOR.value)
            streams.changed()

    @property
    def failure(self) -> str:
        """Why the session is not wanted as it is; "" for nothing."""
        return "" if self._forwards is None else self._forwards.failure

    @property
    def figures(self) -> "Sequence[ForwardFigures]":
        """Each of them, as people see it."""
        return () if self._forwards is None else self._forwards.figures

    def obey(self, line: str) -> None:
        """Do what was typed; what came of it is told, now or once the far side has answered."""
        from rmosh_client.forwarding.live_command import EndForward, parse_live_command

        self._tell_at = 0.0
        try:
            command = parse_live_command(line)
        except BootstrapError as error:
            self._untold.append(f"{error}; {error.hint}")
            return
        if not isinstance(command, EndForward):
            self.forwards.add(command, settled=lambda told, _: self._untold.append(told))
        elif self.forwards.cancel(command.flag, command.listen):
            self._untold.append(f"{command}: listens no more; open connections go on")
        else:
            self._untold.append(f"{command}: nothing is forwarded there")

    def next_line(self, *, now: float) -> str | None:
        """Return what is to be told now; None for nothing."""
        if not self._untold or now < self._tell_at:
            return None
        self._tell_at = now + _LINE_FOR
        return self._untold.popleft()

    @property
    def next_line_at(self) -> float | None:
        """When a line is to be told, monotonic seconds; None where none waits."""
        return self._tell_at if self._untold else None

    # --- the work beside a session -----------------------------------------------------------------------------

    def fileno(self) -> int:
        """Return what can be read when there is something to do."""
        return self.forwards.fileno()

    def turn(self, *, now: float) -> None:
        """Move what can be moved; whatever fails in that, the session goes on."""
        if self._forwards is not None:
            self._part.run(None, self._forwards.turn, now=now)

    @property
    def next_wakeup(self) -> float | None:
        """When to take a turn though nothing is ready, monotonic seconds; None for never."""
        return None if self._forwards is None else self._forwards.next_wakeup

    def close(self, remove: Callable[["SessionForwards"], None]) -> None:
        """End them all; the work is removed first."""
        if self._forwards is not None:
            remove(self)
            self.leave()
            self._forwards.close()
            self._forwards = None


def _ignore(_work: SessionForwards) -> None:
    pass
