"""A program to start, as every kind of system is told of it."""

from rmosh.lazy_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Program:
    """A program's file, and its words with its own name first."""

    file: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChildStreams:
    """Descriptors, each above 2, that a program shall have as its standard streams."""

    input: int
    output: int
    errors: int
