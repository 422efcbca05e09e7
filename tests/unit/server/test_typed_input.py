"""Typed bytes in front of a PTY that takes what it likes."""

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from rmosh_server.shell.typed_input import MAX_WAITING_REPORTS, WRITE_SIZE, TypedInput

ME = b"client 1"


class Sink:
    """Takes at most `room` bytes in all, as a PTY whose program does not read."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.taken = b""

    def write(self, data: memoryview) -> int:
        size = min(len(data), self.room)
        self.room -= size
        self.taken += data[:size].tobytes()
        return size


def test_typed_bytes_go_straight_through_when_there_is_room() -> None:
    sink = Sink(100)
    typed = TypedInput(sink.write)
    typed.push(b"ls\n", client=ME, input_offset=3)
    assert typed.flush() == {ME: 3}
    assert (sink.taken, typed.size) == (b"ls\n", 0)


def test_bytes_wait_while_the_program_does_not_read_and_go_on_in_order() -> None:
    sink = Sink(3)
    typed = TypedInput(sink.write)
    typed.push(b"abcdef", client=ME, input_offset=6)
    typed.push(b"ghi", client=ME, input_offset=9)
    assert typed.flush() == {ME: 3}
    assert (sink.taken, typed.size) == (b"abc", 6)
    assert typed.flush() == {}
    sink.room = 4
    assert typed.flush() == {ME: 7}
    sink.room = 100
    assert typed.flush() == {ME: 9}
    assert (sink.taken, typed.size) == (b"abcdefghi", 0)


def test_a_large_paste_is_written_in_pieces() -> None:
    sink = Sink(1 << 20)
    typed = TypedInput(sink.write)
    paste = bytes(range(256)) * (3 * WRITE_SIZE // 256)
    typed.push(paste, client=ME, input_offset=len(paste))
    assert typed.flush() == {ME: len(paste)}
    assert sink.taken == paste


def test_reports_of_the_terminal_have_no_offset_and_hide_none() -> None:
    sink = Sink(100)
    typed = TypedInput(sink.write)
    typed.push(b"a", client=ME, input_offset=1)
    typed.push(b"\x1b[1;2R", client=b"", input_offset=0)
    assert typed.flush() == {ME: 1}
    assert typed.flush() == {}
    assert sink.taken == b"a\x1b[1;2R"


def test_a_program_that_asks_for_reports_without_reading_them_does_not_make_us_grow() -> None:
    typed = TypedInput(Sink(0).write)
    for _ in range(MAX_WAITING_REPORTS):
        typed.push(b"\x1b[1;2R", client=b"", input_offset=0)
    assert typed.size <= MAX_WAITING_REPORTS
    typed.push(b"typed all the same", client=ME, input_offset=18)
    assert typed.size > MAX_WAITING_REPORTS - 18


def test_nothing_waits_after_a_hang_up() -> None:
    typed = TypedInput(Sink(0).write)
    typed.push(b"lost", client=ME, input_offset=4)
    typed.clear()
    assert (typed.size, typed.flush()) == (0, {})


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=3 * WRITE_SIZE), st.integers(0, 2 * WRITE_SIZE))))
def test_no_byte_is_lost_doubled_or_reordered(steps: list[tuple[bytes, int]]) -> None:
    sink = Sink(0)
    typed = TypedInput(sink.write)
    pushed = b""
    for data, room in steps:
        sink.room += room
        pushed += data
        typed.push(data, client=ME, input_offset=len(pushed))
        before = len(sink.taken)
        reached = typed.flush()
        assert sink.taken == pushed[: len(sink.taken)]
        assert typed.size == len(pushed) - len(sink.taken)
        assert typed.size == 0 or sink.room == 0
        assert reached == ({ME: len(sink.taken)} if len(sink.taken) > before else {})


def test_a_report_passes_behind_a_paste_that_waits() -> None:
    sink = Sink(0)
    typed = TypedInput(sink.write)
    typed.push(bytes(2 * MAX_WAITING_REPORTS), client=ME, input_offset=2 * MAX_WAITING_REPORTS)
    typed.push(b"\x1b[1;2R", client=b"", input_offset=0)
    sink.room = 1 << 20
    assert typed.flush() == {ME: 2 * MAX_WAITING_REPORTS}
    assert sink.taken.endswith(b"\x1b[1;2R")


def test_bytes_that_come_one_by_one_take_no_more_room_than_the_same_at_once() -> None:
    typed = TypedInput(Sink(0).write)
    tracemalloc.start()
    for offset in range(65536):
        typed.push(b"x", client=ME, input_offset=offset + 1)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 3 * 65536


@given(st.lists(st.tuples(st.sampled_from([b"", b"client 1", b"client 2"]), st.integers(1, 9), st.integers(0, 12))))
def test_each_client_is_told_how_far_its_own_bytes_got(steps: list[tuple[bytes, int, int]]) -> None:
    sink, offsets = Sink(0), dict.fromkeys([b"", b"client 1", b"client 2"], 0)
    typed, order, told = TypedInput(sink.write), b"", dict.fromkeys(offsets, 0)
    letters = {b"": b"r", b"client 1": b"1", b"client 2": b"2"}
    for client, size, room in steps:
        offsets[client] += size
        order += letters[client] * size
        typed.push(letters[client] * size, client=client, input_offset=offsets[client])
        sink.room += room
        told |= typed.flush()
        assert sink.taken == order[: len(sink.taken)]
        for who in (b"client 1", b"client 2"):
            assert told[who] == sink.taken.count(letters[who])
