"""When the user's terminal is asked for its colours again: they go from dark to light in mid-session, or back.

A terminal that has mode 2031 reports it; where another has the focus meanwhile, that comes back with the program's
focus events; of all others it is seen in the pauses, which are looked at the less often the longer they are.
"""

from collections.abc import Callable, Sequence, Set
from typing import Final

from rmosh.terminal_input import InputToken
from rmosh_client.typing.colour_answers import ColourAnswers
from rmosh_client.typing.interview import Interview

#: Seconds without a key after which it is asked, and the most between two times in a longer pause; each is twice the
#: one before. Reason: 200 bytes to the terminal and 600 back cost nothing, once in a pause; a session that nobody is at
#: should be left in peace. Source: our own choice.
_FIRST_PAUSE: Final = 3.0
_LONGEST_PAUSE: Final = 600.0

#: The terminal's window got the focus. Source: xterm's ctlseqs, FocusIn.
_FOCUS_CAME: Final = b"\x1b[I"


class ColourWatch:
    """Begins rounds of the interview with the colours as their topic."""

    def __init__(
        self,
        interview: Interview,
        answers: ColourAnswers,
        *,
        ask: Callable[[bytes], None],
        taken: Callable[[], Set[int]],
        now: float,
    ) -> None:
        """Begin; the first round is the caller's.

        Args:
            ask: writes questions to the terminal.
            taken: the colours that are a program's at the moment, not the terminal's own.
        """
        self._interview = interview
        self._answers = answers
        self._ask = ask
        self._taken = taken
        self._pause = _FIRST_PAUSE
        self._look_at = now + self._pause

    def look(self, *, now: float) -> None:
        """Ask now, if the terminal has ever told its colours."""
        if self._answers.has_any:
            self._answers.pass_over = frozenset(self._taken())
            self._ask(self._interview.ask((self._answers,), now=now))

    def typed(self, tokens: Sequence[InputToken], *, now: float) -> None:
        """Take note of keys, and of the focus among them."""
        if any(token.whole == _FOCUS_CAME for token in tokens):
            self.look(now=now)
        self._pause = _FIRST_PAUSE
        self._look_at = now + self._pause

    def look_in_pauses(self, *, now: float) -> None:
        """Ask, where it is time for that: at the first turn then, for nothing is woken for the sake of it alone."""
        if now >= self._look_at:
            self.look(now=now)
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)
            self._look_at = now + self._pause
