"""The columns that this host's C library gives, held against our own table."""

import os
import subprocess
import sys
from unicodedata import category

import pytest

from rmosh.terminal.width import Widths, char_width
from rmosh_server.shell import columns
from rmosh_server.shell.columns import columns_here

#: Line ends, format characters and one mark that programs with glibc 2.43 give a column and wcwidth's table none.
#: U+1734 is a spacing mark since Unicode 14; Python 3.10 knows 13.
DIFFERENT = {0x1734, 0x2028, 0x2029, *range(0xFFF9, 0xFFFC), *range(0x13430, 0x13440), 0x1171E}

#: Fillers that glibc 2.36 gives columns and 2.43 none.
FILLERS = {0x3164, 0xFFA0}

#: Made wide by Unicode 16; glibc 2.36 gives them one column, 2.43 two.
WIDE_SINCE_16 = {*range(0x2630, 0x2638), *range(0x268A, 0x2690), *range(0x1D300, 0x1D357), *range(0x1D360, 0x1D377)}


def _known_here(character: str) -> bool:
    """Whether the library knows a character that this Python knows; glibc 2.36 stops at Unicode 15."""
    wcwidth = columns._wcwidth()
    return wcwidth is not None and wcwidth(character) >= 0


@pytest.mark.slow
@pytest.mark.skipif(
    not (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc"), reason="the C library of this host is not glibc"
)
def test_the_table_counts_as_glibc_does_but_for_what_its_versions_differ_on() -> None:
    different = [
        f"U+{code:04X}"
        for code in range(0xA0, 0x20000)
        if code not in DIFFERENT | FILLERS | WIDE_SINCE_16 and category(chr(code)) not in ("Cn", "Cs")
        if _known_here(chr(code)) and columns_here(chr(code)) != char_width(chr(code))
    ]
    assert different == []


def test_a_character_that_the_library_does_not_know_takes_one_column(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "_wcwidth", lambda: lambda character: -1)
    assert columns_here("\U0001fae8") == 1
    assert Widths(columns_here).cells_of("\U0001fae8x") == ("\U0001fae8", "x")


def test_the_table_answers_where_there_is_no_library_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "_wcwidth", lambda: None)
    assert [columns_here(character) for character in "❤👍\u0301\u093e"] == [1, 2, 0, 1]


@pytest.mark.slow
@pytest.mark.parametrize("locale", ["C.UTF-8", "C"])
def test_the_locale_of_the_server_changes_nothing(locale: str) -> None:
    program = (
        "from rmosh_server.shell.columns import columns_here; print([columns_here(c) for c in '❤👍\\u0301\\u093e'])"
    )
    told = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "LC_ALL": locale},
        check=True,
        capture_output=True,
        text=True,
    )
    assert told.stdout.strip() == "[1, 2, 0, 1]"
