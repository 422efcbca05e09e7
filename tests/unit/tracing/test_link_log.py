"""What `-v` tells of a session after its login."""

from dataclasses import replace

from rmosh_client.tracing import link_log
from rmosh_client.tracing.link_log import LinkLog
from tests.unit.client_ui.client_ui_status import HEALTHY, UNHEARD, silent_for


def told_of(*looks: object) -> list[str]:
    lines: list[str] = []
    log = LinkLog(lines.append)
    for status in looks:
        log.look(status)  # type: ignore[arg-type]  # as much of a status as is looked at
    return lines


def test_a_link_that_does_well_is_not_spoken_of() -> None:
    assert told_of(UNHEARD, HEALTHY, replace(HEALTHY, srtt=0.9, silence=0.5), HEALTHY) == []


def test_a_silence_is_told_when_it_begins_and_when_it_ends_and_not_between() -> None:
    looks = [HEALTHY, *(silent_for(tenths / 10) for tenths in range(1, 32)), HEALTHY, HEALTHY]
    assert told_of(*looks) == [
        "no answer for 1.0 s",
        "an answer after 3.1 s; round trip 273 ms, 20 packets sent, 1 of them lost, 30 of 33 received",
    ]


def test_a_server_that_talks_and_hears_nothing_is_told_of_as_such() -> None:
    assert told_of(HEALTHY, replace(HEALTHY, unheard=1.2)) == ["nothing that was sent has been acknowledged for 1.2 s"]


def test_another_way_to_the_server_is_told_but_not_the_first() -> None:
    assert told_of(UNHEARD, HEALTHY, replace(HEALTHY, path="[2001:db8::1]:60001")) == [
        "the server is reached at [2001:db8::1]:60001"
    ]


def test_of_very_many_lines_the_last_are_left_off() -> None:
    lines: list[str] = []
    log = LinkLog(lines.append)
    for number in range(link_log._MOST_LINES + 10):
        log.say(f"line {number}")
    assert len(lines) == link_log._MOST_LINES
    assert lines[-1] == "20000 lines are told, no more will be"
