"""What is typed: through the escape key's machine to the session and the predictor, commands to whoever obeys them."""

from collections.abc import Callable, Sequence
from typing import Final

from rmosh.containment import Containment
from rmosh.terminal_input import InputToken, TokenKind
from rmosh_client.running.contained_prediction import ContainedPredictor
from rmosh_client.running.core import Session
from rmosh_client.showing.company import only_looks_on
from rmosh_client.showing.notice import Notices
from rmosh_client.typing.colour_watch import ColourWatch
from rmosh_client.typing.escape import Command, EscapeMachine, Typed
from rmosh_client.typing.foreign_keys import ForeignKeys
from rmosh_client.typing.interview import Interview
from rmosh_client.typing.local_terminal import LocalTerminal
from rmosh_client.typing.presses import has_key, without_first_press
from rmosh_client.viewing.reading import HistoryReader

#: Ctrl-C, as a terminal sends it that no program has asked for other keys.
_INTERRUPT: Final = b"\x03"


class Keyboard:
    """Reads the user's terminal; never waits for it."""

    def __init__(
        self,
        terminal: LocalTerminal,
        escape: EscapeMachine,
        session: Session,
        predictor: ContainedPredictor,
        notices: Notices,
        obey: Callable[[Command], None],
        reader: HistoryReader,
        interview: Interview,
        colours: ColourWatch,
        foreign_keys: ForeignKeys,
        *,
        displaced: Callable[[Sequence[InputToken], float], list[InputToken]],
        walls: Containment,
    ) -> None:
        """Take over.

        Args:
            displaced: counts mouse reports from where the screen is shown.
        """
        self._terminal = terminal
        self._escape = escape
        self._session = session
        self._predictor = predictor
        self._notices = notices
        self._obey = obey
        self._reader = reader
        self._displaced = displaced
        self._interview = interview
        self._colours = colours
        self._foreign_keys = foreign_keys
        self._sifting = walls.part("what the terminal answers")
        self._obeying = walls.part("rmosh's own keys")
        self._reading = walls.part("the history viewer", reset=lambda _: reader.close())

    def read(self, *, now: float) -> bool:
        """Take all that was typed and return whether a key was; whatever part fails that looks at it first, it is sent.

        Raises:
            HungUp: the terminal is gone.
        """
        data = self._terminal.read()
        unsifted = [InputToken(TokenKind.TEXT, self._interview.held + data)]
        return self._read(self._sifting.run(unsifted, self._interview.sift, data, now=now), now=now)

    def let_go(self, *, now: float) -> bool:
        """Take what was held back for more to come, once that was for long enough; return whether a key was."""
        if self.next_wakeup() is None:
            return False
        return self._read(self._sifting.run([], self._interview.let_go, now=now), now=now)

    def resume(self, *, now: float) -> None:
        """Take note that nothing was read for a while."""
        self._interview.resume(now=now)

    def next_wakeup(self) -> float | None:
        """Return when to `let_go`, monotonic seconds; None where nothing is held back."""
        return self._interview.next_wakeup()

    def _read(self, tokens: list[InputToken], *, now: float) -> bool:
        if tokens:
            self._sifting.run(None, self._colours.typed, tokens, now=now)
            self.take(tokens, now=now)
        return has_key(tokens) and not self._reader.is_open

    def take(self, tokens: list[InputToken], *, now: float) -> None:
        """Take what was typed."""
        unsought: list[Typed] = [tokens]
        for typed in self._obeying.run(unsought, self._escape.feed, tokens):
            if isinstance(typed, Command):
                if typed is not Command.HELP:
                    self._obeying.run(None, self._notices.close_help)
                self._obeying.run(None, self._obey, typed)
            elif self._notices.shows_help:
                self._type(self._obeying.run(typed, self._without_first_key, typed), now=now)
            elif self._reader.is_open:
                self._reading.run(None, self._reader.type, typed)
            else:
                self._type(typed, now=now)

    def _without_first_key(self, tokens: list[InputToken]) -> list[InputToken]:
        """Take the help box away with the first key of these, which goes nowhere else; a paste does go on."""
        rest = without_first_press(tokens)
        if rest is None:
            return tokens
        self._notices.close_help()
        if not rest:
            self._escape.begin_line()
        return rest

    def _type(self, tokens: list[InputToken], *, now: float) -> None:
        is_application = self._session.frame.modes.application_cursor
        tokens = self._sifting.run(tokens, self._foreign_keys.translate, tokens, application_cursor=is_application)
        tokens = self._sifting.run(tokens, self._displaced, tokens, now)
        data = b"".join([token.data for token in tokens])
        if _INTERRUPT in data and not self._session.was_heard:
            self._obeying.run(None, self._obey, Command.QUIT)  # nobody is there yet whom it could interrupt
            return
        if only_looks_on(self._notices.people):
            if has_key(tokens):
                self._obeying.run(None, self._notices.typed_in_vain, now=now)
            return
        if not data:
            return
        offset = self._session.send_input(data, now=now)
        self._predictor.typed(data, input_offset=offset, now=now)
