"""What is copied as what, as scp does it; and a host that lies gets nothing written outside of the target."""

import asyncio
import os
from pathlib import Path

import pytest

from rmosh_client.copying.copier import MAX_FOLDER_DEPTH, Copier, CopyWish
from rmosh_client.copying.local_tree import LocalTree
from rmosh_client.copying.places import CopyPlace
from rmosh_client.copying.transfer import new_flow
from rmosh_client.copying.tree import NotCopied, Tree
from tests.unit.copying.memory_tree import MemoryTree, folder_of


class Heard:
    """What was told of a copy."""

    def __init__(self) -> None:
        self.failures: list[str] = []
        self.moved_bytes = self.expected = 0

    def begins(self, name: str, size: int) -> None:
        assert name.isprintable()
        self.expected += size

    def moved(self, size: int) -> None:
        self.moved_bytes += size

    def failed(self, what: str) -> None:
        assert what.isprintable()
        self.failures.append(what)


async def _at_once(_size: int) -> None:
    pass


def copy(
    sources: list[tuple[Tree, CopyPlace]],
    tree: Tree,
    target: bytes,
    wish: CopyWish = CopyWish(),  # noqa: B008 - frozen
) -> Heard:
    heard = Heard()

    async def run() -> None:
        flow = new_flow(1000, heard.moved, _at_once)
        copier = Copier(wish, heard, lambda _source, _target: flow)
        await copier.copy(sources, tree, CopyPlace("host", target))
        assert copier.failures == len(heard.failures)

    asyncio.run(run())
    return heard


def from_host(tree: MemoryTree, *paths: bytes) -> list[tuple[Tree, CopyPlace]]:
    return [(tree, CopyPlace("host", path)) for path in paths]


@pytest.fixture
def host() -> MemoryTree:
    tree = MemoryTree()
    tree.put(b"file", b"contents" * 1000, mode=0o640)
    folder_of(tree, b"folder", {b"one": b"1", b"two": b"22"})
    folder_of(tree, b"folder/in", {b"three": b"333"})
    tree.folders[b"folder"].append(b"in")
    return tree


def test_a_file_becomes_another_or_goes_into_a_folder(host: MemoryTree, tmp_path: Path) -> None:
    copy(from_host(host, b"file"), LocalTree(), bytes(tmp_path / "copy"))
    copy(from_host(host, b"file"), LocalTree(), bytes(tmp_path))
    assert (tmp_path / "copy").read_bytes() == (tmp_path / "file").read_bytes() == b"contents" * 1000
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o640


def test_a_folder_becomes_another_or_goes_into_one_that_is_there(host: MemoryTree, tmp_path: Path) -> None:
    recursive = CopyWish(is_recursive=True)
    for _ in range(2):
        heard = copy(from_host(host, b"folder"), LocalTree(), bytes(tmp_path / "new"), recursive)
        assert heard.failures == []
    assert (tmp_path / "new" / "in" / "three").read_bytes() == b"333"
    assert (tmp_path / "new" / "folder" / "two").read_bytes() == b"22"


def test_what_is_nameless_fills_the_target(host: MemoryTree, tmp_path: Path) -> None:
    host.folders[b".."], host.files[b"../x"] = [b"x"], host.files[b"file"]
    copy(from_host(host, b".."), LocalTree(), bytes(tmp_path), CopyWish(is_recursive=True))
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_what_fails_is_told_and_the_rest_is_copied(host: MemoryTree, tmp_path: Path) -> None:
    heard = copy(from_host(host, b"nothing", b"file", b"folder"), LocalTree(), bytes(tmp_path))
    assert heard.failures == ["host:nothing: No such file or directory", "host:folder: it is a folder, which -r copies"]
    assert (tmp_path / "file").exists()


@pytest.mark.parametrize("target", ["nowhere", "nowhere/", "plain"])
def test_several_need_a_folder(host: MemoryTree, tmp_path: Path, target: str) -> None:
    (tmp_path / "plain").write_bytes(b"")
    with pytest.raises(NotCopied):
        copy(from_host(host, b"file", b"file"), LocalTree(), bytes(tmp_path) + b"/" + target.encode())


def test_modes_and_times_are_kept_where_that_is_wished(host: MemoryTree, tmp_path: Path) -> None:
    copy(from_host(host, b"folder"), LocalTree(), bytes(tmp_path / "new"), CopyWish(True, True))
    for path in (tmp_path / "new", tmp_path / "new" / "one"):
        assert path.stat().st_mtime == 2.0


