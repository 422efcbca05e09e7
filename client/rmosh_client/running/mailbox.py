"""News for somebody who may not be there yet."""

from collections.abc import Callable
from typing import Generic, TypeVar

_News = TypeVar("_News")


class Mailbox(Generic[_News]):
    """Keeps the newest until somebody takes it; passes on at once from then on."""

    def __init__(self) -> None:
        self._kept: list[_News] = []
        self._take: Callable[[_News], None] | None = None

    def put(self, news: _News) -> None:
        """Give it to whoever takes it."""
        if self._take is None:
            self._kept = [news]
        else:
            self._take(news)

    def connect(self, take: Callable[[_News], None]) -> None:
        """Take what is kept, and all that comes."""
        self._take = take
        for news in self._kept:
            take(news)
        self._kept = []
