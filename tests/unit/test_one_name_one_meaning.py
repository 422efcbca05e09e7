"""One name, one meaning: what a reader searches for is found once, in all four packages."""

import ast
from collections import defaultdict
from collections.abc import Iterator

from tests.unit.test_floor_plan import modules

#: Constants that have a value on each system, in the module of that system.
OF_EACH_SYSTEM = {"BOOT_CLOCK", "FORK_IS_SAFE", "NAMELESS_TERMINAL"}

#: Constants that stand in two packages: netem imports none of the others, and a command line loads no channel.
IN_TWO_PACKAGES = {"MAX_WINDOW", "SSH_PORT", "SUFFIX"}


def top_level() -> Iterator[tuple[str, ast.stmt]]:
    """Yield what stands at the top of each module, with the module's name."""
    for name, path in modules():
        for statement in ast.parse(path.read_text()).body:
            yield name, statement


def constants() -> Iterator[tuple[str, str, str]]:
    """Yield module, name and value, as it is written, of each public constant."""
    for module, statement in top_level():
        match statement:
            case ast.Assign(targets=[ast.Name(name)], value=value) | ast.AnnAssign(
                ast.Name(name), value=ast.expr() as value
            ):
                if name.isupper() and not name.startswith("_"):
                    yield module, name, ast.unparse(value)


def test_a_public_class_has_a_name_of_its_own() -> None:
    places = defaultdict(list)
    for module, statement in top_level():
        if isinstance(statement, ast.ClassDef) and not statement.name.startswith("_"):
            places[statement.name].append(module)
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_a_public_constant_has_one_value_and_stands_in_one_place() -> None:
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for module, name, value in constants():
        if name not in OF_EACH_SYSTEM:
            found[name][module] = value
    assert {name: values for name, values in found.items() if len(set(values.values())) > 1} == {}
    assert {name for name, values in found.items() if len(values) > 1} == IN_TWO_PACKAGES
