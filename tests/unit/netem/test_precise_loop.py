"""The loop's timers keep their order, and what is asked from other threads is done in the loop's own."""

import threading
import time
from collections.abc import Iterator

import pytest

from rmosh_netem.precise_loop import PreciseLoop


@pytest.fixture
def loop() -> Iterator[PreciseLoop]:
    running = PreciseLoop()
    thread = threading.Thread(target=running.run)
    thread.start()
    yield running
    running.call_from_thread(running.stop)
    thread.join(5)
    assert not thread.is_alive()


def test_calls_from_a_thread_run_in_the_loop_s_thread_and_return(loop: PreciseLoop) -> None:
    assert loop.call_from_thread(threading.current_thread) is not threading.current_thread()


def test_calls_from_a_thread_raise_what_they_raised(loop: PreciseLoop) -> None:
    with pytest.raises(ZeroDivisionError):
        loop.call_from_thread(lambda: 1 / 0)
    assert loop.call_from_thread(lambda: "still there") == "still there"


def test_timers_fire_in_order_of_time_and_then_of_asking(loop: PreciseLoop) -> None:
    fired = []
    done = threading.Event()
    now = time.monotonic()

    def ask() -> None:
        loop.call_at(now + 0.002, lambda: fired.append("second"))
        loop.call_at(now + 0.001, lambda: fired.append("first"))
        loop.call_at(now + 0.002, lambda: fired.append("third"))
        loop.call_at(now + 0.003, done.set)

    loop.call_from_thread(ask)
    assert done.wait(5)
    assert fired == ["first", "second", "third"]


def test_lateness_is_of_the_timers_that_fired(loop: PreciseLoop) -> None:
    done = threading.Event()
    loop.call_from_thread(lambda: loop.call_at(time.monotonic() - 0.5, done.set))
    assert done.wait(5)
    late = loop.call_from_thread(loop.lateness)
    assert late.timers == 1
    assert late.worst >= 0.5
