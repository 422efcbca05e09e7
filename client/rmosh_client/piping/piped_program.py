"""One program at the far side whose standard streams are ours, to its end; the far side's part is in `programs.py`.

Nothing is read before what was read last has been passed on: so neither a slow reader nor a slow link makes us keep
more than a piece of each stream.
"""

import contextlib
from collections import deque
from collections.abc import Callable
from typing import Final

from rmosh.errors import Malformed, RmoshError
from rmosh.forwarding.answers import parse_answer
from rmosh.forwarding.byte_stream import ByteStream, ByteStreams, ResetCode
from rmosh.forwarding.first_message import MAX_ANSWER_TO_REQUEST, FirstMessage
from rmosh.forwarding.records import Exited, InputClosed, Killed, Output, Record, RecordReader
from rmosh.forwarding.requests import OutputBroken, RunProgram, encode_request
from rmosh.lazy_dataclass import dataclass, replace
from rmosh_client.piping.local_ends import PIPE_CAPACITY, Sink, Source

#: Most bytes moved each way in one turn. Reason: as at the far side.
_A_TURN: Final = 1 << 18

#: Bytes of a program's name. Reason: 128 bits are never guessed.
_NAME_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class ProgramOutcome:
    """How it ended: as the program did, or with what kept us from knowing."""

    ending: "Exited | Killed | None"
    failure: str = ""


class PipedProgram:
    """From its request to its end.

    Attributes:
        outcome: None until it is over.
    """

    def __init__(
        self,
        streams: ByteStreams,
        request: RunProgram,
        *,
        source: Source,
        output: Sink,
        errors: Sink,
        entropy: Callable[[int], bytes],
    ) -> None:
        """Ask for it.

        Raises:
            RmoshError: no stream is to be had.
        """
        self._streams = streams
        self._name = entropy(_NAME_BYTES).hex()
        self._source = source
        self._sinks = {False: output, True: errors}
        self._told_broken: set[bool] = set()
        self._answer: FirstMessage | None = FirstMessage(limit=MAX_ANSWER_TO_REQUEST)
        self._reader = RecordReader()
        self._records: deque[Record] = deque()
        self._unsent = encode_request(replace(request, name=self._name))
        self._has_finished = False
        self._ending: Exited | Killed | None = None
        self.outcome: ProgramOutcome | None = None
        self._stream: ByteStream = streams.open()
        self.turn()

    @property
    def descriptor_to_read(self) -> int | None:
        """What to wait for and then call `read_input`; None while nothing more can be passed on."""
        if self.outcome is not None or self._unsent or not self._stream.room:
            return None
        return self._source.descriptor

    @property
    def descriptors_to_write(self) -> list[int]:
        """What to wait for and then call `turn`."""
        return [sink.descriptor for sink in self._sinks.values() if not sink.is_free]

    @property
    def has_more(self) -> bool:
        """Whether to call `turn` again though nothing more comes."""
        return self.outcome is None and self._may_take and (bool(self._records) or self._stream.readable > 0)

    def read_input(self) -> None:
        """Pass on what there is to read."""
        if self.outcome is None and not self._unsent and self._stream.room:
            self._stream.write(self._source.read(self._stream.room))
        self.turn()

    def turn(self) -> None:
        """Pass on what has come, as far as our readers take it."""
        if self.outcome is not None:
            return
        self._send_rest()
        for sink in self._sinks.values():
            sink.write_rest()
        try:
            self._take()
        except Malformed as fault:
            self._stream.reset(ResetCode.MALFORMED.value, str(fault))
            self._fail(f"the server said what is no output of a program: {fault}")
            return
        self._tell_broken()
        self._look_for_end()

    def give_up(self) -> None:
        """Leave the program, which the far side tells it."""
        if self.outcome is None:
            self._stream.reset(ResetCode.CANCELLED.value)
            self._fail("given up")

    def _send_rest(self) -> None:
        self._unsent = self._unsent[self._stream.write(self._unsent) :] if self._unsent else b""
        if not self._unsent and self._source.is_at_end and not self._has_finished:
            self._has_finished = True
            self._stream.finish()

    # --- what comes ------------------------------------------------------------------------------------------

    def _take(self) -> None:
        if self._answer is not None and not self._take_answer(self._answer):
            return
        taken = 0
        while self._may_take and taken < _A_TURN:
            if not self._records:
                data = self._stream.read(PIPE_CAPACITY)
                if not data:
                    return
                taken += len(data)
                self._records += self._reader.feed(data)
            while self._records and self._may_take:
                self._obey(self._records.popleft())

    @property
    def _may_take(self) -> bool:
        return all(sink.is_free for sink in self._sinks.values())

    def _take_answer(self, message: FirstMessage) -> bool:
        """Take the answer; tell whether the program was started."""
        taken = message.take(self._stream)
        if taken is None:
            return False
        self._answer = None
        answer = parse_answer(taken)
        if not answer.is_done:
            self._stream.reset(ResetCode.CANCELLED.value)
            self._fail(answer.text or f"the server answered: {answer.status.name.lower().replace('_', ' ')}")
        return answer.is_done

    def _obey(self, record: Record) -> None:
        if isinstance(record, Output):
            self._sinks[record.is_error].write(record.data)
        elif isinstance(record, InputClosed):
            self._source.close()
            self._send_rest()
        else:
            self._ending = record

    def _tell_broken(self) -> None:
        """Let the far side know what nobody reads any more; on a stream of its own, as this one may be full."""
        for is_error, sink in self._sinks.items():
            if sink.is_broken and is_error not in self._told_broken:
                with contextlib.suppress(RmoshError):  # there are too many streams just now
                    telling = self._streams.open()
                    telling.write(encode_request(OutputBroken(self._name, is_error)))
                    telling.finish()
                    self._told_broken.add(is_error)

    # --- its end ---------------------------------------------------------------------------------------------

    def _look_for_end(self) -> None:
        if self.outcome is not None or self._records or not self._may_take:
            return
        if self._ending is not None:
            self._end(self._ending)
        elif self._stream.was_reset is not None:
            reason = self._stream.was_reset.reason
            self._fail("the server gave the program up" + (f": {reason}" if reason else ""))
        elif self._stream.at_end or self._stream.is_over:
            self._fail("the program's output ended, but nobody said how the program did")

    def _end(self, ending: "Exited | Killed") -> None:
        if not self._has_finished:
            self._has_finished = True
            self._stream.finish()
        failures = [sink.failure for sink in self._sinks.values() if sink.failure]
        self.outcome = ProgramOutcome(ending, f"the output could not be written: {failures[0]}" if failures else "")

    def _fail(self, why: str) -> None:
        self.outcome = ProgramOutcome(None, why)
