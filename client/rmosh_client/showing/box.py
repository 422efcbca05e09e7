"""Which boxes the escape key opens; what stands in them is loaded with the first (`boxes.py`)."""

from enum import Enum, auto


class Box(Enum):
    """One of them."""

    HELP = auto()
    CONNECTION = auto()
    PEOPLE = auto()
    FORWARDS = auto()
