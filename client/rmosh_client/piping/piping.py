"""What a tunnel does for a program in pipes: waits for our own standard streams beside its datagrams."""

from collections.abc import Callable
from typing import Final

from rmosh_client.link.event_loop import Action, EventLoop
from rmosh_client.piping.piped_program import PipedProgram

#: A moment that is over.
_AT_ONCE: Final = 0.0


class Piping:
    """Keeps a program moving on an event loop."""

    def __init__(self, program: PipedProgram, loop: EventLoop, guarded: Callable[[Action], Action]) -> None:
        """Begin.

        Args:
            guarded: makes of an action what the event loop calls; a turn of the tunnel follows it.
        """
        self._program = program
        self._loop = loop
        self._guarded = guarded
        self._read: int | None = None
        self._written: list[int] = []

    @property
    def next_wakeup(self) -> float | None:
        """When to take a turn without another reason: at once, where one could not move all."""
        return _AT_ONCE if self._program.has_more else None

    def turn(self, *, now: float) -> None:
        """Move what can be moved, and wait for what can not."""
        self._program.turn()
        self._watch(self._program.descriptor_to_read, self._program.descriptors_to_write)

    def stop(self) -> None:
        """Wait for nothing any more."""
        self._watch(None, [])

    def _watch(self, read: int | None, written: list[int]) -> None:
        if read != self._read:
            if self._read is not None:
                self._loop.remove_reader(self._read)
            if read is not None:
                self._loop.add_reader(read, self._guarded(self._program.read_input))
            self._read = read
        if written != self._written:
            for descriptor in self._written:
                self._loop.remove_writer(descriptor)
            for descriptor in written:
                self._loop.add_writer(descriptor, self._guarded(_nothing))
            self._written = written


def _nothing() -> None:
    """What a descriptor that can be written does: the turn that follows is all."""
