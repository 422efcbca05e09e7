"""What a session lets others of its user do through it: have a server started on its host, whose line comes back.

It knows streams, not the door. The one who was let in goes on by himself, with a secret that never was in between:
this process hands it on, which could start servers there without him too.
"""

from collections.abc import Callable
from typing import Final, Protocol

from rmosh.announce import ANNOUNCE_PREFIX
from rmosh.errors import Malformed, RmoshError
from rmosh.forwarding.answers import parse_answer
from rmosh.forwarding.byte_stream import ByteStream
from rmosh.forwarding.first_message import MAX_ANSWER_TO_REQUEST, FirstMessage
from rmosh.forwarding.requests import Serve, encode_request
from rmosh.lazy_dataclass import dataclass, field
from rmosh_client.sharing.door import Reply
from rmosh_client.sharing.messages import DoorQuestion, Refused, Served

#: Most bytes of what a server says. Reason: an announce line has at most 1024, chatter is not to be expected.
_MOST_OUTPUT: Final = 8192

#: Seconds after which nothing is waited for any more. Reason: who asked has gone to SSH by then.
_SERVED_WITHIN: Final = 10.0

#: Silence after which nobody is let in any more, in seconds. Reason: SSH may find the host where we do not.
_SILENT_AFTER: Final = 2.0


class StreamOpener(Protocol):
    """What opens streams; `rmosh.channels.streams.streams.Streams` does."""

    def open(self) -> ByteStream: ...


@dataclass(eq=False, slots=True)
class _Serving:
    """A server that is being started.

    Attributes:
        untold: of the request, what the stream has not taken yet.
    """

    stream: ByteStream
    untold: bytes
    reply: Reply
    give_up_at: float
    answer: FirstMessage = field(default_factory=lambda: FirstMessage(limit=MAX_ANSWER_TO_REQUEST))
    is_served: bool = False
    output: bytes = b""


class HostAccess:
    """Has servers started through one session."""

    def __init__(self, streams: StreamOpener, *, addresses: Callable[[], tuple[str, ...]]) -> None:
        """Begin; `addresses` returns where the host answers, the best first; none where UDP does not go."""
        self._streams = streams
        self._addresses = addresses
        self._under_way: list[_Serving] = []

    @property
    def next_wakeup(self) -> float | None:
        """When something is given up, in monotonic seconds."""
        return min((serving.give_up_at for serving in self._under_way), default=None)

    def serve(self, question: DoorQuestion, reply: Reply, *, silence: float, now: float) -> None:
        """Begin to have a server started, and say at the end what it said."""
        if silence > _SILENT_AFTER:
            reply(Refused("its host does not answer now"))
            return
        if not self._addresses():
            reply(Refused("its host is not reached by UDP"))
            return
        try:
            request = encode_request(Serve(question.words, question.hello))
            stream = self._streams.open()
        except RmoshError as error:
            reply(Refused(str(error)))
            return
        self._under_way.append(_Serving(stream, request, reply, now + _SERVED_WITHIN))
        self.turn(now=now)

    def turn(self, *, now: float) -> None:
        """Take what has come."""
        for serving in self._under_way[:]:
            try:
                answer = self._take(serving, now=now)
            except Malformed as error:
                answer = Refused(f"the host answered nonsense: {error}")
            if answer is not None:
                self._under_way.remove(serving)
                serving.stream.reset(0)
                serving.reply(answer)

    def _take(self, serving: _Serving, *, now: float) -> Served | Refused | None:
        stream = serving.stream
        if serving.untold:
            serving.untold = serving.untold[stream.write(serving.untold) :]
            if not serving.untold:
                stream.finish()
        if not serving.is_served:
            message = serving.answer.take(stream)
            if message is not None:
                told = parse_answer(message)
                if not told.is_done:
                    return Refused(told.text or told.status.name.lower().replace("_", " "))
                serving.is_served = True
        if serving.is_served:
            serving.output += stream.read(_MOST_OUTPUT - len(serving.output))
            if _has_announce(serving.output) or stream.at_end or len(serving.output) >= _MOST_OUTPUT:
                return Served(serving.output.decode("ascii", "replace"), self._addresses())
        if stream.was_reset is not None:
            return Refused("the host gave it up")
        return Refused("the host took too long") if now >= serving.give_up_at else None


def _has_announce(output: bytes) -> bool:
    """Tell whether a whole announce line has come; its server says nothing more, and may take a while to say so."""
    return ANNOUNCE_PREFIX.encode() in output.rpartition(b"\n")[0]
