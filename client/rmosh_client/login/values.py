"""Values as JSON and back: data classes of plain fields, read again only where every field has its type.

What reads types in `typing` is not used: a session does without that (`rmosh/lean_typing.py`).
"""

from enum import Enum
from types import GenericAlias, UnionType
from typing import Any, TypeVar

from rmosh.errors import Malformed
from rmosh.lazy_dataclass import field_names, field_types, is_dataclass

_Value = TypeVar("_Value")


def as_json(value: object) -> object:
    """Return what JSON has for a value: bytes are hexadecimal, an Enum is its value."""
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [as_json(item) for item in value]
    if is_dataclass(type(value)):
        return {name: as_json(getattr(value, name)) for name in field_names(type(value))}
    return value


def from_json(kind: type[_Value], untrusted: object) -> _Value:
    """Return the dataclass that `as_json` has made this of.

    Raises:
        Malformed: it is none, or a field is missing, too many or of another type.
    """
    if not isinstance(untrusted, dict):
        raise Malformed(f"{kind.__name__} is no object")
    types = field_types(kind)
    if untrusted.keys() != types.keys():
        raise Malformed(f"{kind.__name__} has other fields")
    return kind(**{name: _read(wanted, untrusted[name]) for name, wanted in types.items()})


def _read(wanted: Any, untrusted: object) -> object:
    if isinstance(wanted, UnionType):
        return _read_optional(wanted.__args__, untrusted)
    if isinstance(wanted, GenericAlias):  # of a tuple
        return _read_tuple(wanted.__args__, untrusted)
    if is_dataclass(wanted):
        return from_json(wanted, untrusted)
    if wanted in (bytes, bytearray):
        return _read_bytes(wanted, untrusted)
    if issubclass(wanted, Enum):
        return _read_enum(wanted, untrusted)
    if type(untrusted) is wanted:
        return untrusted
    if wanted is float and type(untrusted) is int:
        return float(untrusted)
    raise Malformed(f"a {wanted.__name__} is expected, not a {type(untrusted).__name__}")


def _read_optional(wanted: tuple[Any, ...], untrusted: object) -> object:
    if untrusted is None and type(None) in wanted:
        return None
    [other] = [kind for kind in wanted if kind is not type(None)]
    return _read(other, untrusted)


def _read_tuple(wanted: tuple[Any, ...], untrusted: object) -> object:
    if not isinstance(untrusted, list):
        raise Malformed("a list is expected")
    kinds = [wanted[0]] * len(untrusted) if wanted[1:] == (...,) else list(wanted)
    if len(kinds) != len(untrusted):
        raise Malformed(f"a list of {len(kinds)} is expected, not of {len(untrusted)}")
    return tuple(_read(kind, item) for kind, item in zip(kinds, untrusted, strict=True))


def _read_bytes(wanted: type, untrusted: object) -> object:
    try:
        return wanted(bytes.fromhex(untrusted))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise Malformed("hexadecimal digits are expected") from None


def _read_enum(wanted: type[Enum], untrusted: object) -> object:
    try:
        return wanted(untrusted)
    except ValueError:
        raise Malformed(f"no {wanted.__name__}") from None
