"""What a pattern means on a host: what is there and fits, and nothing else that the host says."""

import asyncio

import pytest

from rmosh_client.copying.globbing import expanded
from tests.unit.copying.memory_tree import MemoryTree, folder_of


def expand(tree: MemoryTree, pattern: bytes) -> list[bytes]:
    return asyncio.run(expanded(tree, pattern))


@pytest.fixture
def tree() -> MemoryTree:
    tree = MemoryTree()
    folder_of(tree, b".", {b"a1": b"", b"a2": b"", b"b": b"", b".a": b"", b"x*": b""})
    for name in (b"a1", b"a2", b"b", b".a", b"x*"):
        tree.put(name, b"")
    for folder in (b"logs", b"logs2"):
        folder_of(tree, folder, {b"one.txt": b"", b"two.txt": b"", b"three": b""})
        tree.folders[b"."].append(folder)
    folder_of(tree, b"/", {b"etc": b""})
    folder_of(tree, b"/etc", {b"passwd": b"", b"p\xff": b""})
    tree.folders[b"/"] = [b"etc"]
    return tree


@pytest.mark.parametrize(
    ("pattern", "paths"),
    [
        (b"a1", [b"a1"]),
        (b"nothing", [b"nothing"]),
        (b"a*", [b"a1", b"a2"]),
        (b"a[2-9]", [b"a2"]),
        (b"a[!2]", [b"a1"]),
        (b"?", [b"b"]),
        (b".*", [b".a"]),
        (b"x*", [b"x*"]),
        (rb"x\*", [b"x*"]),
        (b"logs*/t*", [b"logs/two.txt", b"logs/three", b"logs2/two.txt", b"logs2/three"]),
        (b"*/one.txt", [b"logs/one.txt", b"logs2/one.txt"]),
        (b"/etc/p*", [b"/etc/passwd", b"/etc/p\xff"]),
        (b"/e*/passwd", [b"/etc/passwd"]),
        (b"b/*", []),
        (b"zz*", []),
    ],
)
def test_a_pattern_means_what_is_there(tree: MemoryTree, pattern: bytes, paths: list[bytes]) -> None:
    assert expand(tree, pattern) == paths


@pytest.mark.parametrize("name", [b"..", b"../a", b"a/../../.bashrc", b"/etc/a", b"a\0b", b"a/", b"", b"b"])
def test_a_host_cannot_make_a_pattern_mean_something_else(name: bytes) -> None:
    liar = MemoryTree()
    liar.folders[b"."] = [name, b"abc"]
    assert expand(liar, b"a*") == [b"abc"]
