"""A relay ends TCP: whoever speaks only TCP over it is marked, and nobody else."""

from typing import Any

import pytest

from rmosh_netem.bench.runner import _told_of_host_drops
from rmosh_netem.spared import is_spared


def relay(*, sent: int, streamed: int, **link: dict[str, str] | float) -> dict[str, Any]:
    counters = {"sent": sent, "streamed": streamed}
    return {"up": link, "down": link, "counters": {"up": counters, "down": counters}}


def test_a_user_s_own_tcp_program_is_marked_like_ssh() -> None:
    assert is_spared(relay(sent=90, streamed=90, loss=0.29), workload="key", tool="plain")
    assert is_spared(relay(sent=90, streamed=90, schedule={"name": "a"}), workload="key", tool="ssh")
    assert is_spared(relay(sent=90, streamed=90), workload="outage", tool="et")


def test_who_goes_on_by_udp_after_its_login_is_not() -> None:
    assert not is_spared(relay(sent=90, streamed=40, loss=0.29), workload="key", tool="mosh")


def test_a_link_that_loses_nothing_spares_nobody() -> None:
    assert not is_spared(relay(sent=90, streamed=90, delay=0.1), workload="key", tool="ssh")
    assert not is_spared({}, workload="outage", tool="ssh")  # a laboratory


@pytest.mark.parametrize(("tool", "spared"), [("ssh", True), ("mosh", False)])
def test_results_from_before_streams_were_counted_are_judged_by_name(tool: str, spared: bool) -> None:
    old = {"up": {"loss": 0.1}, "down": {}, "counters": {"up": {"sent": 3}, "down": {"sent": 3}}}
    assert is_spared(old, workload="key", tool=tool) is spared


def test_what_the_machine_dropped_is_told_with_the_run() -> None:
    assert _told_of_host_drops({"dropped_by_host": {"client": 7, "server": 5}})[0].startswith("12 packets were dropped")
    assert _told_of_host_drops({"dropped_by_host": {"client": 0}}) == _told_of_host_drops({}) == []
