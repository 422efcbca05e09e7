"""Who may import whom: the floor plan of the four packages, held against the code's own imports."""

import ast
import graphlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE_ROOTS = {
    "rmosh": ROOT,
    "rmosh_client": ROOT / "client",
    "rmosh_server": ROOT / "server",
    "rmosh_netem": ROOT / "netem",
}

#: Package -> packages of ours that it may import, besides itself.
MAY_IMPORT = {
    "rmosh": set(),
    "rmosh_client": {"rmosh"},
    "rmosh_server": {"rmosh"},
    "rmosh_netem": set(),
}

#: Part of rmosh -> parts that it may import, besides itself; modules directly in rmosh are open to all.
PARTS_OF_RMOSH = {
    "transport": set(),
    "forwarding": set(),
    "terminal": set(),
    "screen": {"terminal"},
    "prediction": {"terminal"},
    "history": {"terminal", "screen"},
    "channels": {"transport", "terminal", "screen", "history"},
    "session": {"channels", "transport", "terminal", "screen", "history", "prediction"},
}

#: Channel -> channels whose ends it may build upon; `channel` and `contained_class` are open to all.
CHANNELS: dict[str, set[str]] = {
    "input": set(),
    "newest": set(),
    "echo": {"input"},
    "screen": {"input", "newest"},
    "history": {"input", "newest", "screen"},
    "streams": set(),
    "closing": {"screen", "history"},
}

#: Room of a package -> rooms that it may import, besides itself; `systems` and modules outside rooms are open to all.
ROOMS_OF_THE_CLIENT = {
    "resolving": set(),
    "forwarding": set(),
    "link": set(),
    "tracing": set(),
    "typing": {"link"},
    "piping": {"tunnel", "forwarding", "reaching", "login", "link", "typing", "bootstrap"},
    "copying": {"bootstrap"},
    "painting": set(),
    "injection": set(),
    "sharing": set(),
    "bootstrap": {"injection", "resolving", "forwarding"},
    "showing": {"painting", "typing", "forwarding"},
    "viewing": {"showing", "painting", "typing"},
    "login": {"sharing", "typing", "link", "resolving", "bootstrap"},
    "reaching": {"sharing", "login", "link", "resolving", "bootstrap", "tracing"},
    "running": {
        "tunnel",
        "reaching",
        "login",
        "sharing",
        "viewing",
        "showing",
        "painting",
        "typing",
        "link",
        "bootstrap",
        "tracing",
        "forwarding",
    },
    "tunnel": {"reaching", "forwarding", "login", "link", "bootstrap"},
    "demo": {"showing", "painting", "typing", "link", "bootstrap"},
    "command": {
        "tunnel",
        "demo",
        "running",
        "login",
        "sharing",
        "painting",
        "typing",
        "piping",
        "copying",
        "bootstrap",
        "forwarding",
    },
}

ROOMS_OF_THE_SERVER = {
    "systems": set(),
    "process": {"systems"},
    "shell": {"systems"},
    "sockets": {"systems"},
    "port": {"sockets", "process", "systems"},
    "desk": {"sockets", "shell", "process", "systems"},
    "forwarding": {"desk", "sockets", "shell", "process", "systems"},
    "fork_server": {"sockets", "shell", "process", "systems"},
    "serving": {"fork_server", "forwarding", "desk", "port", "sockets", "shell", "process", "systems"},
    "command": {"serving", "fork_server", "forwarding", "desk", "port", "sockets", "shell", "process", "systems"},
    "archived": {"command", "process"},
}

#: Package -> its rooms.
HOUSES: dict[str, dict[str, set[str]]] = {
    "rmosh": PARTS_OF_RMOSH,
    "rmosh.channels": CHANNELS,
    "rmosh_client": ROOMS_OF_THE_CLIENT,
    "rmosh_server": ROOMS_OF_THE_SERVER,
}

#: The demo needs a bad link to show, and its quantities; nothing else outside the tests knows the laboratory.
DEMO = {"rmosh_client.command.demo_options", "rmosh_client.demo.ssh_server"}

#: What a sans-IO package must not know.
IO_MODULES = {
    "asyncio", "fcntl", "io", "logging", "multiprocessing", "os", "pathlib", "pty", "random", "secrets", "select",
    "selectors", "shutil", "signal", "socket", "ssl", "subprocess", "tempfile", "termios", "threading", "time", "tty",
}  # fmt: skip

#: Third-party library -> the modules that may import it: its one door.
DOORS = {
    "argcomplete": ("rmosh_client.command.completion",),
    "nacl": ("rmosh.transport.sodium",),
    "tomli": ("rmosh.settings_file", "rmosh_netem."),
    "tomllib": ("rmosh.settings_file", "rmosh_netem."),
    "pyte": ("rmosh.terminal.as_pyte.", "rmosh_netem."),
    "wcwidth": ("rmosh.terminal.width_table",),
    "asyncssh": ("rmosh_client.bootstrap.", "rmosh_client.demo.ssh_server", "rmosh_client.copying.remote_tree"),
    "rich": ("rmosh_client.copying.progress", "rmosh_netem."),
    "uvloop": ("rmosh_client.bootstrap.coroutines",),
    "rmosh_compiled": ("rmosh.compiled",),
}


