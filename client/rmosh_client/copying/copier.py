"""Files and folders from where they are to where they shall be: what is copied as what, in which order, what failed.

Files go side by side, because a small one costs round trips and not bytes. One that fails is told and hurts no other.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, Protocol

from rmosh.lazy_dataclass import dataclass
from rmosh_client.copying.globbing import expanded
from rmosh_client.copying.places import CopyPlace
from rmosh_client.copying.transfer import CopyFlow, copy_contents, place_to_continue
from rmosh_client.copying.tree import (
    FileEntry,
    FileKind,
    Lost,
    NotCopied,
    OpenFile,
    Tree,
    is_plain,
    joined,
    last_name,
    shown,
)

#: Files that are copied side by side. Reason: of 1,000 small ones over a round trip of 100 ms each costs three.
FILES_AT_ONCE: Final = 32

#: Folders within each other. Source: OpenSSH 9.2, sftp-client.c, MAX_DIR_DEPTH: a link to its own folder has no end.
MAX_FOLDER_DEPTH: Final = 64

#: A folder that is filled is open to its owner until its own mode is set.
_OPEN_TO_OWNER: Final = 0o700


@dataclass(frozen=True, slots=True)
class CopyWish:
    """How to copy.

    Attributes:
        is_recursive: folders, too.
        keeps_attributes: modes and times are the originals'.
        continues: what is there of a file is its beginning, unless its end says otherwise.
    """

    is_recursive: bool = False
    keeps_attributes: bool = False
    continues: bool = False


class Watcher(Protocol):
    """Who hears how it goes."""

    def begins(self, name: str, size: int) -> None: ...
    def moved(self, size: int) -> None: ...
    def failed(self, what: str) -> None: ...


@dataclass(frozen=True, slots=True)
class _Original:
    tree: Tree
    path: bytes

    def failure(self, what: str) -> NotCopied:
        return NotCopied(f"{self.tree.shown(self.path)}: {what}")


class Copier:
    """One copying of some sources to one target.

    Attributes:
        failures: how many files or folders could not be copied.
    """

    def __init__(self, wish: CopyWish, watcher: Watcher, flow: Callable[[Tree, Tree], CopyFlow]) -> None:
        self._wish = wish
        self._watcher = watcher
        self._flow = flow
        self._files = asyncio.Semaphore(FILES_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self.failures = 0

    async def copy(self, sources: Sequence[tuple[Tree, CopyPlace]], target_tree: Tree, target: CopyPlace) -> None:
        """Copy all of them; what fails is told.

        Raises:
            NotCopied: nothing can be copied there at all.
        """
        originals = [original for tree, place in sources for original in await self._originals(tree, place)]
        there = await target_tree.look(target.path)
        is_folder = there is not None and there.kind is FileKind.FOLDER
        if not is_folder and (len(originals) > 1 or target.path.endswith(b"/")):
            what = "No such file or directory" if there is None else "Not a directory"
            raise NotCopied(f"{target_tree.shown(target.path)}: {what}")
        try:
            for original in originals:
                name = last_name(original.path)
                path = joined(target.path, name) if is_folder and name else target.path
                await self._guarded(self._copy_any(original, target_tree, path, depth=0))
            while self._tasks:
                await asyncio.gather(*self._tasks)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _originals(self, tree: Tree, place: CopyPlace) -> list[_Original]:
        if not place.host:  # the shell has expanded it
            return [_Original(tree, place.path)]
        try:
            found = await expanded(tree, place.path)
            if not found:
                raise _Original(tree, place.path).failure("No such file or directory")
        except NotCopied as failure:
            self._fail(failure)
            return []
        return [_Original(tree, path) for path in found]

    async def _guarded(self, copying: Coroutine[Any, Any, None]) -> None:
        try:
            await copying
        except Lost:
            raise
        except NotCopied as failure:
            self._fail(failure)

    def _fail(self, failure: NotCopied) -> None:
        self.failures += 1
        self._watcher.failed(str(failure))

    async def _copy_any(self, original: _Original, tree: Tree, path: bytes, *, depth: int) -> None:
        entry = await original.tree.look(original.path)
        if entry is None:
            raise original.failure("No such file or directory")
        if entry.kind is FileKind.FOLDER:
            if not self._wish.is_recursive:
                raise original.failure("it is a folder, which -r copies")
            await self._copy_folder(original, entry, tree, path, depth=depth)
        elif entry.kind is FileKind.OTHER:  # a pipe, which may be waited at for ever, or a device
            raise original.failure("not a regular file")
        else:
            await self._files.acquire()
            task = asyncio.ensure_future(self._guarded(self._copy_file(original, entry, tree, path)))
            self._tasks.add(task)
            task.add_done_callback(self._file_done)

    def _file_done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        self._files.release()

    # --- folders ---------------------------------------------------------------------------------------------

    async def _copy_folder(self, original: _Original, entry: FileEntry, tree: Tree, path: bytes, *, depth: int) -> None:
        if depth >= MAX_FOLDER_DEPTH:
            raise original.failure(f"more than {MAX_FOLDER_DEPTH} folders are within each other")
        names = await original.tree.names(original.path)
        there = await tree.look(path)
        if there is None:
            await tree.make_folder(path, entry.mode | _OPEN_TO_OWNER)
        elif there.kind is not FileKind.FOLDER:
            raise NotCopied(f"{tree.shown(path)}: Not a directory")
        before = set(self._tasks)
        for untrusted in names:
            if not is_plain(untrusted):
                self._fail(original.failure(f"the name {shown(untrusted)!r} leads elsewhere"))
                continue
            child = _Original(original.tree, joined(original.path, untrusted))
            await self._guarded(self._copy_any(child, tree, joined(path, untrusted), depth=depth + 1))
        if self._wish.keeps_attributes or (there is None and entry.mode & _OPEN_TO_OWNER != _OPEN_TO_OWNER):
            if within := self._tasks - before:
                await asyncio.gather(*within)
            await tree.give_attributes(path, entry)

    # --- files -----------------------------------------------------------------------------------------------

    async def _copy_file(self, original: _Original, entry: FileEntry, tree: Tree, path: bytes) -> None:
        source = await original.tree.open_to_read(original.path)
        try:
            there = await tree.look(path) if self._wish.continues else None
            target = await tree.open_to_write(path, entry.mode, keeps=there is not None)
            try:
                await self._copy_into(source, entry, target, original, tree, there=0 if there is None else there.size)
            except NotCopied as failure:
                raise _naming(failure, original.tree.shown(original.path), tree.shown(path)) from failure
            finally:
                await target.close()
        finally:
            await source.close()
        if self._wish.keeps_attributes:
            await tree.give_attributes(path, entry)

    async def _copy_into(
        self, source: OpenFile, entry: FileEntry, target: OpenFile, original: _Original, tree: Tree, *, there: int
    ) -> None:
        start = await place_to_continue(source, target, there=there, size=entry.size)
        self._watcher.begins(shown(original.path), entry.size - start)
        flow = self._flow(original.tree, tree)
        await copy_contents(source, target, start=start, size=entry.size, flow=flow)
        if there > entry.size:
            await target.truncate(entry.size)


def _naming(failure: NotCopied, *names: str) -> NotCopied:
    """Return a failure that says of which file: of one of these, and of the last where it says none."""
    told = str(failure)
    return failure if told.startswith(names) else type(failure)(f"{names[-1]}: {told}")
