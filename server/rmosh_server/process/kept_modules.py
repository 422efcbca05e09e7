"""Modules of ours that a session may need only later, as they are now: an upgrade of the package replaces their files.

A serving process runs for weeks. What it would import after an upgrade is another release's, or gone. Loading all at
its start would take a fifteenth of its memory for what hardly a session needs (traces), or not before somebody
forwards a port; their sources, packed, take 60 kB.
"""

import os
import sys
import zlib
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader  # the rest of importlib would take 2 MB
from types import ModuleType
from typing import Any, Final

#: What a serving process imports late. Source: tests/unit/server/test_kept_modules.py finds them.
LATE: Final = (
    "rmosh.terminal.colour_names",
    "rmosh.transport.endpoint_trace",
    "rmosh.transport.pacing",
    "rmosh.transport.qlog",
    "rmosh.transport.trace",
    "rmosh_server.process.descriptor_limit",
    "rmosh_server.serving.stream_rules",
    "rmosh_server.shell.environment",
    "rmosh_server.shell.locales",
)


#: Packages whose modules are all kept: what serves streams. Source: the same test.
LATE_PACKAGES: Final = ("rmosh.channels.streams", "rmosh.forwarding", "rmosh_server.forwarding")

#: How hard sources are packed. Reason: the least takes 1 ms for all of them and leaves a third.
_PACKING: Final = 1


class _Kept(SourceFileLoader):
    """Loads a module from its source as it was read; from bytecode while the file is the same as then.

    A command in a pipeline needs thirty of them at once, which took 60 ms to compile.
    """

    def __init__(self, name: str, path: str, source: bytes) -> None:
        super().__init__(name, path)
        self._packed = zlib.compress(source, _PACKING)
        self._file = _identity(path)

    def path_stats(self, path: Any) -> "Mapping[str, Any]":
        if _identity(self.path) != self._file:
            raise OSError(f"{self.path} is another by now, and so is its bytecode")
        return super().path_stats(path)

    def get_data(self, path: Any) -> bytes:
        return zlib.decompress(self._packed) if path == self.path else super().get_data(path)


def _identity(path: str) -> "tuple[int, ...]":
    """Return what tells a file from any that takes its place, whatever time that claims to be of."""
    status = os.stat(path)
    return status.st_dev, status.st_ino, status.st_ctime_ns, status.st_size


class _KeptFinder:
    """Finds the modules that were kept, before anybody looks for files."""

    def __init__(self, loaders: "dict[str, _Kept]") -> None:
        self._loaders = loaders

    def find_spec(
        self, fullname: str, path: "Sequence[str] | None" = None, target: "ModuleType | None" = None
    ) -> "ModuleSpec | None":
        loader = self._loaders.pop(fullname, None)
        return None if loader is None else ModuleSpec(fullname, loader, origin=loader.path)


def keep_modules(names: Sequence[str] = LATE, packages: Sequence[str] = LATE_PACKAGES) -> None:
    """Read the sources of modules that are not loaded yet; those that come from no file are safe where they are.

    What another call has kept stays.
    """
    if any(isinstance(finder, _KeptFinder) for finder in sys.meta_path):
        return
    loaders = {}
    for name in (*names, *[module for package in packages for module in modules_in(package)]):
        folders = getattr(import_module(name.rpartition(".")[0]), "__path__", ()) if "." in name else sys.path
        spec = None if name in sys.modules else PathFinder.find_spec(name, folders)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            loaders[name] = _Kept(name, spec.loader.path, spec.loader.get_data(spec.loader.path))
    sys.meta_path.insert(0, _KeptFinder(loaders))


def modules_in(package: str) -> "list[str]":
    """Return the names of a package's modules; none where they come from no folder."""
    try:
        files = [file for folder in import_module(package).__path__ for file in os.listdir(folder)]
    except OSError:
        return []
    return [f"{package}.{file[:-3]}" for file in sorted(files) if file.endswith(".py") and file != "__init__.py"]
