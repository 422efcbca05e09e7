"""The last minute of a link as bars: two seconds each, the newest at the right."""

from dataclasses import replace

from rmosh_client.showing.last_minute import LastMinute
from tests.unit.client_ui.client_ui_status import HEALTHY, UNHEARD

QUIET = replace(HEALTHY, srtt=0.1, latest_rtt=0.1, datagrams_lost=0)


def test_before_anything_is_measured_there_is_no_bar() -> None:
    minute = LastMinute()
    minute.look(replace(UNHEARD, datagrams_lost=0), now=1000.0)
    assert minute.round_trips(now=1000.0) == " " * 30 + " up to 0 ms"


def test_a_bar_is_as_high_as_the_longest_of_its_seconds_and_the_longest_is_told() -> None:
    minute = LastMinute()
    for second in range(1000, 1060):
        minute.look(QUIET, now=second + 0.2)
        minute.look(replace(QUIET, latest_rtt=0.8 if second == 1050 else 0.1), now=second + 0.5)
    assert minute.round_trips(now=1059.9) == "▂" * 25 + "█" + "▂" * 4 + " up to 800 ms"


def test_lost_packets_are_counted_in_the_second_in_which_they_were_given_up() -> None:
    minute = LastMinute()
    for second in range(1000, 1060):
        minute.look(replace(QUIET, datagrams_lost=0 if second < 1030 else 4 if second < 1058 else 5), now=second)
    assert minute.losses(now=1059.0) == "▁" * 15 + "█" + "▁" * 13 + "▃" + " 5 lost"


def test_one_that_turns_out_late_takes_nothing_from_the_seconds_after() -> None:
    minute = LastMinute()
    for second, lost in ((1000, 3), (1001, 1), (1002, 2)):
        minute.look(replace(QUIET, datagrams_lost=lost), now=second)
    assert minute.losses(now=1002.0).endswith(" 4 lost")


def test_seconds_without_an_answer_are_told_apart_from_quick_ones() -> None:
    minute = LastMinute()
    for second in range(1000, 1060):
        minute.look(replace(QUIET, silence=second - 1050.0) if 1052 <= second < 1055 else QUIET, now=second)
    assert minute.round_trips(now=1059.0) == "█" * 26 + "xx" + "█" * 2 + " up to 100 ms"


def test_what_is_older_than_a_minute_is_forgotten_also_after_a_sleep() -> None:
    minute = LastMinute()
    minute.look(replace(QUIET, latest_rtt=9.0, datagrams_lost=7), now=1000.0)
    minute.look(replace(QUIET, datagrams_lost=7), now=5000.0)
    assert minute.round_trips(now=5000.0) == " " * 29 + "█ up to 100 ms"
    assert minute.losses(now=5000.0) == " " * 29 + "▁ 0 lost"
