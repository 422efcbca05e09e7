"""The files of this machine."""

import contextlib
import os
import stat
from collections.abc import Iterator
from typing import Final

from rmosh_client.copying.tree import PERMISSIONS, FileEntry, FileKind, NotCopied, shown

#: Most bytes of one read or write here, in bytes. Reason: the other side's bound is far smaller.
_BLOCK: Final = 1 << 20


@contextlib.contextmanager
def _told(path: bytes) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NotCopied(f"{shown(path)}: {error.strerror}") from error


class _LocalFile:
    """An open file of this machine."""

    def __init__(self, descriptor: int, path: bytes) -> None:
        self._descriptor = descriptor
        self._path = path

    async def read(self, offset: int, size: int) -> bytes:
        with _told(self._path):
            return os.pread(self._descriptor, size, offset)

    async def write(self, offset: int, data: bytes) -> None:
        left = memoryview(data)
        with _told(self._path):
            while left:
                written = os.pwrite(self._descriptor, left, offset)
                offset, left = offset + written, left[written:]

    async def truncate(self, size: int) -> None:
        with _told(self._path):
            os.ftruncate(self._descriptor, size)

    async def close(self) -> None:
        with _told(self._path):
            os.close(self._descriptor)


class LocalTree:
    """Waits for the disk only."""

    block: Final = _BLOCK

    def shown(self, path: bytes) -> str:
        return shown(path)

    async def look(self, path: bytes) -> FileEntry | None:
        with _told(path):
            try:
                found = os.stat(path)
            except (FileNotFoundError, NotADirectoryError):
                return None
        is_folder, is_file = stat.S_ISDIR(found.st_mode), stat.S_ISREG(found.st_mode)
        kind = FileKind.FOLDER if is_folder else FileKind.FILE if is_file else FileKind.OTHER
        mode = found.st_mode & PERMISSIONS
        return FileEntry(kind, found.st_size, mode, found.st_atime, found.st_mtime)

    async def names(self, path: bytes) -> list[bytes]:
        with _told(path):
            return sorted(os.listdir(path))

    async def make_folder(self, path: bytes, mode: int) -> None:
        with _told(path):
            os.mkdir(path, mode & PERMISSIONS)

    async def open_to_read(self, path: bytes) -> _LocalFile:
        with _told(path):
            return _LocalFile(os.open(path, os.O_RDONLY | os.O_CLOEXEC), path)

    async def open_to_write(self, path: bytes, mode: int, *, keeps: bool) -> _LocalFile:
        flags = os.O_RDWR if keeps else os.O_WRONLY | os.O_TRUNC
        with _told(path):
            return _LocalFile(os.open(path, flags | os.O_CREAT | os.O_CLOEXEC, mode & PERMISSIONS), path)

    async def give_attributes(self, path: bytes, entry: FileEntry) -> None:
        with _told(path):
            os.chmod(path, entry.mode & PERMISSIONS)
            os.utime(path, (entry.accessed, entry.modified))
