"""The loop of a session: with a clock and a waiting of the test's own, and with pipes and signals of the system's."""

import os
import resource
import select
import signal
from collections.abc import Collection, Iterator
from contextlib import contextmanager

import pytest

from rmosh_client.link.clocks import monotonic
from rmosh_client.link.event_loop import EventLoop, wait_for_descriptors


class FakeTime:
    """A clock that moves while the loop waits, and descriptors that can be read from some moment on."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waits: list[float | None] = []
        self.readable_at: dict[int, float] = {}

    def wait(
        self, readers: Collection[int], _writers: Collection[int], timeout: float | None
    ) -> tuple[Collection[int], Collection[int]]:
        self.waits.append(timeout)
        moments = [max(at, self.now) for descriptor, at in self.readable_at.items() if descriptor in readers]
        if timeout is not None:
            moments.append(self.now + timeout)
        self.now = min(moments)
        return [descriptor for descriptor in readers if self.readable_at.get(descriptor, self.now + 1) <= self.now], []

    def spend(self, seconds: float) -> None:
        self.now += seconds

    def loop(self) -> EventLoop:
        return EventLoop(clock=lambda: self.now, wait=self.wait)


@contextmanager
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    try:
        yield reading, writing
    finally:
        os.close(reading)
        os.close(writing)


def test_alarms_go_off_in_the_order_of_their_moments_however_they_were_set() -> None:
    time, told = FakeTime(), list[tuple[str, float]]()
    loop = time.loop()
    for name, delay in (("third", 0.3), ("first", 0.000_1), ("second", 0.25)):
        loop.call_later(delay, lambda name=name: told.append((name, round(time.now - 100, 6))))  # type: ignore[misc]
    loop.run_until(lambda: len(told) == 3)
    assert told == [("first", 0.0001), ("second", 0.25), ("third", 0.3)]


def test_a_wait_is_as_long_as_to_the_next_moment_not_rounded_to_milliseconds() -> None:
    time = FakeTime()
    loop = time.loop()
    loop.call_later(0.000_25, lambda: None)
    loop.turn()
    assert time.waits == [pytest.approx(0.000_25, abs=1e-9)]


def test_an_alarm_that_was_cancelled_stays_away_also_where_both_are_due_when_another_cancels_it() -> None:
    time, told = FakeTime(), list[str]()
    loop = time.loop()
    never = loop.call_later(1.0, lambda: told.append("never"))
    never.cancel()
    other = loop.call_later(2.0, lambda: told.append("never either"))
    loop.call_later(1.9, lambda: time.spend(0.2))
    loop.call_later(1.95, other.cancel)
    loop.call_later(3.0, lambda: told.append("end"))
    loop.run_until(lambda: told == ["end"])
    never.cancel()  # once more changes nothing


def test_an_alarm_set_by_an_alarm_for_now_waits_for_the_next_turn_so_that_keys_are_read_between_them() -> None:
    time, told = FakeTime(), list[str]()
    loop = time.loop()
    loop.add_reader(7, lambda: told.append("key"))
    time.readable_at[7] = 100.0

    def again() -> None:
        told.append("alarm")
        loop.call_later(0.0, again)

    again()
    loop.run_until(lambda: len(told) >= 5)
    assert told == ["alarm", "key", "alarm", "key", "alarm"]


def test_what_a_call_removes_is_not_called_in_the_same_turn() -> None:
    time, told = FakeTime(), list[int]()
    loop = time.loop()

    def first(descriptor: int) -> None:
        told.append(descriptor)
        for other in (7, 8):
            loop.remove_reader(other)

    for descriptor in (7, 8):
        time.readable_at[descriptor] = 100.0
        loop.add_reader(descriptor, lambda descriptor=descriptor: first(descriptor))  # type: ignore[misc]
    loop.turn()
    assert told == [7]


def test_a_turn_with_a_bound_waits_no_longer_and_one_without_waits_for_ever() -> None:
    time = FakeTime()
    loop = time.loop()
    time.readable_at[7] = 200.0
    loop.add_reader(7, lambda: None)
    loop.turn(within=3.0)
    loop.turn()
    assert time.waits == [3.0, None]
    assert time.now == 200.0


def test_descriptors_are_called_for_what_they_can_do() -> None:
    told = list[str]()
    loop = EventLoop()
    with pipe() as (reading, writing):
        loop.add_reader(reading, lambda: told.append(os.read(reading, 9).decode()))
        loop.add_writer(writing, lambda: told.append("writable"))
        loop.turn()
        loop.remove_writer(writing)
        os.write(writing, b"bytes")
        loop.turn()
        loop.remove_reader(reading)
        loop.remove_reader(reading)
        loop.turn(within=0)
    assert told == ["writable", "bytes"]


def test_the_real_wait_ends_in_time_by_the_real_clock() -> None:
    began, told = monotonic(), list[float]()
    loop = EventLoop()
    loop.call_later(0.002, lambda: told.append(monotonic() - began))
    loop.run_until(lambda: bool(told))
    assert 0.002 <= told[0] < 1.0


def test_a_fault_in_a_call_ends_the_run() -> None:
    loop = FakeTime().loop()

    def fail() -> None:
        raise ZeroDivisionError

    loop.call_later(0.0, fail)
    with pytest.raises(ZeroDivisionError):
        loop.run_until(lambda: False)


def test_a_signal_wakes_the_loop_and_is_told_once_however_often_it_came_meanwhile() -> None:
    told = list[str]()
    loop = EventLoop()
    with loop.takes_signals():
        loop.add_signal_handler(signal.SIGUSR1, lambda: told.append("one"))
        loop.add_signal_handler(signal.SIGUSR2, lambda: told.append("two"))
        for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGUSR1):
            os.kill(os.getpid(), number)
        assert told == []
        loop.run_until(lambda: len(told) >= 2)
        assert told == ["one", "two"]
    assert signal.getsignal(signal.SIGUSR1) is signal.SIG_DFL
    assert signal.set_wakeup_fd(-1) == -1


def test_a_signal_that_is_handled_no_more_does_what_it_does_by_itself() -> None:
    loop = EventLoop()
    with loop.takes_signals():
        loop.add_signal_handler(signal.SIGINT, lambda: None)
        loop.remove_signal_handler(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        loop.turn(within=0)


@contextmanager
def high_descriptor(low: int) -> Iterator[int]:
    """Yield a copy of a descriptor whose number is too high for select()."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 1101:
        pytest.skip(f"this account may open no more than {hard} descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 1101), hard))
    os.dup2(low, 1100)
    try:
        yield 1100
    finally:
        os.close(1100)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_descriptors_too_high_for_select_are_waited_for_all_the_same() -> None:
    with pipe() as (reading, writing), high_descriptor(reading) as high:
        with pytest.raises(ValueError, match="out of range"):
            select.select([high], [], [], 0)
        assert wait_for_descriptors([high], [writing], 0.0) == ([], [writing])
        assert wait_for_descriptors([high], [], 0.001) == ([], [])
        os.write(writing, b"x")
        assert wait_for_descriptors([high], [writing], None) == ([high], [writing])


def test_one_that_hung_up_is_told_to_whoever_reads_also_where_its_number_is_high() -> None:
    reading, writing = os.pipe()
    with high_descriptor(reading) as high:
        os.close(reading)
        os.close(writing)
        assert wait_for_descriptors([high], [], 5.0) == ([high], [])
