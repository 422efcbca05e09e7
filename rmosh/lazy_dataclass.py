"""Data classes whose methods are written when they are first used.

`dataclasses` compiles six functions for a class as soon as it is defined, most of which nobody ever calls. For the 200
classes of a client that was 77 of the 180 ms of processor time that its modules took to load, and 2 MB of memory;
`inspect`, which it imports, was another 1.2 MB (CPython 3.11).

What is offered here means what it means there, and checkers take it for that. It is what this project uses: always with
slots, without `__post_init__`, `InitVar` and `ClassVar`. Who has loaded `dataclasses` can use its `replace`, `fields`
and `asdict` for these classes, and derive from them.
"""

import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

_Class = TypeVar("_Class", bound=type)
_Write = Callable[[type, str], Any]

#: Stands for a default that there is none of.
_NONE: Final = object()

#: How each method of an order compares values.
_ORDER: Final = {"__lt__": "<", "__le__": "<=", "__gt__": ">", "__ge__": ">="}

#: What `type` makes for each class by itself.
_MADE_BY_TYPE: Final = ("__dict__", "__weakref__")


class _Field:
    """What is said of a field."""

    __slots__ = ("compare", "default", "factory", "kw_only", "repr")

    def __init__(
        self,
        *,
        default: Any = _NONE,
        default_factory: Any = _NONE,
        repr: bool = True,
        compare: bool = True,
    ) -> None:
        self.default = default
        self.factory = default_factory
        self.repr = repr
        self.compare = compare
        self.kw_only = False


class _Unwritten:
    """Stands for a method of a class until somebody looks it up there."""

    __slots__ = ("_name", "_owner", "_write")

    def __init__(self, write: _Write) -> None:
        self._write = write

    def __set_name__(self, owner: type, name: str) -> None:
        self._owner = owner
        self._name = name

    def __get__(self, instance: object, kind: "type | None" = None) -> Any:
        written = self._write(self._owner, self._name)
        setattr(self._owner, self._name, written)
        return written.__get__(instance, kind)


class _Standard:
    """Something that `dataclasses` keeps at its classes; made when it first looks for that."""

    __slots__ = ("_name",)

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, _instance: object, kind: type) -> Any:
        import dataclasses

        def described(name: str, field: _Field) -> "tuple[str, Any, Any]":
            defaults = {"default": field.default, "default_factory": field.factory}
            given = {word: value for word, value in defaults.items() if value is not _NONE}
            return name, _annotation(kind, name), dataclasses.field(repr=field.repr, compare=field.compare, **given)

        frozen = "__setstate__" in dir(kind)
        fields = [described(name, field) for name, field in _fields_of(kind).items()]
        made = getattr(dataclasses.make_dataclass(kind.__name__, fields, frozen=frozen, init=False), self._name)
        setattr(kind, self._name, made)
        return made


def is_dataclass(kind: type) -> bool:
    """Tell whether a class is one of these."""
    return hasattr(kind, "__lazy_fields__")


def field_names(kind: type) -> "tuple[str, ...]":
    """Return the names of the fields of a data class, in order."""
    return tuple(_fields_of(kind))


def field_types(kind: type) -> "dict[str, Any]":
    """Return the type of each field of a data class, as it is written there."""
    return {name: _annotation(kind, name) for name in _fields_of(kind)}


def _define(
    *,
    slots: bool,
    frozen: bool = False,
    eq: bool = True,
    order: bool = False,
    repr: bool = True,
    kw_only: bool = False,
) -> "Callable[[_Class], _Class]":
    assert slots
    methods: dict[str, _Write] = {"__init__": _initializer_of_frozen if frozen else _initializer}
    methods.update({"__repr__": _representation} if repr else {})
    methods.update({"__eq__": _comparison} if eq else {})
    methods.update(dict.fromkeys(_ORDER, _comparison) if order else {})
    methods.update({"__hash__": _hash} if eq and frozen else {})

    def define(plain: _Class) -> _Class:
        own = {name: _said_of(vars(plain).get(name, _NONE), kw_only=kw_only) for name in _annotations(plain)}
        body = {name: value for name, value in vars(plain).items() if name not in own and name not in _MADE_BY_TYPE}
        body.update({name: _Unwritten(write) for name, write in methods.items() if body.get(name) is None})
        body.update(_OF_FROZEN if frozen else {})
        return _with_fields(plain, own, body)

    return define


def _said_of(value: object, *, kw_only: bool) -> _Field:
    if value is _NONE and not kw_only:
        return _PLAIN
    said = value if isinstance(value, _Field) else _Field(default=value)
    said.kw_only = kw_only
    return said


