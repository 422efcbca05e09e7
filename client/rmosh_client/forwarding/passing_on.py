"""Offers the far side's programs the user's agent and display, as far as the user wants that."""

import os
import re
from collections.abc import Callable
from functools import partial
from typing import Final

from rmosh.errors import NoStreams, TooManyStreams
from rmosh.forwarding.agent_protocol import session_bind, string
from rmosh.forwarding.answers import AnswerStatus, RequestAnswer
from rmosh.forwarding.requests import AgentConnection, ForwardAgent, ForwardX11, X11Connection
from rmosh.forwarding.x11 import COOKIE_BYTES
from rmosh.transport.sodium import sign_once
from rmosh_client.forwarding.agent_crossing import AgentCrossing, AgentHere
from rmosh_client.forwarding.display_crossing import DisplayCrossing, DisplayHere
from rmosh_client.forwarding.opening import Opening, why_not
from rmosh_client.forwarding.passed_on import AgentAccess, DisplayAccess, LoginProof, PassedOn
from rmosh_client.forwarding.questions import Questions
from rmosh_client.forwarding.resources import Resources
from rmosh_client.forwarding.stream_users import CountedStream

#: What the far side answers where a display is: its cookie, and its name where no program was told that before.
_DISPLAY: Final = re.compile(rf"(?P<cookie>[0-9a-f]{{{2 * COOKIE_BYTES}}})( (?P<name>[!-~]{{1,64}}))?")

#: A path that a user may be shown to type.
_PATH: Final = re.compile(r"/[^'\s]{1,255}")

#: Length of an Ed25519 key's seed and of a session's identifier, in bytes. Source: RFC 8032, RFC 4253 section 7.2.
_SEED_BYTES: Final = 32


class PassingOn:
    """Both, for as long as the session is there."""

    def __init__(
        self,
        resources: Resources,
        passed_on: PassedOn,
        *,
        questions: Questions | None,
        tell: Callable[[str], None],
        begins_programs: bool = False,
    ) -> None:
        """Offer them.

        Args:
            questions: where the user confirms each use of a key; None where none is confirmed.
            begins_programs: they begin once this is settled, and hear of it from their host, not from the user.
        """
        self._begins_programs = begins_programs
        self._resources = resources
        self._questions = questions
        self._tell = tell
        self._crossings: set[AgentCrossing | DisplayCrossing] = set()
        self._offers: list[_Offer] = []
        if passed_on.agent is not None:
            self._offer_agent(passed_on.agent)
        if passed_on.display is not None:
            self._offer_display(passed_on.display)

    @property
    def is_settled(self) -> bool:
        """Whether the host has answered all that is offered."""
        return all(offer.is_answered for offer in self._offers)

    def close(self) -> None:
        """End all connections and take the offers back: the host turns to another client."""
        for crossing in [*self._crossings]:
            crossing.close()
        for offer in self._offers:
            offer.take_back()

    def _begin(self, crossing: AgentCrossing | DisplayCrossing) -> None:
        self._crossings.add(crossing)
        crossing.on_end = partial(self._crossings.discard, crossing)
        crossing.begin()

    def _offer_agent(self, access: AgentAccess) -> None:
        agent = AgentHere(access.socket, binding_to(access.proof), self._questions)

        def take(stream: CountedStream, request: AgentConnection) -> None:
            self._begin(AgentCrossing(self._resources, stream, agent, program=request.program, tell=self._tell))

        self._resources.users.takers[AgentConnection] = take
        self._offers.append(_Offer(self._resources, ForwardAgent(), self._agent_answered))

    def _agent_answered(self, answer: RequestAnswer) -> None:
        if not answer.is_done:
            self._tell(f"your agent is not forwarded: {why_not(answer)}")
        elif _PATH.fullmatch(answer.text) and not self._begins_programs:
            self._tell(f"this session began without your agent; for it, type: export SSH_AUTH_SOCK='{answer.text}'")

    def _offer_display(self, access: DisplayAccess) -> None:
        until = self._resources.clock() + access.lasts if access.lasts else None
        answered = partial(self._display_answered, access, until)
        self._offers.append(_Offer(self._resources, ForwardX11(), answered))

    def _display_answered(self, access: DisplayAccess, until: float | None, answer: RequestAnswer) -> None:
        found = _DISPLAY.fullmatch(answer.text)
        if not answer.is_done or found is None:
            self._tell(f"X11 is not forwarded: {why_not(answer)}")
            return
        display = DisplayHere(access, bytes.fromhex(found["cookie"]), until)

        def take(stream: CountedStream, _request: X11Connection) -> None:
            self._begin(DisplayCrossing(self._resources, stream, display))

        self._resources.users.takers[X11Connection] = take
        if found["name"] and not self._begins_programs:
            self._tell(f"this session began without your display; for it, type: export DISPLAY={found['name']}")


class _Offer:
    """A stream that stays open while something is offered."""

    def __init__(
        self, resources: Resources, request: ForwardAgent | ForwardX11, answered: Callable[[RequestAnswer], None]
    ) -> None:
        self._answered: Callable[[RequestAnswer], None] | None = answered
        self._stream: CountedStream | None = None
        try:
            self._stream = stream = resources.users.open()
        except (NoStreams, TooManyStreams):
            self._answered = None
            answered(RequestAnswer(AnswerStatus.NOT_UNDERSTOOD))
            return
        self._opening = Opening(stream, request)
        resources.users.use(stream, self)

    @property
    def is_answered(self) -> bool:
        """Whether the host has said what comes of it."""
        return self._answered is None

    def take_back(self) -> None:
        """Offer it no more."""
        if self._stream is not None and not self._stream.is_over:
            self._stream.finish()

    def stream_changed(self) -> None:
        """Hear the answer."""
        answer = self._opening.turn()
        if answer is not None and self._answered is not None:
            answered, self._answered = self._answered, None
            answered(answer)


def binding_to(proof: LoginProof | None, *, entropy: Callable[[int], bytes] = os.urandom) -> bytes:
    """Return the request that tells an agent whom a connection comes from.

    Without a proof of the login it comes from a host that nobody knows, whose key is made here and forgotten: an agent
    that knows of keys which only some hosts may use then offers none of them. One that does not know of that has none.
    """
    if proof is None:
        session = entropy(_SEED_BYTES)
        public, signature = sign_once(entropy(_SEED_BYTES), session)
        kind = string(b"ssh-ed25519")
        proof = LoginProof(kind + string(public), session, kind + string(signature))
    return session_bind(host_key=proof.host_key, session=proof.session, signature=proof.signature)
