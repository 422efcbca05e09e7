"""Which modules the far side needs: all that the server imports, as its rewritten sources say, late imports too."""

import ast
import importlib.util
import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from rmosh.lazy_dataclass import dataclass
from rmosh_client.injection.lowering import BACKPORTS, lowered, statement_lists


@dataclass(frozen=True, slots=True)
class Module:
    """A module for the far side.

    Attributes:
        source: rewritten.
        imports: names that may be modules of ours.
    """

    name: str
    source: str
    is_package: bool
    imports: tuple[str, ...]


class Sources:
    """The installed sources of some packages, by the names of their modules."""

    def __init__(self, packages: Mapping[str, Sequence[str]], *, left_out: Sequence[str] = ()) -> None:
        """Find them.

        Args:
            packages: what each is installed as here; the first that there is.
            left_out: packages and modules within them that are taken for ones that are not there.

        Raises:
            OSError: one is not there as files.
        """
        self._read: dict[str, Module | None] = {}
        self._left_out = tuple(f"{name}." for name in left_out)
        self._folders = {package: _folder_of(installed_as) for package, installed_as in packages.items()}

    def files(self) -> Iterator[str]:
        """Return the path of every source, in a fixed order."""
        for folder in self._folders.values():
            for path, folders, names in os.walk(folder):
                folders.sort()
                yield from (os.path.join(path, name) for name in sorted(names) if name.endswith(".py"))

    def read(self, name: str) -> Module | None:
        """Return a module rewritten; None where there is none of this name."""
        if name not in self._read:
            self._read[name] = self._rewritten(name)
        return self._read[name]

    def _rewritten(self, name: str) -> Module | None:
        package, *parts = name.split(".")
        if package not in self._folders or f"{name}.".startswith(self._left_out):
            return None
        path = os.path.join(self._folders[package], *parts)
        is_package = os.path.isdir(path)
        try:
            with open(os.path.join(path, "__init__.py") if is_package else f"{path}.py", encoding="utf-8") as opened:
                tree = lowered(opened.read(), backported=name != BACKPORTS)
        except FileNotFoundError:
            return None
        package = name if is_package else name.rpartition(".")[0]
        return Module(name, ast.unparse(tree), is_package, tuple(_imports(tree, package)))


def closure(sources: Sources, roots: Sequence[str]) -> dict[str, Module]:
    """Return what these modules import, directly or not, and the packages around that, sorted by their names."""
    found: dict[str, Module] = {}
    waiting, seen = list(roots), set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        module = sources.read(name)
        if module is not None:
            found[name] = module
            waiting += [*module.imports, name.rpartition(".")[0]]
    return dict(sorted(found.items()))


def _folder_of(packages: Sequence[str]) -> str:
    for package in packages:
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.submodule_search_locations:
            return spec.submodule_search_locations[0]
    raise OSError(f"the sources of {packages[0]} are not installed as files")


def _imports(tree: ast.Module, package: str) -> Iterator[str]:
    """Return all that may be a module in what a module imports, inside functions too."""
    for node in chain.from_iterable(statement_lists(tree)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            around = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            base = ".".join([*around, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
