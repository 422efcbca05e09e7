"""The server's core: a terminal whose screen goes out to its clients and whose keys come in, as the four verbs.

The driver owns the PTY and the socket; this composes the terminal, its history and one attachment for each client,
tells their datagrams apart by their connection ids, and decides whose window the terminal has the size of.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from rmosh.announce import Announce
from rmosh.channels.channel import AttachmentEvent
from rmosh.channels.closing.bare_ends import Left, SessionClosed
from rmosh.channels.closing.frames import Close, CloseKind
from rmosh.channels.closing.policy import NEVER
from rmosh.channels.input.ends import Typed
from rmosh.channels.newest.ends import TerminalTold, WindowTold
from rmosh.history import DEFAULT_MAX_BYTES, DEFAULT_MAX_LINES
from rmosh.lazy_dataclass import dataclass
from rmosh.moments import earliest
from rmosh.session.attachment import Attachment, Guest
from rmosh.session.channels import holds_the_session
from rmosh.session.contained_terminal import ContainedTerminal
from rmosh.session.events import ClientLeft, MemorySpared, PtyInput
from rmosh.session.kept_history import KeptHistory
from rmosh.session.policy import CLIENT_TIMEOUT, MAX_CLIENTS
from rmosh.session.reached_server import ReachedServer
from rmosh.session.roster import Roster
from rmosh.terminal.cells import Frame as ScreenFrame
from rmosh.terminal.cells import LineDiscipline
from rmosh.terminal.width import COMMON_WIDTHS, Widths
from rmosh.transport.path import Datagram, Path

if TYPE_CHECKING:
    pass

#: What leaves the alternate screen, whatever was left half said. Source: ECMA-48 CAN; xterm's private mode 1049.
_LEAVE_ALTERNATE: Final = b"\x18\x1b[?1049l"

#: How output ends whose program says that its update is done. Source: synchronized output, mode 2026.
_UPDATE_ENDS: Final = b"\x1b[?2026l"


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


class ServerSession(ReachedServer[Attachment]):
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
        super().__init__(entropy=entropy, client_timeout=client_timeout, now=now)
        self._sharing = self._walls.part("who is here")
        self._history = KeptHistory(self._walls, self._contacts, max_lines=history_lines, max_bytes=history_bytes)
        self._terminal = ContainedTerminal(
            self._walls,
            self._history,
            self._events.append,
            rows=rows,
            columns=columns,
            answers_checksums=answers_checksums,
            widths=widths,
        )
        self._leader: Attachment | None = None
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
        if len(self._contacts) >= MAX_CLIENTS:
            self._forget(min(self._contacts.values(), key=_last_sign), now=now)
        self._contacts[announce.session_id] = attachment
        if self._close is not None:
            attachment.say_goodbye(self._close, patience=NEVER, now=now)
        if holds_the_session(guest.role):
            self._follow(attachment, now=now)
        self._roster.came_or_went(now=now)

    def detach(self, session_id: bytes, *, message: str = "", now: float) -> None:
        """Tell a client that it is no longer attached; one that is unknown is gone already."""
        attachment = self._contacts.get(session_id)
        if attachment is not None:
            attachment.say_goodbye(Close(CloseKind.DETACHED, 0, message), now=now)
            self._close_ranks(now=now)

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
        return [attachment for attachment in self._contacts.values() if attachment.is_present]

    def _holders(self) -> list[Attachment]:
        return [attachment for attachment in self._present() if holds_the_session(attachment.guest.role)]

    # --- the four verbs --------------------------------------------------------------------------------------

    def datagrams_to_send(self, *, now: float, clock: Callable[[], float] | None = None) -> list[Datagram]:
        """Return what is to be sent now, in order."""
        self._walls.now = now
        if self._history.pack(now=now):
            self._events.append(MemorySpared())
        if self._terminal.shows_again():
            self._changed(now=now)
        self._settle_cleared(now, now=now)
        if self._roster.due_at is not None:
            self._sharing.run(None, self._roster.tell, self._present(), self._leader, now=now)
        return super().datagrams_to_send(now=now, clock=clock)

    def next_wakeup(self, *, now: float) -> float | None:
        """Return when `datagrams_to_send` should be called next without another reason, in monotonic seconds."""
        moments = [super().next_wakeup(now=now), self._history.next_wakeup()]
        moments += [self._terminal.settles_at, self._terminal.shows_again_at]
        if self._roster.due_at is not None:
            moments.append(max(self._roster.due_at, self._sharing.left_off_until))
        return earliest(moments)

    # --- the driver's side -----------------------------------------------------------------------------------

    def output(self, data: bytes, *, now: float) -> None:
        """Take what the program wrote to the PTY."""
        self._walls.now = now
        self._terminal.feed(data, now=now)
        self._changed(output=len(data), is_whole=data.endswith(_UPDATE_ENDS), now=now)

    def line_discipline(self, flags: LineDiscipline, *, now: float) -> None:
        """Take the PTY's flags; a change is worth a frame."""
        if flags != self._terminal.line_discipline:
            self._terminal.line_discipline = flags
            self._changed(now=now)

    def input_taken(self, client: bytes, input_offset: int, *, now: float) -> None:
        """Take note that everything below an offset of one client's input was written to the PTY."""
        attachment = self._contacts.get(client)
        if attachment is not None:
            attachment.input_taken(input_offset, now=now)

    def shell_ended(self, close: Close, *, now: float) -> None:
        """Tell every client that the session is over, with the main screen as the last one."""
        self._close = self._close or close
        if self.screen.modes.alternate_screen:
            self.output(_LEAVE_ALTERNATE, now=now)
        self._settle_cleared(NEVER, now=now)
        for attachment in self._contacts.values():
            attachment.say_goodbye(close, patience=NEVER, now=now)

    @property
    def synchronizing(self) -> bool:
        """Whether the program is in the middle of an update, by its own word."""
        return self._terminal.synchronizing

    @property
    def screen(self) -> ScreenFrame:
        """The terminal's screen now, sent or not."""
        return self._terminal.take_screen()

    def _settle_cleared(self, until: float, *, now: float) -> None:
        if self._terminal.settle_cleared(until, now=now):
            self._changed(now=now)

    def _changed(self, *, output: int = 0, is_whole: bool = False, now: float) -> None:
        synchronizing = self._terminal.synchronizing
        for attachment in self._contacts.values():
            attachment.screen.changed(output=output, synchronizing=synchronizing, is_whole=is_whole, now=now)

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
        super()._forget(attachment, now=now)
        self._events.append(ClientLeft(attachment.session_id))
        self._close_ranks(now=now)

    def _close_ranks(self, *, now: float) -> None:
        """Go on without a client that left: another may lead, and the others are told."""
        self._choose_leader(now=now)
        self._roster.came_or_went(now=now)

    # --- whose window and terminal count ---------------------------------------------------------------------

    def _follow(self, attachment: Attachment, *, now: float) -> None:
        """Give the terminal the size and the answers of a client's: of the one that typed last."""
        if self._leader is attachment:
            return
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
