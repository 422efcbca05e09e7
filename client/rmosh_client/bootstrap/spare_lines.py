"""Lines of an SSH configuration: a keyword and its words. Source: ssh_config(5); OpenSSH 9.2, misc.c, argv_split."""

import re
from collections.abc import Iterator
from typing import Final

from rmosh.lazy_dataclass import dataclass

_LINE: Final = re.compile(r"[ \t]*([A-Za-z0-9]+)(?:[ \t]*=[ \t]*|[ \t]+|$)(.*)", re.DOTALL)

#: What a backslash keeps from being read: quotes, itself, and outside of quotes a blank.
_ESCAPED: Final = "\"'\\"


@dataclass(frozen=True, slots=True)
class Directive:
    """One directive.

    Attributes:
        keyword: in lower case.
        rest: what follows it as it stands.
    """

    number: int
    keyword: str
    rest: str

    def words(self) -> list[str]:
        """Return the words, without quotes and without a comment behind them.

        Raises:
            ValueError: a quote is never closed.
        """
        return list(_words(self.rest))


def lines(text: str) -> Iterator[Directive]:
    """Yield the directives of a file, comments left out."""
    for number, line in enumerate(text.split("\n"), 1):
        found = _LINE.fullmatch(line.rstrip())
        if found is not None:
            yield Directive(number, found[1].lower(), found[2])


def _words(text: str) -> Iterator[str]:
    word: list[str] | None = None
    quote = ""
    characters = iter(enumerate(text))
    for place, char in characters:
        following = text[place + 1 : place + 2]
        if char == "\\" and (following in _ESCAPED or (following == " " and not quote)) and following:
            next(characters)
            word = [*(word or []), following]
        elif quote or char in "\"'":
            if char == quote or not quote:
                quote = "" if quote else char
                word = word or []
            else:
                word = [*(word or []), char]
        elif char in " \t":
            if word is not None:
                yield "".join(word)
            word = None
        elif char == "#" and word is None:
            return
        else:
            word = [*(word or []), char]
    if quote:
        raise ValueError("a quote is never closed")
    if word is not None:
        yield "".join(word)
