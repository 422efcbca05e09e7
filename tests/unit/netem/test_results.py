"""Results are written whole, with what is needed to judge and repeat them, and shown as tables."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from rmosh_netem.bench.results import Results, Run


def a_run(**changed: Any) -> Run:
    values: dict[str, Any] = {
        "profile": "lan",
        "tool": "ssh",
        "workload": "key",
        "seconds": 1.0,
        "command": ["ssh", "host"],
        "figures": {"p50_ms": 1.5, "p99_ms": None, "never": 1},
        "samples": {"shown": [0.0015, None]},
        "notes": ["a note"],
        "relay": {},
        "load": (0.1, 0.2),
    }
    return Run(**(values | changed))


def test_a_document_holds_seed_machine_versions_commands_and_noise(tmp_path: Path) -> None:
    results = Results(seed=7, versions={"ssh": "OpenSSH"}, settings={"keys": 3}, runs=[a_run()])
    results.write(tmp_path / "out.json")
    document = json.loads((tmp_path / "out.json").read_text())
    assert document["seed"] == 7
    assert document["versions"] == {"ssh": "OpenSSH"}
    assert document["machine"]["cores"] >= 1
    assert document["runs"][0]["command"] == ["ssh", "host"]
    assert document["runs"][0]["load"] == [0.1, 0.2]
    assert document["runs"][0]["samples"]["shown"] == [0.0015, None]


def test_a_result_file_is_replaced_and_never_half_written(tmp_path: Path) -> None:
    results = Results(seed=7, versions={}, settings={})
    results.write(tmp_path / "out.json")
    results.write(tmp_path / "out.json")
    assert [file.name for file in tmp_path.iterdir()] == ["out.json"]


def test_tables_show_figures_errors_and_notes() -> None:
    console = pytest.importorskip("rich.console", reason="tables are of the extra netem: pip install '.[netem]'")
    from rmosh_netem.bench.table import print_results

    output = io.StringIO()
    runs = [a_run(), a_run(tool="mosh", figures={}, error="it broke", notes=[])]
    print_results(Results(seed=7, versions={}, settings={}, runs=runs), console.Console(file=output, width=120))
    text = output.getvalue()
    assert "1.5" in text and "p50 ms" in text
    assert "lan/mosh/key: it broke" in text
    assert text.count("a note") == 1


def test_a_narrow_table_cuts_no_name_and_no_figure() -> None:
    console = pytest.importorskip("rich.console", reason="tables are of the extra netem: pip install '.[netem]'")
    from rmosh_netem.bench.table import print_results

    output = io.StringIO()
    figures = dict.fromkeys(("p50_ms", "p90_ms", "p99_ms", "wrong_at_end", "up_bytes_per_key", "never"), 1234.5)
    runs = [a_run(figures=figures), a_run(profile="lte-bufferbloat", figures=figures)]
    print_results(Results(seed=7, versions={}, settings={}, runs=runs), console.Console(file=output, width=80))
    text = output.getvalue()
    assert "lte-bufferbloat" in text and "profile" in text
    assert text.count("1234") == 12
