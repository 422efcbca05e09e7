"""The report says what the JSON says, stands alone, and tells clearly what it cannot use."""

import html
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from _pytest.capture import CaptureFixture

from rmosh_netem.cli import main
from rmosh_netem.report.documents import read_evidence
from rmosh_netem.report.goals import read_goals
from rmosh_netem.report.tables import build_table

NEEDS_EXTRA = "the report is of the extra netem: pip install '.[netem]'"

#: Two numbers that stand nowhere else on the page.
MEDIANS = {"ssh": 274.1, "mosh": 1431.7, "rmosh": 277.9}


def a_run(**changed: Any) -> dict[str, Any]:
    values = {
        "profile": "transoceanic",
        "tool": "rmosh",
        "workload": "key",
        "command": ["rmosh", "host", "a <b>&</b> c"],
        "figures": {"p50_ms": 277.9, "p99_ms": None, "never": 1},
        "samples": {"shown": [0.2778, 0.2779, None]},
        "notes": [],
        "relay": {"up": {"delay": 0.1365}, "down": {"delay": 0.1365}, "lateness": {"p99": 0.0001}},
        "load": [0.1, 0.2],
        "error": "",
    }
    return values | changed


def typing_runs() -> list[dict[str, Any]]:
    return [
        a_run(tool=tool, figures={"p50_ms": median}, samples={"shown": [median / 1000, median / 500]})
        for tool, median in MEDIANS.items()
    ]


def timelines() -> list[dict[str, Any]]:
    blackout = {"pressed": [0.5, 1.0, 6.0], "shown": [4.9, 4.4, 0.3], "outage": [0.0, 5.0], "back": [0.4, 0.4]}
    roam = {"pressed": [0.1, 0.3, 0.5], "shown": [0.28, None, 0.29], "moved": [0.25]}
    return [
        a_run(workload="blackout", figures={"first_ms": 400.0, "all_ms": 400.0}, samples=blackout),
        a_run(workload="roam", samples=roam),
        a_run(workload="roam", tool="ssh", samples=roam),
    ]


def write(file: Path, runs: list[dict[str, Any]] | list[str], **changed: dict[str, str] | str) -> Path:
    document = {
        "format": 1,
        "argv": ["/opt/bin/rmosh-netem", "bench", "--seed", "7"],
        "seed": 7,
        "versions": {"rmosh": "rmosh 0.1.0", "ssh": "OpenSSH_9.2"},
        "settings": {"keys": 3},
        "machine": {"system": "Linux", "cores": 2},
        "started": "2026-01-02T03:04:05Z",
        "runs": runs,
    }
    file.write_text(json.dumps(document | changed), encoding="utf-8")
    return file


def report_of(tmp_path: Path, runs: list[dict[str, Any]], *arguments: str) -> str:
    """Write the report of these runs; return its page."""
    pytest.importorskip("matplotlib", reason=NEEDS_EXTRA)
    pytest.importorskip("jinja2", reason=NEEDS_EXTRA)
    write(tmp_path / "results.json", runs)
    assert main(["report", str(tmp_path / "results.json"), "--output", str(tmp_path / "report"), *arguments]) == 0
    return (tmp_path / "report" / "report.html").read_text(encoding="utf-8")


