"""What is typed: through the escape key's machine to the session and the predictor, commands to whoever obeys them."""

from collections.abc import Callable
from typing import Final

from rmosh.containment import Containment
from rmosh_client.link.clocks import monotonic
from rmosh_client.running.contained_prediction import ContainedPredictor
from rmosh_client.running.core import Session
from rmosh_client.showing.company import only_looks_on
from rmosh_client.showing.notice import Notices
from rmosh_client.typing.colour_watch import ColourWatch
from rmosh_client.typing.escape import Command, EscapeMachine, Typed
from rmosh_client.typing.foreign_keys import ForeignKeys
from rmosh_client.typing.interview import Interview
from rmosh_client.typing.key_presses import first_press
from rmosh_client.typing.local_terminal import LocalTerminal
from rmosh_client.typing.mouse import has_key
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
        displaced: Callable[[bytes, float], bytes],
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

    def read(self) -> bool:
        """Take all that was typed and return whether a key was; whatever part fails that looks at it first, it is sent.

        Raises:
            HungUp: the terminal is gone.
        """
        data = self._terminal.read()
        data = self._sifting.run(data, self._interview.sift, data)
        if data:
            self._sifting.run(None, self._colours.typed, data, now=monotonic())
        self.take(data)
        return has_key(data) and not self._reader.is_open

    def take(self, data: bytes) -> None:
        """Take keys as they were typed."""
        unsifted: list[Typed] = [data] if data else []
        for typed in self._obeying.run(unsifted, self._escape.feed, data):
            if isinstance(typed, Command):
                if typed is not Command.HELP:
                    self._obeying.run(None, self._notices.close_help)
                self._obeying.run(None, self._obey, typed)
            elif self._notices.shows_help:
                self._type(self._obeying.run(typed, self._without_first_key, typed))
            elif self._reader.is_open:
                self._reading.run(None, self._reader.type, typed)
            else:
                self._type(typed)

    def _without_first_key(self, data: bytes) -> bytes:
        """Take the help box away with the first key of these, which goes nowhere else; a paste does go on."""
        pressed = first_press(data)
        if pressed is None:
            return data
        self._notices.close_help()
        rest = data[: pressed[0]] + data[pressed[1] :]
        if not rest:
            self._escape.begin_line()
        return rest

    def _type(self, data: bytes) -> None:
        now = monotonic()
        is_application = self._session.frame.modes.application_cursor
        data = self._sifting.run(data, self._foreign_keys.translate, data, application_cursor=is_application)
        data = self._sifting.run(data, self._displaced, data, now)
        if _INTERRUPT in data and self._session.status.last_contact is None:
            self._obeying.run(None, self._obey, Command.QUIT)  # nobody is there yet whom it could interrupt
            return
        if only_looks_on(self._notices.people):
            if has_key(data):
                self._obeying.run(None, self._notices.typed_in_vain, now=now)
            return
        if not data:
            return
        offset = self._session.send_input(data, now=now)
        self._predictor.typed(data, input_offset=offset, now=now)
