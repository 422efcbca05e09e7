"""A command line as ssh's users type it: options, the host, options, and then the command. Knows no option by name.

argparse does the parsing; here is where the command begins, and what is said of a word that means nothing.
"""

import argparse
from collections.abc import Sequence
from typing import Any, Final, NoReturn

from .near_words import did_you_mean, nearest

#: Longest report of a mistake in characters. Reason: the word that it repeats may be a file's content, by a slip.
_LONGEST_MESSAGE: Final = 1000

#: Columns of help that nobody sees: argparse tries each argument that it is told of.
_ANY_WIDTH: Final = 80


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Shows a switch as one word, --[no-]title, in less room than argparse."""

    def __init__(self, prog: str, *, width: int | None = _ANY_WIDTH) -> None:
        """Begin.

        Args:
            width: None for the terminal's, which argparse loads `shutil` for, 0.3 MB.
        """
        super().__init__(prog, width=width)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if isinstance(action, argparse.BooleanOptionalAction):
            return f"--[no-]{action.option_strings[0].removeprefix('--')}"
        return super()._format_action_invocation(action)


def _as_wide_as_the_terminal(prog: str) -> HelpFormatter:
    return HelpFormatter(prog, width=None)


class Parser(argparse.ArgumentParser):
    """Names an unknown option alone, before anything else that is wrong, with the nearest that there is."""

    def refuse(self, message: str, hint: str) -> NoReturn:
        """Report a mistake, the user's own words in it or not."""
        self.report(_printable(message), hint)

    def report(self, message: str, hint: str) -> NoReturn:
        """End with what was wrong and what to do; a program of its own says how."""
        self.exit(2, f"{self.prog.split()[0]}: {message}\nhint: {hint}\n")

    def error(self, message: str) -> NoReturn:
        """Report a mistake that argparse found."""
        self.refuse(message, f"{self.prog} --help lists the options")

    def format_usage(self) -> str:
        """Return the usage, as wide as the terminal."""
        self._show()
        return super().format_usage()

    def format_help(self) -> str:
        """Return the help, as wide as the terminal."""
        self._show()
        return super().format_help()

    def _show(self) -> None:
        if self.formatter_class is HelpFormatter:
            self.formatter_class = _as_wide_as_the_terminal

    def parse_words(self, words: Sequence[str]) -> argparse.Namespace:
        """Parse a line that has no command in it, or refuse it."""
        self._check_words(words)
        arguments, surplus = self.parse_known_args(words)
        if surplus:
            self.error(f"{surplus[0]!r} is a word too many")
        return arguments

    def split_command(self, words: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
        """Split behind the host and the options next to it: what follows is the command, options and all.

        Refuses an option before it that there is not.
        """
        own: list[str] = []
        rest = list(words)
        host_seen = False
        while rest:
            if rest[0] == "--":
                own, rest = own + rest[1 : 1 if host_seen else 2], rest[1 if host_seen else 2 :]
                break
            reach = self._reach_of(rest[0]) if _is_option(rest[0]) else 1
            if host_seen and not _is_option(rest[0]):
                break
            host_seen = host_seen or not _is_option(rest[0])
            own, rest = own + rest[:reach], rest[reach:]
        return own, tuple(rest)

    def _check_words(self, words: Sequence[str]) -> None:
        """Refuse an option or an action that there is not; behind an action, as one of its own."""
        rest = list(words)
        while rest and rest[0] != "--":
            if _is_option(rest[0]):
                rest = rest[self._reach_of(rest[0]) :]
            elif actions := self._actions_by_word():
                if rest[0] not in actions:
                    near = nearest(rest[0], actions)
                    hint = f"did you mean {near}?" if near else f"{self.prog} --help lists what there is"
                    self.refuse(f"there is no action {rest[0]}", hint)
                actions[rest[0]]._check_words(rest[1:])
                return
            else:
                rest = rest[1:]

    def _actions_by_word(self) -> "dict[str, Parser]":
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                return dict(action.choices)
        return {}

    def _match_argument(self, action: argparse.Action, arg_strings_pattern: str) -> int:
        """Say what an option takes where nothing follows it, or another option."""
        try:
            return super()._match_argument(action, arg_strings_pattern)
        except argparse.ArgumentError:
            if not action.option_strings or action.nargs is not None:
                raise
            takes = ", ".join(map(str, action.choices)) if action.choices else action.metavar or "..."
            self.error(f"{action.option_strings[-1]} needs a value: {takes}")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            known = [str(choice) for choice in action.choices]
            raise argparse.ArgumentError(
                action, f"{value!r} is none of {', '.join(known)}{did_you_mean(str(value), known)}"
            )

    def _reach_of(self, word: str) -> int:
        """Return how many words an option takes up, itself included; refuse one that there is not."""
        known = self._option_string_actions
        name, has_value, _ = word.partition("=")
        if word.startswith("--"):
            if name not in known:
                self._no_option(name)
            return 1 if has_value or known[name].nargs is not None else 2
        if f"-{name}" in known:
            self._no_option(name)
        for place, letter in enumerate(word[1:], start=2):
            if f"-{letter}" not in known:
                self._no_option(f"-{letter}")
            if known[f"-{letter}"].nargs != 0:
                takes_next = place == len(word) and known[f"-{letter}"].nargs is None
                return 2 if takes_next else 1
        return 1

    def _no_option(self, name: str) -> NoReturn:
        shown = {
            option
            for option, action in self._option_string_actions.items()
            if option.startswith("--") and action.help != argparse.SUPPRESS
        }
        near = nearest(name.lstrip("-"), {option.removeprefix("--") for option in shown}) if len(name) > 2 else ""
        hint = f"did you mean --{near}?" if near else f"{self.prog} --help lists the options"
        self.refuse(f"there is no option {name}", hint)


def _printable(message: str) -> str:
    """Return a message with the words in it, whatever those are, as one line of bounded length."""
    return "".join([character if character.isprintable() else "?" for character in message])[:_LONGEST_MESSAGE]


def _is_option(word: str) -> bool:
    return len(word) > 1 and word.startswith("-")
