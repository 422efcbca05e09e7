"""Values as JSON and back: dataclasses of plain fields, read again only where every field has its type."""

import types
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from rmosh.errors import Malformed

_Value = TypeVar("_Value")


def as_json(value: object) -> object:
    """Return what JSON has for a value: bytes are hexadecimal, an Enum is its value."""
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [as_json(item) for item in value]
    if is_dataclass(value):
        return {field.name: as_json(getattr(value, field.name)) for field in fields(value)}
    return value


def from_json(kind: type[_Value], untrusted: object) -> _Value:
    """Return the dataclass that `as_json` has made this of.

    Raises:
        Malformed: it is none, or a field is missing, too many or of another type.
    """
    if not isinstance(untrusted, dict):
        raise Malformed(f"{kind.__name__} is no object")
    types_of: dict[str, Any] = _types_of(kind)
    if untrusted.keys() != types_of.keys():
        raise Malformed(f"{kind.__name__} has other fields")
    return kind(**{name: _read(wanted, untrusted[name]) for name, wanted in types_of.items()})


def _types_of(kind: object) -> dict[str, Any]:
    assert isinstance(kind, type) and is_dataclass(kind)
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _read(wanted: Any, untrusted: object) -> object:
    if get_origin(wanted) in (Union, types.UnionType):
        return _read_optional(get_args(wanted), untrusted)
    if get_origin(wanted) is tuple:
        return _read_tuple(get_args(wanted), untrusted)
    if is_dataclass(wanted) and isinstance(wanted, type):
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
