"""The server's loop: moves bytes between the UDP socket, the session core and the PTY, and tells them the time.

It decides nothing about the protocol or the screen; what it does decide is order: typed input before output, so
that Ctrl-C never waits behind a flood, and when a session that has ended is over.
"""

import os
import selectors
import time
from collections.abc import Callable
from typing import Final, Protocol

from rmosh.channels.channel import FaultContained
from rmosh.channels.closing.bare_ends import SessionClosed
from rmosh.channels.closing.frames import Close, CloseKind
from rmosh.channels.closing.policy import NEVER
from rmosh.session.events import ClientLeft, MemorySpared, PtyInput, ServerEvent
from rmosh.session.server import AttachmentStatus
from rmosh.terminal.cells import MAX_COLUMNS, LineDiscipline
from rmosh_server.process.memory import give_memory_back
from rmosh_server.serving.loop import (
    QUIT_PATIENCE,
    Control,
    Presence,
    ReachedCore,
    ServingLoop,
    SignalSource,
    SshChannels,
    UdpPort,
)
from rmosh_server.serving.served_streams import ServedStreams
from rmosh_server.shell.foreground import Readers
from rmosh_server.shell.pty import PIECE_SIZE, Pty
from rmosh_server.shell.typed_input import TypedInput

#: Program output taken in per turn, in bytes and seconds. Reason: a turn is what Ctrl-C waits for at worst, and the
#: emulator takes 1 to 20 ms for 64 KB. What it takes in that time is given to it at once: in a flood of which a screen
#: shows little, a piece of 64 KB costs half of what four of 16 KB do.
OUTPUT_PER_TURN: Final = 65536
OUTPUT_TIME_PER_TURN: Final = 0.003

#: Most bytes typed at once that are a key's, and for how long its answer is waited for before the turn goes on, in
#: seconds. Reason: a shell or an editor answers within some tenths of a millisecond, and what it shows leaves in this
#: turn instead of a second one. Whatever else comes ends the wait.
KEY_SIZE: Final = 16
ANSWER_PATIENCE: Final = 0.001

#: How long the rest of a synchronized update is waited for before the turn goes on, in seconds. Reason: a PTY holds
#: 4 KB, and the program goes on writing once that is read; nothing is shown before the rest is there.
REST_PATIENCE: Final = 0.001

#: Most output taken in after the program's end, in bytes. Reason: far above what a PTY holds; a bound, because
#: background processes may write on.
MAX_LAST_OUTPUT: Final = 1 << 20

#: How long a session that ended by itself waits for the client to hear of it, in seconds. Reason: a laptop asleep
#: over a meeting still gets the last screen and the exit status; later `rmosh-server status` tells.
ENDED_PATIENCE: Final = 3600.0


class ServerCore(ReachedCore, Protocol):
    """What the driver needs of a session; `rmosh.session.server.ServerSession` has it."""

    def next_event(self) -> ServerEvent | None: ...
    def output(self, data: bytes, *, now: float) -> None: ...
    def line_discipline(self, flags: LineDiscipline, *, now: float) -> None: ...
    def input_taken(self, client: bytes, input_offset: int, *, now: float) -> None: ...
    def shell_ended(self, close: Close, *, now: float) -> None: ...
    @property
    def synchronizing(self) -> bool: ...
    @property
    def attachments(self) -> tuple[AttachmentStatus, ...]: ...


