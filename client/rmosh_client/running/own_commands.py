"""What the user asks of the client itself, done: all that the escape key knows."""

from collections.abc import Callable, Mapping
from typing import Protocol

from rmosh_client.reaching.ending import INTERRUPTED, QUIT, Ending, detached, left
from rmosh_client.running.parts import Parts
from rmosh_client.showing.box import Box
from rmosh_client.showing.company import goes_on_without_us, only_looks_on, others_in
from rmosh_client.typing.escape import Command


class Leave(Protocol):
    """How the session is ended from here."""

    def __call__(self, ending: Ending, *, detach: bool = False, now: float) -> None: ...


class OwnCommands:
    """Obeys them."""

    def __init__(
        self,
        parts: Parts,
        *,
        leave: Leave,
        suspend: Callable[[], None],
        log_in: Callable[[], None],
        run_shell: Callable[[], None],
    ) -> None:
        self._parts = parts
        self._leave = leave
        self._actions: Mapping[Command, Callable[[float], None]] = {
            Command.QUIT: self._quit,
            Command.DETACH: self._detach,
            Command.SUSPEND: lambda _: suspend(),
            Command.LOGIN: lambda _: log_in(),
            Command.SHELL: lambda _: run_shell(),
            Command.HELP: lambda _: parts.notices.toggle(Box.HELP),
            Command.CONNECTION: lambda _: parts.notices.toggle(Box.CONNECTION),
            Command.PEOPLE: lambda _: parts.notices.toggle(Box.PEOPLE),
            Command.FORWARD: self._ask_for_forward,
            Command.FORWARDS: lambda _: parts.notices.toggle(Box.FORWARDS),
            Command.HISTORY: self._read_history,
            Command.PREDICTION: self._switch_guesses,
            Command.TRACE: self._switch_trace,
            Command.ALLOW: lambda _: parts.forwards.answer(allowed=True),
            Command.REFUSE: lambda _: parts.forwards.answer(allowed=False),
            Command.TUNNEL: lambda _: parts.black_out() if parts.black_out is not None else None,
        }

    def obey(self, command: Command, *, now: float) -> None:
        """Do what was asked."""
        self._actions[command](now)

    def interrupt(self, *, now: float) -> None:
        """End a session that has not begun."""
        self._leave(INTERRUPTED, now=now)

    def _quit(self, now: float) -> None:
        people = self._parts.notices.people
        self._leave(left(others_in(people)) if goes_on_without_us(people) else QUIT, now=now)

    def _detach(self, now: float) -> None:
        people, way_back = self._parts.notices.people, self._parts.way_back
        ending = left(others_in(people)) if only_looks_on(people) else detached(way_back)
        self._leave(ending, detach=True, now=now)

    def _read_history(self, _now: float) -> None:
        self._parts.notices.close_all()  # a box would hide what is to be read
        rows, columns = self._parts.display.window
        self._parts.reader.open(self._parts.session.frame, rows=rows, columns=columns)

    def _ask_for_forward(self, _now: float) -> None:
        self._parts.reader.close()
        self._parts.forward_line.open()

    def _switch_guesses(self, now: float) -> None:
        self._parts.notices.guesses_switched(on=self._parts.predictor.switch(), now=now)

    def _switch_trace(self, now: float) -> None:
        tracer, tell = self._parts.tracer, self._parts.notices.tell
        if tracer.is_on:
            tracer.stop(now=now)
            tell(f"the trace is in {tracer.where}", now=now)
            return
        try:
            tracer.start(now=now)
        except OSError as error:
            tell(f"no trace: {error.filename or 'its file'} cannot be made: {error.strerror}", now=now)
        else:
            tell(f"tracing into {tracer.where}", now=now)
