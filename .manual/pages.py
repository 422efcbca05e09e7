"""The man pages of all three programs: each made of its parser and the prose beside this file."""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import roff
from rmosh import __version__
from rmosh_client.command.copying import copy_parser
from rmosh_client.command.demo_options import demo_parser
from rmosh_client.command.parsers import INSTEAD_OF_A_HOST, completion_parser, errand_parser, session_parser
from rmosh_client.command.preferences import PREFERENCES
from rmosh_client.showing.boxes import own_keys
from rmosh_client.typing.escape import EscapeKey
from rmosh_netem.cli import build_parser as netem_parser
from rmosh_server.command.options import build_parser as server_parser

#: When the prose was last looked through.
_DATE = "2026-11-28"

_FOLDER = Path(__file__).parent


def make_pages() -> dict[str, str]:
    """Return the text of every page by its file's name."""
    made: dict[str, Mapping[str, Sequence[str]]] = {
        "rmosh": {
            "synopsis": [*_lines(session_parser().usage or "")],
            "options": [*roff.options(session_parser())],
            "commands": [*_words_of_rmosh()],
            "keys": [*_keys()],
            "environment": [*_variables()],
            "file": roff.as_it_stands([*_defaults()]),
        },
        "rmosh-server": _of_actions(server_parser()),
        "rmosh-netem": _of_actions(netem_parser()),
    }
    return {
        f"{name}.1": roff.page(
            name, (_FOLDER / f"{name}.txt").read_text(encoding="utf-8"), parts, version=__version__, date=_DATE
        )
        for name, parts in made.items()
    }


def write_pages(folder: Path) -> dict[str, str]:
    """Write every page into a folder; return where each belongs below the prefix that it is installed into."""
    places = {}
    for name, text in make_pages().items():
        (folder / name).write_text(text, encoding="ascii")
        places[str(folder / name)] = f"share/man/man1/{name}"
    return places


def _lines(usage: str) -> Iterator[str]:
    """Yield lines of a usage, each for itself."""
    for place, line in enumerate(usage.split("\n")):
        if place:
            yield ".br"
        yield roff.escaped(line.strip())


def _words_of_rmosh() -> Iterator[str]:
    told = {option: action.help for action in session_parser()._actions for option in action.option_strings}
    for word, about in INSTEAD_OF_A_HOST.items():
        parser = _parser_of(word)
        above = frozenset(
            option for action in parser._actions for option in action.option_strings if told.get(option) == action.help
        )
        yield from (".TP", roff.synopsis(parser), roff.escaped(about), ".RS")
        yield from roff.options(parser, without=above)
        shared = [
            option for action in parser._actions for option in action.option_strings[:1]
            if option in above and option != "-h" and action.help != argparse.SUPPRESS
        ]  # fmt: skip
        if shared:
            yield from (".PP", roff.escaped(f"As above: {', '.join(shared)}."))
        yield ".RE"


def _parser_of(word: str) -> argparse.ArgumentParser:
    if word == "demo":
        return demo_parser()
    if word == "cp":
        return copy_parser()
    return completion_parser() if word == "completion" else errand_parser(word)


def _of_actions(parser: argparse.ArgumentParser) -> dict[str, Sequence[str]]:
    """Return what a program with actions is made of."""
    actions = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    commands: list[str] = []
    for choice in actions._choices_actions:
        inner = actions.choices[choice.dest]
        typed = roff.escaped(inner.usage) if inner.usage else roff.synopsis(inner)
        commands += [".TP", typed, roff.prose(str(choice.help))]
        details = [*roff.options(inner, without=frozenset({"--help"})), *_epilog(inner.epilog or "")]
        commands += [".RS", *details, ".RE"] if details else []
    return {
        "synopsis": [rf"{roff.bold(parser.prog)} [\fIoptions\fR] \fIACTION\fR ..."],
        "options": [*roff.options(parser)],
        "commands": commands,
    }


def _epilog(text: str) -> Sequence[str]:
    """Return what stands at the end of a help: lines as they are, or an example."""
    if not text:
        return []
    return roff.as_it_stands(text.split("\n")) if "\n" in text else [".PP", roff.escaped(text)]


def _keys() -> Iterator[str]:
    for own in own_keys(EscapeKey()):
        yield from roff.entry(roff.bold(own.key), own.long)


def _variables() -> Iterator[str]:
    for preference in PREFERENCES.values():
        yield from roff.entry(roff.bold(preference.variable), f"as `{preference.option}` {preference.metavar or ''}")


def _defaults() -> Iterator[str]:
    """Yield the lines of a file that changes nothing."""
    for preference in PREFERENCES.values():
        default = "" if preference.default is None else preference.default
        yield f"{preference.name} = {json.dumps(default)}"  # TOML has these values as JSON has them
