"""A session makes history of what somebody's clear erased, tells how it was erased, and keeps nothing of redraws."""

import pytest

from rmosh.channels.closing.frames import Close, CloseKind
from rmosh.terminal.clears import CLEAR_SETTLES, Clear
from tests.unit.session.session_room import Room, Visitor

CTRL_L = b"\x1b[H\x1b[2J$ "


def history_of(visitor: Visitor) -> list[str]:
    archive = visitor.core.history.archive
    return [line.text.rstrip() for line in archive.lines(0, visitor.core.frame.history) if line is not None]


@pytest.mark.parametrize("count", [1, 2])
def test_what_a_key_cleared_is_every_clients_history_a_moment_later(count: int) -> None:
    room = Room()
    visitors = [room.attach() for _ in range(count)]
    for round_ in range(3):
        room.type(visitors[0], b"say %d\r\nsaid %d\r\n$ " % (round_, round_))
        room.type(visitors[-1], CTRL_L)
        room.run(CLEAR_SETTLES)
        for visitor in visitors:
            assert history_of(visitor)[-3:] == [("$ " if round_ else "") + f"say {round_}", f"said {round_}", "$"]
            assert visitor.core.frame.history == 3 * (round_ + 1)
            assert {visitor.core.history.cleared.how(number) for number in range(3)} == {Clear.ALL}


def test_a_client_that_comes_later_knows_which_lines_were_cleared() -> None:
    room = Room()
    room.type(room.attach(), b"one\r\ntwo\r\n" + CTRL_L + b"\r\n" * 24)
    late = room.attach()
    room.run(1.0)
    assert history_of(late)[:3] == ["one", "two", "$"]
    assert [late.core.history.cleared.how(number) for number in range(3)] == [Clear.ALL, Clear.ALL, None]


def test_a_program_that_clears_and_writes_its_screen_ten_times_a_second_adds_no_line() -> None:
    room = Room()
    visitor = room.attach()
    for number in range(30):
        page = b"\r\n".join([b"page %d %d" % (number, row) for row in range(24)])
        room.server.output(b"\x1b[2J\x1b[H" + page, now=room.now)
        room.run(0.1)
    assert visitor.core.frame.history == room.server.screen.history == 0
    assert visitor.core.frame == room.server.screen


def test_a_clear_that_is_the_last_thing_said_is_history_before_the_end() -> None:
    room = Room()
    visitor = room.attach()
    room.server.output(b"one\r\ntwo\r\n" + CTRL_L, now=room.now)
    room.server.shell_ended(Close(CloseKind.EXITED, 0), now=room.now)
    room.run(0.5)
    assert history_of(visitor) == ["one", "two"]
    assert visitor.ended == [CloseKind.EXITED]


def test_the_server_wakes_for_it_by_itself_and_does_not_spin() -> None:
    room = Room()
    room.server.output(b"one\r\n" + CTRL_L, now=room.now)
    assert room.server.next_wakeup(now=room.now) == pytest.approx(room.now + CLEAR_SETTLES)
    room.now += CLEAR_SETTLES
    room.server.datagrams_to_send(now=room.now)
    assert room.server.screen.history == 1
    moment = room.server.next_wakeup(now=room.now)
    assert moment is None or moment > room.now
