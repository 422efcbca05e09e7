"""Reading the spans of time that people write into options and settings."""

import math
import re
from typing import Final

_UNITS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_SPAN: Final = re.compile(r"([0-9]{1,6})([smhdw])")


def parse_span(text: str) -> float:
    """Return the seconds of a time such as 90s, 30m, 12h, 3d or 2w; "never" is endless.

    Raises:
        ValueError: it is none.
    """
    if text == "never":
        return math.inf
    match = _SPAN.fullmatch(text)
    if match is None or int(match[1]) == 0:
        raise ValueError(f"a time is a number with s, m, h, d or w, such as 12h, or never; not {text!r}")
    return int(match[1]) * _UNITS[match[2]]
