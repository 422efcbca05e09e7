"""Lets the tests here use the virtual world's session and their neighbours, and weigh what something leaves behind."""

import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "world"))
sys.path.insert(0, str(Path(__file__).parent))


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