def failure_of(capsys: CaptureFixture[str], *arguments: Path | str) -> str:
    """Run the command, which must fail; return its one line."""
    assert main(["report", *map(str, arguments)]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


def cells(page: str) -> list[str]:
    """Return the texts of a page's table cells."""
    return [html.unescape(re.sub("<[^>]*>", "", cell)).strip() for cell in re.findall("<td[^>]*>(.*?)</td>", page)]


@pytest.mark.slow
def test_a_page_shows_the_very_numbers_of_the_json_and_their_ratios(tmp_path: Path) -> None:
    shown = cells(report_of(tmp_path, typing_runs()))
    assert "274.1" in shown and "277.9" in shown
    assert "1\u202f431.7" in shown
    assert f"{277.9 / 1431.7:.2f}" in shown and f"{277.9 / 274.1:.2f}" in shown


@pytest.mark.slow
def test_a_page_needs_nothing_from_outside(tmp_path: Path) -> None:
    page = report_of(tmp_path, [*typing_runs(), *timelines()])
    without_namespaces = re.sub(r'xmlns(:\w+)?="[^"]*"', "", page)
    assert not re.search(r"https?://|//\w|@import|<script|<link|<img|<iframe", without_namespaces)
    assert all(address.startswith("#") for address in re.findall(r'href="([^"]*)"', page))
    assert all(address.startswith("#") for address in re.findall(r"url\(([^)]*)\)", page))


@pytest.mark.slow
def test_every_figure_is_in_the_page_and_in_files(tmp_path: Path) -> None:
    page = report_of(tmp_path, [*typing_runs(), *timelines()])
    files = {file.name for file in (tmp_path / "report" / "figures").iterdir()}
    names = {"overview", "overview-confirmed", "key-transoceanic", "blackout-transoceanic", "roam-transoceanic"}
    assert files == {f"{name}.svg" for name in names}
    assert page.count("<svg") == len(names) - 1  # one picture of all panels is for READMEs


@pytest.mark.slow
def test_a_page_tells_how_to_measure_it_again(tmp_path: Path) -> None:
    page = report_of(tmp_path, typing_runs())
    assert "<pre>rmosh-netem bench --seed 7</pre>" in page
    for fact in ("<dd>7</dd>", "OpenSSH_9.2", "system Linux", "keys 3", "load average"):
        assert fact in page


@pytest.mark.slow
def test_text_of_the_json_is_text_in_the_page(tmp_path: Path) -> None:
    page = report_of(tmp_path, [a_run(profile='../<i>"&$x$', error="<script>alert(1)</script>", tool="<b>mine</b>")])
    assert "<script" not in page and "<i>" not in page and "<b>mine" not in page
    assert {file.name for file in tmp_path.iterdir()} == {"results.json", "report"}


@pytest.mark.slow
def test_unknown_workloads_tools_figures_and_samples_are_shown_as_they_are(tmp_path: Path) -> None:
    runs = [
        a_run(workload="juggling", tool="eternal", figures={"drops_per_hour": 12, "odd": "text", "catch_ms": 3.5}),
        a_run(workload="juggling", samples={"words": ["a"], "shown": 3}),
    ]
    page = report_of(tmp_path, runs)
    assert "Juggling" in page and "drops per hour" in page and "catch, ms" in page
    assert {"12", "3.5"} <= set(cells(page))


@pytest.mark.slow
def test_any_workload_with_keys_shown_gets_its_curves(tmp_path: Path) -> None:
    report_of(tmp_path, [a_run(workload="juggling", relay={}, lab={"up": {"delay": 0.05}, "down": {"delay": 0.05}})])
    assert (tmp_path / "report" / "figures" / "juggling-transoceanic.svg").exists()


@pytest.mark.slow
def test_a_run_that_failed_is_told_and_the_others_stand(tmp_path: Path) -> None:
    runs = [*typing_runs()[:2], a_run(figures={}, samples={}, error="it showed nothing")]
    page = report_of(tmp_path, runs)
    assert "rmosh on transoceanic gave no figures:</b> it showed nothing" in page
    assert "failed" in cells(page)


@pytest.mark.slow
def test_keys_that_never_came_are_drawn_and_told(tmp_path: Path) -> None:
    page = report_of(tmp_path, [a_run(samples={"shown": [None, None]}, figures={"p50_ms": None, "never": 2})])
    assert "rmosh never" in page
    assert "never" in cells(page)


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["svg", "png"])
def test_a_picture_alone_is_written_for_a_readme(tmp_path: Path, ending: str) -> None:
    pytest.importorskip("matplotlib", reason=NEEDS_EXTRA)
    file = tmp_path / f"keys.{ending}"
    assert main(["report", str(write(tmp_path / "a.json", typing_runs())), "--picture", str(file)]) == 0
    content = file.read_bytes()
    if ending == "svg":
        assert b"prefers-color-scheme: dark" in content and b"rmosh" in content
    assert content.startswith({"svg": b"<svg", "png": b"\x89PNG"}[ending])


