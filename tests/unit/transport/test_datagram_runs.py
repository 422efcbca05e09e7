"""Which datagrams leave together, and what came together."""

import itertools
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.datagram_stream import MAX_DATAGRAM
from rmosh.transport.datagram_runs import (
    LONGEST_RUN,
    MOST_IN_RUN,
    UDP_GRO,
    UDP_LEVEL,
    pieces,
    run_options,
    runs_of,
    segment_message,
    segment_size,
)
from rmosh.transport.path import Datagram, Path

PATHS = [Path(0, "192.0.2.1", 60001), Path(1, "192.0.2.1", 60001), Path.stream(2)]

DATAGRAMS = st.lists(
    st.builds(
        Datagram, st.sampled_from(PATHS), st.sampled_from([0, 1, 75, 1199, 1200, 30000, MAX_DATAGRAM]).map(bytes)
    ),
    max_size=200,
)


@given(DATAGRAMS)
def test_all_leave_in_their_order_and_each_run_is_one_that_the_kernel_takes(datagrams: list[Datagram]) -> None:
    runs = list(runs_of(datagrams))
    assert [datagram for run in runs for datagram in run] == datagrams
    for run in runs:
        size = len(run[0].data)
        assert {datagram.path for datagram in run} == {run[0].path}
        assert len(run) <= MOST_IN_RUN
        assert sum(len(datagram.data) for datagram in run) <= LONGEST_RUN
        assert all(len(datagram.data) == size for datagram in run[:-1])
        assert len(run) == 1 or 0 < len(run[-1].data) <= size


@given(DATAGRAMS)
def test_no_two_runs_in_a_row_could_have_been_one(datagrams: list[Datagram]) -> None:
    runs = list(runs_of(datagrams))
    for run, following in itertools.pairwise(runs):
        size, more = len(run[0].data), len(following[0].data)
        assert (
            len(run) == MOST_IN_RUN
            or (len(run) + 1) * size > LONGEST_RUN
            or following[0].path != run[0].path
            or len(run[-1].data) < size
            or not 0 < more <= size
        )


@given(st.binary(max_size=3000), st.integers(-5, 4000))
def test_what_came_is_cut_into_all_of_its_datagrams_whatever_size_is_told(data: bytes, size: int) -> None:
    cut = pieces(data, size)
    assert b"".join(cut) == data
    if 0 < size < len(data):
        assert {len(piece) for piece in cut[:-1]} == {size}
    else:
        assert cut == [data]


@given(
    st.lists(st.tuples(st.sampled_from([UDP_LEVEL, 0, 41]), st.sampled_from([UDP_GRO, 8, 50]), st.binary(max_size=20)))
)
def test_no_message_beside_a_datagram_makes_a_size_below_zero(ancillary: list[tuple[int, int, bytes]]) -> None:
    assert segment_size(ancillary) >= 0


@pytest.mark.parametrize(("told", "size"), [(1452, 1452), (0, 0), (-1, 0)])
def test_the_kernels_word_on_the_size_is_read(told: int, size: int) -> None:
    assert segment_size([(0, 8, bytes(12)), (UDP_LEVEL, UDP_GRO, struct.pack("=i", told))]) == size


def test_the_kernel_is_told_the_size_of_the_first() -> None:
    assert segment_message(1452) == (17, 103, struct.pack("=H", 1452)), "<linux/udp.h>: UDP_SEGMENT, a __u16"


def test_only_linux_is_asked_for_runs() -> None:
    assert run_options("Linux") == ((17, 104, 1),)
    assert run_options("Darwin") == run_options("FreeBSD") == ()
