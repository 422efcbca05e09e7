"""Contact, sleep and network watches, in virtual time."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest

from rmosh.errors import BootstrapError, Stage
from rmosh.session.status import LinkStatus
from rmosh_client.link.clocks import SleepWatch
from rmosh_client.link.network_watch import NetworkWatch
from rmosh_client.link.refusal import Refusal
from rmosh_client.reaching.contact import ASK_AFTER, FIRST_ANSWER_WITHIN, PROBE_AFTER, REFUSED_WITHIN, ContactWatch
from tests.unit.client_ui.client_ui_status import HEALTHY, INSIDE_SSH, SILENT, UNHEARD, silent_for


def new_contact() -> ContactWatch:
    return ContactWatch(hosts=["192.0.2.1", "2001:db8::1"], port=60001, now=0.0)


def test_start_fails_naming_the_stage_and_every_address_when_nothing_ever_answers() -> None:
    contact = new_contact()
    contact.check_start(UNHEARD, now=FIRST_ANSWER_WITHIN - 0.1)
    with pytest.raises(BootstrapError, match=r"192\.0\.2\.1 port 60001 and 2001:db8::1 port 60001") as failed:
        contact.check_start(UNHEARD, now=FIRST_ANSWER_WITHIN)
    assert failed.value.stage is Stage.UDP
    assert failed.value.exit_status == 255
    assert "60001" in failed.value.hint


@pytest.mark.parametrize("refusal", Refusal)
def test_a_refused_start_fails_soon_and_says_why(refusal: Refusal) -> None:
    contact = new_contact()
    contact.refused(refusal)
    assert contact.next_wakeup(UNHEARD, start_may_fail=True, now=0.0) is not None
    contact.check_start(UNHEARD, now=REFUSED_WITHIN - 0.1)
    with pytest.raises(BootstrapError, match=re.escape(refusal.value)):
        contact.check_start(UNHEARD, now=REFUSED_WITHIN)


def test_a_start_that_a_stream_carries_is_looked_at_only_when_something_is_to_be_done() -> None:
    contact = new_contact()
    now = 2 * FIRST_ANSWER_WITHIN
    contact.probed(UNHEARD, now=now)
    wakeup = contact.next_wakeup(UNHEARD, start_may_fail=False, now=now)
    assert wakeup is not None
    assert wakeup > now


def test_what_was_refused_in_one_network_says_nothing_of_the_next() -> None:
    contact = new_contact()
    contact.refused(Refusal.OWN_FIREWALL)
    contact.network_changed(now=1.0)
    assert contact.refusal is None
    contact.check_start(UNHEARD, now=REFUSED_WITHIN)


def test_the_words_on_a_refusal_stay_while_a_stream_carries_the_session_and_go_when_udp_answers() -> None:
    contact = new_contact()
    contact.refused(Refusal.PORT)
    contact.look(INSIDE_SSH, now=5.0, boot_time=5.0)
    assert contact.refusal is Refusal.PORT
    contact.look(HEALTHY, now=6.0, boot_time=6.0)
    assert contact.refusal is None


def test_time_asleep_does_not_count_against_the_start() -> None:
    contact = new_contact()
    contact.slept(now=3600.0)
    contact.check_start(UNHEARD, now=3600.0 + FIRST_ANSWER_WITHIN - 1.0)
    with pytest.raises(BootstrapError):
        contact.check_start(UNHEARD, now=3600.0 + FIRST_ANSWER_WITHIN)


def is_asked(contact: ContactWatch, status: LinkStatus, *, now: float) -> bool:
    """Do as the driver does at one moment."""
    contact.look(status, now=now, boot_time=now)
    is_due = contact.is_question_due(now=now)
    if is_due:
        contact.asked(now=now)
    return is_due


def test_ssh_is_asked_after_long_silence_and_then_ever_more_rarely() -> None:
    contact = new_contact()
    asked = [second for second in range(1, 400) if is_asked(contact, silent_for(second), now=100.0 + second)]
    assert asked[0] == ASK_AFTER
    pauses = [later - earlier for earlier, later in pairwise(asked)]
    assert pauses == sorted(pauses)
    assert len(asked) <= 5


def test_ssh_is_asked_at_once_when_the_port_is_refused() -> None:
    contact = new_contact()
    contact.refused(Refusal.PORT)
    assert is_asked(contact, silent_for(0.3), now=100.0)


def test_ssh_is_not_asked_early_where_a_firewall_on_the_way_refuses() -> None:
    contact = new_contact()
    contact.refused(Refusal.ON_THE_WAY)
    assert not is_asked(contact, silent_for(0.3), now=100.0)


def test_a_client_looks_for_a_refusal_at_the_moment_at_which_it_has_gone_without_an_answer_for_long_enough() -> None:
    contact = new_contact()
    silent = silent_for(0.5)
    contact.look(silent, now=100.0, boot_time=100.0)
    wakeup = contact.next_wakeup(silent, start_may_fail=True, now=100.0)
    assert wakeup == 100.0 + PROBE_AFTER - 0.5
    assert contact.is_probe_due(silent_for(PROBE_AFTER), now=wakeup)


def test_no_refusal_is_looked_for_while_no_answer_is_owed() -> None:
    contact = new_contact()
    contact.look(HEALTHY, now=100.0, boot_time=100.0)
    assert contact.next_wakeup(HEALTHY, start_may_fail=True, now=100.0) is None


def test_an_answer_ends_all_waiting_for_ssh() -> None:
    contact = new_contact()
    is_asked(contact, silent_for(9.0), now=100.0)
    assert not is_asked(contact, HEALTHY, now=100.5)
    assert contact.next_wakeup(HEALTHY, start_may_fail=True, now=105.0) is None
    assert not is_asked(contact, silent_for(1.0), now=105.0)


def test_the_port_is_tried_after_some_silence_and_again_after_a_while() -> None:
    contact = new_contact()
    tried = []
    for tenth in range(80):
        if contact.is_probe_due(silent_for(tenth / 10), now=tenth / 10):
            contact.probed(silent_for(tenth / 10), now=tenth / 10)
            tried.append(tenth / 10)
    assert tried == [2.0, 4.0, 6.0]


def test_udp_is_tried_soon_after_the_start_and_ever_more_rarely_while_a_stream_carries_the_session() -> None:
    contact = new_contact()
    tried = []
    for tenth in range(5000):
        now = tenth / 10
        if contact.is_probe_due(INSIDE_SSH, now=now):
            contact.probed(INSIDE_SSH, now=now)
            tried.append(now)
    assert tried[0] == 0.3
    pauses = [round(later - earlier, 1) for earlier, later in pairwise(tried)]
    assert pauses[:6] == [2.0, 4.0, 8.0, 16.0, 32.0, 60.0]
    assert set(pauses[6:]) == {60.0}


DAY = 86400.0


def kept_for_two_weeks() -> ContactWatch:
    """Return a watch that heard the server at 100 s, which were 5100 s on the clock that counts sleep."""
    contact = ContactWatch(
        hosts=["192.0.2.1"], port=1, now=0.0, client_timeout=14 * DAY, way_back="rmosh attach box work"
    )
    contact.look(replace(HEALTHY, last_contact=0.0), now=100.0, boot_time=5100.0)
    return contact


def test_a_client_that_slept_longer_than_its_server_keeps_it_says_so_with_the_way_back() -> None:
    contact = kept_for_two_weeks()
    contact.slept(now=101.0)
    woken_at = 5100.0 + 15 * DAY
    contact.look(replace(HEALTHY, last_contact=1.0), now=101.0, boot_time=woken_at)
    assert contact.has_given_up(now=101.0, boot_time=woken_at) is None, "a server that knows it may yet answer"
    ending = contact.has_given_up(now=101.0 + FIRST_ANSWER_WITHIN, boot_time=woken_at + FIRST_ANSWER_WITHIN)
    assert ending is not None
    assert ending.status == 255
    assert "15 d 0 h without contact, and it waits for 14 d 0 h" in ending.message
    assert ending.message.endswith("rmosh attach box work")


def test_a_server_that_answers_after_all_is_believed() -> None:
    contact = kept_for_two_weeks()
    contact.slept(now=101.0)
    woken_at = 5100.0 + 15 * DAY
    contact.look(replace(HEALTHY, last_contact=0.0), now=102.0, boot_time=woken_at + 1)
    assert contact.has_given_up(now=200.0, boot_time=woken_at + 99) is None


def test_a_client_that_was_awake_all_the_time_gives_up_too() -> None:
    contact = kept_for_two_weeks()
    later = 14 * DAY
    contact.look(replace(SILENT, last_contact=later), now=100.0 + later, boot_time=5100.0 + later)
    assert contact.has_given_up(now=100.0 + later - 1, boot_time=5099.0 + later) is None
    assert contact.has_given_up(now=100.0 + later, boot_time=5100.0 + later) is not None


@pytest.mark.parametrize("timeout", [float("inf"), 14 * DAY])
def test_before_the_first_contact_and_without_a_limit_nobody_is_forgotten(timeout: float) -> None:
    contact = ContactWatch(hosts=["192.0.2.1"], port=1, now=0.0, client_timeout=timeout)
    contact.look(UNHEARD, now=1.0, boot_time=1.0)
    assert contact.forgotten(boot_time=1000 * DAY) is None


def test_a_wakeup_long_after_it_was_due_was_sleep() -> None:
    watch = SleepWatch(now=10.0, boot_time=1000.0)
    watch.expect(10.5)
    assert not watch.wake(now=10.6, boot_time=1000.6)
    watch.expect(11.0)
    assert watch.wake(now=71.0, boot_time=1061.0)


def test_a_boot_clock_that_ran_ahead_was_suspension_told_once() -> None:
    watch = SleepWatch(now=10.0, boot_time=1000.0)
    watch.expect(12.0)
    assert watch.wake(now=11.0, boot_time=4000.0)
    assert not watch.wake(now=11.1, boot_time=4000.1)


def test_network_watch_that_heard_nothing_reports_nothing() -> None:
    watch = NetworkWatch()
    assert not watch.drain()
    watch.close()
    assert watch.descriptor is None
    assert not watch.drain()
