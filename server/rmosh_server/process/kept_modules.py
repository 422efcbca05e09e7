"""Modules of ours that a session may need only later, as they are now: an upgrade of the package replaces their files.

A serving process runs for weeks. What it would import after an upgrade is another release's, or gone. Loading all at
its start would take a fifteenth of its memory for what hardly a session needs (traces); their sources take 20 kB.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader  # the rest of importlib would take 2 MB
from types import ModuleType
from typing import Final

#: What a serving process imports late. Source: tests/unit/server/test_kept_modules.py finds them.
LATE: Final = (
    "rmosh.terminal.colour_names",
    "rmosh.transport.endpoint_trace",
    "rmosh.transport.qlog",
    "rmosh.transport.trace",
)


class _Kept(SourceFileLoader):
    """Loads a module from its source as it was read; no file is looked at again."""

    def __init__(self, name: str, path: str, source: bytes) -> None:
        super().__init__(name, path)
        self._source = source

    def path_stats(self, path: "str | bytes") -> "dict[str, int]":
        raise OSError("only the source is kept")  # not the bytecode, which is another release's by then

    def get_data(self, path: "str | bytes") -> bytes:
        return self._source


class _KeptFinder:
    """Finds the modules that were kept, before anybody looks for files."""

    def __init__(self, loaders: "dict[str, _Kept]") -> None:
        self._loaders = loaders

    def find_spec(
        self, fullname: str, path: "Sequence[str] | None" = None, target: "ModuleType | None" = None
    ) -> "ModuleSpec | None":
        loader = self._loaders.pop(fullname, None)
        return None if loader is None else ModuleSpec(fullname, loader, origin=loader.path)


def keep_modules(names: Sequence[str] = LATE) -> None:
    """Read the sources of modules that are not loaded yet; those that come from no file are safe where they are."""
    loaders = {}
    for name in names:
        folders = getattr(import_module(name.rpartition(".")[0]), "__path__", ()) if "." in name else sys.path
        spec = None if name in sys.modules else PathFinder.find_spec(name, folders)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            loaders[name] = _Kept(name, spec.loader.path, spec.loader.get_data(spec.loader.path))
    sys.meta_path.insert(0, _KeptFinder(loaders))
