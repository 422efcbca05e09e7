"""The man pages: made of the parsers themselves, so that neither can tell of an option that the other has not."""

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
SECTIONS = [
    "NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "COMMANDS", "KEYS", "ENVIRONMENT", "FILES", "EXIT STATUS", "EXAMPLES",
    "SEE ALSO",
]  # fmt: skip
NAMES = ["rmosh", "rmosh-server", "rmosh-netem"]


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the module that makes them."""
    monkeypatch.syspath_prepend(str(ROOT / ".manual"))
    import pages

    return pages


def parsers_of(pages: ModuleType, name: str) -> list[argparse.ArgumentParser]:
    """Return every parser of a program, those of its words and actions too."""
    if name == "rmosh":
        return [pages.session_parser(), *map(pages._parser_of, pages.INSTEAD_OF_A_HOST)]
    parser = pages.server_parser() if name == "rmosh-server" else pages.netem_parser()
    inner = [action.choices.values() for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return [parser, *inner[0]]


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_all_sections_in_the_usual_order(pages: ModuleType, name: str) -> None:
    text = pages.make_pages()[f"{name}.1"]
    assert re.findall(r"^\.SH (.*)$", text, re.MULTILINE) == SECTIONS


@pytest.mark.parametrize("name", NAMES)
def test_every_option_that_help_tells_is_in_the_page_in_the_same_words(pages: ModuleType, name: str) -> None:
    text = pages.make_pages()[f"{name}.1"]
    actions = [action for parser in parsers_of(pages, name) for action in parser._actions]
    told = [action for action in actions if action.help not in (None, argparse.SUPPRESS) and action.option_strings]
    assert len(told) > 10
    for action in told:
        assert any(f"\\fB{option.replace('-', chr(92) + '-')}\\fR" in text for option in action.option_strings)
    shown = set(re.findall(r"\\fB(\\-\\-[a-z\\-]+)\\fR", text))
    there = {option.replace("-", r"\-") for action in actions for option in action.option_strings}
    assert shown <= there
    for parser in parsers_of(pages, name):
        for action in parser._actions:
            if action.help and action in told:
                words = pages.roff.escaped(parser._get_formatter()._expand_help(action))
                assert words in text


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("tool", ["groff -ww -man -Tutf8 -z", "mandoc -T lint -W warning"])
def test_a_page_is_clean_roff(pages: ModuleType, name: str, tool: str, tmp_path: Path) -> None:
    words = tool.split()
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} is not installed")
    pages.write_pages(tmp_path)
    ended = subprocess.run([*words, str(tmp_path / f"{name}.1")], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_pages_go_where_man_looks_beside_the_programs(pages: ModuleType, tmp_path: Path) -> None:
    places = pages.write_pages(tmp_path)
    assert {place: Path(file).name for file, place in places.items()} == {
        f"share/man/man1/{name}.1": f"{name}.1" for name in NAMES
    }
    assert all(Path(file).read_text(encoding="ascii") for file in places)


@pytest.mark.slow
@pytest.mark.skipif(sys.version_info < (3, 11), reason="before 3.11 it takes tomli, which hatchling brings along")
def test_pages_can_be_made_where_nothing_but_python_is_installed(tmp_path: Path) -> None:
    """A build happens in an environment of its own; -S leaves out site-packages."""
    paths = [str(ROOT / part) for part in (".manual", ".", "client", "server", "netem")]
    code = f"import sys; sys.path[:0] = {paths!r}; import pages; print(*pages.make_pages())"
    made = subprocess.run([sys.executable, "-S", "-B", "-c", code], capture_output=True, text=True, check=True)
    assert made.stdout.split() == [f"{name}.1" for name in NAMES]


@pytest.mark.parametrize(
    ("text", "shown"),
    [(".TH evil", r"\&.TH evil"), ("'br", r"\(aqbr"), (r"\fB", r"\efB"), ("-x", r"\-x"), ("±", r"\[u00B1]")],
)
def test_words_give_roff_no_orders(pages: ModuleType, text: str, shown: str) -> None:
    assert pages.roff.escaped(text) == shown
