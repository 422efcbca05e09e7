"""Weighs what is left behind."""

import tracemalloc
from collections.abc import Callable

import pytest


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
