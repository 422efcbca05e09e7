"""Data classes whose methods come late are what `dataclasses` makes, and cost less."""

import copy
import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.lazy_dataclass import dataclass, field, field_names, is_dataclass, replace


@dataclass(frozen=True, slots=True)
class Lazy:
    x: int
    y: list[int] = field(default_factory=list)
    z: int = field(default=3, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class LazyChild(Lazy):
    x: int = 1
    w: "str" = "w"


@dataclasses.dataclass(frozen=True)
class Standard:
    x: int
    y: list[int] = dataclasses.field(default_factory=list)
    z: int = dataclasses.field(default=3, compare=False, repr=False)


@dataclasses.dataclass(frozen=True)
class StandardChild(Standard):
    x: int = 1
    w: "str" = "w"


@dataclass(slots=True)
class Changing:
    name: str
    count: int = 0


@dataclass(order=True, slots=True)
class Ordered:
    first: int
    second: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ByName:
    early: int = 1
    late: int


@dataclass(slots=True, eq=False, repr=False)
class Mere:
    value: int


PAIRS = [(Lazy, Standard), (LazyChild, StandardChild)]
GIVEN = st.fixed_dictionaries(
    {"x": st.integers(0, 1)}, optional={"y": st.lists(st.integers(0, 1), max_size=1), "z": st.integers(0, 1)}
)


@pytest.mark.parametrize(("lazy", "standard"), PAIRS)
@given(GIVEN, GIVEN)
def test_values_are_shown_and_compared_as_standard_ones_are(
    lazy: Any, standard: Any, one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert repr(lazy(**one)) == repr(standard(**one)).replace(standard.__name__, lazy.__name__)
    assert dataclasses.asdict(lazy(**one)) == dataclasses.asdict(standard(**one))
    assert (lazy(**one) == lazy(**other)) == (standard(**one) == standard(**other))
    for change in (replace, dataclasses.replace):
        changed = change(lazy(**one), **other)
        assert dataclasses.asdict(changed) == dataclasses.asdict(dataclasses.replace(standard(**one), **other))


@pytest.mark.parametrize(("lazy", "standard"), PAIRS)
def test_whoever_knows_standard_ones_finds_the_same_fields(lazy: Any, standard: Any) -> None:
    def described(kind: Any) -> list[tuple[Any, ...]]:
        return [(one.name, one.type, one.default, one.default_factory) for one in dataclasses.fields(kind)]

    assert described(lazy) == described(standard)
    assert lazy.__match_args__ == standard.__match_args__
    assert field_names(lazy) == tuple(one.name for one in dataclasses.fields(standard))
    assert (is_dataclass(lazy), is_dataclass(standard), dataclasses.is_dataclass(lazy)) == (True, False, True)


def test_what_the_standard_library_looks_for_is_made_once_a_class() -> None:
    fields: Any = [kind.__dataclass_fields__ for kind in (Lazy, LazyChild, Lazy, LazyChild)]
    assert fields[0] is fields[2] and fields[1] is fields[3] and fields[0] is not fields[1]


def test_a_standard_one_may_derive_from_one_of_ours() -> None:
    @dataclasses.dataclass(frozen=True)
    class Derived(Lazy):
        more: int = 7

    assert repr(Derived(1, [2])).endswith("Derived(x=1, y=[2], more=7)")
    assert dataclasses.replace(Derived(1), more=8).more == 8


def test_a_frozen_one_is_copied_and_hashed_but_not_changed() -> None:
    value = LazyChild(1, [2])
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'x'"):
        value.x = 2  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot delete field 'x'"):
        del value.x
    assert (copy.copy(value), copy.deepcopy(value)) == (value, value)
    assert hash(ByName(late=2)) == hash(ByName(early=1, late=2))
    with pytest.raises(TypeError, match="unhashable type: 'list'"):
        hash(value)
    assert value != Lazy(1, [2])
    assert not hasattr(value, "__dict__")


def test_defaults_that_are_made_are_each_values_own() -> None:
    first, second = Lazy(1), Lazy(1)
    first.y.append(5)
    assert second.y == []


def test_one_that_is_not_frozen_changes_and_has_no_hash() -> None:
    value = Changing("a")
    value.count += 1
    assert value == Changing("a", 1)
    with pytest.raises(TypeError, match="unhashable type: 'Changing'"):
        hash(value)


def test_an_order_goes_by_the_fields() -> None:
    assert sorted([Ordered(2), Ordered(1, 5), Ordered(1)]) == [Ordered(1), Ordered(1, 5), Ordered(2)]
    assert Ordered(1) <= Ordered(1) >= Ordered(1)
    with pytest.raises(TypeError, match="not supported"):
        assert Ordered(1) < Changing("a")  # type: ignore[operator]


def test_fields_by_name_take_any_order_and_no_place() -> None:
    assert (ByName(late=2).early, ByName(late=2).late) == (1, 2)
    with pytest.raises(TypeError, match="positional"):
        ByName(1, 2)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="required keyword-only argument: 'late'"):
        ByName()  # type: ignore[call-arg]


def test_what_is_not_wished_for_is_left_to_object() -> None:
    value = Mere(1)
    assert value != Mere(1)
    assert {value: 1}[value] == 1
    assert repr(value).startswith("<")


def test_a_method_of_its_own_is_kept() -> None:
    @dataclass(frozen=True, slots=True)
    class Own:
        x: int

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Own)

        def __repr__(self) -> str:
            return "mine"

    assert Own(1) == Own(2)
    assert repr(Own(1)) == "mine"
    assert hash(Own(1)) == hash(Own(1))


def test_a_method_is_written_at_its_first_use() -> None:
    @dataclass(frozen=True, slots=True)
    class Late:
        x: int

    def written() -> set[str]:
        return {name for name in ("__init__", "__eq__", "__repr__", "__hash__") if callable(vars(Late)[name])}

    assert written() == set()
    value = Late(1)
    assert written() == {"__init__"}
    assert value == Late(1)
    assert written() == {"__init__", "__eq__"}
