"""A program at the far side has our standard streams: every byte, and never more than a piece kept."""

import os
import random
import select
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from rmosh.forwarding.answers import AnswerStatus, RequestAnswer, encode_answer
from rmosh.forwarding.first_message import MAX_REQUEST, FirstMessage
from rmosh.forwarding.records import Exited, InputClosed, Killed, encode_ending, output_head
from rmosh.forwarding.requests import OutputBroken, Request, RunProgram, parse_request
from rmosh_client.piping.local_ends import Sink, Source
from rmosh_client.piping.piped_program import PipedProgram, ProgramOutcome
from tests.patience import PATIENCE
from tests.unit.forwarding.streams import FakeStream, stream_pair

NAME = bytes(range(16))


class FakeStreams:
    """Streams whose other ends the test has."""

    is_spoken = True

    def __init__(self, *, window: int) -> None:
        self._window = window
        self.theirs: list[FakeStream] = []

    def open(self) -> FakeStream:
        ours, theirs = stream_pair(number=2 * len(self.theirs), window=self._window)
        self.theirs.append(theirs)
        return ours

    def opened(self) -> Sequence[FakeStream]:
        return ()

    def changed(self) -> Sequence[FakeStream]:
        return ()


class Near:
    """Our side of a program: what feeds it, what reads it, and the far end of its stream."""

    def __init__(self, *, window: int = 1 << 20, stdin: bool = True, stdout: int | None = None) -> None:
        self.streams = FakeStreams(window=window)
        reading, self.stdin = os.pipe()
        self.stdout, output = os.pipe()
        self.stderr, errors = os.pipe()
        self._ours = [reading, output, errors]
        self.program = PipedProgram(
            self.streams,
            RunProgram("command"),
            source=Source(reading if stdin else None),
            output=Sink(output if stdout is None else stdout),
            errors=Sink(errors),
            entropy=lambda size: NAME[:size],
        )
        self.far = self.streams.theirs[0]

    def request(self, stream: int = 0) -> Request:
        message = FirstMessage(limit=MAX_REQUEST).take(self.streams.theirs[stream])
        assert message is not None
        return parse_request(message)

    def start(self) -> "Near":
        self.request()
        self.far.write(encode_answer(RequestAnswer(AnswerStatus.DONE)))
        return self

    def turn(self) -> None:
        reading = self.program.descriptor_to_read
        readable, _, _ = select.select([reading] if reading is not None else [], [], [], 0)
        if readable:
            self.program.read_input()
        self.program.turn()

    def say(self, data: bytes, *, is_error: bool = False) -> None:
        self.far.write(output_head(len(data), is_error=is_error) + data)
        self.program.turn()

    def close(self) -> None:
        for descriptor in (*self._ours, self.stdin, self.stdout, self.stderr):
            if descriptor >= 0:
                os.close(descriptor)


@pytest.fixture
def near() -> Iterator[Callable[..., Near]]:
    made: list[Near] = []

    def make(**options: object) -> Near:
        made.append(Near(**options))  # type: ignore[arg-type]  # as the test names them
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_a_request_names_the_program_and_its_input_follows_untouched(near: Callable[..., Near]) -> None:
    program = near()
    assert program.request() == RunProgram("command", name=NAME.hex())
    data = bytes(range(256)) * 8
    os.write(program.stdin, data)
    program.turn()
    assert program.far.read() == data
    assert not program.far.at_end


def test_the_end_of_our_input_is_the_programs(near: Callable[..., Near]) -> None:
    program = near().start()
    os.write(program.stdin, b"last")
    os.close(program.stdin)
    program.stdin = -1
    for _ in range(3):
        program.turn()
    assert program.far.read() == b"last"
    assert program.far.at_end


def test_nothing_is_read_where_no_input_is_wanted(near: Callable[..., Near]) -> None:
    program = near(stdin=False).start()
    os.write(program.stdin, b"for somebody else")
    program.turn()
    assert program.far.at_end


def test_input_is_read_only_as_far_as_the_link_takes_it(near: Callable[..., Near]) -> None:
    program = near(window=1000).start()
    os.write(program.stdin, bytes(5000))
    for _ in range(10):
        program.turn()
    assert program.far.readable <= 1000
    assert program.program.descriptor_to_read is None


def test_output_and_errors_go_where_they_belong_and_the_end_is_known_after_them(near: Callable[..., Near]) -> None:
    program = near().start()
    program.say(b"out")
    program.say(b"err", is_error=True)
    assert program.program.outcome is None
    program.far.write(encode_ending(Exited(7)))
    program.far.finish()
    program.turn()
    assert program.program.outcome == ProgramOutcome(Exited(7))
    assert (os.read(program.stdout, 100), os.read(program.stderr, 100)) == (b"out", b"err")
    assert program.far.at_end


