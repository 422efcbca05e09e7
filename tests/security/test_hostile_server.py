"""A hostile server: whatever it sends, its client holds no more memory than stated."""

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.security.hostile_memory import SCENARIOS

#: Most memory of a client beyond what it takes itself, in MB, whatever a server sends: two frames of the largest size
#: with every cell an object of its own, and a third being made. Without bounds 256 of them were 13,000.
MOST_MEMORY: Final = 256


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read as Linux tells it")
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_whatever_a_server_sends_its_client_holds_no_more_than_stated(scenario: str) -> None:
    script = Path(__file__).with_name("hostile_memory.py")
    with subprocess.Popen([sys.executable, script, "say", scenario], stdout=subprocess.PIPE) as server:
        done = subprocess.run(
            [sys.executable, script, "take"], stdin=server.stdout, check=True, capture_output=True, timeout=120
        )
    assert server.returncode == 0
    print(done.stdout)
    assert int(done.stdout) <= MOST_MEMORY
