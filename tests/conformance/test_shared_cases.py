"""Conformance cases made of other emulators' own tests, strictly judged: what fails is listed with its reason."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
SHARED = HERE.parents[2] / "shared" / "conformance"
ADAPTER = HERE / "adapter.py"

#: The project's own suite is not among them: see `test_own_cases`.
SUITES = "alacritty,libvterm,pyte"


def known_failures() -> dict[str, str]:
    """Return the reasons of the known failures by case."""
    lines = (HERE / "known_failures.txt").read_text(encoding="utf-8").splitlines()
    entries = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    return dict(entries)


@pytest.fixture(scope="module", params=[None, 7], ids=["whole", "in chunks of 7 bytes"])
def results(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    if not SHARED.is_dir():
        pytest.skip(
            "cases made of other emulators' tests (alacritty's tests/ref, libvterm's t/*.test) have their own licences "
            f"and are not in this tree: lay the project's folder `shared` beside this checkout, as {SHARED.parent}"
        )
    out = tmp_path_factory.mktemp("conformance") / "results.json"
    command = [sys.executable, str(SHARED / "harness.py"), "--strict", "--suite", SUITES, "--out", str(out)]
    command += ["--adapter", f"{sys.executable} {ADAPTER}"]
    if request.param:
        command += ["--chunk", str(request.param)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=120)
    found: dict[str, dict[str, object]] = json.loads(out.read_text())["results"]
    return found


@pytest.mark.slow
def test_only_known_failures_fail_in_the_shared_conformance_cases(results: dict[str, dict[str, object]]) -> None:
    failing = {case: result["fails"] for case, result in results.items() if result["fails"]}
    assert failing.keys() == known_failures().keys(), failing