@pytest.mark.slow
def test_a_picture_without_any_key_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib", reason=NEEDS_EXTRA)
    file = write(tmp_path / "a.json", [a_run(workload="flood", samples={})])
    assert "none were measured" in failure_of(capsys, file, "--picture", tmp_path / "keys.svg")
    assert "ends in .svg or .png" in failure_of(capsys, file, "--picture", tmp_path / "keys.bmp")


def test_a_folder_is_read_whole_and_other_files_in_it_are_left_out(tmp_path: Path) -> None:
    write(tmp_path / "a.json", typing_runs())
    write(tmp_path / "b.json", timelines())
    (tmp_path / "other.json").write_text("[1]")
    evidence = read_evidence([tmp_path])
    assert evidence.workloads == ["key", "blackout", "roam"]
    assert evidence.tools == ["ssh", "mosh", "rmosh"]
    assert len(evidence.skipped) == 1 and "other.json" in evidence.skipped[0]


def test_of_runs_with_two_versions_the_newer_counts_whatever_the_files_are_called(tmp_path: Path) -> None:
    old, new = ("2026-01-01T00:00:00Z", "1.0"), ("2026-01-02T00:00:00Z", "2.0")
    for name, (started, version), value in (("z", old, 1.0), ("a", new, 2.0)):
        run = a_run(figures={"p50_ms": value})
        write(tmp_path / f"{name}.json", [run], started=started, versions={run["tool"]: version})
    evidence = read_evidence([tmp_path])
    assert [run.figures["p50_ms"] for run in evidence.runs] == [2.0]
    assert evidence.replaced == 1


def test_runs_measured_alike_in_two_files_are_combined_and_said(tmp_path: Path) -> None:
    for number, value in enumerate((1.0, 5.0, 3.0)):
        figures = {"p50_ms": value, "p99_ms": None if number else 9.0}
        write(tmp_path / f"{number}.json", [a_run(figures=figures, samples={"shown": [value]})])
    evidence = read_evidence([tmp_path])
    (run,) = evidence.runs
    assert (run.count, run.figures, evidence.replaced) == (3, {"p50_ms": 3.0, "p99_ms": None}, 0)
    assert run.samples == {"shown": [1.0, 5.0, 3.0]}
    assert run.intervals["p50_ms"] == (1.0, 5.0)
    (row, _) = build_table(evidence, "key", {}).groups[0].rows
    assert row.cells == ("3.0 [1.0, 5.0] n=3",)


def test_runs_of_two_drivers_are_never_mixed(tmp_path: Path) -> None:
    over_relay, in_lab = a_run(figures={"p50_ms": 1.0}), a_run(figures={"p50_ms": 2.0})
    in_lab |= {"lab": in_lab["relay"], "relay": {}}
    evidence = read_evidence([write(tmp_path / "a.json", [over_relay, in_lab])])
    assert [(run.figures["p50_ms"], run.count) for run in evidence.runs] == [(2.0, 1)]
    assert evidence.replaced == 1


def test_tools_whose_intervals_overlap_are_not_called_different(tmp_path: Path) -> None:
    def compared(theirs: tuple[float, ...]) -> bool | None:
        runs = [a_run(tool="rmosh", figures={"p50_ms": ms}) for ms in (100.0, 110.0, 120.0)]
        runs += [a_run(tool="mosh", figures={"p50_ms": ms}) for ms in theirs]
        (row,) = build_table(read_evidence([write(tmp_path / "a.json", runs)]), "key", {}).groups[0].rows
        (ratio, *_) = row.ratios
        assert ratio is not None
        return ratio.better

    assert compared((115.0, 150.0, 180.0)) is None
    assert compared((150.0, 160.0, 180.0)) is True


