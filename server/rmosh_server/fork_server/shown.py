"""What /proc shows of a process that was not executed anew, but forked: its words, for `ps`, and its environment."""

import contextlib
import ctypes
import os
from collections.abc import Mapping, Sequence
from typing import Final

#: Which words of /proc/self/stat, behind the name, tell where the command line begins and ends, and the environment.
#: Source: proc(5), fields 48 to 51.
_OF_WORDS: Final = (45, 46)
_OF_ENVIRONMENT: Final = (47, 48)


def show_words(words: Sequence[str]) -> None:
    """Have `ps` show other words, as many bytes as this process was started with."""
    _write(_OF_WORDS, "\0".join(words))


def show_environment(variables: Mapping[str, str]) -> None:
    """Have /proc show other variables in place of those that this process was started with, as many as have room."""
    _write(_OF_ENVIRONMENT, "\0".join(f"{name}={value}" for name, value in variables.items()))


def _write(fields: "tuple[int, int]", text: str) -> None:
    """Write over a place that the system has told; nothing of ours looks there once `os.environ` was emptied."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        with open("/proc/self/stat", "rb") as opened:
            told = opened.read().rpartition(b")")[2].split()
        begin, end = (int(told[field]) for field in fields)
        if 0 < begin < end:
            shown = os.fsencode(text)[: end - begin - 1]
            ctypes.memmove(begin, shown.ljust(end - begin, b"\0"), end - begin)