def _with_fields(plain: _Class, own: "dict[str, _Field]", body: "dict[str, Any]") -> _Class:
    """Make a class anew: one that is there already cannot be given slots."""
    inherited: dict[str, _Field] = {}
    for base in reversed(plain.__mro__[1:]):
        inherited.update(vars(base).get("__lazy_fields__", {}))
    fields = {**inherited, **own}
    body["__slots__"] = tuple(name for name in own if name not in inherited)
    body["__match_args__"] = tuple(name for name, field in fields.items() if not field.kw_only)
    body["__lazy_fields__"] = fields
    body["__dataclass_fields__"] = _Standard()
    body["__dataclass_params__"] = _Standard()
    made = type(plain)(plain.__name__, plain.__bases__, body)
    made.__qualname__ = plain.__qualname__
    return made


def _annotations(kind: type) -> "dict[str, Any]":
    """Return the annotations in the body of a class; 3.14 and later make them now."""
    return kind.__annotations__ if sys.version_info >= (3, 14) else vars(kind).get("__annotations__", {})


def _annotation(kind: type, name: str) -> Any:
    return next(found[name] for base in kind.__mro__ if name in (found := _annotations(base)))


def _fields_of(kind: type) -> "dict[str, _Field]":
    return kind.__lazy_fields__  # type: ignore[attr-defined, no-any-return]


def _replace(value: Any, /, **changes: Any) -> Any:
    for name in _fields_of(value.__class__):
        if name not in changes:
            changes[name] = getattr(value, name)
    return value.__class__(**changes)


# --- the methods --------------------------------------------------------------------------------------------------


def _initializer(owner: type, name: str) -> Any:
    return _with_assignments(owner, name, "self.{0} = {1}")


def _initializer_of_frozen(owner: type, name: str) -> Any:
    return _with_assignments(owner, name, "_set_{0}(self, {1})")


def _with_assignments(owner: type, name: str, assignment: str) -> Any:
    positional, by_name, lines = ["self"], ["*"], []
    names: dict[str, Any] = {"_NONE": _NONE}
    for field, said in _fields_of(owner).items():
        is_made = said.factory is not _NONE
        has_default = is_made or said.default is not _NONE
        names[f"_default_{field}"] = said.factory if is_made else said.default
        names[f"_set_{field}"] = getattr(owner, field).__set__
        default = f" = {'_NONE' if is_made else f'_default_{field}'}" if has_default else ""
        (by_name if said.kw_only else positional).append(field + default)
        value = f"_default_{field}() if {field} is _NONE else {field}" if is_made else field
        lines.append(assignment.format(field, value))
    parameters = positional + (by_name if len(by_name) > 1 else [])
    return _written(owner, name, parameters, lines or ["pass"], names)


def _representation(owner: type, name: str) -> Any:
    shown = ", ".join(f"{field}={{self.{field}!r}}" for field, said in _fields_of(owner).items() if said.repr)
    return _written(owner, name, ["self"], [f"return f'{{self.__class__.__qualname__}}({shown})'"])


def _comparison(owner: type, name: str) -> Any:
    compared = f"{_values(owner, 'self')} {_ORDER.get(name, '==')} {_values(owner, 'other')}"
    lines = [f"if other.__class__ is self.__class__: return {compared}", "return NotImplemented"]
    return _written(owner, name, ["self", "other"], lines)


def _hash(owner: type, name: str) -> Any:
    return _written(owner, name, ["self"], [f"return hash({_values(owner, 'self')})"])


def _values(owner: type, whose: str) -> str:
    compared = (field for field, said in _fields_of(owner).items() if said.compare)
    return f"({''.join(f'{whose}.{field}, ' for field in compared)})"


def _written(
    owner: type, name: str, parameters: Iterable[str], lines: Iterable[str], names: "dict[str, Any] | None" = None
) -> Any:
    source = f"def {name}({', '.join(parameters)}):\n" + "".join(f" {line}\n" for line in lines)
    namespace = {} if names is None else names
    exec(source, namespace)  # noqa: S102 - of names of fields alone
    written = namespace.pop(name)
    written.__qualname__ = f"{owner.__qualname__}.{name}"
    written.__module__ = owner.__module__
    return written


def _refuse_to_set(_self: object, name: str, _value: object) -> NoReturn:
    _refuse(f"cannot assign to field {name!r}")


def _refuse_to_delete(_self: object, name: str) -> NoReturn:
    _refuse(f"cannot delete field {name!r}")


def _refuse(why: str) -> NoReturn:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(why)


def _state_of(value: object) -> "list[Any]":
    """Return what a copy of a frozen one needs, which could not be given its fields one by one."""
    return [getattr(value, name) for name in _fields_of(value.__class__)]


def _set_state(value: object, state: "list[Any]") -> None:
    for name, part in zip(_fields_of(value.__class__), state, strict=True):
        object.__setattr__(value, name, part)


#: What is said of most fields: nothing.
_PLAIN: Final = _Field()

_OF_FROZEN: Final = {
    "__setattr__": _refuse_to_set,
    "__delattr__": _refuse_to_delete,
    "__getstate__": _state_of,
    "__setstate__": _set_state,
}


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
    from dataclasses import field as field
    from dataclasses import replace as replace
else:
    dataclass, field, replace = _define, _Field, _replace
