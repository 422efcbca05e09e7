"""The server as an archive: whole, small, rewritten for Python 3.8, and kept in the user's cache."""

import ast
import builtins
import hashlib
import importlib
import symtable
from collections.abc import Iterator
from pathlib import Path

import pytest

from rmosh.terminal import width_table
from rmosh_client.injection.archive import MAX_ARCHIVE_BYTES, PACKINGS, _packed, packed_server
from rmosh_client.injection.width_source import width_source


@pytest.fixture(scope="session")
def cache(packed_cache: Path) -> dict[str, str]:
    return {"XDG_CACHE_HOME": str(packed_cache)}


@pytest.fixture(scope="session")
def sources(cache: dict[str, str]) -> dict[str, str]:
    """The modules of the archive as they are unpacked."""
    packed = packed_server(cache)
    payload: bytes = importlib.import_module(packed.packing).decompress(packed.data)
    importer, index, rest = payload.split(b"\0")
    found, start = {"importer": importer.decode()}, 0
    for line in index.decode().splitlines():
        name, _, _, size = line.split()
        found[name] = rest[start : start + int(size)].decode()
        start += int(size)
    return found


@pytest.mark.slow
def test_it_is_small_as_it_is_sent_to_nearly_every_host(cache: dict[str, str]) -> None:
    assert len(packed_server(cache).data) <= MAX_ARCHIVE_BYTES


@pytest.mark.slow
def test_it_has_what_the_server_needs_and_nothing_of_the_client(sources: dict[str, str]) -> None:
    assert {"rmosh_server.command.errands", "rmosh_server.serving.main", "rmosh.session.server"} <= set(sources)
    assert not [
        name for name in sources if name.startswith(("rmosh.prediction.", "rmosh.terminal.as_pyte", "rmosh_client"))
    ]


@pytest.mark.slow
def test_each_module_is_python_3_8_without_types_and_docstrings(sources: dict[str, str]) -> None:
    for name, source in sources.items():
        tree = ast.parse(source, name, feature_version=(3, 8))
        imported = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        assert "typing" not in imported, name
        assert not [
            node for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        ]


@pytest.mark.slow
def test_each_module_knows_every_name_that_it_uses(sources: dict[str, str]) -> None:
    """A name that was for annotations only is gone; one that is used must not be."""
    unknown = {name: sorted(set(unknown_names(source))) for name, source in sources.items()}
    assert {name: names for name, names in unknown.items() if names} == {}


def unknown_names(source: str) -> Iterator[str]:
    module = symtable.symtable(source, "a module", "exec")
    known = {symbol.get_name() for symbol in module.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    known |= {*dir(builtins), "__name__", "__spec__"}
    waiting = [module]
    while waiting:
        table = waiting.pop()
        waiting += table.get_children()
        for symbol in table.get_symbols():
            is_of_module = symbol.is_global() or table is module
            if is_of_module and symbol.is_referenced() and symbol.get_name() not in known:
                yield symbol.get_name()


@pytest.mark.slow
def test_it_is_made_once(cache: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    made = packed_server(cache)
    monkeypatch.setattr("rmosh_client.injection.archive.payload_of", None)
    assert packed_server(cache) == made
    assert made.sha256 == hashlib.sha256(made.data).hexdigest()


@pytest.mark.parametrize("packing", PACKINGS)
def test_each_packing_is_unpacked_by_the_module_of_its_name(packing: str) -> None:
    assert importlib.import_module(packing).decompress(_packed(b"a payload", packing)) == b"a payload"


@pytest.mark.slow
def test_its_table_of_widths_answers_as_ours_for_every_character() -> None:
    there: dict[str, object] = {}
    exec(width_source(), there)
    tabled, is_wide = there["tabled_columns"], there["is_wide_as_emoji"]
    assert callable(tabled) and callable(is_wide)
    characters = list(map(chr, range(0x110000)))
    assert list(map(tabled, characters)) == list(map(width_table.tabled_columns, characters))
    symbols = characters[:0x20000] + characters[0xE0000:0xE1000] + characters[::0x101]
    assert list(map(is_wide, symbols)) == list(map(width_table.is_wide_as_emoji.__wrapped__, symbols))
    assert {name: there[name] for name in ("EMOJI_PRESENTATION", "REGIONAL_INDICATORS")} == {
        name: getattr(width_table, name) for name in ("EMOJI_PRESENTATION", "REGIONAL_INDICATORS")
    }
