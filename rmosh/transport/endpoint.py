"""One end of a session's datagram exchange: composes packet protection, acknowledgement, recovery and paths.

It knows packets and paths, asks the channels that it is handed for frames and gives them those that come; what they are
about it does not know.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from rmosh.errors import Malformed, PeerError
from rmosh.transport.channel import ChannelEnd
from rmosh.transport.cover_traffic import CoverTraffic, NoCoverTraffic
from rmosh.transport.departures import Departures
from rmosh.transport.frame_scheduler import FrameScheduler, speakers
from rmosh.transport.frame_table import FrameTable
from rmosh.transport.frame_type import WireFrame
from rmosh.transport.frames import (
    PADDING,
    PING,
    Ack,
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
from rmosh.transport.padding import padding
from rmosh.transport.path import Datagram, Path
from rmosh.transport.path_frames import PathFrames
from rmosh.transport.policy import (
    FLOOR_MTU,
    MAX_DATAGRAMS_PER_TURN,
    OVERSLEPT,
    SLOT_SIZE,
)
from rmosh.transport.receipts import Receipts
from rmosh.transport.recovery import Recovery
from rmosh.transport.repeats import LinkConditions
from rmosh.transport.routes import PathNews, Routes
from rmosh.transport.traffic import Load
from rmosh.transport.ways import Ways

if TYPE_CHECKING:
    from rmosh.transport.endpoint_trace import EndpointTrace
    from rmosh.transport.trace import Observer

#: Takes the frames of one datagram and the moment; may raise Malformed to refuse it whole, unacknowledged.
Deliver = Callable[[Sequence[WireFrame], float], None]

#: Frames that the endpoint handles itself, or nobody.
_ENDPOINT_FRAMES = (Ack, KeyShare, Padding, PathChallenge, PathResponse, Ping, Skipped)

_PING = PING.encode(Ping())


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
        self._smallest = smallest
        self._cover = NoCoverTraffic() if cover is None else cover
        self._receipts = Receipts()
        self._path_frames = PathFrames(routes)
        self._departures = Departures(protection, heartbeat)
        self._wakeup: float | None = None
        self.trace: EndpointTrace | None = None
        self.ways = Ways(routes, self._new_recovery)
        self.heard_at: float | None = None
        self.datagrams_received = 0
        self.bytes_received = 0
        self.dropped: Counter[str] = Counter()

    # --- receiving -------------------------------------------------------------------------------------------

    def receive_datagram(self, untrusted: bytes, source: Path, *, now: float) -> None:
        """Take one datagram; whatever is wrong with it is counted and changes nothing."""
        self._notice_sleep(now)
        try:
            number, plaintext = self.protection.open(untrusted, now=now)
            frames = self._frames.decode(plaintext)
            shares = [frame for frame in frames if isinstance(frame, KeyShare)]
            for share in shares:
                self.protection.exchange.check(share)
            self._deliver([frame for frame in frames if not isinstance(frame, _ENDPOINT_FRAMES)], now)
            for share in shares:
                self.protection.exchange.take(share)
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
        questions = [frame for frame in frames if self._frames.elicits_ack(frame)]
        asked = bool(questions)
        urgent = not self._answers_follow or all(isinstance(frame, _ENDPOINT_FRAMES) for frame in frames)
        self._receipts.received(number, elicits_ack=asked, urgent=urgent, now=now)
        if asked:
            self._cover.heard(now=now)
        was_silent = self.silence(now=now) > max(1.0, self.recovery.rtt.probe_timeout)
        self.heard_at = now
        self._departures.asking_since = None
        for frame in frames:
            self._take_frame(frame, source, now=now)
        if self.ways.heard(source, questions if newest else None, now=now):
            self._scheduler.hurry()
        self._take_source(source, len(untrusted), newest=newest, urgent=urgent, was_silent=was_silent, now=now)

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

    def _take_frame(self, frame: WireFrame, source: Path, *, now: float) -> None:
        if isinstance(frame, Ack):
            self._take_ack(frame, now=now)
        elif isinstance(frame, PathChallenge):
            self._path_frames.take_challenge(frame, source)
        elif isinstance(frame, PathResponse):
            if self._routes.answered(frame.data, source):
                self._path_changed(now)
            self.ways.udp_answered(source, now=now)

    def _take_ack(self, ack: Ack, *, now: float) -> None:
        if ack.largest >= self._departures.next_number:
            self.dropped[Malformed.__name__] += 1
            return
        for recovery in self.ways.recoveries:
            recovery.take_ack(ack, next_number=self._departures.next_number, now=now)

    # --- paths and silence -----------------------------------------------------------------------------------

    def _path_changed(self, now: float) -> None:
        self.ways.udp.forget_path(now=now)
        if not self.recovery.reliable:
            self.hurry(now=now)

    def hurry(self, *, now: float) -> None:
        """Say everything that is open again now: the peer answers again, or the network or the clock changed."""
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
        if self.ways.add_stream(path, now=now):
            self._scheduler.hurry()

    def drop_stream(self, path: Path, *, now: float) -> None:
        """Give up a stream that was closed: what was on its way in it goes by UDP."""
        if self.ways.drop_stream(path, now=now):
            self.hurry(now=now)

    def _probes(self, now: float) -> list[Datagram]:
        datagrams: list[Datagram] = []
        for paths, recovery in self.ways.probes(now=now):
            loads = [Load(_PING)]
            loads += padding(loads, floor=self._smallest, room=FLOOR_MTU - OVERHEAD_BYTES)
            datagrams += self._departures.datagrams(loads, paths, recovery, now=now, probes_path=True)
        return datagrams

    def send_failed(self, size: int, *, too_long: bool, now: float) -> None:
        """Take note that the local host refused a datagram of `size` bytes."""
        if too_long:
            self.ways.udp.mtu.send_failed(size, now=now)

    def silence(self, *, now: float) -> float:
        """Return for how many seconds the peer has left our questions unanswered; 0 when none is open.

        Whatever comes is taken for an answer, so a peer that is heard but hears nothing counts as answering.
        """
        asking_since = self._departures.asking_since
        return 0.0 if asking_since is None else now - asking_since

    # --- sending ---------------------------------------------------------------------------------------------

    def conditions(self, *, now: float) -> LinkConditions:
        """Return what the traffic classes may know of the link."""
        return self.recovery.conditions(silence=self.silence(now=now))

    def datagrams_to_send(self, *, now: float) -> list[Datagram]:
        """Return what is to be put on the wire now, in order."""
        self._notice_sleep(now)
        self.protection.opener.forget_previous(now=now)
        for recovery in self.ways.recoveries:
            recovery.look(heard_at=self.heard_at, now=now)
        if self.ways.turn(now=now):
            self._scheduler.hurry()
        datagrams = self._path_datagrams(now) + self._probes(now)
        for _ in range(MAX_DATAGRAMS_PER_TURN):
            built = self._next_datagrams(now)
            if not built:
                break
            datagrams += built
        if datagrams:
            self._scheduler.led_to_something()
        if self.trace is not None:
            self.trace.link(self.recovery, self.ways.active, now=now)
        return datagrams

    def _path_datagrams(self, now: float) -> list[Datagram]:
        """Return challenges and answers; their loss is not tracked, it tells nothing of the path in use."""
        datagrams: list[Datagram] = []
        for path, load in self._path_frames.due(now=now):
            datagrams += self._departures.datagrams([load], [path], self.ways.udp, now=now)
        return datagrams

    def _next_datagrams(self, now: float) -> list[Datagram]:
        if not self.ways.is_reachable or self._cover.opens_at(now=now) > now:
            return []
        link = self.conditions(now=now)
        slot_at = self._cover.slot_at
        in_slot = slot_at is not None and slot_at <= now
        due = (self._receipts.due_at(), self._scheduler.due_at(link))
        if not in_slot and not any(moment is not None and moment <= now for moment in due):
            return self._mtu_probe(now)
        is_new = self._is_new_to_stream(link, now)
        loads = self._gather(link, now)
        if in_slot:
            loads += self._filling_slot(loads, link, now)
        if not loads:
            return []
        loads += padding(loads, floor=SLOT_SIZE if in_slot else self._smallest, room=link.room)
        size = OVERHEAD_BYTES + sum(len(load.encoded) for load in loads)
        silent = link.silence > self.recovery.rtt.probe_timeout
        paths, recovery = self.ways.places(size, silent=silent, is_new=is_new)
        limited = link.window_room < 2 * link.room
        return self._departures.datagrams(loads, paths, recovery, now=now, limited=limited) + self._fillers(paths, now)

    def _is_new_to_stream(self, link: LinkConditions, now: float) -> bool:
        """Tell whether something is due that a stream does not carry already: a stream needs no repeats."""
        if not self.ways.uses_both or self._receipts.owed:
            return True
        due_at = self._scheduler.due_at(link._replace(reliable=True, loss=0.0))
        return due_at is not None and due_at <= now

    def _filling_slot(self, loads: Sequence[Load], link: LinkConditions, now: float) -> list[Load]:
        """Return what else leaves with a slot of the cover: a question where there is none, if the path has room."""
        self._cover.slot_used(now=now)
        if not self._cover.asks or any(load.elicits_ack for load in loads):
            return []
        if not loads and (link.silent or link.window_room <= 0):
            return []
        return [Load(_PING)]

    def _fillers(self, paths: Sequence[Path], now: float) -> list[Datagram]:
        """Return datagrams of nothing that earn the peer's first answers, behind what must not wait for them."""
        unproven = self._routes.unproven([path for path in paths if not path.is_stream])
        if not unproven:
            return []
        loads = [Load(PADDING.encode(Padding(FLOOR_MTU - OVERHEAD_BYTES)), elicits_ack=False)]
        return self._departures.datagrams(loads, unproven, self.ways.udp, now=now)

    def _gather(self, link: LinkConditions, now: float) -> list[Load]:
        loads = [self._receipts.told(now=now)] if self._receipts.owed else []
        loads += self._scheduler.loads(link.room - sum(len(load.encoded) for load in loads), link, now=now)
        if any(load.elicits_ack for load in loads) and self._receipts.forgettable:
            told = self._receipts.told(now=now)
            if len(told.encoded) <= link.room - sum(len(load.encoded) for load in loads):
                loads.append(told)
        return loads

    def _mtu_probe(self, now: float) -> list[Datagram]:
        size = self.recovery.mtu.next_probe()
        active = self._routes.active if self.recovery is self.ways.udp else None
        if size is None or active is None or self.silence(now=now) > self.recovery.rtt.probe_timeout:
            return []
        filling = PADDING.encode(Padding(size - OVERHEAD_BYTES - 1))
        loads = [Load(_PING), Load(filling, elicits_ack=False)]
        self.recovery.mtu.probe_sent(size)
        return self._departures.datagrams(loads, [active], self.recovery, now=now, probes_mtu=True)

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
            opens_at = self._cover.opens_at(now=now)
            due = (self._scheduler.due_at(self.conditions(now=now)), self._receipts.due_at(), self._cover.slot_at)
            moments += [max(moment, opens_at) for moment in due if moment is not None]
            moments += [recovery.next_wakeup() for recovery in self.ways.recoveries]
        wakeup = min((moment for moment in moments if moment is not None), default=None)
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