def test_a_slow_reader_holds_up_the_program_and_gets_every_byte(near: Callable[..., Near]) -> None:
    program, data, sent = near(window=1 << 17).start(), random.Random(7).randbytes(1_000_000), 0
    taken = b""
    deadline = time.monotonic() + PATIENCE
    while len(taken) < len(data):
        assert time.monotonic() < deadline
        while sent < len(data) and program.far.room > 1000:
            piece = data[sent : sent + min(program.far.room - 10, 60_000)]
            program.far.write(output_head(len(piece), is_error=False) + piece)
            sent += len(piece)
        program.turn()
        assert sent - len(taken) <= (1 << 17) + 2 * (1 << 16) + (1 << 16)  # a window, a piece, a pipe
        taken += os.read(program.stdout, 50_000)
    assert taken == data


def test_the_end_waits_for_a_slow_reader(near: Callable[..., Near]) -> None:
    program = near().start()
    for _ in range(2):
        program.say(bytes(60_000))
    program.far.write(encode_ending(Exited(0)))
    program.turn()
    assert program.program.outcome is None
    assert program.program.descriptors_to_write
    left = 120_000
    while left:
        left -= len(os.read(program.stdout, left))
        program.turn()
    assert program.program.outcome == ProgramOutcome(Exited(0))


@pytest.mark.parametrize("is_error", [False, True])
def test_the_far_side_is_told_once_that_nobody_reads_any_more(near: Callable[..., Near], is_error: bool) -> None:
    program = near().start()
    name = "stderr" if is_error else "stdout"
    os.close(getattr(program, name))
    setattr(program, name, -1)
    for _ in range(3):
        program.say(b"to nobody", is_error=is_error)
    assert len(program.streams.theirs) == 2
    assert program.request(stream=1) == OutputBroken(NAME.hex(), is_error)
    program.far.write(encode_ending(Killed(13)))
    program.turn()
    assert program.program.outcome == ProgramOutcome(Killed(13))


def test_input_that_the_program_takes_no_more_breaks_our_own_writer(near: Callable[..., Near]) -> None:
    program = near().start()
    program.far.write(encode_ending(InputClosed()))
    program.turn()
    with pytest.raises(BrokenPipeError):
        os.write(program.stdin, b"for nobody")
    assert program.far.at_end


def test_a_file_takes_all_of_it(near: Callable[..., Near], tmp_path: Path) -> None:
    with (tmp_path / "copy").open("wb") as file:
        program = near(stdout=file.fileno()).start()
        program.say(bytes(60_000))
    assert (tmp_path / "copy").stat().st_size == 60_000


def test_a_socket_is_written_and_left_blocking(near: Callable[..., Near]) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        program = near(stdout=ours.fileno()).start()
        program.say(b"through a socket")
        assert theirs.recv(100) == b"through a socket"
        assert os.get_blocking(ours.fileno())


@pytest.mark.linux
def test_a_full_disk_is_told(near: Callable[..., Near]) -> None:
    with open("/dev/full", "wb", buffering=0) as full:
        program = near(stdout=full.fileno()).start()
        program.say(b"no room")
        program.far.write(encode_ending(Exited(0)))
        program.turn()
    assert program.program.outcome == ProgramOutcome(
        Exited(0), "the output could not be written: No space left on device"
    )


def test_a_refusal_is_told_in_its_own_words(near: Callable[..., Near]) -> None:
    program = near()
    program.request()
    program.far.write(encode_answer(RequestAnswer(AnswerStatus.NOT_THERE, "the host has no subsystem sftp")))
    program.turn()
    assert program.program.outcome == ProgramOutcome(None, "the host has no subsystem sftp")


@pytest.mark.parametrize("how", ["reset", "ends", "hostile"])
def test_a_program_whose_end_nobody_tells_has_failed(near: Callable[..., Near], how: str) -> None:
    program = near().start()
    if how == "reset":
        program.far.reset(1, "no memory")
    elif how == "ends":
        program.far.finish()
    else:
        program.far.write(b"\x04\x01\xff" + bytes(40))
    program.turn()
    outcome = program.program.outcome
    assert outcome is not None and outcome.ending is None and outcome.failure


def test_leaving_it_is_told_to_the_far_side(near: Callable[..., Near]) -> None:
    program = near().start()
    program.program.give_up()
    assert program.far.was_reset is not None
