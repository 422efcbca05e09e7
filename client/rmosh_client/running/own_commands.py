"""What the user asks of the client itself, done: all that the escape key knows."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol

from rmosh_client.link.clocks import monotonic
from rmosh_client.running.contained_prediction import ContainedPredictor
from rmosh_client.running.core import Session
from rmosh_client.running.ending import QUIT, Ending, detached, left
from rmosh_client.showing.boxes import Box
from rmosh_client.showing.company import goes_on_without_us, only_looks_on, others_in
from rmosh_client.showing.display import Display
from rmosh_client.showing.notice import Notices
from rmosh_client.tracing.tracer import Tracer
from rmosh_client.typing.escape import Command
from rmosh_client.viewing.reading import HistoryReader


class Leave(Protocol):
    """How the session is ended from here."""

    def __call__(self, ending: Ending, *, detach: bool = False) -> None: ...


class OwnCommands:
    """Obeys them."""

    def __init__(
        self,
        session: Session,
        display: Display,
        reader: HistoryReader,
        predictor: ContainedPredictor,
        notices: Notices,
        tracer: Tracer,
        *,
        leave: Leave,
        suspend: Callable[[], None],
        black_out: Callable[[], None] | None,
        way_back: str,
    ) -> None:
        """Take over.

        Args:
            black_out: the demo's tunnel; None where there is none.
            way_back: the command that attaches to the session anew, "" where nothing does.
        """
        self._session = session
        self._display = display
        self._reader = reader
        self._predictor = predictor
        self._notices = notices
        self._tracer = tracer
        self._leave = leave
        self._way_back = way_back
        self._actions: Mapping[Command, Callable[[], None]] = {
            Command.QUIT: self._quit,
            Command.DETACH: self._detach,
            Command.SUSPEND: suspend,
            Command.HELP: partial(notices.toggle, Box.HELP),
            Command.CONNECTION: partial(notices.toggle, Box.CONNECTION),
            Command.PEOPLE: partial(notices.toggle, Box.PEOPLE),
            Command.HISTORY: self._read_history,
            Command.PREDICTION: self._switch_guesses,
            Command.TRACE: self._switch_trace,
            **({} if black_out is None else {Command.TUNNEL: black_out}),
        }

    def obey(self, command: Command) -> None:
        """Do what was asked."""
        self._actions[command]()

    def _quit(self) -> None:
        people = self._notices.people
        self._leave(left(others_in(people)) if goes_on_without_us(people) else QUIT)

    def _detach(self) -> None:
        people = self._notices.people
        self._leave(left(others_in(people)) if only_looks_on(people) else detached(self._way_back), detach=True)

    def _read_history(self) -> None:
        self._notices.close_all()  # a box would hide what is to be read
        rows, columns = self._display.window
        self._reader.open(self._session.frame, rows=rows, columns=columns)

    def _switch_guesses(self) -> None:
        self._notices.guesses_switched(on=self._predictor.switch(), now=monotonic())

    def _switch_trace(self) -> None:
        now, tracer = monotonic(), self._tracer
        if tracer.is_on:
            tracer.stop(now=now)
            self._notices.tell(f"the trace is in {tracer.where}", now=now)
            return
        try:
            tracer.start(now=now)
        except OSError as error:
            self._notices.tell(f"no trace: {error.filename or 'its file'} cannot be made: {error.strerror}", now=now)
        else:
            self._notices.tell(f"tracing into {tracer.where}", now=now)
