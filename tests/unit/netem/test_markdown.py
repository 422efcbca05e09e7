"""A README's tables say what was measured, how often, and how sure that is."""

import json
from pathlib import Path
from typing import Any

import pytest

from rmosh_netem.cli import main
from rmosh_netem.report.documents import read_evidence
from rmosh_netem.report.markdown import markdown_tables


def runs_of(
    link: str, tool: str, workload: str, figure: str, values: list[None] | list[float] | list[int]
) -> list[dict[str, Any]]:
    return [
        {"profile": link, "tool": tool, "workload": workload, "figures": {figure: value}, "lab": {"up": {"delay": 0}}}
        for value in values
    ]


RUNS = [
    *runs_of("lan", "ssh", "key", "p50_ms", [1.52, 1.49, 1.61]),
    *runs_of("lan", "rmosh", "key", "p50_ms", [4.4, 4.4, 4.6]),
    *runs_of("evdo", "ssh", "key", "p50_ms", [1490, 1500, 1510]),
    *runs_of("lan", "rmosh", "edit", "at_once_percent", [93.3, 95.0, 96.7]),
    *runs_of("lan", "rmosh", "flood", "whole_s", [8.5, 8.44]),
    *runs_of("lan", "mosh", "flood", "whole_s", [None, None, None]),
    *runs_of("lan", "ssh", "blackout", "first_ms", [7600, 7700, 7650]),
]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    file = tmp_path / "results.json"
    file.write_text(json.dumps({"runs": RUNS, "settings": {"blackout": 5}}), encoding="utf-8")
    return file


def test_each_cell_is_a_median_with_its_interval_and_the_legend_tells_n(results: Path) -> None:
    by_link, by_figure, legend = markdown_tables(read_evidence([results])).split("\n\n")
    assert by_link.splitlines() == [
        "| link | a key comes back, ms: ssh | rmosh | shown within 10 ms, %: rmosh |",
        "|---|---|---|---|",
        "| lan | 1.5 [1.5, 1.6] | 4.4 [4.4, 4.6] | 95 [93, 97] |",
        "| evdo | 1.5 s [1.5, 1.5] | \N{EN DASH} | \N{EN DASH} |",
    ]
    assert by_figure.splitlines()[2:] == [
        "| the scrollback has all that comes (mosh has none) | lan | \N{EN DASH} | never | 8.5 s |",
        "| the first key after 5 s without a link is back | lan | 7.7 s [7.6, 7.7] | \N{EN DASH} | \N{EN DASH} |",
    ]
    assert legend.startswith("Each cell is the median of n = 3 runs, in brackets its 95 % bootstrap interval;")
    assert legend.endswith("Other n: lan flood rmosh n = 2.")


def test_the_command_prints_them_without_drawing_anything(
    results: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["report", str(results), "--table"]) == 0
    assert capsys.readouterr().out.startswith("| link |")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["results.json"]


def test_what_the_relay_spared_is_marked_but_not_the_memory_it_took(tmp_path: Path) -> None:
    relay = {"up": {"delay": 0.05, "loss": 0.3}, "down": {"delay": 0.05, "loss": 0.3}}
    figures = {"p50_ms": 144.0, "server_pss_mb": 2.7}
    run = {"profile": "loss29", "tool": "ssh", "workload": "key", "figures": figures, "relay": relay}
    file = tmp_path / "results.json"
    file.write_text(json.dumps({"runs": [run]}), encoding="utf-8")
    tables = markdown_tables(read_evidence([file]))
    assert "| loss29 | 144* |" in tables and "| loss29 | 2.7 MB |" in tables
    assert tables.endswith("* crossed a relay, which spares TCP what the link does to others: a best case.")
