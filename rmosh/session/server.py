"""The server's core: a terminal whose screen goes out to its clients and whose keys come in, as the four verbs.

The driver owns the PTY and the socket; this composes the terminal, its history and one attachment for each client,
tells their datagrams apart by their connection ids, and decides whose window the terminal has the size of.
"""

from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rmosh.announce import Announce
from rmosh.channels.channel import AttachmentEvent, FaultContained
from rmosh.channels.closing.ends import Left, SessionClosed
from rmosh.channels.closing.frames import Close, CloseKind
from rmosh.channels.closing.policy import NEVER
from rmosh.channels.input.ends import Typed
from rmosh.channels.newest.ends import TerminalTold, WindowTold
from rmosh.containment import Containment
from rmosh.errors import Foreign
from rmosh.history import DEFAULT_MAX_BYTES, DEFAULT_MAX_LINES
from rmosh.session.attachment import Attachment, Guest
from rmosh.session.channels import holds_the_session
from rmosh.session.contained_terminal import ContainedTerminal
from rmosh.session.demultiplexer import Demultiplexer
from rmosh.session.events import ClientLeft, MemorySpared, PtyInput, ServerEvent
from rmosh.session.kept_history import KeptHistory
from rmosh.session.policy import (
    CLIENT_TIMEOUT,
    MAX_CLIENTS,
)
from rmosh.session.roster import Roster
from rmosh.terminal.cells import Frame as ScreenFrame
from rmosh.terminal.cells import LineDiscipline
from rmosh.terminal.width import COMMON_WIDTHS, Widths
from rmosh.transport.path import Datagram, Path

if TYPE_CHECKING:
    from rmosh.transport.trace import Observer

#: What leaves the alternate screen, whatever was left half said. Source: ECMA-48 CAN; xterm's private mode 1049.
_LEAVE_ALTERNATE: Final = b"\x18\x1b[?1049l"


@dataclass(frozen=True, slots=True)
class AttachmentStatus:
    """One client, as others see it.

    Attributes:
        leads: the terminal has the size of this client's window.
        typed_at: when it last typed, in monotonic seconds; when it came, if it never did.
        heard_at: when it was last heard; None before the first time.
        path: where its datagrams come from and go to; None before one is known.
    """

    session_id: bytes
    guest: Guest
    window: tuple[int, int]
    leads: bool
    attached_at: float
    typed_at: float
    heard_at: float | None
    path: Path | None = None


