"""Stands between a program at the far side and the user's agent: binds the connection, has signatures confirmed.

One request at a time: the next goes on when its answer has come back, as a program waits for that anyway. Sans-IO: what
is to be sent either way waits in `to_agent` and `to_program` until it is taken.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

from rmosh.errors import Malformed
from rmosh.forwarding.agent_protocol import (
    MAX_AGENT_MESSAGE,
    REFUSAL,
    SESSION_BIND,
    AgentReply,
    AgentRequest,
    Messages,
    extension_name,
    fingerprint,
    read_identities,
    read_key_to_sign_with,
    string,
)
from rmosh.lazy_dataclass import dataclass

#: What may be asked of an agent whose owner confirms each signature. Reason: these sign nothing. What is not known here
#: might, so it is refused.
_SIGNS_NOTHING: Final = frozenset(AgentRequest) - {AgentRequest.SIGN, AgentRequest.EXTENSION}


@dataclass(frozen=True, slots=True)
class SignQuestion:
    """A signature that waits for the user's word.

    Attributes:
        comment: what the key is called, as the agent has told; "" where it has not.
        fingerprint: the key's.
    """

    comment: str
    fingerprint: str


class _State(Enum):
    BINDING = auto()
    READY = auto()
    ASKING = auto()
    AWAITING_ANSWER = auto()


class AgentProxy:
    """One connection.

    Attributes:
        to_agent, to_program: bytes to be sent, which whoever sends them takes off the front.
        question: what the user is to be asked now; None for nothing.
    """

    def __init__(self, binding: bytes, *, confirms: bool) -> None:
        """Begin with what binds the connection.

        Args:
            binding: the request for that, framed; an agent that does not know it fails it, and goes on.
            confirms: each signature waits for `decide`.
        """
        self._confirms = confirms
        self._requests, self._replies = Messages(), Messages()
        self._state = _State.BINDING
        self._asked = b""
        self._comments: Mapping[bytes, str] = {}
        self.to_agent = bytearray(binding)
        self.to_program = bytearray()
        self.question: SignQuestion | None = None

    @property
    def wants_requests(self) -> bool:
        """Whether more of the program's bytes are of use now: a bound of what is held."""
        return self._requests.size <= MAX_AGENT_MESSAGE and len(self.to_program) <= MAX_AGENT_MESSAGE

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way, so that the end of the program's requests ends it all."""
        return self._state is _State.READY and not (self.to_agent or self.to_program)

    def from_program(self, untrusted: bytes) -> None:
        """Take what the program sent.

        Raises:
            Malformed: it is no request of a length that there is; the connection is of no more use.
        """
        self._requests.feed(untrusted)
        self._go_on()

    def from_agent(self, untrusted: bytes) -> None:
        """Take what the agent answered.

        Raises:
            Malformed: it is no answer, or one to nothing; the connection is of no more use.
        """
        self._replies.feed(untrusted)
        while (reply := self._replies.next()) is not None:
            self._take_reply(reply)
        if self._replies.size > MAX_AGENT_MESSAGE + len(REFUSAL):
            raise Malformed(f"an agent's answer has more than {MAX_AGENT_MESSAGE} bytes")

    def decide(self, *, allowed: bool) -> None:
        """Hear what the user said to the question, and go on with what the program has asked since.

        Raises:
            Malformed: what follows is no message.
        """
        if self._state is not _State.ASKING:
            return
        self.question = None
        if allowed:
            self._ask(self._asked)
        else:
            self._refuse()
        self._go_on()

    def _take_reply(self, reply: bytes) -> None:
        if self._state is _State.BINDING:
            self._state = _State.READY
        elif self._state is _State.AWAITING_ANSWER:
            self._state = _State.READY
            if self._asked[0] == AgentRequest.IDENTITIES and reply[0] == AgentReply.IDENTITIES:
                self._comments = {key.blob: key.comment for key in read_identities(reply)}
            self.to_program += string(reply)
        else:
            raise Malformed("an agent answers what it was not asked")
        self._go_on()

    def _go_on(self) -> None:
        while self._state is _State.READY and (request := self._requests.next()) is not None:
            self._take_request(request)

    def _take_request(self, request: bytes) -> None:
        self._asked = request
        if not self._confirms or request[0] in _SIGNS_NOTHING:
            self._ask(request)
        elif request[0] == AgentRequest.SIGN:
            self._have_confirmed(request)
        elif request[0] == AgentRequest.EXTENSION and extension_name(request) == SESSION_BIND:
            self._ask(request)
        else:
            self._refuse()

    def _have_confirmed(self, request: bytes) -> None:
        blob = read_key_to_sign_with(request)
        self.question = SignQuestion(self._comments.get(blob, ""), fingerprint(blob))
        self._state = _State.ASKING

    def _ask(self, request: bytes) -> None:
        self._state = _State.AWAITING_ANSWER
        self.to_agent += string(request)

    def _refuse(self) -> None:
        self._state = _State.READY
        self.to_program += REFUSAL
