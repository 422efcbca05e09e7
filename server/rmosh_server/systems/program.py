"""A program to start, as every kind of system is told of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Program:
    """A program's file, and its words with its own name first."""

    file: str
    words: tuple[str, ...]
