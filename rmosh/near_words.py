"""Which of the words there are was likely meant by one that there is not."""

from collections.abc import Collection
from typing import Final

#: How alike two words must be for one to be taken for the other, from 0 to 1. Reason: `list` is `ls` (0.67), and
#: words of the same length that share half of their letters are not.
_ALIKE: Final = 0.6


def nearest(word: str, known: Collection[str]) -> str:
    """Return which of the known words was likely meant; "" where none is like it."""
    begun = sorted((one for one in known if word and one.startswith(word)), key=len)
    if begun:
        return begun[0]
    import difflib  # only a mistake needs it

    return next(iter(difflib.get_close_matches(word, sorted(known), n=1, cutoff=_ALIKE)), "")


def did_you_mean(word: str, known: Collection[str]) -> str:
    """Return the question that ends a sentence about such a word; "" where no word is like it."""
    near = nearest(word, known)
    return f", did you mean {near}?" if near else ""
