"""Notice that the machine or this process slept. Sans-IO: both clocks come in as arguments."""

from typing import Final

#: How much later than asked a wake-up may come before it was sleep, in seconds. Reason: far above a busy
#: machine's scheduling, far below what makes a NAT forget us.
_OVERSLEPT: Final = 2.0

#: How far the clock that counts suspended time may run ahead before it was suspension, in seconds.
_SUSPENDED: Final = 1.0


class SleepWatch:
    """Tell it when the loop will wake by itself, and when it woke."""

    def __init__(self, *, now: float, boot_time: float) -> None:
        self._due_at: float | None = None
        self._ahead = boot_time - now

    def expect(self, due_at: float) -> None:
        """The loop will wake by itself at this moment, in monotonic seconds."""
        self._due_at = due_at

    def slept(self, *, now: float, boot_time: float) -> bool:
        """Tell, at a wake-up, whether there was sleep since the last one.

        Args:
            now: monotonic seconds, which stand still while the machine is suspended.
            boot_time: seconds on the clock that runs on meanwhile; `now` again where the system has none.
        """
        ahead = boot_time - now
        suspended = ahead - self._ahead > _SUSPENDED
        stopped = self._due_at is not None and now - self._due_at > _OVERSLEPT
        self._ahead, self._due_at = ahead, None
        return suspended or stopped
