"""What is looked for: the pattern, the match the user stands on, and the search under way. Knows no keys."""

from rmosh_client.viewing.passage import Pattern, Spot
from rmosh_client.viewing.search import Direction, Progress, Search
from rmosh_client.viewing.transcript import Transcript


class Seeker:
    """Starts searches from where the user is, and remembers what they found.

    Attributes:
        pattern: what is highlighted; None where nothing is.
        current: the match found last; None until there is one.
        search: the search under way; None where there is none.
        went: which way the last search went.
        wrapped: it came to that end and went on from the other.
    """

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript
        self._last: Pattern | None = None
        self._direction = self.went = Direction.OLDER
        self.pattern: Pattern | None = None
        self.current: Spot | None = None
        self.search: Search | None = None
        self.wrapped = False

    def look_for(self, text: str, direction: Direction, *, in_view: range) -> bool:
        """Start a search for a new text, or for the last one if it is empty; tell whether there is any."""
        if text:
            self._last = Pattern(text)
            self.current = None
        self._direction = direction
        return self.look_again(in_view=in_view)

    def look_again(self, *, in_view: range, other_way: bool = False) -> bool:
        """Start a search from the current match, or from the view where that is not in it; tell whether it did."""
        if self._last is None:
            return False
        direction = self._direction.other if other_way else self._direction
        if self.current is not None and self.current.line in in_view:
            start = self.current
        elif direction is Direction.NEWER:
            start = Spot(in_view.start, -1)
        else:
            start = Spot(in_view.stop, 0)
        self.pattern, self.went, self.wrapped = self._last, direction, False
        self.search = Search(self._transcript, self.pattern, direction, start=start)
        return True

    def go_on(self) -> Progress | None:
        """Look a step further; None where no search is under way."""
        if self.search is None:
            return None
        progress = self.search.step()
        if progress is Progress.NOT_FOUND and not self.wrapped and self._last is not None:
            self.wrapped = True
            self.search = Search(self._transcript, self._last, self.went, start=self._other_end())
            return Progress.RUNNING
        if progress is Progress.FOUND:
            self.current = self.search.found
        if progress in (Progress.FOUND, Progress.NOT_FOUND):
            self.search = None
        return progress

    def _other_end(self) -> Spot:
        if self.went is Direction.NEWER:
            return Spot(self._transcript.oldest, -1)
        return Spot(self._transcript.end, 0)

    def give_up(self) -> bool:
        """Stop the search under way; tell whether there was one."""
        stopped, self.search = self.search is not None, None
        return stopped

    def hide(self) -> bool:
        """Take the highlights away, keeping the pattern for the next time; tell whether there were any."""
        hidden, self.pattern = self.pattern is not None, None
        return hidden
