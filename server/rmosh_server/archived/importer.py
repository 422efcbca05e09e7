"""What the far side runs first: it imports the archive's modules from memory, then is `rmosh-server`.

A serving process is executed anew, as an installed one is: what it imports is compiled before, into a file without a
name (memfd), so it holds neither sources nor the compiler's leavings. Late imports read that file for the session's
life. Where a system has no such files, the process that started the session goes on to serve it.

Compiling all that takes half a second: an archive that is kept on the disk has it kept there too (`compiled_beside`).
"""

import marshal
import os
import sys
import zlib
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType
from typing import Any, Final, NoReturn

#: What tracebacks show before a module's path.
SHOWN_FOLDER: Final = "<archive>"

#: What a fresh interpreter runs; its first argument is the file's descriptor, the second what it serves.
_RESUME: Final = "import marshal,sys;f=open(int(sys.argv[1]),'rb');exec(marshal.load(f));resume(f)"


class Modules:
    """Finds and loads modules that are in memory."""

    def __init__(self, names: "dict[str, bool]") -> None:
        self._names = names

    def find_spec(self, name: str, path: object = None, target: object = None) -> "ModuleSpec | None":
        """Return how a module is loaded; None where it is not one of these."""
        if name not in self._names:
            return None
        return ModuleSpec(name, self, origin=self._shown(name), is_package=self._names[name])  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave it to Python."""

    def exec_module(self, module: ModuleType) -> None:
        """Run a module's code."""
        exec(self.get_code(module.__name__), vars(module))  # noqa: S102 - this is what importing is

    def get_code(self, name: str) -> CodeType:
        """Return a module's code."""
        raise NotImplementedError

    def _shown(self, name: str) -> str:
        return "/".join((SHOWN_FOLDER, *name.split("."))) + ("/__init__.py" if self._names[name] else ".py")


class SourceModules(Modules):
    """Those of the archive."""

    def __init__(self, index: str, sources: bytes, own: bytes) -> None:
        """Begin.

        Args:
            index: a line for each module: its name, `p` for a package or `m`, `s` if serving needs it or `-`, its size.
            sources: one behind the other.
            own: the source of this.
        """
        super().__init__({})
        #: Where what is compiled is kept (a CompiledBeside); None for nowhere.
        self.beside: Any = None
        self._sources: dict[str, bytes] = {}
        self._serving: list[str] = []
        self._own = own
        start = 0
        for line in index.splitlines():
            name, kind, serving, size = line.split()
            self._names[name] = kind == "p"
            self._sources[name] = sources[start : start + int(size)]
            start += int(size)
            if serving == "s":
                self._serving.append(name)

    def get_source(self, name: str) -> str:
        """Return a module's source, for tracebacks."""
        return self._sources[name].decode()

    def get_code(self, name: str) -> CodeType:
        """Compile a module."""
        code: CodeType = compile(self._sources[name], self._shown(name), "exec", dont_inherit=True, optimize=2)
        return code

    def serving_words(self) -> "tuple[list[str], int]":
        """Return what to execute for serving, what is served still to come, and the descriptor that must stay open.

        Raises:
            OSError: this system has no files without a name.
        """
        try:
            descriptor = os.memfd_create("rmosh-server")
        except AttributeError:
            raise OSError("no memfd_create") from None
        with open(descriptor, "wb", closefd=False) as file:
            file.write(self._compiled())
        os.lseek(descriptor, 0, os.SEEK_SET)
        return ["-S", "-c", _RESUME, str(descriptor)], descriptor

    def _compiled(self) -> bytes:
        """Return what serves, compiled: as it is kept, or compiled now and then kept."""
        if self.beside is None:
            return self._compile()
        kept: bytes = self.beside.read()
        if not kept:
            kept = self._compile()
            self.beside.write(kept)
        return kept

    def _compile(self) -> bytes:
        index, parts, start = {}, [], 0
        for name in self._serving:
            part = zlib.compress(marshal.dumps(self.get_code(name)), 1)
            index[name] = self._names[name], start, len(part)
            start += len(part)
            parts.append(part)
        own = compile(self._own, f"{SHOWN_FOLDER}/importer.py", "exec", optimize=2)
        return b"".join((marshal.dumps(own), marshal.dumps(index), *parts))


class CompiledModules(Modules):
    """Those of a file without a name."""

    def __init__(self, index: "dict[str, tuple[bool, int, int]]", descriptor: int, start: int) -> None:
        """Begin.

        Args:
            index: whether a module is a package, where its code begins behind `start`, and its size.
        """
        super().__init__({name: is_package for name, (is_package, _, _) in index.items()})
        self._index = index
        self._descriptor = descriptor
        self._start = start

    def get_code(self, name: str) -> CodeType:
        """Read a module's code."""
        _, start, size = self._index[name]
        code: CodeType = marshal.loads(  # noqa: S302 - ourselves wrote it
            zlib.decompress(os.pread(self._descriptor, size, self._start + start))
        )
        return code


def run(payload: bytes, words: "list[str]", kept: str = "") -> NoReturn:
    """Be `rmosh-server` with these words.

    Args:
        payload: the source of this, an index and the sources, with a NUL between.
        kept: the file that it was read from; "" where it was sent.
    """
    own, index, sources = payload.split(b"\0", 2)
    modules = SourceModules(index.decode(), sources, own)
    sys.meta_path.insert(0, modules)
    if kept:
        modules.beside = import_module("rmosh_server.archived.compiled_beside").CompiledBeside(kept, payload)
    sys.argv = ["rmosh-server", *words]
    sys.exit(import_module("rmosh_server.archived.entry").main(payload))


def resume(file: Any) -> None:
    """Serve in a fresh interpreter, from the file that was compiled for it."""
    index = marshal.load(file)  # noqa: S302 - ourselves wrote it
    start = file.tell()
    descriptor = os.dup(file.fileno())  # which no program that is executed gets
    file.close()
    sys.meta_path.insert(0, CompiledModules(index, descriptor, start))
    sys.argv = ["rmosh-server", *sys.argv[2:]]
    import_module("rmosh_server.serving.__main__")
