"""A stream that was opened for a request: what is still to be said of it, and what was answered."""

from typing import Final

from rmosh.errors import Malformed
from rmosh.forwarding.answers import AnswerStatus, RequestAnswer, parse_answer
from rmosh.forwarding.byte_stream import ByteStream, ResetCode
from rmosh.forwarding.first_message import MAX_ANSWER_TO_REQUEST, FirstMessage
from rmosh.forwarding.requests import ConnectTcp, ConnectUdp, ConnectUnix, Request, encode_request
from rmosh_client.forwarding.specification import Place, Udp, Unix

#: What is told of a status where the far side says no more, as it stands behind a colon.
_IN_WORDS: Final = {
    AnswerStatus.FAILED: "it failed there",
    AnswerStatus.NOT_UNDERSTOOD: "the rmosh-server there is too old for it",
    AnswerStatus.NOT_ALLOWED: "not allowed there",
    AnswerStatus.REFUSED: "connection refused",
    AnswerStatus.TIMED_OUT: "connection timed out",
    AnswerStatus.NO_SUCH_HOST: "no such host",
    AnswerStatus.UNREACHABLE: "host unreachable",
    AnswerStatus.IN_USE: "address in use",
    AnswerStatus.NO_PERMISSION: "permission denied",
    AnswerStatus.NOT_THERE: "no such file or directory",
    AnswerStatus.TOO_MANY: "too many there",
}


class Opening:
    """Until it is answered.

    Attributes:
        answer: what came of it; None while that is to come. A stream that broke before is one that failed.
    """

    def __init__(self, stream: ByteStream, request: Request, behind: bytes = b"") -> None:
        """Say the request, and what may follow it at once."""
        self._stream = stream
        self._unsaid = encode_request(request) + behind
        self._message = FirstMessage(limit=MAX_ANSWER_TO_REQUEST)
        self.answer: RequestAnswer | None = None
        self.turn()

    @property
    def is_said(self) -> bool:
        """Whether more may be written."""
        return not self._unsaid

    def turn(self) -> RequestAnswer | None:
        """Go on, now that there is room or something to read; return the answer once it is there."""
        if self._unsaid and not self._stream.is_over:
            self._unsaid = self._unsaid[self._stream.write(self._unsaid) :]
        if self.answer is None:
            self.answer = self._heard()
        return self.answer

    def _heard(self) -> RequestAnswer | None:
        try:
            untrusted = self._message.take(self._stream)
            if untrusted is not None:
                return parse_answer(untrusted)
        except Malformed as fault:
            if not self._stream.is_over:
                self._stream.reset(ResetCode.MALFORMED.value, str(fault))
            return RequestAnswer(AnswerStatus.FAILED, f"the answer cannot be read: {fault}")
        if self._stream.was_reset is not None or self._stream.is_over:
            reason = self._stream.was_reset.reason if self._stream.was_reset is not None else ""
            return RequestAnswer(AnswerStatus.FAILED, reason)
        return None


def request_to(place: Place) -> ConnectTcp | ConnectUdp | ConnectUnix:
    """Return what asks the far side to connect to a place there."""
    if isinstance(place, Unix):
        return ConnectUnix(place.path)
    return (ConnectUdp if isinstance(place, Udp) else ConnectTcp)(place.host or "", place.port)


def why_not(answer: RequestAnswer) -> str:
    """Return why an answer is none, in words that stand behind a colon."""
    return answer.text or _IN_WORDS.get(answer.status, _IN_WORDS[AnswerStatus.FAILED])
