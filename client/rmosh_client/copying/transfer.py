"""The bytes of one file, from one tree to another: many blocks on their way at once, in the order of the file.

Both ends serve requests in their order, so what is there of a copy that was cut off is its beginning, without holes.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

from rmosh.lazy_dataclass import dataclass
from rmosh_client.copying.tree import NotCopied, OpenFile

#: Most bytes on their way, of all files together. Reason: a stream's window grows as far, and 50 MB/s over 300 ms fit.
IN_FLIGHT: Final = 1 << 24

#: Bytes at the end of what is there of a file that are compared before it is continued. Reason: another file, or an
#: older one, differs there too; all of it would have to come over the link to be compared.
COMPARED: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class CopyFlow:
    """What all files of one copy share.

    Attributes:
        block: bytes of a read and a write.
        slots: as many as may be on their way.
        moved: told how many bytes have come over.
        pace: waits until so many more may leave.
    """

    block: int
    slots: asyncio.Semaphore
    moved: Callable[[int], None]
    pace: Callable[[int], Awaitable[None]]


def new_flow(block: int, moved: Callable[[int], None], pace: Callable[[int], Awaitable[None]]) -> CopyFlow:
    """Return one for blocks of so many bytes."""
    return CopyFlow(block, asyncio.Semaphore(max(2, IN_FLIGHT // block)), moved, pace)


async def copy_contents(source: OpenFile, target: OpenFile, *, start: int, size: int, flow: CopyFlow) -> None:
    """Copy from a place to the end.

    Raises:
        NotCopied: it could not be read or written, or is shorter than it was said to be.
    """
    waiting: set[asyncio.Task[None]] = set()
    try:
        for offset in range(start, size, flow.block):
            await flow.slots.acquire()
            length = min(flow.block, size - offset)
            task = asyncio.ensure_future(_copy_block(source, target, offset, length, flow))
            waiting.add(task)
            task.add_done_callback(lambda _task: flow.slots.release())
            waiting = _still_running(waiting)
            await flow.pace(length)
        for task in waiting:
            await task
    finally:
        for task in waiting:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*waiting, return_exceptions=True)


def _still_running(tasks: "set[asyncio.Task[None]]") -> "set[asyncio.Task[None]]":
    """Return those that run; raises what one has raised."""
    for task in tasks:
        if task.done():
            task.result()
    return {task for task in tasks if not task.done()}


async def _copy_block(source: OpenFile, target: OpenFile, offset: int, length: int, flow: CopyFlow) -> None:
    data = await source.read(offset, length)
    await target.write(offset, data)
    flow.moved(len(data))
    if len(data) < length:
        raise NotCopied("it has become shorter while it was copied")


async def place_to_continue(source: OpenFile, target: OpenFile, *, there: int, size: int) -> int:
    """Return how many bytes of the target are the source's beginning; 0 where its end says otherwise."""
    if not 0 < there <= size:
        return 0
    begin = max(0, there - COMPARED)
    ours, theirs = await asyncio.gather(target.read(begin, there - begin), source.read(begin, there - begin))
    return there if ours == theirs else 0