def modules() -> Iterator[tuple[str, Path]]:
    for package, source_root in SOURCE_ROOTS.items():
        for path in sorted((source_root / package).rglob("*.py")):
            name = ".".join(path.relative_to(source_root).with_suffix("").parts)
            yield name.removesuffix(".__init__"), path


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield all statements of a block and of the blocks in it; type-checking blocks do not count."""
    for statement in body:
        if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
            continue
        yield statement
        for block in ("body", "orelse", "finalbody"):
            yield from statements(getattr(statement, block, []))
        for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            yield from statements(part.body)


def imports_of(name: str, path: Path) -> Iterator[str]:
    """Yield what a module imports, inside functions too; type-checking blocks do not count."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in statements(ast.parse(path.read_text()).body):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                base = ".".join([*parts[: len(parts) - node.level + 1], *([base] if base else [])])
            for alias in node.names:
                yield f"{base}.{alias.name}"


def known_module(imported: str, names: set[str]) -> str | None:
    """Return the module of ours that an import names: itself, or the module that an imported name lives in."""
    while imported:
        if imported in names:
            return imported
        imported = imported.rpartition(".")[0]
    return None


@cache
def all_imports() -> dict[str, list[str]]:
    """Return what each module imports; only who asks reads them all."""
    return {name: list(imports_of(name, path)) for name, path in modules()}


def test_packages_import_only_downwards() -> None:
    wrong = [
        f"{name} imports {imported}"
        for name, imports in all_imports().items()
        for imported in imports
        if (target := imported.split(".")[0]) in MAY_IMPORT
        and target != (own := name.split(".")[0])
        and target not in MAY_IMPORT[own]
        and not (name in DEMO and target == "rmosh_netem")
    ]
    assert wrong == []


@pytest.mark.parametrize("house", HOUSES)
def test_rooms_import_only_downwards(house: str) -> None:
    rooms = HOUSES[house]
    wrong = [
        f"{name} imports {imported}"
        for name, imports in all_imports().items()
        if (room := room_of(name, house)) is not None
        for imported in imports
        if (target := room_of(imported, house)) is not None and target not in {room, *rooms[room]}
    ]
    assert wrong == []


def room_of(name: str, house: str) -> str | None:
    """Return the room of a house that a module, or what is imported from one, is in; None where it is in none."""
    if not name.startswith(f"{house}."):
        return None
    room = name.removeprefix(f"{house}.").split(".")[0]
    return room if room in HOUSES[house] else None


def test_every_channel_says_which_it_builds_upon() -> None:
    folders = {path.parent.name for path in (ROOT / "rmosh" / "channels").glob("*/__init__.py")}
    assert set(CHANNELS) == folders


def test_what_all_parts_of_the_core_use_knows_none_of_them() -> None:
    wrong = [
        f"{name} imports {imported}"
        for name, imports in all_imports().items()
        if name.split(".")[0] == "rmosh" and [*name.split("."), ""][1] not in PARTS_OF_RMOSH
        for imported in imports
        if imported.startswith("rmosh.") and imported.split(".")[1] in PARTS_OF_RMOSH
    ]
    assert wrong == []


def test_the_core_does_no_input_or_output() -> None:
    wrong = [
        f"{name} imports {imported}"
        for name, imports in all_imports().items()
        if name.split(".")[0] == "rmosh"
        for imported in imports
        if imported.split(".")[0] in IO_MODULES
    ]
    assert wrong == []


@pytest.mark.parametrize("library", DOORS)
def test_a_third_party_library_has_one_door(library: str) -> None:
    wrong = [
        f"{name} imports {imported}"
        for name, imports in all_imports().items()
        for imported in imports
        if imported.split(".")[0] == library and not name.startswith(DOORS[library])
    ]
    assert wrong == []


def test_the_server_runs_without_asyncio_and_asyncssh() -> None:
    names = set(all_imports())
    reached, waiting = set(), ["rmosh_server.cli"]
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        waiting += [m for imported in all_imports()[name] if (m := known_module(imported, names)) is not None]
    libraries = {imported.split(".")[0] for name in reached for imported in all_imports()[name]}
    assert "rmosh.session.server" in reached
    assert libraries.isdisjoint({"asyncio", "asyncssh", "uvloop", "rich", "logging"})


def test_sessions_have_their_data_classes_of_one_door() -> None:
    """One module that has them of the standard library's is enough to load that, and `inspect` with it."""
    users = {
        name
        for name, imports in all_imports().items()
        if any(one.partition(".")[0] == "dataclasses" for one in imports)
    }
    assert {name for name in users if not name.startswith("rmosh_netem")} == {"rmosh.lazy_dataclass"}


def test_no_module_imports_itself_in_a_circle() -> None:
    names = set(all_imports())
    graph = {
        name: {
            target
            for imported in imports
            if (target := known_module(imported, names)) not in (None, name)
            # `from package import submodule` inside the package is an edge to the submodule, not to the package.
            and not name.startswith(f"{target}.")
        }
        for name, imports in all_imports().items()
    }
    ordered = list(graphlib.TopologicalSorter(graph).static_order())
    assert set(ordered) == names


def test_the_top_level_is_as_agreed() -> None:
    visible = {
        path.name
        for path in ROOT.iterdir()
        if not path.name.startswith(".") and path.name not in {"dist", "results", "__pycache__"}
    }
    assert visible <= {
        "pyproject.toml", "LICENSE", "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md",
        "rmosh", "server", "client", "tests", "netem",
    }  # fmt: skip
