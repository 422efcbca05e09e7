"""While modules load no garbage is looked for, and nobody else notices."""

import gc
from collections.abc import Iterator

import pytest

from rmosh_client.loading import collecting_nothing


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    gc.enable()
    gc.unfreeze()


def test_none_is_looked_for_meanwhile_and_what_was_loaded_is_passed_over_later() -> None:
    before = gc.get_freeze_count()
    with collecting_nothing():
        assert not gc.isenabled()
        loaded = [[number] for number in range(1000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= before + len(loaded)


def test_whoever_wants_none_looked_for_at_all_has_it_so_afterwards() -> None:
    gc.disable()
    with collecting_nothing():
        pass
    assert not gc.isenabled()


def test_it_is_looked_for_again_where_loading_fails() -> None:
    with pytest.raises(ImportError), collecting_nothing():
        raise ImportError("no such module")
    assert gc.isenabled()
