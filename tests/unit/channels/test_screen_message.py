"""A message of many symbols: how much of it leaves, and when more follows."""

from rmosh.channels.screen.message import ScreenMessage
from rmosh.transport.loss import symbols_for

LOSS = 0.29


def sent(message: ScreenMessage) -> int:
    """Send all that should leave now; return how much that is."""
    count = 0
    while message.unsent(LOSS):
        message.next_symbol(LOSS)
        count += 1
    return count


def message_of(symbols: int) -> ScreenMessage:
    return ScreenMessage(1, base=0, content=bytes(symbols * 100), max_symbol_size=100)


def test_losses_that_were_reckoned_with_make_no_more_of_it_leave() -> None:
    message = message_of(9)
    first = sent(message)
    assert first < symbols_for(9, loss=LOSS)
    for _ in range(3):
        message.symbol_lost(0)
        message.symbol_arrived(0)
        message.symbol_arrived(0)
    assert sent(message) == 0


def test_what_makes_its_arrival_unlikely_has_all_that_is_wanted_leave_together() -> None:
    message = message_of(9)
    for _ in range(sent(message) - 4):
        message.symbol_lost(0)
    assert sent(message) >= 9


def test_what_the_first_flight_left_missing_is_surer_to_arrive_than_the_first_was() -> None:
    message = message_of(9)
    first = sent(message)
    for _ in range(8):
        message.symbol_arrived(0)
    for _ in range(first - 8):
        message.symbol_lost(0)
    assert sent(message) == symbols_for(1, loss=LOSS)
    assert first < symbols_for(9, loss=LOSS)


def test_where_no_answer_came_in_time_what_is_missing_leaves_together() -> None:
    message = message_of(9)
    first = sent(message)
    for _ in range(6):
        message.symbol_arrived(0)
    assert sent(message) == 0
    message.answer_overdue()
    assert 3 < sent(message) < first
