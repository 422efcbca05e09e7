"""A client's contact with its server, with a terminal or without: the endpoint, its paths, and how it is left.

Which channels there are its heirs say; the driver owns the sockets.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rmosh.announce import Announce
from rmosh.channels.channel import ClientEvent, Ends, FaultContained
from rmosh.channels.closing.frames import Close, CloseKind
from rmosh.channels.closing.sender import CloseSender
from rmosh.channels.streams.ends import StreamsAtClient
from rmosh.containment import Containment
from rmosh.moments import earliest
from rmosh.session.contact import Contact
from rmosh.session.policy import CONNECTION_LEFT_OFF_FOR
from rmosh.session.status import LinkStatus, PathFigures
from rmosh.session.wishes import PathWanted, StreamIdle
from rmosh.transport.channel import Reception
from rmosh.transport.cover_traffic import TypingCover
from rmosh.transport.endpoint import Endpoint
from rmosh.transport.frame_table import FrameTable
from rmosh.transport.heartbeat import Heartbeat
from rmosh.transport.packet_protection import PacketProtection
from rmosh.transport.path import Datagram, Path
from rmosh.transport.policy import PATH_WANTED_AFTER, PATH_WANTED_AGAIN, SMALLEST_TO_SERVER
from rmosh.transport.routes import SeekingRoutes

if TYPE_CHECKING:
    from rmosh.channels.streams.streams import Streams


class ClientContact(Contact):
    """The four verbs of a client.

    Attributes:
        channels: the ends of its channels.
    """

    channels: Ends
    _goodbye: CloseSender

    def __init__(self, *, paths: Sequence[Path], cover: TypingCover | None = None, now: float) -> None:
        """Begin, without channels: they are told of this.

        Args:
            cover: when datagrams may leave; None for at any time.
        """
        self._events: deque[ClientEvent] = deque()
        self._walls = Containment(now=now)
        self._connecting = self._walls.part("the connection", left_off_for=CONNECTION_LEFT_OFF_FOR)
        self._cover = cover
        self._heartbeat = Heartbeat(now=now)
        self._routes = SeekingRoutes([path for path in paths if not path.is_stream])
        self._path_wanted_at = now

    def _connect(
        self,
        announce: Announce,
        channels: Ends,
        frames: FrameTable,
        paths: Sequence[Path],
        *,
        entropy: Callable[[int], bytes],
        now: float,
    ) -> None:
        """Speak by these channels from now on.

        Args:
            announce: not kept; the caller forgets its secret.
        """
        self.channels = channels
        self._streams_end = channels.of(StreamsAtClient)
        reception = Reception(channels.by_name.values())
        self._endpoint = Endpoint(
            protection=PacketProtection.of_client(announce, entropy, now=now),
            routes=self._routes,
            frames=frames,
            channels=channels.by_name,
            deliver=lambda frames, moment: self._connecting.take(reception.take, frames, now=moment),
            answers_follow=False,
            smallest=SMALLEST_TO_SERVER,
            cover=self._cover,
            heartbeat=self._heartbeat,
        )
        for path in paths:
            if path.is_stream:
                self._endpoint.add_stream(path, now=now)

    def _want_larger(self, now: float) -> None:
        self._endpoint.recovery.mtu.want_larger(now=now)

    def _flowed(self, size: int, now: float) -> None:
        self._heartbeat.flowed(size, now=now)

    @property
    def streams(self) -> "Streams":
        """Streams of bytes beside the terminal, or without one."""
        return self._streams_end.streams

    @property
    def begun_streams(self) -> "Streams | None":
        """The same once somebody wanted one; what they are made of is not loaded before."""
        return self._streams_end.begun

    # --- the four verbs --------------------------------------------------------------------------------------

    def receive_datagram(self, untrusted: bytes, source: Path, *, now: float, received_at: float | None = None) -> None:
        """Take one datagram from the network; anything wrong with it is counted and dropped."""
        self._walls.now = now
        self._connecting.run(None, self._endpoint.receive_datagram, untrusted, source, now=now, received_at=received_at)

    def datagrams_to_send(self, *, now: float, clock: Callable[[], float] | None = None) -> list[Datagram]:
        """Return what is to be sent now, in order."""
        self._walls.now = now
        for end in self.channels.timed:
            end.turn(now=now)
        datagrams = self._connecting.run([], self._endpoint.datagrams_to_send, now=now, clock=clock)
        self._want_path_when_silent(now)
        if self._endpoint.ways.stream_becomes_idle(now=now):
            self._note("stream_idle", now=now)
            self._tell(StreamIdle())
        return datagrams

    def next_wakeup(self, *, now: float) -> float | None:
        """Return when `datagrams_to_send` should be called next without another reason, in monotonic seconds."""
        wakeup = self._connecting.run(None, self._endpoint.next_wakeup, now=now)
        moments = [self._connecting.left_off_until or wakeup]
        for end in self.channels.timed:
            moments.append(end.next_wakeup(now=now))
        return earliest(moments)

    def next_event(self) -> ClientEvent | None:
        """Return the oldest event not yet returned."""
        if self._events:
            return self._events.popleft()
        told = self._walls.next_told()
        return None if told is None else FaultContained(told)

    def _tell(self, event: ClientEvent) -> None:
        """Queue an event; of each kind only the newest counts, so a server cannot fill the queue."""
        if self._events:
            for outdated in [queued for queued in self._events if type(queued) is type(event)]:
                self._events.remove(outdated)
        if event.comes_first:
            self._events.appendleft(event)
        else:
            self._events.append(event)

    # --- leaving ---------------------------------------------------------------------------------------------

    def quit(self, *, now: float) -> None:
        """End the session: the server lets go of what runs there, unless others are attached."""
        self._note("quit", now=now)
        self._goodbye.close(Close(CloseKind.CLIENT_QUIT))

    def detach(self, *, now: float) -> None:
        """Leave the session and let it go on without us."""
        self._note("detached", now=now)
        self._goodbye.close(Close(CloseKind.DETACHED))

    @property
    def quit_arrived(self) -> bool:
        """Whether the server knows that we go."""
        return self._goodbye.arrived_at is not None

    # --- paths -----------------------------------------------------------------------------------------------

    def add_path(self, path: Path, *, now: float) -> None:
        """Try a path from now on, at once."""
        self._note("path_added", socket=path.socket, now=now)
        if path.is_stream:
            self._endpoint.add_stream(path, now=now)
            return
        self._routes.add(path, now=now)
        self._endpoint.ways.try_udp(now=now)
        self._probe_elsewhere(now)

    def drop_path(self, path: Path, *, now: float) -> None:
        """Forget a path whose socket was closed."""
        self._note("path_dropped", socket=path.socket, now=now)
        self._routes.drop(path)
        self._endpoint.drop_stream(path, now=now)

    @property
    def active_path(self) -> Path | None:
        """The path on which the server answers; None before it did."""
        return self._endpoint.ways.active

    def network_changed(self, *, now: float) -> None:
        """The host's addresses or routes changed: ask for a fresh socket, probe at once."""
        self._note("network_changed", now=now)
        self._want_path(now)
        self._endpoint.ways.try_udp(now=now)
        self._endpoint.ways.doubt(now=now)
        self._probe_elsewhere(now)

    def woke_up(self, *, now: float) -> None:
        """The machine or the process slept: probe at once."""
        self._note("woke_up", now=now)
        self._path_wanted_at = now
        self._endpoint.ways.try_udp(now=now)
        self._endpoint.ways.doubt(now=now)
        self._probe_elsewhere(now)

    def send_failed(self, path: Path, *, now: float, too_long: int | None = None) -> None:
        """The local host refused a datagram.

        Args:
            too_long: its size in bytes where the size was the reason; otherwise the path is in question.
        """
        self._note("send_failed", socket=path.socket, too_long=too_long or 0, now=now)
        if too_long is not None:
            self._endpoint.send_failed(too_long, too_long=True, now=now)
        elif path == self.active_path and now - self._path_wanted_at > PATH_WANTED_AFTER:
            self._want_path(now)

    def _probe_elsewhere(self, now: float) -> None:
        """Ask at once, and under another id: whoever sees us now need not know who we were."""
        self._endpoint.protection.change_id()
        self._heartbeat.probe()
        self._endpoint.hurry(now=now)

    def _want_path_when_silent(self, now: float) -> None:
        if self._silence(now) < PATH_WANTED_AFTER + self._endpoint.recovery.rtt.probe_timeout:
            return
        if now - self._path_wanted_at >= PATH_WANTED_AGAIN:
            self._want_path(now)

    def _silence(self, now: float) -> float:
        """For how long the server has not answered, or has not heard us: one way can be dead alone."""
        return max(self._endpoint.silence(now=now), self._endpoint.recovery.unacknowledged(now=now))

    def _want_path(self, now: float) -> None:
        self._path_wanted_at = now
        self._note("path_wanted", silence=self._silence(now), now=now)
        self._tell(PathWanted())

    # --- status ----------------------------------------------------------------------------------------------

    @property
    def was_heard(self) -> bool:
        """Whether the server was ever heard."""
        return self._endpoint.heard_at is not None

    def status(self, *, now: float) -> LinkStatus:
        """Return what the connection overlay shows."""
        endpoint = self._endpoint
        recovery, heard_at = endpoint.recovery, endpoint.heard_at
        rtt = recovery.rtt
        path = self.active_path
        beside = endpoint.ways.beside
        return LinkStatus(
            srtt=rtt.smoothed if rtt.measured else None,
            rttvar=rtt.variation if rtt.measured else None,
            latest_rtt=rtt.latest,
            loss=recovery.loss.rate,
            path="" if path is None else _in_words(path),
            last_contact=None if heard_at is None else now - heard_at,
            silence=endpoint.silence(now=now),
            unheard=recovery.unacknowledged(now=now),
            bytes_sent=endpoint.bytes_sent,
            bytes_received=endpoint.bytes_received,
            datagrams_sent=endpoint.datagrams_sent,
            datagrams_received=endpoint.datagrams_received,
            datagrams_lost=recovery.packets_lost,
            datagrams_sent_there=endpoint.packets_sent_there,
            datagrams_dropped=sum(endpoint.dropped.values()),
            mtu=recovery.mtu.size,
            is_stream=path is not None and path.is_stream,
            udp=None if beside is None else PathFigures.of(endpoint.ways.udp, now=now),
            stream=None if beside is None else PathFigures.of(beside.stream, now=now),
        )


def _in_words(path: Path) -> str:
    return "stream" if path.is_stream else f"[{path.host}]:{path.port}"
