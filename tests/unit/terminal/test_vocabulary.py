"""Names and tables of our own that are pyte's as well: the values are the same."""

import pyte.charsets
import pyte.control
import pyte.escape
import pyte.modes
import pytest

from rmosh.terminal import modes, vocabulary
from rmosh.terminal.charsets import CharacterSets

NAMES = [name for name in vars(vocabulary) if name.isupper()]


@pytest.mark.parametrize("name", NAMES)
def test_a_control_has_the_value_that_pyte_gives_it(name: str) -> None:
    theirs = {**vars(pyte.control), **vars(pyte.escape)}
    assert getattr(vocabulary, name) == theirs[name]


@pytest.mark.parametrize("name", ["DECCOLM", "DECSCNM", "DECOM", "DECAWM", "DECTCEM"])
def test_a_private_mode_has_the_number_that_pyte_shifts(name: str) -> None:
    assert getattr(modes, name) << 5 == getattr(pyte.modes, name)


@pytest.mark.parametrize("name", ["IRM", "LNM"])
def test_an_ansi_mode_has_the_number_that_pyte_gives_it(name: str) -> None:
    assert getattr(modes, name) == getattr(pyte.modes, name)


def test_special_graphics_are_pytes_but_for_two_that_the_linux_console_draws_otherwise() -> None:
    graphics = CharacterSets(("0", "B", "B", "B"))
    ours = {code: graphics.translate(chr(code)) for code in range(0x5F, 0x7F)}
    differing = {chr(code) for code, drawn in ours.items() if drawn != pyte.charsets.VT100_MAP[code]}
    assert differing == {"_", "h"}  # a blank and NL: VT100 manual, table 3-9
