"""A program of the far side at the user's agent: bound to where it comes from, each use confirmed if so wished."""

import socket
from collections.abc import Callable
from selectors import EVENT_READ, EVENT_WRITE

from rmosh.forwarding.agent_proxy import AgentProxy
from rmosh.forwarding.answers import AnswerStatus
from rmosh.forwarding.byte_stream import ResetCode
from rmosh.forwarding.failures import in_words
from rmosh.forwarding.junction import Junction
from rmosh.lazy_dataclass import dataclass
from rmosh_client.forwarding.agent_end import AgentEnd
from rmosh_client.forwarding.dialling import Dial
from rmosh_client.forwarding.failures import dialled_status
from rmosh_client.forwarding.questions import KeyQuestion, Questions
from rmosh_client.forwarding.resources import Resources
from rmosh_client.forwarding.specification import Unix
from rmosh_client.forwarding.stream_users import CountedStream, accept, refuse


@dataclass(frozen=True, slots=True)
class AgentHere:
    """The agent, and how it is asked.

    Attributes:
        path: of its socket.
        binding: the request, framed, that binds each connection to the host that it comes from.
        questions: where the user confirms each signature; None where none is confirmed.
    """

    path: str
    binding: bytes
    questions: Questions | None


class AgentCrossing:
    """One connection.

    Attributes:
        on_end: called when it is over.
    """

    def __init__(
        self,
        resources: Resources,
        stream: CountedStream,
        agent: AgentHere,
        *,
        program: str,
        tell: Callable[[str], None],
    ) -> None:
        """Take a program's stream.

        Args:
            program: who asks, as the far side tells.
            tell: told in a line of an agent that is not there.
        """
        self._resources = resources
        self._stream = stream
        self._agent = agent
        self._program = program
        self._tell = tell
        self._connection: socket.socket | None = None
        self._end: AgentEnd | None = None
        self._junction: Junction | None = None
        self._question: KeyQuestion | None = None
        self.on_end: Callable[[], None] = _nothing

    def begin(self) -> None:
        """Connect to the agent."""
        resources = self._resources
        resources.users.use(self._stream, self)
        # A Unix socket is connected to, or not, at once.
        Dial(Unix(self._agent.path), resources.ready_set, resources.lookups, self._connected, clock=resources.clock)

    def stream_changed(self) -> None:
        """Pass on what the program asks."""
        if self._junction is not None:
            self._junction.send()
            self._settle()

    def close(self) -> None:
        """End it; whatever it asked is not answered any more."""
        if self._question is not None and self._agent.questions is not None:
            self._agent.questions.withdraw(self._question)
        if self._connection is not None:
            self._resources.ready_set.forget(self._connection)
            self._connection.close()
        has_ended = self._junction is not None and self._junction.has_ended
        self._resources.users.part(self._stream, has_ended=has_ended)
        self.on_end()

    def _connected(self, outcome: socket.socket | OSError) -> None:
        if isinstance(outcome, OSError):
            self._tell(f"the agent at {self._agent.path} does not answer: {in_words(outcome)}")
            self._refuse(dialled_status(outcome), "the client's agent does not answer")
            return
        self._connection = outcome
        try:
            proxy = AgentProxy(self._agent.binding, confirms=self._agent.questions is not None)
            self._end = AgentEnd(outcome, proxy)
        except OSError as error:
            outcome.close()
            self._refuse(AnswerStatus.FAILED, in_words(error))
            return
        self._junction = Junction(self._stream, self._end)
        accept(self._stream)
        self.stream_changed()

    def _refuse(self, status: AnswerStatus, reason: str) -> None:
        refuse(self._resources.users, self._stream, status, reason)
        self.on_end()

    def _ready(self, events: int) -> None:
        assert self._junction is not None and self._end is not None
        if events & EVENT_READ:
            self._junction.receive()
        if events & EVENT_WRITE:
            self._flush(self._end)
        self._junction.send()
        self._settle()

    def _flush(self, end: AgentEnd) -> None:
        try:
            end.flush()
        except OSError as error:
            self._resources.users.leave(self._stream, ResetCode.CONNECTION_BROKEN, in_words(error))

    def _settle(self) -> None:
        """Go on as far as it goes: an answer may let the next request through, which is refused at once."""
        assert self._junction is not None and self._end is not None and self._connection is not None
        while self._end.has_answers and self._junction.wants_to_receive:
            self._junction.receive()
            self._junction.send()
        if self._junction.is_over or self._stream.is_over or self._end.is_broken:
            self.close()
            return
        self._ask(self._end)
        reading = EVENT_READ if self._junction.wants_to_receive else 0
        writing = EVENT_WRITE if self._end.has_unsent else 0
        self._resources.ready_set.watch(self._connection, reading | writing, self._ready)

    def _ask(self, end: AgentEnd) -> None:
        if end.question is None or self._question is not None or self._agent.questions is None:
            return
        key = " ".join(filter(None, [end.question.comment, end.question.fingerprint]))
        words = f"{self._program or 'a program'} there wants to use your key {key}"
        self._question = self._agent.questions.ask(words, self._answered)

    def _answered(self, allowed: bool) -> None:
        self._question = None
        if self._end is None or self._junction is None:
            return
        self._end.decide(allowed=allowed)
        self._junction.send()
        self._settle()


def _nothing() -> None:
    """What the end of a connection means where nobody keeps it."""
