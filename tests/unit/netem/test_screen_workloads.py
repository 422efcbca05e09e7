"""Screens, floods and footprints are measured rightly: here with a tool that has no link at all."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pyte
import pytest

from rmosh_netem.bench import spending
from rmosh_netem.bench.flood_workloads import FLOODS
from rmosh_netem.bench.footprint_workloads import FOOTPRINTS
from rmosh_netem.bench.measurement import Plan
from rmosh_netem.bench.painting_workloads import PAINTING, _as_shown, _shows
from rmosh_netem.bench.pty_session import PtySession
from rmosh_netem.bench.workloads import confirmed_keys_in_bursts
from rmosh_netem.errors import BenchFailed
from rmosh_netem.profiles import load_profiles
from tests.unit.netem.bench_without_link import NoLink, laboratory

PLAN = Plan(load_profiles()["perfect"], seed=1, keys=3, repeats=1, repaints=1, idle=0.3, sessions=2)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for next to nothing where a link would have to be waited for."""
    monkeypatch.setattr("rmosh_netem.bench.painting_workloads._REST", 0.05)
    monkeypatch.setattr("rmosh_netem.bench.painting_workloads._QUIET", 0.1)
    monkeypatch.setattr("rmosh_netem.bench.flood_workloads._WHOLE_AFTER", 0.1)
    monkeypatch.setattr("rmosh_netem.bench.footprint_workloads._SETTLED", 0.05)
    monkeypatch.setattr("rmosh_netem.bench.footprint_workloads._WARM_UP", 0.2)
    monkeypatch.setattr("rmosh_netem.bench.footprint_workloads._USED_BY_KEYS", 2)
    monkeypatch.setattr("rmosh_netem.bench.footprint_workloads._TYPED", 0.05)
    monkeypatch.setattr("rmosh_netem.bench.far_side.FLOOD_BYTES", 20_000)


@pytest.mark.slow
def test_a_page_is_timed_to_its_last_cell(tmp_path: Path) -> None:
    findings = PAINTING["page"](laboratory(tmp_path), PLAN)
    assert findings.figures["never"] == 0
    assert 0 < cast(float, findings.samples["shown"][0]) < 5


def test_a_page_with_one_cell_of_another_colour_is_not_shown_yet() -> None:
    wanted = _as_shown("\033[31mab\r\n\033[32mcd", rows=2, columns=2)
    for printed, whole in (("\033[31mab\r\n\033[32mcd", True), ("\033[31mab\r\n\033[32mc\033[33md", False)):
        screen = pyte.Screen(2, 2)
        pyte.Stream(screen).feed(printed)
        assert _shows(wanted, 0.0, screen) == whole


@pytest.mark.slow
@pytest.mark.parametrize("log", FLOODS)
def test_a_flood_is_timed_at_both_ends(tmp_path: Path, log: str) -> None:
    figures = FLOODS[log](laboratory(tmp_path), PLAN).figures
    assert 0 < cast(float, figures["end_s"]) <= cast(float, figures["whole_s"]) < 5
    assert cast(float, figures["server_busy_s"]) >= 0


@pytest.mark.slow
def test_what_a_busy_screen_costs_both_ends_is_counted(tmp_path: Path) -> None:
    figures = FOOTPRINTS["agent"](laboratory(tmp_path), PLAN).figures
    assert {"client_cpu_ms_s", "server_wake_ups_s", "up_packets_s", "down_bytes_s"} <= set(figures)


@pytest.mark.slow
def test_a_screen_that_stands_still_is_no_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rmosh_netem.bench.footprint_workloads._STOPPED", 0.1)
    with pytest.raises(BenchFailed, match="stood still"):
        FOOTPRINTS["each-second"](laboratory(tmp_path), PLAN)


@pytest.mark.slow
def test_rest_is_counted_in_bytes_packets_and_wake_ups(tmp_path: Path) -> None:
    figures = FOOTPRINTS["idle"](laboratory(tmp_path), Plan(PLAN.profile, seed=1, idle=0.1)).figures
    assert (figures["up_bytes_s"], figures["down_packets_s"], figures["client_wake_ups_s"]) == (0, 0, 0)


def test_what_a_login_had_spent_that_ends_meanwhile_is_not_taken_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds, woken = {10: 5.0, 11: 3.0}, {10: 50, 11: 30}
    monkeypatch.setattr(spending, "family_of", lambda _client: [10, 11])
    monkeypatch.setattr(spending, "run_seconds", lambda process: seconds.get(process, 0.0))
    monkeypatch.setattr(spending, "wake_ups", lambda process: woken.get(process, 0))
    monkeypatch.setattr(spending, "name_of", lambda process: "client" if process in seconds else "")
    spent = spending.Spending(laboratory(tmp_path), cast(PtySession, SimpleNamespace(process=10)))
    seconds |= {10: 5.5}
    woken |= {10: 60}
    del seconds[11], woken[11]
    figures = spent.figures()
    assert cast(float, figures["client_cpu_ms_s"]) > 0
    assert cast(float, figures["client_wake_ups_s"]) > 0


def test_what_each_way_carried_is_told_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter((10.0, 12.0))
    monkeypatch.setattr(spending, "time", SimpleNamespace(monotonic=lambda: next(moments)))
    monkeypatch.setattr(spending, "family_of", lambda _client: [])
    lab = laboratory(tmp_path)
    spent = spending.Spending(lab, cast(PtySession, SimpleNamespace(process=10)))
    monkeypatch.setattr(lab.link, "wire_packets", lambda: (2, 3))
    monkeypatch.setattr(lab.link, "wire_bytes", lambda: (100, 4001))
    carried = {name: figure for name, figure in spent.figures().items() if name.startswith(("up", "down"))}
    assert carried == {"up_packets_s": 1.0, "down_packets_s": 1.5, "up_bytes_s": 50.0, "down_bytes_s": 2000.5}


@pytest.mark.slow
def test_the_memory_of_several_sessions_is_shared_out(tmp_path: Path) -> None:
    figures = FOOTPRINTS["memory"](laboratory(tmp_path), PLAN).figures
    client, server, each = (cast(float, figures[name]) for name in ("client_mb", "server_mb", "each_server_mb"))
    assert client >= server > 1
    assert server / 2 < each < server * 2


@pytest.mark.slow
def test_leaving_is_timed(tmp_path: Path) -> None:
    assert 0 < cast(float, FOOTPRINTS["exit"](laboratory(tmp_path), PLAN).figures["p50_ms"]) < 5000


@pytest.mark.slow
def test_bad_spells_begin_once_the_login_is_over(tmp_path: Path) -> None:
    lab = laboratory(tmp_path)
    assert confirmed_keys_in_bursts(lab, PLAN).figures["never"] == 0
    ((up, down),) = cast(NoLink, lab.link).changes
    assert up is not None and up.bursts is not None and up.bursts.loss_bad == 0.9
    assert down is not None and down.bursts == up.bursts
