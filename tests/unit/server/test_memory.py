"""What a flood took goes back to the host, though something that stays lies above it."""

import ctypes
import subprocess
import sys

import pytest

_FLOOD = """
from rmosh_server.process.memory import give_memory_back

def resident():
    with open("/proc/self/statm", encoding="ascii") as told:
        return int(told.read().split()[1]) * 4096

blocks = [bytes(20_000) for _ in range(500)]
stays = bytes(20_000)
blocks.clear()
before = resident()
give_memory_back()
print(before - resident())
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="only glibc is known to keep so much")
def test_what_was_freed_below_something_in_use_goes_back_to_the_host() -> None:
    told = subprocess.run([sys.executable, "-c", _FLOOD], capture_output=True, text=True, check=True).stdout
    assert int(told) > 8_000_000