class ServerDriver(ServingLoop):
    """Runs one session to its end."""

    def __init__(
        self,
        session: ServerCore,
        udp: UdpPort,
        ssh_paths: SshChannels,
        pty: Pty,
        signals: SignalSource,
        *,
        shell: int,
        presence: Presence,
        complain: Callable[[str], None],
        control: Control | None = None,
        served: ServedStreams | None = None,
        idle_timeout: float = NEVER,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take over a session whose shell, a child process with this id, has started.

        Args:
            complain: told in a line of each fault that the session survives.
            served: serves what clients' streams ask for.
        """
        super().__init__(
            session,
            udp,
            ssh_paths,
            signals,
            presence=presence,
            complain=complain,
            control=control,
            idle_timeout=idle_timeout,
            clock=clock,
            served=served,
            own_sources=(pty,),
        )
        self._session = session
        self._pty = pty
        self._shell: int | None = shell
        self._typed = TypedInput(pty.write)
        self._line_discipline = (False, False, 0, 0)  # the fields of a `LineDiscipline`: compared in every turn
        self._readers = Readers(leader=shell)
        self._hung_up = False
        self._key_given = self._waits_for_room = False
        self._piece_size = PIECE_SIZE

    @property
    def _is_finished(self) -> bool:
        return self._shell is None and super()._is_finished

    def _tell_the_end(self, close: Close, *, now: float) -> None:
        self._session.shell_ended(close, now=now)

    def turn(self) -> None:
        """Wait until something is due and do it: what the client typed first, then output, then answers."""
        ready = self._wait()
        now = self._walls.now
        self._receive(ready, now=now)
        self._handle_events(now=now)
        if self._key_given:
            self._key_given = False
            if not self._take_output():  # mostly it was answered while it was written
                ready |= self._look(within=ANSWER_PATIENCE)
            now = self._walls.now = self._clock()
        if self._pty in ready:
            self._take_output()
        self._attend_host(ready, now=now)
        self._note_line_discipline(now=now)
        self._handle_events(now=now)  # the emulator answered a program's questions
        self._conclude_turn(now=now)
        self._watch_pty()

    def _handle_events(self, *, now: float) -> None:
        while (event := self._session.next_event()) is not None:
            if isinstance(event, SessionClosed):
                self._end(event.close, now=now, patience=QUIT_PATIENCE)
                self._hang_up()
            elif isinstance(event, ClientLeft):
                self._client_left(event.client, now=now)
            elif isinstance(event, MemorySpared):
                give_memory_back()
            elif isinstance(event, FaultContained):
                self._complain(event.line)
            elif self._hung_up:
                continue
            elif isinstance(event, PtyInput):
                self._typed.push(event.data, client=event.client, input_offset=event.input_offset)
                self._key_given |= len(event.data) <= KEY_SIZE and bool(event.client)
            else:  # PtyResize: of any that has no branch mypy says so here
                if event.redraw:  # the kernel tells programs only of another size
                    self._pty.resize(rows=event.rows, columns=event.columns % MAX_COLUMNS + 1)
                self._pty.resize(rows=event.rows, columns=event.columns)
        for client, taken in self._typed.flush().items():
            self._session.input_taken(client, taken, now=now)

    def _take_output(self) -> bool:
        """Take what the program wrote, and the rest of an update that it is in the middle of; return whether it did."""
        started = self._clock()
        taken = 0
        while not self._hung_up and taken < OUTPUT_PER_TURN:
            data = self._pty.read(self._piece_size)
            if not data and self._session.synchronizing and self._pty in self._look(within=REST_PATIENCE):
                data = self._pty.read(self._piece_size)
            if not data:
                break
            now = self._clock()
            self._session.output(data, now=now)
            taken += len(data)
            if len(data) >= PIECE_SIZE:
                self._piece_size = _taken_within_a_turn(len(data), self._clock() - now)
            if now - started > OUTPUT_TIME_PER_TURN:
                break
        return taken > 0

    def _drain(self, *, now: float) -> None:
        """Take all that was written before the program's end."""
        taken = 0
        while not self._hung_up and taken < MAX_LAST_OUTPUT and (data := self._pty.read()):
            self._session.output(data, now=now)
            taken += len(data)

    def _child_ended(self, child: int, status: int, *, now: float) -> None:
        if child == self._shell:
            self._shell = None
            self._shell_ended(_close_from(status), now=now)

    def _shell_ended(self, close: Close, *, now: float) -> None:
        """Show what the program wrote last, and tell the client how it ended: somebody waits there for a prompt.

        Only then the host, as that takes some milliseconds: `who` is told by a program of the system's.
        """
        self._drain(now=now)
        if self._close is None:
            if any(status.guest.speaks_streams for status in self._session.attachments):
                self._await_wish_to_linger(now=now)
            self._session.shell_ended(close, now=now)
            self._send()
            self._end(close, now=now, patience=ENDED_PATIENCE)
        self._hang_up()

    def _hang_up(self) -> None:
        if self._hung_up:
            return
        self._hung_up = True
        self._typed.clear()
        self._selector.unregister(self._pty)
        self._announcing.run(None, self._presence.leave)
        self._pty.close()
        self._stop_serving_streams(for_good=False)

    def _note_line_discipline(self, *, now: float) -> None:
        if self._hung_up:
            return
        echo, canonical = self._pty.echoes()
        self._readers.note(self._pty.foreground())
        found = echo, canonical, self._readers.number, self._readers.switches
        if found != self._line_discipline:
            self._line_discipline = found
            self._session.line_discipline(LineDiscipline(*found), now=now)

    def _watch_pty(self) -> None:
        """Wait for room in the PTY only while typed bytes wait for it."""
        wanted = bool(self._typed.size)
        if not self._hung_up and wanted != self._waits_for_room:
            self._waits_for_room = wanted
            self._selector.modify(self._pty, selectors.EVENT_READ | (selectors.EVENT_WRITE if wanted else 0))


def _taken_within_a_turn(size: int, seconds: float) -> int:
    """Return how much output a turn has time for where so many bytes took so long."""
    rate = size / max(seconds, OUTPUT_TIME_PER_TURN * size / OUTPUT_PER_TURN)
    return max(PIECE_SIZE, int(rate * OUTPUT_TIME_PER_TURN))


def _close_from(status: int) -> Close:
    """Return what a wait status says of a program's end."""
    code = os.waitstatus_to_exitcode(status)
    return Close(CloseKind.EXITED, code) if code >= 0 else Close(CloseKind.SIGNALLED, -code)
