"""Many descriptors behind one: each gets its turn, and a fault in one is no other's."""

import os
import select
import socket
from collections.abc import Iterator
from functools import partial

import pytest

from rmosh_server.forwarding.waiting import TIME_PER_TURN, Waiting


class Bench:
    def __init__(self) -> None:
        self.now = 100.0
        self.faults: list[tuple[Exception, object]] = []
        self.waiting = Waiting(clock=lambda: self.now, failed=lambda fault, owner: self.faults.append((fault, owner)))
        self.called: list[object] = []

    def call(self, name: object, _events: int = 0) -> None:
        self.called.append(name)


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.waiting.close()


@pytest.fixture
def ends() -> Iterator[list[socket.socket]]:
    """Three sockets with something to read."""
    pairs = [socket.socketpair() for _ in range(3)]
    for _, other in pairs:
        other.send(b"x")
    yield [one for one, _ in pairs]
    for pair in pairs:
        for end in pair:
            end.close()


def test_one_descriptor_is_ready_when_any_is(bench: Bench, ends: list[socket.socket]) -> None:
    assert select.select([bench.waiting], [], [], 0)[0] == []
    bench.waiting.watch(ends[1], 1, partial(bench.call, "second"))
    assert select.select([bench.waiting], [], [], 0)[0] == [bench.waiting]
    bench.waiting.attend(now=bench.now)
    assert bench.called == ["second"]
    bench.waiting.watch(ends[1], 0, bench.call)
    assert select.select([bench.waiting], [], [], 0)[0] == []


def test_who_takes_long_leaves_the_others_to_the_next_turn_and_none_is_passed_over(
    bench: Bench, ends: list[socket.socket]
) -> None:
    def take_long(name: int, _events: int) -> None:
        bench.called.append(name)
        bench.now += TIME_PER_TURN

    for name, end in enumerate(ends):
        bench.waiting.watch(end, 1, partial(take_long, name))
    for turns in range(1, 7):
        bench.waiting.attend(now=bench.now)
        assert len(bench.called) == turns
        assert bench.waiting.next_wakeup == (0.0 if turns % 3 else float("inf"))
    assert {*bench.called[:3]} == {*bench.called[3:]} == {0, 1, 2}


def test_a_fault_is_told_and_its_descriptor_is_waited_for_no_longer(bench: Bench, ends: list[socket.socket]) -> None:
    def fail(_events: int) -> None:
        raise ZeroDivisionError

    bench.waiting.watch(ends[0], 1, fail, owner="its owner")
    bench.waiting.watch(ends[1], 1, partial(bench.call, "another"))
    bench.waiting.attend(now=bench.now)
    bench.waiting.attend(now=bench.now)
    assert bench.called == ["another", "another"]
    assert [(type(fault), owner) for fault, owner in bench.faults] == [(ZeroDivisionError, "its owner")]


def test_what_was_closed_by_another_is_not_called(bench: Bench, ends: list[socket.socket]) -> None:
    def close_all(_events: int) -> None:
        bench.called.append("closed")
        for end in ends:
            bench.waiting.forget(end)
            end.close()

    for end in ends:
        bench.waiting.watch(end, 1, close_all)
    bench.waiting.attend(now=bench.now)
    assert bench.called == ["closed"]


def test_a_plain_descriptor_may_be_waited_for(bench: Bench) -> None:
    reading, writing = os.pipe()
    bench.waiting.watch(writing, 2, partial(bench.call, "room"))
    bench.waiting.attend(now=bench.now)
    assert bench.called == ["room"]
    bench.waiting.forget(writing)
    os.close(reading)
    os.close(writing)


def test_alarms_ring_once_at_their_moment_and_may_be_taken_back(bench: Bench) -> None:
    for owner, moment in (("early", 101.0), ("late", 103.0), ("never", 102.0)):
        bench.waiting.at(owner, moment, partial(bench.call, owner))
    bench.waiting.not_at("never")
    assert bench.waiting.next_wakeup == 101.0
    for now in (100.9, 101.0, 102.0, 103.0, 104.0):
        bench.waiting.attend(now=now)
    assert bench.called == ["early", "late"]
    assert bench.waiting.next_wakeup == float("inf")
