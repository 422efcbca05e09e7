"""How often a client with nothing to do wakes, and that it learns of a suspension all the same."""

import socket
from collections.abc import Collection

import pytest

from rmosh_client.link.clocks import boot_time
from rmosh_client.link.event_loop import EventLoop, wait_for_descriptors
from rmosh_client.systems import bsd
from tests.unit.client_ui.client_ui_driver import at_work, desk
from tests.unit.client_ui.client_ui_status import HEALTHY, INSIDE_SSH


class Waits:
    """Notes for how long a loop would wait, and waits for nothing."""

    def __init__(self) -> None:
        self.timeouts: list[float | None] = []
        self.readers: set[int] = set()

    def __call__(
        self, readers: Collection[int], writers: Collection[int], timeout: float | None
    ) -> tuple[Collection[int], Collection[int]]:
        self.timeouts.append(timeout)
        self.readers = set(readers)
        return wait_for_descriptors(readers, writers, 0)


def test_an_idle_client_waits_for_a_timer_that_counts_sleep_and_looks_at_no_clock_meanwhile() -> None:
    waits = Waits()
    with desk() as place:
        place.loop = EventLoop(wait=waits)
        with at_work(place) as work:
            for _ in range(20):
                place.loop.turn()
            assert work.driver._link._boot_timer.descriptor in waits.readers
            assert waits.timeouts[-10:] == [None] * 10


def test_whether_udp_is_refused_is_looked_at_no_more_once_the_server_answers_by_it() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as server, desk() as place, at_work(place) as work:
        server.bind(("127.0.0.1", 0))
        probe = work.driver._parts.reach.refusal
        probe.send([(socket.AF_INET, server.getsockname())])
        place.session.link = INSIDE_SSH
        work.driver.turn(news=False)
        assert probe._sockets
        place.session.link = HEALTHY
        work.driver.turn(news=False)
        assert not probe._sockets


def test_where_there_is_no_such_timer_the_clocks_are_looked_at_every_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rmosh_client.link.boot_timer.open_boot_timer", bsd.open_boot_timer)
    waits = Waits()
    with desk() as place:
        place.loop = EventLoop(wait=waits)
        with at_work(place):
            for _ in range(20):
                place.loop.turn()
            assert waits.timeouts[-1] == pytest.approx(1.0, abs=0.5)


def test_a_timer_that_goes_off_after_a_suspension_has_the_server_asked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with desk() as place, at_work(place) as work:
        place.turn()
        timer = work.driver._link._boot_timer
        assert timer.descriptor is not None
        monkeypatch.setattr("rmosh_client.reaching.link_loop.boot_time", lambda: boot_time() + 3600)
        timer.set(0.001)
        place.until(lambda: "woke up" in place.session.calls)


def test_a_turn_that_the_timer_brings_shows_what_is_due_itself_and_needs_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with desk() as place, at_work(place) as work:
        place.turn()
        timer, turn, news_of_turns = work.driver._link._boot_timer, work.driver.turn, []

        def noted(*, news: bool) -> None:
            news_of_turns.append(news)
            turn(news=news)

        monkeypatch.setattr(work.driver, "turn", noted)
        timer.set(0.001)
        place.until(lambda: bool(news_of_turns))
        assert news_of_turns == [False]
