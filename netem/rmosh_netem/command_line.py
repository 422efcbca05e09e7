"""The parser of every command line of `rmosh-netem`: it names what means nothing, with the nearest word that does."""

import argparse
from collections.abc import Collection, Sequence
from typing import Any, Final, NoReturn

from .errors import EXIT_USAGE
from .near_names import did_you_mean, nearest

#: What one sees who types nothing but the name.
NETEM_SHORT_HELP: Final = """\
usage: rmosh-netem ACTION ...

    rmosh-netem profiles                     see which bad links there are
    rmosh-netem relay wifi -- rmosh host     be in a session over one
    rmosh-netem bench --profiles wifi        measure ssh, mosh, rmosh over it
    sudo rmosh-netem shell evdo --sshd       be in a shell behind one

rmosh-netem --help tells the rest.
"""


class NetemParser(argparse.ArgumentParser):
    """Reports a mistake in two lines; an unknown option or action alone, before anything else that is wrong."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **(options | {"allow_abbrev": False}))

    def parse_words(self, words: Sequence[str]) -> argparse.Namespace:
        """Parse the words after the program's name, or end with the status of a usage error."""
        self._check_words(words)
        return self.parse_args(words)

    def error(self, message: str) -> NoReturn:
        """Report a mistake that argparse found."""
        self._refuse(message, f"{self.prog} --help lists what there is")

    def _refuse(self, message: str, hint: str) -> NoReturn:
        self.exit(EXIT_USAGE, f"rmosh-netem: {message}\nhint: {hint}\n")

    def _check_words(self, words: Sequence[str]) -> None:
        options = self._option_string_actions
        rest = list(words)
        while rest and rest[0] != "--":
            word = rest.pop(0)
            name, has_value, _ = word.partition("=")
            if word.startswith("--") or (word.startswith("-") and word[1:2].isalpha()):
                if name not in options:
                    self._refuse(f"there is no option {name}", self._hint(name, options))
                if options[name].nargs == argparse.REMAINDER:
                    return
                if options[name].nargs is None and not has_value:
                    rest = rest[1:]
            elif actions := self._actions_by_word():
                if word not in actions:
                    self._refuse(f"there is no action {word}", self._hint(word, actions))
                actions[word]._check_words(rest)
                return
            elif any(action.nargs == argparse.REMAINDER for action in self._get_positional_actions()):
                return

    def _actions_by_word(self) -> "dict[str, NetemParser]":
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                return dict(action.choices)
        return {}

    def _hint(self, word: str, known: Collection[str]) -> str:
        bare = {one.lstrip("-"): one for one in known}  # dashes would make all options alike
        near = nearest(word.lstrip("-"), bare)
        return f"did you mean {bare[near]}?" if near else f"{self.prog} --help lists what there is"

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            known = [str(choice) for choice in action.choices]
            meant = did_you_mean(str(value), known)
            raise argparse.ArgumentError(action, f"{value!r} is none of {', '.join(known)}{meant}")
