from collections.abc import Sequence
from typing import Any, Protocol

__version__: str

class _Restyling(Protocol):
    def change(self, old: Any, new: Any, /) -> str: ...

def scan(
    untrusted: bytes, place: int, pen: int, column: int, limit: int, narrow: set[str], runs: list[Any], /
) -> tuple[int, int, int, str, str]:
    """Take text and renditions of a program's output, from a place in it on, up to what Python has to do.

    Narrow text for which the row has room is appended to `runs`. Renditions change the pen.

    Args:
        limit: the column that text must end before.
        narrow: texts known to be narrow, besides ASCII.

    Returns:
        Where it stopped; the pen and the column then; and a text or a control that stands before that place and is to
        be drawn or executed. Where both are "", the rest is for Python to tokenize.
    """

def styled(signs: str, styles: str, packed: Sequence[Any], old: Any, restyling: _Restyling, /) -> bytes:
    """Return a row's signs as bytes, with what leads from style to style.

    Args:
        styles: of each sign a character: its code point is the style's place in `packed`.
        old: the style before.
        restyling: asked for changes that are more than a colour set.

    Raises:
        ValueError: a sign is a surrogate, or there is not one style a sign.
    """
