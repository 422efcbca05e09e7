"""pyte's own tests, run on our screen: they pass but for the differences that `rmosh.terminal.as_pyte` tells of.

They are LGPL and not in this tree. RMOSH_PYTE_SDIST names pyte's source distribution, which has them.
"""

import importlib.metadata
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from rmosh.terminal import as_pyte

VERSION = importlib.metadata.version("pyte")

#: Tests of pyte 0.8.2 that fail, and the difference that each of them finds.
DIFFERING = {
    "test_history.test_ensure_width": "A resize wraps",
    "test_screen.test_colors256": "A background named by its index",
    "test_screen.test_resize": "A resize wraps",
    "test_screen.test_set_mode": "The width is the user's",
    "test_screen.test_draw_width2_line_end": "A wide character that does not fit into the line",
    "test_screen.test_draw_width0_decawm_off": "Without autowrap a wide character",
    "test_screen.test_save_cursor": "One cursor is saved",
    "test_screen.test_restore_cursor_out_of_bounds": "A reset forgets",
    "test_screen.test_erase_in_display": "Erasing the history",
    "test_screen.test_cursor_position": "A position outside",
    "test_screen.test_report_device_attributes": "Device attributes",
}


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Return the tests of pyte's that fail on our screen."""
    archive = os.environ.get("RMOSH_PYTE_SDIST", "")
    if not archive:
        pytest.skip(
            "pyte's own tests are in its source distribution: "
            f"pip download --no-deps --no-binary pyte pyte=={VERSION}, then set RMOSH_PYTE_SDIST to what it saved"
        )
    place = tmp_path_factory.mktemp("pyte")
    with tarfile.open(archive) as packed:
        packed.extractall(place, filter="data")
    (tests,) = place.glob(f"pyte-{VERSION}/tests")
    report = place / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "on_our_screen", "-W", "ignore", f"--junitxml={report}"]
    command += [f"--rootdir={tests}", "-p", "no:cacheprovider", str(tests)]
    surroundings = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    subprocess.run(command, cwd=tests, env=surroundings, stdout=subprocess.DEVNULL, timeout=120, check=False)
    cases = list(ElementTree.parse(report).iter("testcase"))
    assert len(cases) > 100
    judged = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    return {f"{case.get('classname', '').rpartition('.')[2]}.{case.get('name')}" for case in judged}


@pytest.mark.slow
def test_pytes_own_tests_pass_but_for_the_differences_told(failing: set[str]) -> None:
    assert failing == DIFFERING.keys()


@pytest.mark.parametrize("words", sorted(set(DIFFERING.values())))
def test_the_package_tells_of_each_difference_that_pytes_tests_find(words: str) -> None:
    assert f"\n- {words}" in (as_pyte.__doc__ or "")
