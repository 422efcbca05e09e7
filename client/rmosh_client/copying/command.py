"""`rmosh cp`: from its words to its exit status."""

import asyncio
import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence

from rmosh.lazy_dataclass import dataclass
from rmosh_client.bootstrap.coroutines import run
from rmosh_client.bootstrap.exit_status import FAILED
from rmosh_client.copying.copier import Copier, CopyWish, Watcher
from rmosh_client.copying.hosts import Hosts, Unreached
from rmosh_client.copying.local_tree import LocalTree
from rmosh_client.copying.places import CopyPlace
from rmosh_client.copying.progress import Bar, Told
from rmosh_client.copying.transfer import CopyFlow, new_flow
from rmosh_client.copying.tree import NotCopied, Tree


@dataclass(frozen=True, slots=True)
class CopyCommand:
    """What was typed.

    Attributes:
        rmosh: the command that reaches a host, which follows.
        shows_progress: on a terminal.
        bytes_per_second: at most; 0 for as many as go.
    """

    sources: Sequence[CopyPlace]
    target: CopyPlace
    wish: CopyWish
    rmosh: Sequence[str]
    shows_progress: bool = True
    bytes_per_second: float = 0


def run_copy(command: CopyCommand) -> int:
    """Copy; return the exit status, as scp's: 1 where anything could not be copied."""
    with _watcher(command) as watcher:
        return run(_copy(command, watcher))


@contextlib.contextmanager
def _watcher(command: CopyCommand) -> Iterator[Watcher]:
    if not command.shows_progress or sys.stderr is None or not sys.stderr.isatty():
        yield Told()
        return
    bar = Bar()
    try:
        yield bar
    finally:
        bar.stop()


async def _copy(command: CopyCommand, watcher: Watcher) -> int:
    hosts = Hosts(command.rmosh)
    local = LocalTree()

    async def tree_of(place: CopyPlace) -> Tree:
        return await hosts.tree(place.host) if place.host else local

    try:
        target = await tree_of(command.target)
        sources = [(await tree_of(place), place) for place in command.sources]
        copier = Copier(command.wish, watcher, _flows(watcher, command.bytes_per_second))
        await copier.copy(sources, target, command.target)
        return 1 if copier.failures else 0
    except Unreached as failure:
        return failure.status or FAILED
    except NotCopied as failure:
        watcher.failed(str(failure))
        return 1
    finally:
        await hosts.close()


def _flows(watcher: Watcher, bytes_per_second: float) -> Callable[[Tree, Tree], CopyFlow]:
    """Return what all files between two trees share."""
    made: dict[int, CopyFlow] = {}
    pace = _Pace(bytes_per_second).take if bytes_per_second else _at_once

    def flow(source: Tree, target: Tree) -> CopyFlow:
        block = min(source.block, target.block)
        if bytes_per_second:
            block = max(1024, min(block, int(bytes_per_second / 4)))
        if block not in made:
            made[block] = new_flow(block, watcher.moved, pace)
        return made[block]

    return flow


async def _at_once(_size: int) -> None:
    """Wait for nothing."""


class _Pace:
    """Lets so many bytes a second leave."""

    def __init__(self, bytes_per_second: float) -> None:
        self._rate = bytes_per_second
        self._free_at = time.monotonic()

    async def take(self, size: int) -> None:
        """Wait until so many more may leave."""
        now = time.monotonic()
        self._free_at = max(self._free_at, now) + size / self._rate
        await asyncio.sleep(self._free_at - now)
