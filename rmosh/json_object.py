"""A JSON object as bytes: what processes of one user, perhaps of several versions, tell each other."""

import json
from collections.abc import Mapping
from typing import Any

from rmosh.errors import Malformed


def format_line(told: Mapping[str, Any]) -> bytes:
    """Return an object as one line, its newline included."""
    return json.dumps(told).encode("ascii") + b"\n"


def parse_object(untrusted: bytes, *, called: str) -> dict[str, Any]:
    """Read an object, whatever is in it.

    Args:
        called: what it should have been, for people.

    Raises:
        Malformed: it is none.
    """
    try:
        told = json.loads(untrusted)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise Malformed(f"{called} is one JSON object")
    return told
