"""One program that runs for a stream: its input comes from there, its output goes there, and its end is told there.

It is held up by its own pipes where it writes faster than the link carries, or reads more slowly than the client sends.
"""

import contextlib
import errno
import os
import selectors
import signal
from collections.abc import Callable
from typing import Final, TypeAlias

from rmosh.forwarding.byte_stream import ByteStream
from rmosh.forwarding.records import Exited, InputClosed, Killed, encode_ending, output_head
from rmosh.lazy_dataclass import dataclass

#: Most bytes moved each way in one turn. Reason: keys and frames of the same connection wait for no longer than this
#: takes, about a millisecond; a pipe holds 64 KiB.
_A_TURN: Final = 1 << 18

#: Most bytes read from a pipe, or written to one, at once. Source: pipe(7), the capacity of Linux.
_AT_ONCE: Final = 1 << 16

#: Watches a descriptor for events of `selectors`, 0 to leave it alone, and has a program look at it then.
Watch: TypeAlias = "Callable[[int, int, RunningProgram], None]"

#: Stands for a descriptor that is closed.
_CLOSED: Final = -1


@dataclass(frozen=True, slots=True)
class OurEnds:
    """Our ends of what a program has for its standard streams, all non-blocking.

    Attributes:
        errors: None where it is the output as well: a terminal, which is over as soon as its program is.
    """

    input: int
    output: int
    errors: "int | None"


class RunningProgram:
    """From its start until all that it wrote was sent and its end told.

    Attributes:
        is_over: it is; nothing of it is held any more.
    """

    def __init__(
        self, stream: ByteStream, process: int, ends: OurEnds, watch: Watch, *, on_end: Callable[[], None]
    ) -> None:
        """Take over a program that has started.

        Args:
            on_end: called when its end was told.
        """
        self._stream = stream
        self._process: int | None = process
        self._watch = watch
        self._on_end = on_end
        self._input = ends.input
        self._outputs = {ends.output: False}
        if ends.errors is not None:
            self._outputs[ends.errors] = True
        self._is_terminal = ends.errors is None
        self._to_program = b""
        self._to_client = b""
        self._ending: Exited | Killed | None = None
        self.is_over = False
        for descriptor in self._outputs:
            watch(descriptor, selectors.EVENT_READ, self)

    @property
    def process(self) -> int | None:
        """Its process id; None once it has ended."""
        return self._process

    def stream_changed(self) -> None:
        """Move what can be moved, both ways."""
        if self.is_over:
            return
        if self._stream.was_reset is not None or self._stream.is_over:
            self.close()
            return
        self._feed()
        self._take_output()
        self._tell_end()

    def ended(self, wait_status: int) -> None:
        """Its process has ended; what it wrote may still be on its way, and others may still write there."""
        code = os.waitstatus_to_exitcode(wait_status)
        self._process = None
        self._ending = Exited(code) if code >= 0 else Killed(-code)
        self.stream_changed()

    def output_broken(self, *, is_error: bool) -> None:
        """Nobody reads its output, or its errors, any more: it is to learn that from its pipe, as from any other."""
        for descriptor in [one for one, kind in self._outputs.items() if kind is is_error]:
            self._close_output(descriptor)
        self.stream_changed()

    def close(self) -> None:
        """Its client is gone: its input ends, its output breaks, and it is told as by a terminal that closes."""
        if self.is_over:
            return
        self.is_over = True
        self._close_input()
        for descriptor in list(self._outputs):
            self._close_output(descriptor)
        if self._process is not None:  # one that has ended has left its number to others
            with contextlib.suppress(OSError):
                os.killpg(self._process, signal.SIGHUP)

    # --- input -----------------------------------------------------------------------------------------------

    def _feed(self) -> None:
        """Write what has come to the program."""
        for _ in range(_A_TURN // _AT_ONCE):
            if self._input == _CLOSED:
                break
            self._to_program = self._to_program or self._stream.read(_AT_ONCE)
            if not self._to_program or not self._write_input():
                break
        if self._input == _CLOSED:
            self._drop_input()
        elif not self._to_program and self._stream.at_end:
            self._close_input()
        else:
            waits = self._to_program or self._stream.readable
            self._watch(self._input, selectors.EVENT_WRITE if waits else 0, self)

    def _write_input(self) -> bool:
        """Write once; tell whether more may be tried."""
        try:
            written = os.write(self._input, self._to_program)
        except BlockingIOError:
            return False
        except OSError:  # it reads no more
            self._close_input()
            self._to_client += encode_ending(InputClosed())
            return False
        self._to_program = self._to_program[written:]
        return True

    def _drop_input(self) -> None:
        """Take what nobody will read, so that the client is not held up by it."""
        self._to_program = b""
        while self._stream.read(_AT_ONCE):
            pass

    def _close_input(self) -> None:
        if self._input != _CLOSED:
            self._watch(self._input, 0, self)
            os.close(self._input)
            self._input = _CLOSED

    # --- output ----------------------------------------------------------------------------------------------

    def _take_output(self) -> None:
        self._flush()
        for descriptor in list(self._outputs):
            for _ in range(_A_TURN // _AT_ONCE):
                if not self._has_room or not self._read_once(descriptor):
                    break
        for descriptor in self._outputs:
            self._watch(descriptor, selectors.EVENT_READ if self._has_room else 0, self)

    @property
    def _has_room(self) -> bool:
        return not self._to_client and self._stream.room > 0

    def _read_once(self, descriptor: int) -> bool:
        """Send one piece of output; tell whether there may be more."""
        try:
            data = os.read(descriptor, _AT_ONCE)
        except BlockingIOError:
            if self._is_terminal and self._process is None:
                self._close_output(descriptor)
            return False
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            data = b""
        if not data:
            self._close_output(descriptor)
            return False
        self._to_client = output_head(len(data), is_error=self._outputs[descriptor]) + data
        self._flush()
        return True

    def _close_output(self, descriptor: int) -> None:
        self._watch(descriptor, 0, self)
        del self._outputs[descriptor]
        os.close(descriptor)

    # --- its end ---------------------------------------------------------------------------------------------

    def _tell_end(self) -> None:
        """Say how it ended once all that it and its children wrote was sent, as sshd does."""
        if self._ending is None or self._outputs:
            return
        self._to_client += encode_ending(self._ending)
        self._ending = None
        self._flush()

    def _flush(self) -> None:
        """Send what is to be sent, as far as there is room; the stream tells when there is more."""
        if self._to_client:
            self._to_client = self._to_client[self._stream.write(self._to_client) :]
        if self._process is None and self._ending is None and not self._outputs and not self._to_client:
            self._stream.finish()
            self.is_over = True
            self._close_input()
            self._on_end()
