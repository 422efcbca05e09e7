"""Results are read back whole, and only a bench of the same kind goes on with them."""

import json
from pathlib import Path
from typing import Any

import pytest

from rmosh_netem.bench.measurement import Plan
from rmosh_netem.bench.results import Results, Run, read_results
from rmosh_netem.bench.runner import BenchRequest, _begin
from rmosh_netem.errors import BadRequest
from rmosh_netem.profiles import load_profiles

RUN = Run("lan", "ssh", "key", 1.0, ["ssh"], {"p50_ms": 1.5}, {"shown": [0.1, None]}, [], {}, (0.1, 0.2))


def results_of(**changes: Any) -> Results:
    usual: dict[str, Any] = {"seed": 1, "versions": {"ssh": "9.2"}, "settings": {"keys": 20}}
    return Results(**(usual | changes))


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    results = results_of()
    results.runs.append(RUN)
    results.write(tmp_path / "x.json")
    found = read_results(tmp_path / "x.json").runs[0]
    assert (found.profile, found.figures, found.samples) == ("lan", RUN.figures, RUN.samples)


def test_a_bench_with_another_tool_besides_goes_on(tmp_path: Path) -> None:
    results = results_of()
    results.require_like(results_of(versions={"mosh": "1.4"}), file=tmp_path / "x.json")
    assert results.versions == {"ssh": "9.2"}


@pytest.mark.parametrize(
    ("other", "complaint"),
    [
        ({"seed": 2}, "measured with seed 1, not 2: ask for that"),
        ({"settings": {"keys": 9}}, "measured with keys 20, not 9"),
        ({"versions": {"ssh": "9.9"}}, "measured with ssh 9.2, not 9.9"),
    ],
)
def test_what_was_measured_otherwise_is_not_mixed(tmp_path: Path, other: dict[str, Any], complaint: str) -> None:
    with pytest.raises(BadRequest, match=complaint):
        results_of().require_like(results_of(**other), file=tmp_path / "x.json")


def request_of(output: Path, **changes: Any) -> BenchRequest:
    return BenchRequest([], [], [], Plan(profile=load_profiles()["lan"], seed=1), 60.0, output, **changes)


def test_earlier_results_are_kept_unless_it_is_said_what_is_to_become_of_them(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    results = _begin(request_of(file))
    results.runs.append(RUN)
    results.write(file)
    with pytest.raises(BadRequest, match="is there already: add --resume to go on with it, --replace to lose it"):
        _begin(request_of(file))
    assert len(read_results(file).runs) == 1
    assert len(_begin(request_of(file, resume=True)).runs) == 1
    assert _begin(request_of(file, replace=True)).runs == []


def test_a_place_that_cannot_be_written_is_found_before_anything_is_measured(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match=r"cannot write .*where\.json: No such file or directory: give another"):
        _begin(request_of(tmp_path / "no" / "where.json"))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 99}', json.dumps({"format": 1, "seed": 1, "runs": [{}]})])
def test_a_file_that_is_no_result_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(BadRequest, match="another --output"):
        read_results(tmp_path / "x.json")
