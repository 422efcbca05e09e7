"""Sources of ours rewritten for the far side: what Python 3.8 runs, without what only readers and checkers need.

Left out are comments, docstrings, asserts, annotations and what was imported for them alone; the last saves a server
memory as well. What 3.8's library lacks comes from `rmosh_server/archived/backports.py`.
"""

import ast
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final

from rmosh_client.injection.short_names import Variables

#: The module of the archive that has what older Pythons lack.
BACKPORTS: Final = "rmosh_server.archived.backports"

#: What it is called where it is used.
_SHORT: Final = "_backports"

#: What is taken from there: of which module, and by which name. Sources: docs.python.org, "New in version 3.9", "3.10".
_LACKING: Final = {
    ("argparse", "BooleanOptionalAction"),
    ("functools", "cache"),
    ("itertools", "pairwise"),
    ("os", "waitstatus_to_exitcode"),
}

#: Methods that are functions there. Source: as above.
_LACKING_METHODS: Final = {"removeprefix", "removesuffix", "bit_count"}

#: Modules that say something to checkers only.
_FOR_CHECKERS: Final = {"typing", "typing_extensions", "__future__"}

#: What makes names for annotations only.
_TYPE_MAKERS: Final = {"TypeVar", "ParamSpec", "TypeVarTuple"}

#: Bases that say something to checkers only.
_TYPE_BASES: Final = {"Protocol", "Generic"}

#: What is told the types of what is in it; the names of a type so told are for annotations only.
_GENERIC: Final = {
    "tuple", "list", "dict", "set", "frozenset", "type", "deque",
    "Callable", "Collection", "Iterable", "Iterator", "Mapping", "Sequence",
}  # fmt: skip

_STAND_IN: Final = ast.Constant(None)


def lowered(source: str, *, backported: bool = True) -> ast.Module:
    """Return a module so rewritten.

    Args:
        backported: what older Pythons lack is taken from the backports; these themselves take what there is.

    Raises:
        SyntaxError: it is no Python.
    """
    parsed = ast.parse(source)
    functions = [node for node in parsed.body if isinstance(node, ast.FunctionDef) and node.returns is not None]
    dicts = {node.name for node in functions if node.returns is not None and _names(node.returns, {"dict"})}
    lowering = _Lowering(backported, dicts, set(_names_of_module(parsed)))
    tree = lowering.visit(parsed)
    assert isinstance(tree, ast.Module)
    _keep_imports(tree, lowering.used)
    if _SHORT in lowering.used:
        tree.body.insert(0, ast.Import([ast.alias(BACKPORTS, _SHORT)]))
    return tree


