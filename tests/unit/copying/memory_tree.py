"""A tree of files in memory, of a host that may lie about its names."""

from dataclasses import dataclass, field

from rmosh_client.copying.tree import FileEntry, FileKind, NotCopied, joined, shown


@dataclass
class MemoryFile:
    """A file's bytes, opened or not."""

    tree: "MemoryTree"
    data: bytearray = field(default_factory=bytearray)
    mode: int = 0o644
    said_size: int | None = None

    async def read(self, offset: int, size: int) -> bytes:
        self.tree.reads += 1
        return bytes(self.data[offset : offset + size])

    async def write(self, offset: int, data: bytes) -> None:
        self.data[offset : offset + len(data)] = data

    async def truncate(self, size: int) -> None:
        del self.data[size:]

    async def close(self) -> None:
        self.tree.closed += 1


class MemoryTree:
    """Its files by their paths; a folder is the list of names that it tells."""

    def __init__(self, *, block: int = 1000) -> None:
        self.block = block
        self.files: dict[bytes, MemoryFile] = {}
        self.folders: dict[bytes, list[bytes]] = {b".": []}
        self.given: dict[bytes, FileEntry] = {}
        self.reads = self.opened = self.closed = 0

    def put(self, path: bytes, data: bytes, *, mode: int = 0o644, said_size: int | None = None) -> None:
        self.files[path] = MemoryFile(self, bytearray(data), mode, said_size)

    def shown(self, path: bytes) -> str:
        return shown(b"host:" + path)

    async def look(self, path: bytes) -> FileEntry | None:
        if path in self.folders:
            return FileEntry(FileKind.FOLDER, 0, 0o755, 1.0, 2.0)
        file = self.files.get(path)
        if file is None:
            return None
        size = len(file.data) if file.said_size is None else file.said_size
        return FileEntry(FileKind.FILE, size, file.mode, 1.0, 2.0)

    async def names(self, path: bytes) -> list[bytes]:
        return self.folders[path]

    async def make_folder(self, path: bytes, mode: int) -> None:
        self.folders[path] = []

    async def open_to_read(self, path: bytes) -> MemoryFile:
        if path not in self.files:
            raise NotCopied(f"{path!r}: No such file or directory")
        self.opened += 1
        return self.files[path]

    async def open_to_write(self, path: bytes, mode: int, *, keeps: bool) -> MemoryFile:
        self.opened += 1
        if not keeps:
            self.files[path] = MemoryFile(self, mode=mode)
        return self.files[path]

    async def give_attributes(self, path: bytes, entry: FileEntry) -> None:
        self.given[path] = entry


def folder_of(tree: MemoryTree, path: bytes, names: dict[bytes, bytes]) -> None:
    """Put a folder there that tells these names, and a file behind each."""
    tree.folders[path] = list(names)
    for name, data in names.items():
        tree.put(joined(path, name), data)
