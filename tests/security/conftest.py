"""Lets the tests here use the virtual world, the fuzzer's targets and each other, and weigh what is left behind."""

import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

for neighbour in ("world", "fuzz", "security"):
    sys.path.insert(0, str(Path(__file__).parents[1] / neighbour))


@pytest.fixture
def memory_grown_by() -> Callable[[Callable[[], object]], int]:
    """Return a function that does something and tells how many bytes more Python holds afterwards."""

    def grown(act: Callable[[], object]) -> int:
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            act()
            return tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()

    return grown
