"""What the types in our sources come down to in a process that checks none: next to nothing.

`typing` itself is 0.5 MB of a server's memory, and what it builds of our annotations, aliases and tuples half as much
again (CPython 3.11). Where this module stands in for it, each of them is one object, `Protocol` and `Generic` are empty
classes, and a `NamedTuple` is a plain one of `collections`. Whatever else is asked of it comes from `typing` after all.
"""

import sys
from collections import namedtuple

TYPE_CHECKING = False

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any as _Anything


class _Form:
    """Any type, and whatever is made of it."""

    __slots__ = ()

    def __getitem__(self, _parameters: object) -> "_Form":
        return self

    def __or__(self, _other: object) -> "_Form":
        return self

    __ror__ = __or__

    def __call__(self, *_given: object, **_named: object) -> "_Form":
        return self


class ParamSpec(_Form):
    """Parameters of a function; `collections.abc.Callable` knows them by this name."""

    __slots__ = ()
    __module__ = "typing"

    def __init__(self, _name: str) -> None:
        pass

    args = kwargs = _Form()


class Generic:
    """A class that takes types, and makes nothing of them."""

    __slots__ = ()

    def __class_getitem__(cls, _parameters: object) -> "type":
        return cls


class Protocol(Generic):
    """What others offer."""

    __slots__ = ()


class _Tuples(type):
    """Makes of a class with fields a class of tuples."""

    def __new__(cls, name: str, bases: "tuple[type, ...]", body: "dict[str, _Anything]") -> "_Anything":
        if not bases:
            return super().__new__(cls, name, bases, body)
        fields = body.pop("__annotations__", {})
        defaults = [body.pop(field) for field in fields if field in body]
        made: _Anything = namedtuple(name, fields, defaults=defaults, module=body["__module__"])  # type: ignore[misc]
        for own, value in body.items():
            setattr(made, own, value)
        return made


class NamedTuple(metaclass=_Tuples):
    """The base of tuples whose fields have names."""


Any = BinaryIO = ClassVar = Final = Literal = NoReturn = TextIO = TypeAlias = TypeVar = _Form()


def __getattr__(name: str) -> "_Anything":
    if name.startswith("__"):  # what an import looks for in any module
        raise AttributeError(name)
    return getattr(_typing(), name)


def _typing() -> "ModuleType":
    """Return `typing`, which stays in its place from now on."""
    if sys.modules.get("typing") is sys.modules[__name__]:  # a second one would be at odds with what is made of it
        del sys.modules["typing"]
    from importlib import import_module

    return import_module("typing")


def stand_in_for_typing() -> None:
    """Have modules that are loaded from now on take this for `typing`, unless that is there already.

    Older ones than 3.10 look into `typing` for more than we do; from 3.14 on annotations are made when asked for.
    """
    if (3, 10) <= sys.version_info < (3, 14):
        sys.modules.setdefault("typing", sys.modules[__name__])
