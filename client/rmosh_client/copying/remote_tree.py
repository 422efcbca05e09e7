"""The files of a host, through asyncssh's SFTP client and OpenSSH's sftp-server: asyncssh's door for copying."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any, Final

from asyncssh import SFTPConnectionLost, SFTPError, SFTPNoConnection, SFTPNoSuchFile, SFTPNoSuchPath
from asyncssh.constants import FILEXFER_TYPE_DIRECTORY, FILEXFER_TYPE_REGULAR
from asyncssh.logging import logger
from asyncssh.sftp import SFTPAttrs, SFTPClient, SFTPClientFile, SFTPClientHandler

from rmosh_client.copying.tree import PERMISSIONS, FileEntry, FileKind, Lost, NotCopied, shown

#: The version of SFTP that OpenSSH speaks. Source: draft-ietf-secsh-filexfer-02.
_VERSION: Final = 3

#: Most bytes of one read or write. Reason: 200 MB took 0.17 s of processor time here, with 16 KiB 1.0 s and with all
#: that OpenSSH takes, 255 KiB, 0.23 s; CPython 3.11, asyncssh 2.24.
_LARGEST_BLOCK: Final = 1 << 17

#: Most bytes that the names of one folder may take, and what each takes beside its letters. Reason: a host that never
#: ends telling must not fill our memory; a million names of ten letters fit. Source: sys.getsizeof, CPython 3.11.
_MOST_OF_NAMES: Final = 1 << 26
_OF_EACH: Final = 41

#: How long an sftp-server gets to end, in seconds. Reason: a few round trips of the slowest link.
_GONE_WITHIN: Final = 2.0


class _Writer:
    """What asyncssh's client writes to, in place of a channel of SSH."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self.channel: Final = self
        self.write: Final = writer.write
        self.write_eof: Final = writer.write_eof
        self.is_closing: Final = writer.is_closing

    def close(self) -> None:
        self._writer.close()


class _Reader:
    """What it reads from."""

    logger: Final = logger

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self.readexactly: Final = reader.readexactly

    def get_extra_info(self, _name: str, default: str) -> str:
        return default


@contextlib.contextmanager
def _told(name: str) -> Iterator[None]:
    try:
        yield
    except (SFTPNoSuchFile, SFTPNoSuchPath) as error:
        raise NotCopied(f"{name}: No such file or directory") from error
    except (SFTPConnectionLost, SFTPNoConnection) as error:
        raise Lost("the connection is gone") from error
    except SFTPError as error:
        raise NotCopied(f"{name}: {shown(error.reason.encode(errors='replace'))}") from error
    except (OSError, asyncio.IncompleteReadError) as error:
        raise Lost("the connection is gone") from error


class _RemoteFile:
    """An open file of a host."""

    def __init__(self, file: SFTPClientFile, name: str) -> None:
        self._file = file
        self._name = name

    async def read(self, offset: int, size: int) -> bytes:
        pieces: list[bytes] = []
        with _told(self._name):
            while size and (data := await self._file.read(size, offset)):
                assert isinstance(data, bytes)
                pieces.append(data[:size])
                offset, size = offset + len(data), size - len(pieces[-1])
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def write(self, offset: int, data: bytes) -> None:
        with _told(self._name):
            await self._file.write(data, offset)

    async def truncate(self, size: int) -> None:
        with _told(self._name):
            await self._file.truncate(size)

    async def close(self) -> None:
        with _told(self._name):
            await self._file.close()


class RemoteTree:
    """One host's, over one connection."""

    def __init__(self, host: str, client: SFTPClient, packets: "asyncio.Task[None]") -> None:
        self._host = host
        self._client = client
        self._packets = packets
        self.block: Final = min(client.limits.max_read_len, client.limits.max_write_len, _LARGEST_BLOCK)

    @classmethod
    async def begin(cls, host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> "RemoteTree":
        """Begin to speak with an sftp-server.

        Raises:
            NotCopied: it does not answer as one.
        """
        inbound: Any = _Reader(reader)
        outbound: Any = _Writer(writer)
        handler = SFTPClientHandler(asyncio.get_running_loop(), "replace", inbound, outbound, _VERSION)
        with _told("sftp"):
            await handler.start()
            packets = asyncio.ensure_future(handler.recv_packets())
            await handler.request_limits()
        return cls(host, SFTPClient(handler, None, "strict"), packets)

    def shown(self, path: bytes) -> str:
        return shown(self._host.encode("utf-8", "surrogateescape") + b":" + path)

    async def look(self, path: bytes) -> FileEntry | None:
        with _told(self.shown(path)):
            try:
                return _entry(await self._client.stat(path))
            except (SFTPNoSuchFile, SFTPNoSuchPath):
                return None

    async def names(self, path: bytes) -> list[bytes]:
        told: list[bytes] = []
        taken = 0
        with _told(self.shown(path)):
            async for name in self._client.scandir(path):
                if isinstance(name.filename, bytes) and name.filename not in (b".", b".."):
                    told.append(name.filename)
                    taken += len(name.filename) + _OF_EACH
                if taken > _MOST_OF_NAMES:
                    raise NotCopied(f"{self.shown(path)}: too many names are in it, {len(told)} were told")
        return sorted(told)

    async def make_folder(self, path: bytes, mode: int) -> None:
        with _told(self.shown(path)):
            await self._client.mkdir(path, SFTPAttrs(permissions=mode))

    async def open_to_read(self, path: bytes) -> _RemoteFile:
        with _told(self.shown(path)):
            return _RemoteFile(await self._client.open(path, "rb", block_size=0), self.shown(path))

    async def open_to_write(self, path: bytes, mode: int, *, keeps: bool) -> _RemoteFile:
        how = "r+b" if keeps else "wb"
        with _told(self.shown(path)):
            return _RemoteFile(
                await self._client.open(path, how, SFTPAttrs(permissions=mode), block_size=0), self.shown(path)
            )

    async def give_attributes(self, path: bytes, entry: FileEntry) -> None:
        attributes = SFTPAttrs(permissions=entry.mode, atime=int(entry.accessed), mtime=int(entry.modified))
        with _told(self.shown(path)):
            await self._client.setstat(path, attributes)

    async def close(self) -> None:
        """Let the sftp-server go, and wait until it has gone, but not for long."""
        self._client.exit()
        await asyncio.wait([self._packets], timeout=_GONE_WITHIN)
        self._packets.cancel()


def _entry(untrusted: SFTPAttrs) -> FileEntry:
    """Return what a host says of a file, as far as it makes sense."""
    mode = untrusted.permissions or 0
    is_folder = untrusted.type == FILEXFER_TYPE_DIRECTORY
    kind = (
        FileKind.FOLDER if is_folder else FileKind.FILE if untrusted.type == FILEXFER_TYPE_REGULAR else FileKind.OTHER
    )
    return FileEntry(kind, untrusted.size or 0, mode & PERMISSIONS, untrusted.atime or 0, untrusted.mtime or 0)
