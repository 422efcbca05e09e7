"""Writes man pages: prose in a small markup, and what argparse knows of options. Source: man(7) of groff 1.22.

In the prose `# TITLE` begins a section, an indented line is shown as it stands, `term :: words` is an entry of a list,
text in backquotes is bold, and `@name` stands for lines that are made elsewhere.
"""

import argparse
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence

_SPECIAL = {"\\": r"\e", "-": r"\-", "^": r"\(ha", "~": r"\(ti", "`": r"\(ga", "'": r"\(aq"}
_BOLD = re.compile(r"`([^`]+)`")


def escaped(text: str) -> str:
    """Return text in which roff sees nothing of its own."""
    shown = "".join(_SPECIAL.get(letter, letter if letter.isascii() else f"\\[u{ord(letter):04X}]") for letter in text)
    return r"\&" + shown if shown.startswith(".") else shown


def bold(text: str) -> str:
    return rf"\fB{escaped(text)}\fR"


def italic(text: str) -> str:
    return rf"\fI{escaped(text)}\fR"


def entry(term: str, words: str) -> list[str]:
    """Return one entry of a list; the term is roff already."""
    return [".TP", term, prose(words)]


def prose(text: str) -> str:
    """Return words of the markup as roff."""
    parts = _BOLD.split(text)
    return "".join(bold(part) if place % 2 else escaped(part) for place, part in enumerate(parts)) or r"\&"


def as_it_stands(lines: Sequence[str]) -> list[str]:
    """Return lines that are neither filled nor broken."""
    return [".PP", ".RS 4", ".nf", *(escaped(line) or r"\&" for line in lines), ".fi", ".RE"]


def page(name: str, text: str, made: Mapping[str, Sequence[str]], *, version: str, date: str) -> str:
    """Return a whole page.

    Args:
        text: the prose.
        made: lines of roff for each `@name` in it.
    """
    lines = [f'.TH {name.upper()} 1 {date} "rmosh {version}" "User Commands"', ".nh", ".ad l"]
    for block in re.split(r"\n{2,}", text.strip("\n").replace("\n# ", "\n\n# ")):
        lines += _block(block.split("\n"), made)
    return "\n".join(lines) + "\n"


def _block(lines: Sequence[str], made: Mapping[str, Sequence[str]]) -> Iterator[str]:
    begins = ".PP"
    if lines[0].startswith("# "):
        begins = f".SH {lines[0].removeprefix('# ')}"
        lines = lines[1:]
    if not lines or lines[0].startswith("@") or " :: " in lines[0]:
        yield from () if begins == ".PP" else (begins,)
    if not lines:
        return
    if lines[0].startswith("@"):
        yield from made[lines[0].removeprefix("@")]
    elif lines[0].startswith("    "):
        yield from as_it_stands(textwrap.dedent("\n".join(lines)).split("\n"))
    elif " :: " in lines[0]:
        for term, _, words in (line.partition(" :: ") for line in _joined(lines)):
            yield from entry(prose(term), words)
    else:
        yield begins
        yield prose(" ".join(lines))


def _joined(lines: Sequence[str]) -> list[str]:
    """Return entries that were broken over several lines, each in one."""
    entries: list[str] = []
    for line in lines:
        if " :: " in line:
            entries.append(line)
        else:
            entries[-1] += f" {line}"
    return entries


def options(parser: argparse.ArgumentParser, *, without: frozenset[str] = frozenset()) -> Iterator[str]:
    """Return the entries of a parser's words and options, group by group, but for those of some names."""
    for group in parser._action_groups:
        shown = [
            action
            for action in group._group_actions
            if action.help != argparse.SUPPRESS
            and not isinstance(action, argparse._SubParsersAction)
            and not without.intersection(action.option_strings)
        ]
        if shown and group.title not in ("positional arguments", "options", "optional arguments"):
            yield ".PP"
            yield escaped(f"{(group.title or '')[:1].upper()}{(group.title or '')[1:]}:")
        for action in shown:
            words = parser._get_formatter()._expand_help(action) if action.help else ""
            yield from entry(invocation(action), words)


def invocation(action: argparse.Action) -> str:
    """Return how an option, or a word, is typed."""
    name = _value(action)
    if not action.option_strings:
        return name
    if action.nargs == 0:
        return ", ".join(bold(option) for option in action.option_strings)
    return ", ".join(f"{bold(option)} {name}" for option in action.option_strings)


def _value(action: argparse.Action) -> str:
    if isinstance(action.metavar, str):
        return italic(action.metavar)
    if action.choices is not None:
        return r"\fR|".join(bold(str(choice)) for choice in action.choices)
    return italic(action.dest.upper() if action.option_strings else action.dest)


def synopsis(parser: argparse.ArgumentParser) -> str:
    """Return a parser's command line in short: its program, that it has options, and its words."""
    words = [bold(parser.prog), r"[\fIoptions\fR]"]
    for action in parser._actions:
        if not action.option_strings and action.help != argparse.SUPPRESS:
            optional = action.nargs in ("?", "*", argparse.REMAINDER)
            more = "..." if action.nargs in ("*", "+", argparse.REMAINDER) else ""
            words.append(f"[{_value(action)}{more}]" if optional else _value(action) + more)
    return " ".join(words)
