"""Work that blocks, beside the loop."""

import os
import threading
import time

import pytest

from rmosh_client.link.event_loop import EventLoop
from rmosh_client.reaching.enquiry import Enquiry
from tests.patience import PATIENCE


def test_one_question_is_open_at_a_time_and_the_loop_goes_on_meanwhile() -> None:
    loop, may_answer, asked, told = EventLoop(), threading.Event(), [], list[str]()

    def work() -> str:
        asked.append(1)
        assert may_answer.wait(PATIENCE)
        return "answer"

    enquiry = Enquiry(work)
    enquiry.start(loop, told.append)
    enquiry.start(loop, told.append)
    loop.turn(within=0.0)
    assert told == []
    may_answer.set()
    loop.turn(within=PATIENCE)
    assert (told, len(asked)) == (["answer"], 1)
    enquiry.start(loop, told.append)
    loop.turn(within=PATIENCE)
    assert (told, len(asked)) == (["answer"] * 2, 2)


def test_work_that_fails_says_nothing_and_can_be_asked_for_again(capfd: pytest.CaptureFixture[str]) -> None:
    loop, told = EventLoop(), list[int]()
    enquiry = Enquiry(lambda: 1 // len(told))
    before = len(os.listdir("/dev/fd"))
    enquiry.start(loop, told.append)
    loop.turn(within=PATIENCE)
    assert (told, *capfd.readouterr()) == ([], "", "")
    told.append(1)
    enquiry.start(loop, told.append)
    loop.turn(within=PATIENCE)
    assert told == [1, 1]
    assert len(os.listdir("/dev/fd")) == before


def test_where_no_thread_starts_it_can_be_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    loop, told = EventLoop(), list[int]()
    enquiry = Enquiry(lambda: 7)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        enquiry.start(loop, told.append)
    enquiry.start(loop, told.append)
    loop.turn(within=PATIENCE)
    assert told == [7]


def test_a_question_that_was_given_up_makes_room_for_another_and_says_nothing_late() -> None:
    loop, told = EventLoop(), list[int]()
    slow, asked = threading.Event(), []

    def work() -> int:
        asked.append(1)
        first = len(asked) == 1
        return 1 if first and slow.wait(PATIENCE) else 2

    enquiry = Enquiry(work)
    enquiry.start(loop, told.append)
    while not asked:
        time.sleep(0)
    enquiry.give_up()
    enquiry.start(loop, told.append)
    loop.turn(within=PATIENCE)
    assert told == [2]
    slow.set()
    loop.turn(within=PATIENCE)
    assert told == [2]


def test_however_often_it_is_given_up_few_threads_wait() -> None:
    loop, stuck, asked = EventLoop(), threading.Event(), []

    def work() -> None:
        asked.append(1)
        assert stuck.wait(PATIENCE)

    enquiry = Enquiry(work)
    for _ in range(20):
        enquiry.start(loop, lambda _: None)
        enquiry.give_up()
    stuck.set()
    for _ in range(4):
        loop.turn(within=0.1)
    assert len(asked) == 4