@pytest.mark.parametrize(
    "name", [b"..", b".", b"", b"../evil", b"/etc/evil", b"in/../../evil", b"evil/", b"a\0b", b"../../../evil"]
)
def test_a_host_that_lies_about_names_writes_nothing_outside_of_the_target(tmp_path: Path, name: bytes) -> None:
    liar = MemoryTree()
    folder_of(liar, b"folder", {name: b"evil", b"good": b"good"})
    liar.folders[b"folder/.."] = liar.folders[b"folder/."] = [b"evil"]
    target = tmp_path / "around" / "target"
    target.mkdir(parents=True)
    heard = copy(from_host(liar, b"folder"), LocalTree(), bytes(target), CopyWish(is_recursive=True))
    assert len(heard.failures) == 1
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {"around/target/folder/good"}


def test_a_name_that_would_act_on_the_terminal_is_written_and_shown_harmless(tmp_path: Path) -> None:
    odd = MemoryTree()
    folder_of(odd, b"folder", {b"\x1b[2J\r\n\xff": b"odd", b"\x1b]0;gone\x07": b""})
    del odd.files[b"folder/\x1b]0;gone\x07"]
    heard = copy(from_host(odd, b"folder"), LocalTree(), bytes(tmp_path), CopyWish(is_recursive=True))
    assert len(heard.failures) == 1
    assert (tmp_path / "folder").joinpath("\x1b[2J\r\n\udcff").read_bytes() == b"odd"


def test_a_pipe_is_no_file_and_is_not_waited_at(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    local: list[tuple[Tree, CopyPlace]] = [(LocalTree(), CopyPlace("", bytes(tmp_path / "pipe")))]
    assert copy(local, MemoryTree(), b"copy").failures == [f"{tmp_path}/pipe: not a regular file"]


@pytest.mark.parametrize("keeps", [False, True])
def test_no_host_makes_a_program_here_run_as_somebody_else(tmp_path: Path, keeps: bool) -> None:
    host = MemoryTree()
    host.put(b"program", b"", mode=0o6755)
    copy(from_host(host, b"program"), LocalTree(), bytes(tmp_path), CopyWish(keeps_attributes=keeps))
    assert (tmp_path / "program").stat().st_mode & 0o7777 == 0o755


def test_folders_without_an_end_have_one(tmp_path: Path) -> None:
    class Endless(MemoryTree):
        async def names(self, path: bytes) -> list[bytes]:
            self.folders[path + b"/a"] = []
            return [b"a"]

    endless = Endless()
    endless.folders[b"a"] = []
    heard = copy(from_host(endless, b"a"), LocalTree(), bytes(tmp_path), CopyWish(is_recursive=True))
    deepest = "host:" + "a/" * MAX_FOLDER_DEPTH + "a"
    assert heard.failures == [f"{deepest}: more than {MAX_FOLDER_DEPTH} folders are within each other"]


@pytest.mark.parametrize("said", [9000, 7999])
def test_a_file_that_is_shorter_or_longer_than_it_was_said_to_be(tmp_path: Path, said: int) -> None:
    liar = MemoryTree()
    liar.put(b"file", b"contents" * 1000, said_size=said)
    heard = copy(from_host(liar, b"file"), LocalTree(), bytes(tmp_path / "copy"))
    assert len(heard.failures) == (said > 8000)
    assert (tmp_path / "copy").read_bytes() == (b"contents" * 1000)[:said]
    assert (liar.opened, liar.closed) == (1, 1)


@pytest.mark.parametrize(
    ("there", "read_again"),
    [(b"contents" * 500, 4), (b"contents" * 1000, 0), (b"otherwise" * 400, 8), (b"contents" * 1200, 8), (b"", 8)],
    ids=["half", "all", "another", "longer", "empty"],
)
def test_a_copy_that_was_cut_off_is_continued_where_its_end_is_the_same(
    host: MemoryTree, tmp_path: Path, there: bytes, read_again: int
) -> None:
    (tmp_path / "copy").write_bytes(there)
    heard = copy(from_host(host, b"file"), LocalTree(), bytes(tmp_path / "copy"), CopyWish(continues=True))
    assert (tmp_path / "copy").read_bytes() == b"contents" * 1000
    assert heard.moved_bytes == heard.expected == read_again * 1000


def test_a_copy_to_a_host_is_continued_as_well(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"contents" * 1000)
    host = MemoryTree()
    host.put(b"copy", b"contents" * 300)
    local: list[tuple[Tree, CopyPlace]] = [(LocalTree(), CopyPlace("", bytes(tmp_path / "file")))]
    heard = copy(local, host, b"copy", CopyWish(continues=True))
    assert bytes(host.files[b"copy"].data) == b"contents" * 1000
    assert heard.moved_bytes == 5600
