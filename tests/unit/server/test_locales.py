"""Choosing a UTF-8 locale."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh_server.shell.locales import locale_exists, with_utf8_locale


def host_with(*names: str) -> Callable[[str], bool]:
    return lambda name: name in names


def test_the_clients_locale_is_kept_where_this_host_has_it() -> None:
    wanted = {"LANG": "de_DE.UTF-8", "LC_TIME": "en_GB.UTF-8"}
    assert with_utf8_locale(wanted, exists=host_with("de_DE.UTF-8", "en_GB.UTF-8", "C.UTF-8")) == wanted


def test_a_locale_this_host_lacks_becomes_c_utf8() -> None:
    chosen = with_utf8_locale({"LANG": "de_DE.UTF-8", "EDITOR": "vi"}, exists=host_with("C.UTF-8"))
    assert chosen == {"LANG": "C.UTF-8", "LC_CTYPE": "C.UTF-8", "EDITOR": "vi"}


def test_one_missing_category_is_dropped_and_the_rest_kept() -> None:
    wanted = {"LANG": "de_DE.UTF-8", "LC_TIME": "xx_XX.UTF-8"}
    assert with_utf8_locale(wanted, exists=host_with("de_DE.UTF-8")) == {"LANG": "de_DE.UTF-8"}


def test_a_locale_in_another_charset_is_replaced_by_the_same_language_in_utf8() -> None:
    chosen = with_utf8_locale({"LANG": "de_DE@euro"}, exists=host_with("de_DE@euro", "de_DE.UTF-8", "C.UTF-8"))
    assert chosen == {"LANG": "de_DE@euro", "LC_CTYPE": "de_DE.UTF-8"}


def test_lc_all_that_is_not_utf8_gives_way() -> None:
    chosen = with_utf8_locale({"LC_ALL": "C", "LANG": "C.UTF-8"}, exists=host_with("C", "C.UTF-8"))
    assert chosen == {"LANG": "C.UTF-8"} | {"LC_CTYPE": "C.UTF-8"}


@pytest.mark.parametrize("spelling", ["en_US.UTF-8", "en_US.utf8", "en_US.UTF8", "C.utf8", "de_DE.utf-8@euro"])
def test_every_spelling_of_utf8_counts(spelling: str) -> None:
    assert with_utf8_locale({"LANG": spelling}, exists=host_with(spelling)) == {"LANG": spelling}


def test_a_host_without_any_utf8_locale_is_told_c_utf8_all_the_same() -> None:
    assert with_utf8_locale({}, exists=host_with("C")) == {"LANG": "C.UTF-8", "LC_CTYPE": "C.UTF-8"}


LOCALES = st.sampled_from(["", "C", "POSIX", "C.UTF-8", "de_DE", "de_DE.UTF-8", "ja_JP.EUC-JP", "nonsense"])


@given(
    wanted=st.dictionaries(st.sampled_from(["LANG", "LC_ALL", "LC_CTYPE", "LC_TIME"]), LOCALES),
    there=st.sets(LOCALES),
)
def test_the_character_type_is_always_utf8(wanted: dict[str, str], there: set[str]) -> None:
    chosen = with_utf8_locale(wanted, exists=there.__contains__)
    in_force = chosen.get("LC_ALL") or chosen.get("LC_CTYPE") or chosen["LANG"]
    assert in_force.endswith("UTF-8")


def test_this_host_has_the_c_locale_and_not_nonsense() -> None:
    assert locale_exists("C")
    assert not locale_exists("xx_YY.nonsense")