class ServerSession:
    """One session's server end, with any number of clients up to MAX_CLIENTS.

    Attributes:
        typed_at: when a client last typed, or the session began; in monotonic seconds.
    """

    def __init__(
        self,
        *,
        rows: int,
        columns: int,
        entropy: Callable[[int], bytes],
        now: float,
        history_lines: int = DEFAULT_MAX_LINES,
        history_bytes: int = DEFAULT_MAX_BYTES,
        client_timeout: float = CLIENT_TIMEOUT,
        answers_checksums: bool = False,
        widths: Widths = COMMON_WIDTHS,
    ) -> None:
        """Begin.

        Args:
            history_lines, history_bytes: how much is kept of what scrolled off.
            client_timeout: seconds of silence after which a client is forgotten.
            answers_checksums: programs may ask for checksums of the screen.
            widths: how they count columns.
        """
        self._walls = Containment(now=now)
        self._sharing = self._walls.part("who is here")
        self._entropy = entropy
        self._client_timeout = client_timeout
        self._events: deque[ServerEvent] = deque()
        self._attachments: dict[bytes, Attachment] = {}
        self._history = KeptHistory(self._walls, self._attachments, max_lines=history_lines, max_bytes=history_bytes)
        self._terminal = ContainedTerminal(
            self._walls,
            self._history,
            self._events.append,
            rows=rows,
            columns=columns,
            answers_checksums=answers_checksums,
            widths=widths,
        )
        self._demultiplexer = Demultiplexer()
        self._dropped: Counter[str] = Counter()
        self._leader: Attachment | None = None
        self._close: Close | None = None
        self._was_quit = False
        self._roster = Roster()
        self.typed_at = now

    # --- clients come and go ---------------------------------------------------------------------------------

    def attach(self, announce: Announce, guest: Guest, *, now: float) -> None:
        """Take one more client, with keys of its own; where they are too many the one unheard longest goes.

        The announce is not kept; the caller forgets its secret.

        Raises:
            UsageError: another client has one of its connection ids; with another secret it will be let in.
        """
        self._walls.now = now
        attachment = Attachment(
            announce,
            guest,
            take_screen=self._terminal.take_screen,
            history=(self._history.archive, self._history.recent_rows, self._history.cleared),
            walls=self._walls,
            entropy=self._entropy,
            synchronizing=self._terminal.synchronizing,
            now=now,
            client_timeout=self._client_timeout,
        )
        self._demultiplexer.connect(attachment)
        if len(self._attachments) >= MAX_CLIENTS:
            self._forget(min(self._attachments.values(), key=_last_sign), now=now)
        self._attachments[announce.session_id] = attachment
        if self._close is not None:
            attachment.say_goodbye(self._close, patience=NEVER, now=now)
        if holds_the_session(guest.role):
            self._follow(attachment, now=now)
        self._roster.came_or_went(now=now)

    def detach(self, session_id: bytes, *, message: str = "", now: float) -> None:
        """Tell a client that it is no longer attached; one that is unknown is gone already."""
        attachment = self._attachments.get(session_id)
        if attachment is not None:
            attachment.say_goodbye(Close(CloseKind.DETACHED, 0, message), now=now)
            self._close_ranks(now=now)

    def observe(self, session_id: bytes, observer: "Observer | None", *, now: float) -> None:
        """Tell an observer what happens with one client from now on; None for nobody. One that is unknown is gone."""
        attachment = self._attachments.get(session_id)
        if attachment is not None:
            attachment.observe(observer, now=now)

    @property
    def attachments(self) -> tuple[AttachmentStatus, ...]:
        """The clients that have not said goodbye nor been told to, in the order they came."""
        return tuple([self._status(attachment) for attachment in self._present()])

    def _status(self, attachment: Attachment) -> AttachmentStatus:
        return AttachmentStatus(
            session_id=attachment.session_id,
            guest=attachment.guest,
            window=attachment.window,
            leads=attachment is self._leader,
            attached_at=attachment.attached_at,
            typed_at=attachment.typed_at,
            heard_at=attachment.heard_at,
            path=attachment.path,
        )

    def _present(self) -> list[Attachment]:
        return [attachment for attachment in self._attachments.values() if attachment.is_present]

    def _holders(self) -> list[Attachment]:
        return [attachment for attachment in self._present() if holds_the_session(attachment.guest.role)]

    # --- the four verbs --------------------------------------------------------------------------------------

    def receive_datagram(self, untrusted: bytes, source: Path, *, now: float) -> None:
        """Take one datagram from the network; anything wrong with it is counted and dropped."""
        self._walls.now = now
        attachment = self._demultiplexer.find(untrusted)
        if attachment is None:
            self._dropped[Foreign.__name__] += 1
            return
        attachment.receive_datagram(untrusted, source, now=now)
        self._demultiplexer.follow(attachment)
        while (event := attachment.next_event()) is not None:
            self._take_event(attachment, event, now=now)

    def datagrams_to_send(self, *, now: float) -> list[Datagram]:
        """Return what is to be sent now, in order."""
        self._walls.now = now
        if self._history.pack(now=now):
            self._events.append(MemorySpared())
        if self._terminal.shows_again():
            self._changed(now=now)
        self._settle_cleared(now, now=now)
        self._sharing.run(None, self._roster.tell, self._present(), self._leader, now=now)
        datagrams: list[Datagram] = []
        for attachment in list(self._attachments.values()):
            datagrams += attachment.datagrams_to_send(now=now)
            if attachment.is_gone(now=now) and self._close is None:
                self._forget(attachment, now=now)
        return datagrams

    def send_failed(self, path: Path, *, too_long: int, now: float) -> None:
        """The local host refused a datagram of so many bytes as too long for its way."""
        for attachment in self._attachments.values():
            attachment.send_failed(path, too_long=too_long, now=now)

    def next_wakeup(self, *, now: float) -> float | None:
        """Return when `datagrams_to_send` should be called next without another reason, in monotonic seconds."""
        moments = [attachment.next_wakeup(now=now) for attachment in self._attachments.values()]
        moments += (self._history.next_wakeup(), self._terminal.settles_at, self._terminal.shows_again_at)
        if self._roster.due_at is not None:
            moments.append(max(self._roster.due_at, self._sharing.left_off_until))
        return min((moment for moment in moments if moment is not None), default=None)

    def next_event(self) -> ServerEvent | None:
        """Return the oldest event not yet returned."""
        if self._events:
            return self._events.popleft()
        told = self._walls.next_told()
        return None if told is None else FaultContained(told)

    # --- the driver's side -----------------------------------------------------------------------------------

    def output(self, data: bytes, *, now: float) -> None:
        """Take what the program wrote to the PTY."""
        self._walls.now = now
        self._terminal.feed(data, now=now)
        self._changed(output=len(data), now=now)

    def line_discipline(self, flags: LineDiscipline, *, now: float) -> None:
        """Take the PTY's flags; a change is worth a frame."""
        if flags != self._terminal.line_discipline:
            self._terminal.line_discipline = flags
            self._changed(now=now)

    def input_taken(self, client: bytes, input_offset: int, *, now: float) -> None:
        """Take note that everything below an offset of one client's input was written to the PTY."""
        attachment = self._attachments.get(client)
        if attachment is not None:
            attachment.input_taken(input_offset, now=now)

    def shell_ended(self, close: Close, *, now: float) -> None:
        """Tell every client that the session is over, with the main screen as the last one."""
        self._close = self._close or close
        if self.screen.modes.alternate_screen:
            self.output(_LEAVE_ALTERNATE, now=now)
        self._settle_cleared(NEVER, now=now)
        for attachment in self._attachments.values():
            attachment.say_goodbye(close, patience=NEVER, now=now)

    @property
    def is_over(self) -> bool:
        """Whether the shell has ended; its clients may not know yet."""
        return self._close is not None

    @property
    def is_ending(self) -> bool:
        """Whether it is over, or a client has quit it and its programs take their time: nobody is let in any more."""
        return self.is_over or self._was_quit

    @property
    def connection_ids(self) -> frozenset[bytes]:
        """What datagrams of its clients may begin with now; another set whenever they change."""
        return self._demultiplexer.ids

    @property
    def finished(self) -> bool:
        """Whether every client knows that the session is over, and shows the last screen or had the time to.

        A client that ended the session itself repeats its goodbye until it is acknowledged: that needs us for a while.
        """
        return self.is_over and all(attachment.knows_the_end for attachment in self._attachments.values())

    @property
    def screen(self) -> ScreenFrame:
        """The terminal's screen now, sent or not."""
        return self._terminal.take_screen()

    @property
    def dropped(self) -> Counter[str]:
        """How many datagrams were dropped, by the name of what was wrong: those of nobody here are `Foreign`."""
        return sum((attachment.dropped for attachment in self._attachments.values()), self._dropped)

    @property
    def heard_at(self) -> float | None:
        """When a client was last heard, in monotonic seconds; None before the first time, or with no client."""
        moments = [attachment.heard_at for attachment in self._attachments.values()]
        return max((moment for moment in moments if moment is not None), default=None)

    def _settle_cleared(self, until: float, *, now: float) -> None:
        if self._terminal.settle_cleared(until, now=now):
            self._changed(now=now)

    def _changed(self, *, output: int = 0, now: float) -> None:
        synchronizing = self._terminal.synchronizing
        for attachment in self._attachments.values():
            attachment.screen.changed(output=output, synchronizing=synchronizing, now=now)

    # --- streams beside UDP ----------------------------------------------------------------------------------

    def add_path(self, client: bytes, path: Path, *, now: float) -> None:
        """Reach a client by a stream as well, from before the first datagram comes by it."""
        attachment = self._attachments.get(client)
        if attachment is not None:
            attachment.add_path(path, now=now)

    def drop_path(self, path: Path, *, now: float) -> None:
        """Forget a stream that was closed, whose client's it ever was."""
        for attachment in self._attachments.values():
            attachment.drop_path(path, now=now)

    # --- what clients say ------------------------------------------------------------------------------------

    def _take_event(self, attachment: Attachment, event: AttachmentEvent, *, now: float) -> None:
        ON_EVENT[type(event)](self, attachment, event, now=now)

    def _take_typed(self, attachment: Attachment, event: Typed, *, now: float) -> None:
        self._sharing.run(None, self._follow, attachment, now=now)
        self.typed_at = attachment.typed_at = now
        typed = self._terminal.typed(event.data, now=now)
        self._events.append(PtyInput(typed, event.input_offset, attachment.session_id))

    def _take_window(self, attachment: Attachment, _event: WindowTold, *, now: float) -> None:
        if attachment is self._leader:
            self._resize(*attachment.window, now=now)
        self._roster.changed(now=now)

    def _take_terminal(self, attachment: Attachment, _event: TerminalTold, *, now: float) -> None:
        if attachment is self._leader:
            self._terminal.answer_as(attachment.traits, attachment.colours)

    def _take_leave(self, _attachment: Attachment, event: Left, *, now: float) -> None:
        """End the session if the last who holds it wants that: none throws another out, no reader keeps it."""
        self._close_ranks(now=now)
        if event.wants_the_end and not self._holders():
            quit_by_another = Close(CloseKind.CLIENT_QUIT)
            for reader in self._present():
                reader.say_goodbye(quit_by_another, now=now)
            self._was_quit = True
            self._events.append(SessionClosed(quit_by_another))

    def _forget(self, attachment: Attachment, *, now: float) -> None:
        del self._attachments[attachment.session_id]
        self._demultiplexer.disconnect(attachment)
        self._dropped += attachment.dropped
        self._events.append(ClientLeft(attachment.session_id))
        self._close_ranks(now=now)

    def _close_ranks(self, *, now: float) -> None:
        """Go on without a client that left: another may lead, and the others are told."""
        self._choose_leader(now=now)
        self._roster.came_or_went(now=now)

    # --- whose window and terminal count ---------------------------------------------------------------------

    def _follow(self, attachment: Attachment, *, now: float) -> None:
        """Give the terminal the size and the answers of a client's: of the one that typed last."""
        if self._leader is not attachment:
            self._leader = attachment
            self._terminal.answer_as(attachment.traits, attachment.colours)
            self._roster.changed(now=now)
        self._resize(*attachment.window, now=now)

    def _choose_leader(self, *, now: float) -> None:
        if self._leader is None or self._leader in self._present():
            return
        self._leader = max(self._holders(), key=lambda attachment: attachment.typed_at, default=None)
        if self._leader is not None:
            self._terminal.answer_as(self._leader.traits, self._leader.colours)
            self._resize(*self._leader.window, now=now)

    def _resize(self, rows: int, columns: int, *, now: float) -> None:
        if self._terminal.resize(rows, columns, now=now):
            self._changed(now=now)


#: What comes of each event of a client's.
ON_EVENT: Final[Mapping[type[AttachmentEvent], Callable[..., None]]] = {
    Typed: ServerSession._take_typed,
    WindowTold: ServerSession._take_window,
    TerminalTold: ServerSession._take_terminal,
    Left: ServerSession._take_leave,
}


def _last_sign(attachment: Attachment) -> float:
    """Return when a client gave its last sign of life: to come is one."""
    return attachment.attached_at if attachment.heard_at is None else attachment.heard_at
