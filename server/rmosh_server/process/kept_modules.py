"""Modules of ours that a session may need only later, as they are now: an upgrade of the package replaces their files.

A serving process runs for weeks. What it would import after an upgrade is another release's, or gone. Loading all at
its start would take a fifteenth of its memory for what hardly a session needs (traces); their sources take 20 kB.
"""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder, SourceLoader
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import find_spec, spec_from_loader
from types import ModuleType
from typing import Final

#: What a serving process imports late. Source: tests/unit/server/test_kept_modules.py finds them.
LATE: Final = (
    "rmosh.terminal.colour_names",
    "rmosh.transport.endpoint_trace",
    "rmosh.transport.qlog",
    "rmosh.transport.trace",
)


class _Kept(SourceLoader):
    """Loads a module from its source as it was read; no file is looked at again."""

    def __init__(self, path: str, source: bytes) -> None:
        self._path = path
        self._source = source

    def get_filename(self, fullname: str) -> str:
        return self._path

    def get_data(self, path: "str | bytes") -> bytes:
        if path != self._path:  # its bytecode, which is another release's by then
            raise OSError("only the source is kept")
        return self._source


class _KeptFinder(MetaPathFinder):
    """Finds the modules that were kept, before anybody looks for files."""

    def __init__(self, loaders: "dict[str, _Kept]") -> None:
        self._loaders = loaders

    def find_spec(
        self, fullname: str, path: "Sequence[str] | None" = None, target: "ModuleType | None" = None
    ) -> "ModuleSpec | None":
        loader = self._loaders.pop(fullname, None)
        return None if loader is None else spec_from_loader(fullname, loader)


def keep_modules(names: Sequence[str] = LATE) -> None:
    """Read the sources of modules that are not loaded yet; those that come from no file are safe where they are."""
    loaders = {}
    for name in names:
        spec = None if name in sys.modules else find_spec(name)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            loaders[name] = _Kept(spec.loader.path, spec.loader.get_data(spec.loader.path))
    sys.meta_path.insert(0, _KeptFinder(loaders))
