"""What a kernel tells of when a datagram came, and what is believed of it."""

import struct

import pytest

from rmosh.arrival_times import arrival_time_options, arrived_at

#: As <asm-generic/socket.h> of Linux has it.
SO_TIMESTAMPNS = 35


def told(seconds: int, nanoseconds: int) -> list[tuple[int, int, bytes]]:
    return [(0, 8, bytes(12)), (1, SO_TIMESTAMPNS, struct.pack("@ll", seconds, nanoseconds))]


def test_the_time_that_a_datagram_waited_is_taken_off() -> None:
    ancillary = told(1_700_000_000, 750_000_000)
    assert arrived_at(ancillary, now=50.0, time_of_day=1_700_000_001.0) == pytest.approx(49.75)


@pytest.mark.parametrize("time_of_day", [1_700_000_000.0 - 3600, 1_700_000_000.0 + 3600])
def test_a_time_of_day_that_was_set_meanwhile_tells_nothing(time_of_day: float) -> None:
    assert arrived_at(told(1_700_000_000, 0), now=50.0, time_of_day=time_of_day) == 50.0


@pytest.mark.parametrize("ancillary", [[], [(0, 8, bytes(12))], [(1, SO_TIMESTAMPNS, b"short")]])
def test_without_a_time_it_came_now(ancillary: list[tuple[int, int, bytes]]) -> None:
    assert arrived_at(ancillary, now=50.0, time_of_day=1_700_000_000.0) == 50.0


def test_only_linux_is_asked() -> None:
    assert arrival_time_options("Linux") == ((1, SO_TIMESTAMPNS, 1),)
    assert not arrival_time_options("Darwin")
