"""What the far side's Python is told and says: a line for any shell, and what is made of the answer."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.errors import BootstrapError, Malformed
from rmosh_client.injection.stage_one import NEEDED_MODULES, STAGE_ONE
from rmosh_client.injection.wanted import Wanted, parse_wanted


def test_the_line_goes_unchanged_through_double_quotes_of_sh_within_single_quotes_of_any_shell() -> None:
    assert not re.search(r"['\\!\r\n`$]", STAGE_ONE)
    assert STAGE_ONE.isascii() and STAGE_ONE.count('"') == 2 * len(re.findall(r'"[^"]*"', STAGE_ONE))


def test_the_mark_tells_of_the_python() -> None:
    told = Wanted((3, 9, 2), frozenset({"_bz2", "_lzma"}))
    assert parse_wanted(b"RMOSH-WANTED python=3.9.2 missing=_bz2,_lzma\r\n") == told
    assert parse_wanted(b"RMOSH-WANTED python=3.15.0 missing=") == Wanted((3, 15, 0), frozenset())


@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda rest: b"RMOSH-WANTED python=3." + rest))
def test_whatever_else_comes_is_malformed(untrusted: bytes) -> None:
    try:
        parse_wanted(untrusted)
    except Malformed:
        return
    assert untrusted.startswith(b"RMOSH-WANTED python=")


def test_a_line_without_an_end_is_malformed() -> None:
    with pytest.raises(Malformed):
        parse_wanted(b"RMOSH-WANTED python=3.9.2 missing=" + b"a" * 100_000)


@pytest.mark.parametrize(
    ("missing", "packing"),
    [(set(), "bz2"), ({"_bz2"}, "lzma"), ({"_bz2", "_lzma"}, "zlib"), ({"_lzma"}, "bz2")],
    ids=["all there", "no bz2", "neither", "no lzma"],  # a set's own order changes from process to process
)
def test_the_best_packing_that_is_unpacked_there_is_taken(missing: set[str], packing: str) -> None:
    assert Wanted((3, 8, 0), frozenset(missing)).packing() == packing


def test_what_fits_is_taken() -> None:
    Wanted((3, 8, 0), frozenset({"_bz2", "_lzma"})).require_fit()
    Wanted((3, 15, 0), frozenset()).require_fit()


@pytest.mark.parametrize("python", [(3, 7, 17), (3, 0, 0), (2, 7, 18)], ids=str)
def test_a_python_that_is_too_old_is_told_with_what_helps(python: tuple[int, int, int]) -> None:
    with pytest.raises(BootstrapError, match=r"its python3 is \d\.\d\.\d+: 3\.8 or newer") as raised:
        Wanted(python, frozenset()).require_fit()
    assert "newer python3" in raised.value.hint


@pytest.mark.parametrize("module", NEEDED_MODULES)
def test_a_python_that_lacks_a_module_is_told_with_what_helps(module: str) -> None:
    with pytest.raises(BootstrapError, match=f"lacks {module}$") as raised:
        Wanted((3, 11, 2), frozenset({module, "_bz2"})).require_fit()
    assert "python3-minimal" in raised.value.hint