def statement_lists(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Return each list of statements in a module, the inner ones as well."""
    for field in ("body", "orelse", "finalbody", "handlers"):
        statements = getattr(node, field, None)
        if isinstance(statements, list):
            yield statements
            for statement in statements:
                yield from statement_lists(statement)


class _Lowering(ast.NodeTransformer):
    def __init__(self, backported: bool, dicts: set[str], names: set[str]) -> None:
        """Begin.

        Args:
            backported: see `lowered`.
            dicts: functions that return one.
            names: what the module defines, imports and assigns.
        """
        self._lacking = _LACKING if backported else set()
        self._lacking_methods = _LACKING_METHODS if backported else set()
        self._dicts = dicts | {"dict"}
        self._names = names
        self._in_dataclass = False
        self._variables: Variables | None = None
        self.used = set[str]()

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        if isinstance(getattr(node, "body", None), list) and not node.body and not isinstance(node, ast.Module):  # type: ignore[attr-defined]
            node.body = [ast.Pass()]  # type: ignore[attr-defined]
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        self.used.add(node.id)
        if self._variables is not None:
            self._variables.used(node)
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> None:
        return None

    def visit_If(self, node: ast.If) -> ast.AST | Sequence[ast.AST] | None:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return [self.visit(statement) for statement in node.orelse]
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        outside, self._in_dataclass = self._in_dataclass, False
        if self._variables is not None:
            self._variables.keep(node.name)
            self.generic_visit(node)
        else:
            self._variables = Variables()
            self.generic_visit(node)
            self._variables.shorten(self._names)
            self._variables = None
        self._in_dataclass = outside
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        if self._variables is not None:
            self._variables.caught(node)
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        self._keep_names(node.arg)
        return node

    def visit_Import(self, node: ast.Import) -> ast.AST:
        self._keep_names(*(_bound(alias) for alias in node.names))
        return node

    def visit_Global(self, node: ast.Global | ast.Nonlocal) -> ast.AST:
        self._keep_names(*node.names)
        return node

    visit_Nonlocal = visit_Global  # noqa: N815

    def _keep_names(self, *names: str) -> None:
        if self._variables is not None:
            self._variables.keep(*names)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.bases = [plain for base in node.bases if (plain := _without_parameters(base)) is not None]
        if any(isinstance(base, ast.Name) and base.id == "NamedTuple" for base in node.bases):
            self._make_named_tuple(node)
        self._keep_names(*(part.id for part in ast.walk(node) if self._variables and isinstance(part, ast.Name)))
        outside = self._in_dataclass, self._variables
        self._in_dataclass, self._variables = any(map(_is_dataclass, node.decorator_list)), None
        self.generic_visit(node)
        self._in_dataclass, self._variables = outside
        return node

    def _make_named_tuple(self, node: ast.ClassDef) -> None:
        """Have a class be made by `namedtuple`, which needs no types."""
        fields = [part for part in node.body if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)]
        names = " ".join([field.target.id for field in fields if isinstance(field.target, ast.Name)])
        defaults = ast.Tuple([field.value for field in fields if field.value is not None], ast.Load())
        node.bases = [
            ast.Call(
                self._backport("namedtuple"),
                [ast.Constant(node.name), ast.Constant(names)],
                [ast.keyword("defaults", defaults)] if defaults.elts else [],
            )
        ]
        slots = ast.copy_location(ast.Assign([ast.Name("__slots__", ast.Store())], ast.Tuple([], ast.Load())), node)
        node.body = [slots, *(part for part in node.body if part not in fields)]

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if _names(node.annotation, {"TypeAlias"}):
            return None
        if self._in_dataclass and not _names(node.annotation, {"ClassVar"}):
            node.annotation = _STAND_IN
            return self.generic_visit(node)
        if node.value is None:
            return None
        return self.visit(ast.copy_location(ast.Assign([node.target], node.value), node))  # type: ignore[no-any-return]

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        if isinstance(node.value, ast.Call) and _names(node.value.func, _TYPE_MAKERS):
            return None
        if isinstance(node.value, ast.Subscript) and _names(node.value, _GENERIC):
            return None
        return self.generic_visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | Sequence[ast.AST] | None:
        if node.module in _FOR_CHECKERS:
            return None
        self._keep_names(*(_bound(alias) for alias in node.names))
        lacking = [alias for alias in node.names if (node.module, alias.name) in self._lacking]
        node.names = [alias for alias in node.names if alias not in lacking]
        moved = ast.ImportFrom(BACKPORTS, lacking, 0)
        return [part for part in (node, moved) if part.names]

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and (node.value.id, node.attr) in self._lacking:
            return self._backport(node.attr)
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Subscript) and _names(node.func, _GENERIC):
            node.func = node.func.value
        if isinstance(node.func, ast.Attribute) and node.func.attr in self._lacking_methods:
            return ast.Call(self._backport(node.func.attr), [node.func.value, *node.args], node.keywords)
        if _names(node.func, {"isinstance", "issubclass"}):
            node.args[1:] = map(_as_tuple, node.args[1:])
        if isinstance(node.func, ast.Name) and node.func.id == "zip" and self._lacking:
            strict = [keyword for keyword in node.keywords if keyword.arg == "strict"]
            if strict and not (isinstance(strict[0].value, ast.Constant) and strict[0].value.value is False):
                node.func = self._backport("zip_strictly")
            node.keywords = []
        return node

    def _is_dict(self, node: ast.AST) -> bool:
        return isinstance(node, (ast.Dict, ast.DictComp)) or (
            isinstance(node, ast.Call) and _names(node.func, self._dicts)
        )

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.BitOr) and (self._is_dict(node.left) or self._is_dict(node.right)):
            return ast.Dict([None, None], [node.left, node.right])
        return node

    def _backport(self, name: str) -> ast.Attribute:
        self.used.add(_SHORT)
        return ast.Attribute(ast.Name(_SHORT, ast.Load()), name, ast.Load())


def _names(node: ast.AST, names: Iterable[str]) -> bool:
    """Tell whether an expression is one of these names, with parameters or without."""
    if isinstance(node, ast.Subscript):
        node = node.value
    return isinstance(node, ast.Name) and node.id in names


def _as_tuple(kinds: ast.expr) -> ast.expr:
    """Return `A | B` as `(A, B)`: what an object may be an instance of (3.10)."""
    if not isinstance(kinds, ast.BinOp):
        return kinds
    left, right = _as_tuple(kinds.left), _as_tuple(kinds.right)
    return ast.Tuple([*(left.elts if isinstance(left, ast.Tuple) else [left]), right], ast.Load())


def _is_dataclass(decorator: ast.AST) -> bool:
    return _names(decorator.func if isinstance(decorator, ast.Call) else decorator, {"dataclass"})


def _without_parameters(base: ast.expr) -> ast.expr | None:
    """Return a class's base without the types that it is given; None where it is for checkers only."""
    plain = base.value if isinstance(base, ast.Subscript) else base
    return None if _names(plain, _TYPE_BASES) else plain


def _keep_imports(tree: ast.Module, used: set[str]) -> None:
    """Leave out what was imported for annotations: names that are not used any more."""
    assigned = [node for node in tree.body if isinstance(node, ast.Assign)]
    offered = [ast.literal_eval(node.value) for node in assigned if _names(node.targets[0], {"__all__"})]
    kept = used.union(*offered)
    for statements in statement_lists(tree):
        for node in statements:
            if isinstance(node, _IMPORTS):
                node.names = [alias for alias in node.names if _bound(alias) in kept]
        if any(isinstance(node, _IMPORTS) and not node.names for node in statements):
            statements[:] = [node for node in statements if not isinstance(node, _IMPORTS) or node.names] or [
                ast.Pass()
            ]


def _names_of_module(tree: ast.Module) -> Iterator[str]:
    """Return what a module defines, imports and assigns."""
    for node in chain.from_iterable(statement_lists(tree)):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, _IMPORTS):
            yield from map(_bound, node.names)
    for node in tree.body:
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names = (part for part in ast.walk(node) if isinstance(part, ast.Name))
            yield from (name.id for name in names if isinstance(name.ctx, ast.Store))


def _bound(alias: ast.alias) -> str:
    """Return the name that an import makes."""
    return (alias.asname or alias.name).split(".")[0]


_IMPORTS: Final = (ast.Import, ast.ImportFrom)
