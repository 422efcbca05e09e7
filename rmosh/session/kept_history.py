"""What a session keeps of the lines that scrolled off, behind a wall of its own; packed once a flood is over."""

from collections.abc import Mapping

from rmosh.containment import Containment
from rmosh.history.archive import Archive
from rmosh.history.cleared_lines import ClearedLines
from rmosh.history.recent_rows import RecentRows
from rmosh.session.attachment import Attachment
from rmosh.session.policy import PACK_AFTER, PACK_INTERVAL, WORTH_GIVING_BACK
from rmosh.terminal.emulator import Emulator


class KeptHistory:
    """Takes lines from the emulator and puts them where clients get them from.

    Attributes:
        erased: the number below which the program erased all lines.
    """

    def __init__(
        self, walls: Containment, attachments: Mapping[bytes, Attachment], *, max_lines: int, max_bytes: int
    ) -> None:
        """Begin.

        Args:
            attachments: whom to tell of what scrolled off; the session's own, read anew each time.
        """
        self._wall = walls.part("the history", reset=self._reset)
        self._attachments = attachments
        self._scrolled = 0
        self._pack_at = 0.0
        self._spared = 0
        self.archive = Archive(max_lines=max_lines, max_bytes=max_bytes)
        self.recent_rows = RecentRows()
        self.cleared = ClearedLines()
        self.erased = 0

    def take(self, emulator: Emulator, *, now: float) -> None:
        """Take what scrolled off or was cleared since, and what was erased."""
        self._wall.run(None, self._take, emulator, now)

    def _take(self, emulator: Emulator, now: float) -> None:
        self._scrolled = emulator.history_count
        erased = emulator.history_erased
        if erased > self.erased:
            self.erased = erased
            self.archive.forget_below(erased)
            self.cleared.forget_below(erased)
            for attachment in self._attachments.values():
                attachment.history.erased(erased)
        entries = emulator.take_history()
        if not entries:
            return
        for cleared in emulator.take_cleared():
            self.cleared.add(cleared)
        self.recent_rows.append(entries, end=self._scrolled)
        self.archive.append(entries, end=self._scrolled)
        self._pack_at = now + PACK_AFTER
        for attachment in self._attachments.values():
            attachment.history.grew(now=now)

    def pack(self, *, now: float) -> bool:
        """Pack a block if it is time; return whether that has spared memory worth giving back to the host."""
        if not self.archive.unpacked or now < self._pack_at:
            return False
        self._pack_at = max(self._pack_at, now + PACK_INTERVAL)
        return self._wall.run(False, self._pack)

    def _pack(self) -> bool:
        before = self.archive.size
        self.archive.pack_some()
        self._spared += before - self.archive.size
        if self.archive.unpacked or self._spared < WORTH_GIVING_BACK:
            return False
        self._spared = 0
        return True

    def next_wakeup(self) -> float | None:
        """Return when there is something to pack, in monotonic seconds."""
        return self._pack_at if self.archive.unpacked else None

    def _reset(self, deep: bool) -> None:
        """Keep what is kept after a first fault, if it is whole; after another begin anew with the next line."""
        self.recent_rows.forget()
        if not deep:
            return
        self.archive.start_over(max(self.archive.end, self._scrolled))
        for attachment in self._attachments.values():
            attachment.history.start_over()
