"""What the server uses of Python 3.9 and 3.10, for 3.8 as well; newer Pythons' own where there is one."""

import dataclasses
import functools
import itertools
import os
import sys
from collections import namedtuple
from collections.abc import Iterable, Iterator
from typing import Any

__all__ = ["dataclass", "namedtuple", "removeprefix", "removesuffix", "waitstatus_to_exitcode", "zip_strictly"]


def dataclass(cls: Any = None, *, slots: bool = False, **wished: Any) -> Any:
    """Make a dataclass, with slots where that is wished (3.10).

    Without a docstring `dataclasses` would write one, for which it loads `inspect`.
    """
    if cls is None:
        return functools.partial(dataclass, slots=slots, **wished)
    cls.__doc__ = cls.__doc__ or "-"
    if sys.version_info >= (3, 10):  # noqa: UP036 - it is for older ones
        return dataclasses.dataclass(cls, slots=slots, **wished)
    made = dataclasses.dataclass(cls, **wished)
    return _with_slots(made) if slots else made


def _with_slots(made: Any) -> Any:
    """Make the class anew with slots for its own fields: one that is there already cannot be given any."""
    names = [field.name for field in dataclasses.fields(made)]
    inherited = {slot for base in made.__mro__[1:] for slot in getattr(base, "__slots__", ())}
    body = {name: value for name, value in vars(made).items() if name not in {*names, "__dict__", "__weakref__"}}
    body["__slots__"] = tuple(name for name in names if name not in inherited)
    body.setdefault("__getstate__", _state_of)
    body.setdefault("__setstate__", _set_state)
    again = type(made)(made.__name__, made.__bases__, body)
    again.__qualname__ = made.__qualname__
    return again


def _state_of(made: Any) -> "list[Any]":
    """Return what a copy of a value with slots needs: a frozen one could not be given its fields one by one."""
    return [getattr(made, field.name) for field in dataclasses.fields(made)]


def _set_state(made: Any, state: "list[Any]") -> None:
    for field, value in zip(dataclasses.fields(made), state):  # noqa: B905 - `strict` is new in 3.10
        object.__setattr__(made, field.name, value)


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
