"""Reading the quantities people write for a link: "150ms", "5%", "64kbit", "32KiB". Knows no link."""

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from .errors import BadQuantity

_NUMBER_AND_UNIT: Final = re.compile(
    r"\s*(?P<number>[0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})\s*(?P<unit>[A-Za-z%/]*)\s*", re.ASCII
)

#: Seconds in each unit of time.
_SECONDS: Final = {"us": Fraction(1, 10**6), "ms": Fraction(1, 1000), "s": Fraction(1), "min": Fraction(60)}

#: Share of one in each unit of probability. A bare number has none: "1" would be 1 % to one reader, 100 % to another.
_SHARES: Final = {"%": Fraction(1, 100)}

#: Bits a second in each unit of rate. Decimal, as in tc(8).
_BITS_PER_SECOND: Final = {name: Fraction(1000**power) for power, name in enumerate(("bit", "kbit", "mbit", "gbit"))}

#: Bytes in each unit of size; a bare number is bytes already.
_BYTES: Final = {
    name: Fraction(size)
    for name, size in {"": 1, "b": 1, "kb": 1000, "kib": 1024, "mb": 1000**2, "mib": 1024**2}.items()
}


def parse_seconds(text: str) -> float:
    """Read a time such as "150ms", "2s" or "1.5min" into seconds.

    Raises:
        BadQuantity: it is not a time, or has no unit (0 needs none).
    """
    if text.strip() == "0":
        return 0.0
    return _parse(text, _SECONDS, what="a time", example="150ms")


def parse_share(text: str) -> float:
    """Read a probability such as "5%" into a share between 0 and 1.

    Raises:
        BadQuantity: it is not a share, has no percent sign (0 needs none), or is more than 100 %.
    """
    if text.strip() == "0":
        return 0.0
    share = _parse(text, _SHARES, what="a share", example="5%")
    if share > 1:
        raise BadQuantity(f"a share is at most 100%, not {text.strip()!r}: write a percentage as 5%")
    return share


def parse_rate(text: str) -> float:
    """Read a rate such as "64kbit" or "10mbit" (per second) into bits per second.

    Raises:
        BadQuantity: it is not a rate, or is zero.
    """
    rate = _parse(text.strip().removesuffix("/s"), _BITS_PER_SECOND, what="a rate", example="64kbit")
    if rate <= 0:
        raise BadQuantity("a rate of 0 carries nothing: use a blackout for a link that is down")
    return rate


def parse_bytes(text: str) -> int:
    """Read a size such as "1500" or "64KiB" into bytes.

    Raises:
        BadQuantity: it is not a size.
    """
    return round(_parse(text, _BYTES, what="a size", example="64KiB"))


def parse_truth(text: str) -> bool:
    """Read "yes" or "no", or "true" or "false".

    Raises:
        BadQuantity: it is neither.
    """
    if text.strip().lower() in ("yes", "true"):
        return True
    if text.strip().lower() in ("no", "false"):
        return False
    raise BadQuantity(f"{text!r} is neither yes nor no")


def _parse(text: str, units: Mapping[str, Fraction], *, what: str, example: str) -> float:
    match = _NUMBER_AND_UNIT.fullmatch(text)
    factor = units.get(match["unit"].lower()) if match else None
    if match is None or factor is None:
        known = ", ".join(unit for unit in units if unit)
        raise BadQuantity(f"{text!r} is not {what}: write a number and its unit ({known}), such as {example}")
    return float(Fraction(match["number"]) * factor)
