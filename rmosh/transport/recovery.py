"""What the fate of sent packets tells of the path: acknowledgement, loss, round trips, congestion, size (RFC 9002).

It knows packets by number, size and time of sending; neither paths nor frames but ACK.
"""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from rmosh.moments import earliest
from rmosh.transport.congestion import CongestionWindow
from rmosh.transport.delivery import DeliveryTimes
from rmosh.transport.flights import Flights
from rmosh.transport.frames import Ack
from rmosh.transport.header import OVERHEAD_BYTES
from rmosh.transport.loss import LossEstimator, NoLoss
from rmosh.transport.mtu import MtuSearch, OneSize
from rmosh.transport.policy import (
    COPIES_ABOVE_LOSS,
    EXPIRY_LEAST,
    EXPIRY_TIMEOUTS,
    EXPIRY_UNMEASURED,
    IMPATIENT_ABOVE_LOSS,
    PROBE_INTERVAL,
    RESTS_AFTER,
    STREAM_EXPIRY,
    TIMER_GRANULARITY,
    WHOLE_MESSAGE,
)
from rmosh.transport.repeats import LinkConditions
from rmosh.transport.rtt import RttEstimator
from rmosh.transport.sent_packets import SentPacket, SentPackets
from rmosh.transport.streams_pace import StreamsPace
from rmosh.transport.unanswered import UnansweredQuestions, unanswered_for

if TYPE_CHECKING:
    from rmosh.transport.endpoint_trace import EndpointTrace