def test_a_rival_that_the_relay_spared_has_no_ratio_and_is_never_best(tmp_path: Path) -> None:
    lossy = {"up": {"delay": 0.05, "loss": 0.29}, "down": {"delay": 0.05, "loss": 0.29}}
    runs = [a_run(tool=tool, relay=lossy, figures={"p50_ms": ms}) for tool, ms in MEDIANS.items()]
    table = build_table(read_evidence([write(tmp_path / "a.json", runs)]), "key", {})
    (row,) = table.groups[0].rows
    assert table.rivals == ("mosh",)  # no column that would be empty
    assert row.ratios[0] is not None
    assert row.spared == {table.tools.index("ssh")}
    assert row.best == table.tools.index("rmosh")


def test_goals_are_judged_where_rmosh_was_measured(tmp_path: Path) -> None:
    goals = read_goals(None)
    assert goals["key", "p50_ms", "transoceanic"] == 283
    rows = build_table(read_evidence([write(tmp_path / "a.json", typing_runs())]), "key", goals).groups[0].rows
    assert (rows[0].goal, rows[0].met) == ("≤\u202f283", True)
    rows = build_table(read_evidence([write(tmp_path / "a.json", typing_runs()[:2])]), "key", goals).groups[0].rows
    assert rows[0].met is None


@pytest.mark.slow
def test_goals_stand_on_the_page_only_where_they_are_asked_for(tmp_path: Path) -> None:
    for arguments, has_goals in (((), False), (("--goals", "rmosh"), True)):
        page = report_of(tmp_path, typing_runs(), *arguments)
        assert ("goals of rmosh met" in page, '<td class="goal">' in page) == (has_goals, has_goals)


def test_processor_time_and_memory_have_a_table_of_their_own(tmp_path: Path) -> None:
    figures = {"p50_ms": 1.0, "client_cpu_s": 0.3, "server_pss_mb": 6.5}
    evidence = read_evidence(
        [write(tmp_path / "a.json", [a_run(figures=figures), a_run(workload="idle", figures=figures)])]
    )

    def rows(workload: str, *, aside: bool) -> list[str]:
        return [row.figure for group in build_table(evidence, workload, {}, aside=aside).groups for row in group.rows]

    assert rows("key", aside=False) == ["median, ms"]
    assert len(rows("key", aside=True)) == 2
    assert len(rows("idle", aside=False)) == 3


def test_results_that_are_not_there_or_empty_or_no_results_are_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "there is no" in failure_of(capsys, tmp_path / "none.json")
    assert "no results in" in failure_of(capsys, tmp_path)
    assert "no finished run" in failure_of(capsys, write(tmp_path / "a.json", []))
    (tmp_path / "b.json").write_text("{")
    assert "cannot read" in failure_of(capsys, tmp_path / "b.json")
    (tmp_path / "b.json").write_text('{"results": {}}')
    assert "not a result of the bench" in failure_of(capsys, tmp_path / "b.json")
    assert "names no tool" in failure_of(capsys, write(tmp_path / "b.json", [a_run(tool=None)]))
    assert "names no profile" in failure_of(capsys, write(tmp_path / "b.json", ["text"]))


def test_goals_that_are_no_goals_are_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path / "a.json", typing_runs())
    for text in ("[", "key = 4", "[key]\np50_ms = 4", '[key.p50_ms]\nlan = "fast"'):
        (tmp_path / "goals.toml").write_text(text)
        assert "write [workload.figure]" in failure_of(capsys, file, "--goals", tmp_path / "goals.toml")


@pytest.mark.parametrize("missing", ["matplotlib", "jinja2"])
def test_without_the_extra_one_line_tells_how_to_get_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    pytest.importorskip("jinja2", reason=NEEDS_EXTRA)
    monkeypatch.setitem(sys.modules, missing, None)
    said = failure_of(capsys, write(tmp_path / "a.json", typing_runs()), "--output", tmp_path / "report")
    assert f"needs the package {missing}: pip install '.[netem]'" in said
