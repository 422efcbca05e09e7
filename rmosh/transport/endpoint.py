"""One end of a session's datagram exchange: composes packet protection, acknowledgement, recovery and paths.

It knows packets and paths, asks the channels that it is handed for frames and gives them those that come; what they are
about it does not know.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from rmosh.errors import Malformed, PeerError
from rmosh.moments import earliest
from rmosh.transport.ack_wait import is_granted
from rmosh.transport.bulk import BulkDepartures
from rmosh.transport.channel import ChannelEnd
from rmosh.transport.contents import Contents
from rmosh.transport.cover_traffic import CoverTraffic, NoCoverTraffic
from rmosh.transport.departures import Departures
from rmosh.transport.frame_scheduler import FrameScheduler, speakers
from rmosh.transport.frame_table import FrameTable
from rmosh.transport.frame_type import WireFrame
from rmosh.transport.frames import (
    Ack,
    AckMayWait,
    KeyShare,
    Padding,
    PathChallenge,
    PathResponse,
    Ping,
    Skipped,
)
from rmosh.transport.header import OVERHEAD_BYTES
from rmosh.transport.heartbeat import Heartbeat
from rmosh.transport.packet_protection import PacketProtection
from rmosh.transport.path import Datagram, Path
from rmosh.transport.policy import (
    ACK_WAIT_GRANTED,
    BULK_ACK_SHARE,
    MAX_ACK_DELAY,
    MAX_BULK_PER_TURN,
    MAX_DATAGRAMS_PER_TURN,
    OVERSLEPT,
)
from rmosh.transport.probes import Probes
from rmosh.transport.receipts import Receipts
from rmosh.transport.recovery import Recovery
from rmosh.transport.repeats import LinkConditions
from rmosh.transport.routes import PathNews, Routes
from rmosh.transport.traffic import size_of
from rmosh.transport.ways import Ways

if TYPE_CHECKING:
    from rmosh.transport.endpoint_trace import EndpointTrace
    from rmosh.transport.trace import Observer

#: Takes the frames of one datagram and the moment; may raise Malformed to refuse it whole, unacknowledged.
Deliver = Callable[[Sequence[WireFrame], float], None]

#: Frames that the endpoint handles itself, or nobody.
_ENDPOINT_FRAMES = frozenset({Ack, AckMayWait, KeyShare, Padding, PathChallenge, PathResponse, Ping, Skipped})


class Endpoint:
    """The four verbs for one peer.

    Attributes:
        trace: tells an observer what happens here; None where nobody observes.
        ways: UDP and a stream beside it, and what is known of each.
    """

    def __init__(
        self,
        *,
        protection: PacketProtection,
        routes: Routes,
        frames: FrameTable,
        channels: Mapping[str, ChannelEnd],
        deliver: Deliver,
        answers_follow: bool,
        smallest: int = 0,
        cover: CoverTraffic | None = None,
        heartbeat: Heartbeat | None = None,
    ) -> None:
        """Compose an endpoint.

        Args:
            frames: all that either end may say.
            channels: by name; the most urgent of what they have to say goes first.
            deliver: hands them what comes.
            answers_follow: what arrives usually makes something leave within MAX_ACK_DELAY (keys make echoes), so
                an acknowledgement may wait for it.
            smallest: bytes of frames below which no datagram is.
            cover: when datagrams may leave; None for at any time.
            heartbeat: asks for a sign of life when nothing else does.
        """
        self.protection = protection
        self._routes = routes
        self._frames = frames
        self._scheduler = FrameScheduler(speakers(channels, heartbeat, protection.exchange))
        self._deliver = deliver
        self._answers_follow = answers_follow
        self._cover = NoCoverTraffic() if cover is None else cover
        self._receipts = Receipts()
        self._contents = Contents(self._scheduler, self._receipts, self._cover, smallest=smallest)
        self._departures = Departures(protection, heartbeat)
        self._bulk = BulkDepartures(self._scheduler, self._departures)
        #: The link as it was reckoned last; None once a packet left, came or was given up, and as time changes it.
        self._link: LinkConditions | None = None
        #: Until when all but what the channels say stays as it is, as `next_wakeup` found last, unless something comes.
        self._quiet_until = -math.inf
        self._wakeup: float | None = None
        self.trace: EndpointTrace | None = None
        self.ways = Ways(routes, self._new_recovery)
        self._probes = Probes(routes, self.ways, self._departures, smallest=smallest)
        self.heard_at: float | None = None
        self.datagrams_received = 0
        self.bytes_received = 0
        self.dropped: Counter[str] = Counter()

    # --- receiving -------------------------------------------------------------------------------------------

    def receive_datagram(self, untrusted: bytes, source: Path, *, now: float, received_at: float | None = None) -> None:
        """Take one datagram; whatever is wrong with it is counted and changes nothing.

        Args:
            received_at: when it came to this host, at most `now`; None for now.
        """
        received_at = now if received_at is None else min(received_at, now)
        self._reckon_anew()
        self._notice_sleep(now)
        try:
            number, plaintext = self.protection.open(untrusted, now=now)
            frames = self._frames.decode(plaintext)
            own, theirs, questions = self._sorted(frames)
            self._take_content(theirs, own, now)
        except PeerError as error:
            self.dropped[type(error).__name__] += 1
            if self.trace is not None:
                self.trace.dropped(len(untrusted), source, error, now=now)
            return
        if self.trace is not None:
            epoch = self.protection.opener.epoch
            self.trace.received(number, len(untrusted), frames, source, epoch=epoch, now=now)
        self.datagrams_received += 1
        self.bytes_received += len(untrusted)
        newest = number > self._receipts.largest
        urgent = not self._answers_follow or len(own) == len(frames)
        patience = self._patience(number, questions, urgent=urgent, may_wait=is_granted(own, questions))
        self._receipts.received(number, elicits_ack=bool(questions), patience=patience, received_at=received_at)
        if questions:
            self._cover.heard(now=now)
        was_silent = self.silence(now=now) > max(1.0, self.recovery.rtt.probe_timeout)
        self.heard_at = now
        self._departures.asking_since = None
        for frame in own:
            self._take_frame(frame, source, received_at=received_at, now=now)
        if self.ways.heard(source, questions if newest else None, now=now):
            self._scheduler.hurry()
        self._take_source(source, len(untrusted), newest=newest, urgent=urgent, was_silent=was_silent, now=now)

    def _sorted(self, frames: list[WireFrame]) -> tuple[list[WireFrame], list[WireFrame], list[WireFrame]]:
        """Return which of the frames are this endpoint's, which the channels', and which ask to be acknowledged."""
        own: list[WireFrame] = []
        theirs: list[WireFrame] = []
        questions: list[WireFrame] = []
        for frame in frames:
            (own if type(frame) in _ENDPOINT_FRAMES else theirs).append(frame)
            if self._frames.elicits_ack(frame):
                questions.append(frame)
        return own, theirs, questions

    def _take_content(self, theirs: list[WireFrame], own: list[WireFrame], now: float) -> None:
        """Hand the channels what is theirs, and take a share of keys from what is our own.

        Raises:
            PeerError: nothing of it has taken effect.
        """
        for frame in own:
            if isinstance(frame, KeyShare):
                self.protection.exchange.check(frame)
        self._deliver(theirs, now)
        for frame in own:
            if isinstance(frame, KeyShare):
                self.protection.exchange.take(frame)

    def _patience(self, number: int, questions: Sequence[WireFrame], *, urgent: bool, may_wait: bool) -> float:
        """Return for how many seconds the acknowledgement of a packet with some frames may wait."""
        follows = number == self._receipts.largest + 1  # else one is missing, or came late: that is news
        if may_wait and follows and not self._receipts.owed:
            return ACK_WAIT_GRANTED
        others: list[WireFrame] = []
        for frame in questions:
            if not self._frames.is_bulk(frame):
                others.append(frame)
        if others or not questions:
            hurries = urgent or (len(others) < len(questions) and all(isinstance(frame, Ping) for frame in others))
            return 0.0 if hurries else MAX_ACK_DELAY
        return min(MAX_ACK_DELAY, BULK_ACK_SHARE * self.recovery.rtt.minimum) if follows else 0.0

    def _take_source(
        self, source: Path, size: int, *, newest: bool, urgent: bool, was_silent: bool, now: float
    ) -> None:
        news = PathNews.NOTHING
        if not source.is_stream:
            news = self._routes.heard(source, size=size, newest=newest, now=now)
        if news is PathNews.MOVED:
            self._path_changed(now)
        elif self.recovery.reliable:  # what is on its way there is only late
            return
        elif was_silent or (news is PathNews.CANDIDATE and urgent):  # what went to the old address may be lost
            self.hurry(now=now)  # ... but where an answer follows, what the new address has earned is for that

    def _take_frame(self, frame: WireFrame, source: Path, *, received_at: float, now: float) -> None:
        if isinstance(frame, Ack):
            self._take_ack(frame, received_at=received_at, now=now)
        elif isinstance(frame, PathChallenge):
            self._probes.take_challenge(frame, source)
        elif isinstance(frame, PathResponse):
            if self._routes.answered(frame.data, source):
                self._path_changed(now)
            self.ways.udp_answered(source, now=now)

    def _take_ack(self, ack: Ack, *, received_at: float, now: float) -> None:
        if ack.largest >= self._departures.next_number:
            self.dropped[Malformed.__name__] += 1
            return
        for recovery in self.ways.recoveries:
            recovery.take_ack(ack, next_number=self._departures.next_number, received_at=received_at, now=now)

    # --- paths and silence -----------------------------------------------------------------------------------

    def _path_changed(self, now: float) -> None:
        self.ways.udp.forget_path(now=now)
        if not self.recovery.reliable:
            self.hurry(now=now)

    def hurry(self, *, now: float) -> None:
        """Say everything that is open again now: the peer answers again, or the network or the clock changed."""
        self._reckon_anew()
        for recovery in self.ways.recoveries:
            if not recovery.reliable:
                recovery.expire(now - recovery.rtt.probe_timeout, heard_at=self.heard_at, now=now)
        self._scheduler.hurry()

    def _new_recovery(self, reliable: bool) -> Recovery:
        on_newest = self.protection.sealer.on_acknowledged
        return Recovery(on_newest=on_newest, on_longer=self._scheduler.hurry, reliable=reliable)

    # --- a stream beside UDP ---------------------------------------------------------------------------------

    @property
    def recovery(self) -> Recovery:
        """What is known of the way that carries everything now."""
        return self.ways.recovery

    def add_stream(self, path: Path, *, now: float) -> None:
        """Send by a stream too, instead of the one before."""
        self._reckon_anew()
        if self.ways.add_stream(path, now=now):
            self._scheduler.hurry()

    def drop_stream(self, path: Path, *, now: float) -> None:
        """Give up a stream that was closed: what was on its way in it goes by UDP."""
        self._reckon_anew()
        if self.ways.drop_stream(path, now=now):
            self.hurry(now=now)

    def send_failed(self, size: int, *, too_long: bool, now: float) -> None:
        """Take note that the local host refused a datagram of `size` bytes."""
        self._reckon_anew()
        if too_long:
            self.ways.udp.mtu.send_failed(size, now=now)

    def silence(self, *, now: float) -> float:
        """Return for how many seconds the peer has left our questions unanswered; 0 when none is open.

        Whatever comes is taken for an answer, so a peer that is heard but hears nothing counts as answering.
        """
        asking_since = self._departures.asking_since
        return 0.0 if asking_since is None else max(0.0, now - asking_since)

    # --- sending ---------------------------------------------------------------------------------------------

    def conditions(self, *, now: float) -> LinkConditions:
        """Return what the traffic classes may know of the link."""
        link = self.recovery.conditions(
            silence=self.silence(now=now),
            has_stream=self.ways.beside is not None,
            acknowledges_at=self._receipts.due_at(),
        )
        return self.recovery.with_streams(link, now=now) if self._scheduler.bulk_has_begun else link

    def _reckon_anew(self) -> None:
        """Take note that the link or what is due on it may be otherwise now."""
        self._link, self._quiet_until = None, -math.inf

    def _known_conditions(self, now: float) -> LinkConditions:
        """Return the same, without reckoning what is known."""
        if self._link is None:
            self._link = self.conditions(now=now)
        return self._link

    def datagrams_to_send(self, *, now: float, clock: Callable[[], float] | None = None) -> list[Datagram]:
        """Return what is to be put on the wire now, in order.

        Args:
            clock: tells the moment at which a datagram is ready, as some take long to make; None for `now`.
        """
        self._departures.clock = clock
        self._notice_sleep(now)
        is_quiet = now < self._quiet_until and not self._scheduler.bulk_has_begun
        datagrams = [] if is_quiet else self._housekeeping(now)
        most = len(datagrams) + MAX_DATAGRAMS_PER_TURN
        while len(datagrams) < most and (built := self._next_datagrams(now)):
            self._link = None
            datagrams += built
            datagrams += self._bulk_datagrams(MAX_BULK_PER_TURN - len(datagrams), now)
            if self._has_said_all:
                break
        if datagrams:
            self._reckon_anew()
            self._scheduler.led_to_something()
        if self.trace is not None:
            self.trace.link(self.recovery, self.ways.active, now=now)
        return datagrams

    def _housekeeping(self, now: float) -> list[Datagram]:
        """Do what is due by time alone, or comes of what came; return what asks about paths."""
        self._link = None
        self.protection.opener.forget_previous(now=now)
        for recovery in self.ways.recoveries:
            recovery.look(heard_at=self.heard_at, now=now)
        if self.ways.turn(now=now):
            self._scheduler.hurry()
        return self._probes.of_paths(now=now)

    @property
    def _has_said_all(self) -> bool:
        """Whether another look, after a datagram, would find nothing to say at the same moment."""
        cover_waits = self._cover.slot_at is not None
        is_asked = self._scheduler.goes_on or self._receipts.owed or cover_waits
        return not is_asked and self.recovery.mtu.next_probe() is None

    def _next_datagrams(self, now: float) -> list[Datagram]:
        if not self.ways.is_reachable or self._cover.opens_at(now=now) > now:
            return []
        link = self._known_conditions(now)
        slot_at = self._cover.slot_at
        in_slot = slot_at is not None and slot_at <= now
        due_at = earliest((self._receipts.due_at(), self._scheduler.due_at(link)))
        if not in_slot and (due_at is None or due_at > now):
            return self._size_probe(now)
        is_new = self._is_new_to_stream(link, now)
        starting, clock = self.recovery.streams.starting, self._departures.clock
        loads, ack_wait = self._contents.loads(link, in_slot=in_slot, starting=starting, clock=clock, now=now)
        if not loads:
            return []
        size = OVERHEAD_BYTES + size_of(loads)
        silent = link.silence > self.recovery.rtt.probe_timeout
        paths, recovery = self.ways.places(size, silent=silent, is_new=is_new)
        limited = link.window_room < 2 * link.room
        datagrams = self._departures.datagrams(loads, paths, recovery, now=now, limited=limited, ack_wait=ack_wait)
        return datagrams + self._probes.fillers(paths, now=now)

    def _bulk_datagrams(self, most: int, now: float) -> list[Datagram]:
        """Return full datagrams of bulk, where many may leave at a time: by one path, and nobody is told of each."""
        if not self._scheduler.has_bulk:
            return []
        path = self._routes.active
        is_plain = self._routes.is_settled and self.ways.beside is None and self._cover.slot_at is None
        if path is None or not is_plain or self.trace is not None or self._receipts.owed:
            return []
        filled = self._bulk.datagrams(most, path, self.recovery, self._known_conditions(now), now=now)
        if not filled:
            return []
        self._link = None
        return filled + self._size_probe(now)  # while there is bulk, no moment has nothing to say

    def _is_new_to_stream(self, link: LinkConditions, now: float) -> bool:
        """Tell whether something is due that a stream does not carry already: a stream needs no repeats."""
        if not self.ways.uses_both or self._receipts.owed:
            return True
        due_at = self._scheduler.due_at(link._replace(reliable=True, loss=0.0))
        return due_at is not None and due_at <= now

    def _size_probe(self, now: float) -> list[Datagram]:
        return self._probes.of_size(silence=self.silence(now=now), now=now)

    # --- being observed --------------------------------------------------------------------------------------

    def observe(self, observer: "Observer | None", *, now: float) -> None:
        """Tell an observer what happens from now on, instead of the one before; None for nobody."""
        if observer is None:
            self._trace_to(None)
            return
        from rmosh.transport.endpoint_trace import EndpointTrace  # hardly a session is observed

        self._trace_to(trace := EndpointTrace(observer, self._frames))
        trace.link(self.recovery, self.ways.active, now=now)

    def _trace_to(self, trace: "EndpointTrace | None") -> None:
        self.trace = self._departures.trace = trace
        for recovery in self.ways.recoveries:
            recovery.trace = trace

    # --- time ------------------------------------------------------------------------------------------------

    def next_wakeup(self, *, now: float) -> float | None:
        """Return when `datagrams_to_send` may have something, in monotonic seconds."""
        moments = [self._routes.next_wakeup(), self.ways.next_wakeup(), self.protection.opener.forgets_at]
        if self.ways.is_reachable:
            for recovery in self.ways.recoveries:
                moments.append(recovery.next_wakeup())
        if self._departures.asking_since is None and not self._scheduler.bulk_has_begun:
            quiet_until = earliest(moments)
            self._quiet_until = math.inf if quiet_until is None else quiet_until
        if self.ways.is_reachable:
            opens_at = self._cover.opens_at(now=now)
            link = self._known_conditions(now)
            due = earliest((self._scheduler.due_at(link), self._receipts.due_at(), self._cover.slot_at))
            moments.append(None if due is None else max(due, opens_at))
        wakeup = earliest(moments)
        self._wakeup = None if wakeup is None else self._scheduler.rested(wakeup, now=now)
        return self._wakeup

    @property
    def datagrams_sent(self) -> int:
        """How many packets were sent."""
        return self._departures.packets

    @property
    def bytes_sent(self) -> int:
        """How many bytes these had."""
        return self._departures.bytes

    @property
    def packets_sent_there(self) -> int:
        """How many packets the peer has sent, by the numbers of those that came."""
        return self._receipts.largest + 1

    @property
    def stalls(self) -> Counter[str]:
        """What would have kept this busy for nothing, and how often; empty but for a fault of ours."""
        return self._scheduler.stalls

    def _notice_sleep(self, now: float) -> None:
        """Trust no RTT across a moment at which this process was asleep."""
        if self._wakeup is not None and now > self._wakeup + OVERSLEPT:
            for recovery in self.ways.recoveries:
                recovery.distrust_clock(now=now)