class Recovery:
    """Takes note of what is sent and acknowledged, and tells each packet's cargo of its fate.

    Attributes:
        reliable: a stream carries the packets, so that none is lost, only late.
        trace: told the same; None where nobody observes.
        deliveries: how long packets take; None where that is compared with nothing.
        proven_since: when the newest packet was sent that is known to have arrived; endless before one is.
        unacknowledged_since: since when nothing of what we sent was acknowledged; None when nothing is open.
    """

    def __init__(
        self, *, on_newest: Callable[[int], None], on_longer: Callable[[], None], reliable: bool = False
    ) -> None:
        """Begin.

        Args:
            on_newest: told the number of the newest packet, once it is known that it arrived, before its cargo is.
            on_longer: told that the path has grown longer, before anything is told of what came back on it.
        """
        self.reliable = reliable
        self._on_newest = on_newest
        self._on_longer = on_longer
        self._sent = SentPackets()
        self.unacknowledged_since: float | None = None
        self._unanswered = UnansweredQuestions()
        self._measured_since = 0.0
        self._limited_up_to = -1
        self.rtt = RttEstimator()
        self.loss = NoLoss() if reliable else LossEstimator()
        self.congestion = CongestionWindow()
        self.streams = StreamsPace(self.rtt)
        self.mtu = OneSize() if reliable else MtuSearch()
        self.flights = Flights()
        self.trace: EndpointTrace | None = None
        self.deliveries: DeliveryTimes | None = None
        self.proven_since = -math.inf

    def sent(self, packet: SentPacket, *, is_stream: bool = False) -> None:
        """Take note of a packet that elicits an acknowledgement, with streams in it or not."""
        self.streams.sent(packet, is_stream=is_stream)
        self._sent.sent(packet)
        if packet.window_limited:
            self._limited_up_to = packet.number
        if self.deliveries is not None:
            self.deliveries.sent(packet.sent_at, rest=self._rest)
            self.flights.sent(packet.number, packet.sent_at)
        if packet.is_question:
            self.unacknowledged_since = self.unacknowledged_since or packet.sent_at
            self._unanswered.asked(packet.sent_at, rest=self._rest)

    def take_ack(self, ack: Ack, *, next_number: int, received_at: float, now: float) -> None:
        """Take an acknowledgement of packets below `next_number` that came at `received_at`."""
        result = self._sent.acknowledge(ack.ranges, now=received_at, rtt=self.rtt.pessimistic)
        for _ in range(result.late):
            self.loss.late()
            self.congestion.late()
            self.streams.late()
            self.flights.begin_again()
        sample = None
        if result.newest_is_new:
            newest = result.acknowledged[0]
            self._on_newest(newest.number)
            self.proven_since = newest.sent_at
            if newest.sent_at >= self._measured_since:
                sample = max(0.0, received_at - newest.sent_at)
                if (
                    newest.alone
                    and not self.reliable
                    and self.rtt.measured
                    and sample - ack.delay > self.rtt.probe_timeout
                ):
                    self.rtt.forget_path()
                    self._on_longer()
                self.rtt.sample(sample, ack_delay=ack.delay, now=now)
                sample = max(self.rtt.minimum, sample - ack.delay)
        if result.acknowledged:
            self.unacknowledged_since = now if self._sent.open_questions else None
            newest_at = result.acknowledged[0].sent_at
            self._unanswered.answered(newest_at, lacks_end=self._lacks_end(newest_at), now=now)
            if self.trace is not None:
                self.trace.acknowledged(result.acknowledged, now=now)
            self.streams.acknowledged(
                result.acknowledged,
                rtt=sample,
                arrived_at=received_at - ack.delay,
                on_way=self._sent.bytes_on_way,
                now=now,
            )
        for packet in result.acknowledged:
            self._arrived(packet, sample, now=now)
        if result.newest_is_new:
            self.flights.answered(result.acknowledged[0].number)
        self._detect_lost(now)
        if result.acknowledged:
            self.congestion.end_round(
                newest_acknowledged=result.acknowledged[0].number,
                next_number=next_number,
                minimum_rtt=self.rtt.minimum,
            )

    def _lacks_end(self, sent_at: float) -> bool:
        """Whether more of the flight that left at a moment is unanswered than chance explains."""
        if self.deliveries is None or self.loss.rate > IMPATIENT_ABOVE_LOSS:
            return False  # it may well be nothing but acknowledgements that are lost
        return self._sent.open_of_flight(sent_at) >= self.flights.more_than_chance

    def _arrived(self, packet: SentPacket, sample: float | None, *, now: float) -> None:
        if packet.probes_mtu:
            self.mtu.probe_acknowledged(packet.size, now=now)
        else:
            self.loss.acknowledged()
            if self.deliveries is not None:
                self.deliveries.arrived(packet.sent_at, now=now)
                self.flights.acknowledged(packet.number)
            self.mtu.datagram_acknowledged(packet.size, number=packet.number)
        limited = packet.number <= self._limited_up_to
        self.congestion.acknowledged(size=packet.size, rtt=sample, minimum_rtt=self.rtt.minimum, limited=limited)
        for cargo in packet.cargo:
            cargo.on_acknowledged(now=now)

    def _detect_lost(self, now: float) -> None:
        for packet in self._sent.detect_lost(now=now, rtt=self.rtt.pessimistic):
            if self.trace is not None:
                self.trace.overtaken(packet, by_many=self._sent.is_overtaken(packet), now=now)
            if packet.probes_mtu:
                self.mtu.probe_lost(packet.size, now=now)
                continue
            if self.deliveries is not None:
                self.deliveries.overtaken(packet.sent_at, now=now)
                self.flights.lost(packet.number)
            self.loss.lost()
            self.congestion.lost()
            self.streams.lost(packet)
            self.mtu.datagram_lost(packet.size, number=packet.number, now=now)
            for cargo in packet.cargo:
                cargo.on_lost(now=now)

    def look(self, *, heard_at: float | None, now: float) -> None:
        """Give up what is overdue at this moment.

        Args:
            heard_at: when the peer was last heard; None for never.
        """
        deadline = self._sent.loss_deadline(rtt=self.rtt.pessimistic)
        if deadline is not None and deadline <= now:
            self._detect_lost(now)
        expiry = self._expires_at()
        if expiry is not None and expiry <= now:
            self.expire(now - self._patience + TIMER_GRANULARITY, heard_at=heard_at, now=now)

    def next_wakeup(self) -> float | None:
        """Return when `look` has something to give up, unless an acknowledgement comes."""
        moments = (self._sent.loss_deadline(rtt=self.rtt.pessimistic), self._expires_at())
        return earliest(moments)

    def expire(self, before: float, *, heard_at: float | None, now: float) -> None:
        """Stop counting packets sent before a moment as in flight; no verdict on the path but for their size.

        Where only large datagrams vanish nothing smaller need ever be sent whose acknowledgement would tell.

        Args:
            heard_at: when the peer was last heard; None for never.
        """
        left_at = -math.inf
        for packet in self._sent.forget_owed_before(before):
            if self.trace is not None:
                self.trace.expired(packet, now=now)
            if not packet.probes_mtu:
                if self.deliveries is not None:
                    self.flights.given_up(packet.number)
                # where losses are usual, of what left at once nothing is heard because one acknowledgement is lost
                if packet.sent_at != left_at or self.loss.rate <= COPIES_ABOVE_LOSS:
                    self._given_up(packet, now=now)
                left_at = packet.sent_at
            elif heard_at is not None and heard_at > packet.sent_at:
                self.mtu.probe_lost(packet.size, now=now)
            else:
                self.mtu.probe_unanswered()
            for cargo in packet.cargo:
                cargo.on_lost(now=now)

    def _given_up(self, packet: SentPacket, *, now: float) -> None:
        if self.deliveries is not None and not packet.probes_path:
            self.deliveries.given_up(packet.sent_at, rest=self._rest, now=now)
        self.mtu.datagram_lost(packet.size, number=packet.number, now=now)

    def _expires_at(self) -> float | None:
        """Return when the oldest packet in flight has waited so long that only its own loss explains it.

        Nothing may have been sent since whose acknowledgement would tell.
        """
        oldest = self._sent.oldest_owed_at()
        return None if oldest is None else oldest + self._patience

    @property
    def _patience(self) -> float:
        """How long a packet may count as in flight, in seconds."""
        if self.reliable:
            return STREAM_EXPIRY
        if not self.rtt.measured:
            return EXPIRY_UNMEASURED
        least = EXPIRY_LEAST if self._sent.with_streams else 0.0  # keys tell sooner of a path that grew longer
        return max(least, EXPIRY_TIMEOUTS * self.rtt.probe_timeout)

    def conditions(
        self, *, silence: float, has_stream: bool = False, acknowledges_at: float | None = None
    ) -> LinkConditions:
        """Return what the traffic classes may know of the link.

        Args:
            silence: seconds for which its peer has been silent.
            has_stream: there is a stream beside UDP.
            acknowledges_at: when we acknowledge what the peer sent.
        """
        room = self.mtu.size - OVERHEAD_BYTES
        window_room = self.window_room(room)
        return LinkConditions(
            smoothed_rtt=self.rtt.smoothed,
            probe_timeout=self.rtt.probe_timeout,
            loss=self.loss.rate,
            silence=silence,
            room=room,
            window_room=window_room,
            whole_room=self._whole_room(window_room),
            window=self.congestion.window,
            minimum_rtt=self.rtt.minimum,
            rtt_variation=self.rtt.variation,
            reliable=self.reliable,
            has_stream=has_stream,
            acknowledges_at=acknowledges_at,
        )

    def with_streams(self, link: LinkConditions, *, now: float) -> LinkConditions:
        """Return the same with what streams may do on it."""
        on_way, window, size = self._sent.bytes_on_way, self.streams.window, self.streams.size(link.room)
        return LinkConditions(
            *link[:-4],  # _replace() takes twice as long
            streams_at=self.streams.next_at if on_way + size <= window else None,
            streams_room=min(window - on_way, self.streams.allowed(now=now) + size),
            streams_size=size,
            streams_window=window,
        )

    def window_room(self, datagram_room: int) -> float:
        """Return the bytes that the congestion window still allows; always one datagram on an empty path."""
        in_flight = self._sent.bytes_in_flight
        return max(datagram_room, self.congestion.window) if in_flight == 0 else self.congestion.window - in_flight

    def _whole_room(self, window_room: float) -> float:
        if not self.congestion.is_calm:
            return window_room
        return max(window_room, WHOLE_MESSAGE - self._sent.bytes_in_flight)

    @property
    def packets_lost(self) -> int:
        """How many were lost so far; those that turned out late do not count, nor do probes of the path's size."""
        return self._sent.lost

    @property
    def bytes_in_flight(self) -> int:
        """Bytes of the packets whose fate is not known, but for those in the background."""
        return self._sent.bytes_in_flight

    def unacknowledged(self, *, now: float) -> float:
        """Return for how many seconds nothing of what we sent was acknowledged; 0 when nothing is open.

        Grows while the way to the peer is dead, even where the way back is not.
        """
        return 0.0 if self.unacknowledged_since is None else now - self.unacknowledged_since

    @property
    def _rest(self) -> float:
        """For how long nothing is sent only where nothing is open, in seconds."""
        return RESTS_AFTER * max(PROBE_INTERVAL, self.rtt.probe_timeout)

    def doubtful_at(self, *, patience: float) -> float | None:
        """Return when more questions have waited for so many seconds than chance explains, in monotonic seconds."""
        return self._unanswered.overdue_at(unanswered_for(self.loss.rate), patience=patience, rest=self._rest)

    def forget_path(self, *, now: float) -> None:
        """Begin anew: packets take another path from now on."""
        self.distrust_clock(now=now)
        self.rtt.forget_path()
        self.congestion.forget_path()
        self.streams.forget_path()
        self.mtu.restart()

    def distrust_clock(self, *, now: float) -> None:
        """Measure no round trip by a packet sent before this moment."""
        self._measured_since = now

    def begin_again(self, *, now: float) -> None:
        """Judge the path anew by what is sent on it from now on."""
        self.unacknowledged_since = None
        self._unanswered = UnansweredQuestions()
        if self.deliveries is not None:
            self.deliveries.begin_again()
        self.mtu.trust_floor()
        self.congestion.forget_path()
        self.streams.forget_path()

    def go_on_from(self, other: "Recovery", *, losing_as: "Recovery", now: float) -> None:
        """Reckon with the round trips of one path and the losses and sizes of another; both carry each packet."""
        from copy import deepcopy  # 0.1 MB that most servers do without

        self.distrust_clock(now=now)
        self.rtt.go_on_from(other.rtt)
        self.loss = deepcopy(losing_as.loss)
        self.mtu = OneSize(losing_as.mtu.size)
        self.congestion.forget_path()
        self.streams.forget_path()
        self.unacknowledged_since = other.unacknowledged_since
