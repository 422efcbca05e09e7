"""What the server uses of Python 3.9 and 3.10, for 3.8 as well; newer Pythons' own where there is one."""

import functools
import itertools
import os
import sys
from collections import namedtuple
from collections.abc import Iterable, Iterator
from typing import Any

__all__ = ["namedtuple", "removeprefix", "removesuffix", "waitstatus_to_exitcode", "zip_strictly"]


def zip_strictly(*parts: Iterable[Any]) -> Iterator[Any]:
    """Pair as `zip` does with `strict` (3.10).

    Raises:
        ValueError: the parts are not equally long.
    """
    if sys.version_info >= (3, 10):  # noqa: UP036 - it is for older ones
        return zip(*parts, strict=True)
    return _pair_strictly(parts)


def _pair_strictly(parts: "tuple[Iterable[Any], ...]") -> Iterator[Any]:
    nothing = object()
    for group in itertools.zip_longest(*parts, fillvalue=nothing):
        if any(one is nothing for one in group):
            raise ValueError("zip() has arguments of different lengths")
        yield group


def removeprefix(text: str, prefix: str) -> str:
    """Return a text without a prefix (3.9)."""
    return text[len(prefix) :] if text.startswith(prefix) else text


def removesuffix(text: str, suffix: str) -> str:
    """Return a text without a suffix (3.9)."""
    return text[: -len(suffix)] if suffix and text.endswith(suffix) else text


def bit_count(number: int) -> int:
    """Return how many ones a number has in binary (3.10)."""
    return bin(number).count("1")


def waitstatus_to_exitcode(status: int) -> int:
    """Return a process's exit code, or the signal that ended it as a negative number (3.9)."""
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def pairwise(items: Iterable[Any]) -> Iterator[Any]:
    """Return each two neighbours (3.10)."""
    first, second = itertools.tee(items)
    next(second, None)
    return zip(first, second)  # noqa: B905 - `strict` is new in 3.10


cache = functools.lru_cache(maxsize=None)


class BooleanOptionalAction:
    """Stands for argparse's (3.9), which the server itself does not use: nothing is one."""
