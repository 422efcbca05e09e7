"""What is typed: through the escape key's machine to the session and the predictor, commands to whoever obeys them."""

from collections.abc import Callable
from functools import partial
from typing import Final

from rmosh.terminal_input import InputToken, TokenKind
from rmosh_client.running.own_commands import OwnCommands
from rmosh_client.running.parts import Parts
from rmosh_client.showing.company import only_looks_on
from rmosh_client.typing.escape import Command, Typed
from rmosh_client.typing.presses import has_key, without_first_press

#: Ctrl-C, as a terminal sends it that no program has asked for other keys.
_INTERRUPT: Final = b"\x03"


class Keyboard:
    """Reads the user's terminal; never waits for it."""

    def __init__(self, parts: Parts, commands: OwnCommands) -> None:
        self._parts = parts
        self._commands = commands
        self._sifting = parts.walls.part("what the terminal answers")
        self._obeying = parts.walls.part("rmosh's own keys")
        self._reading = parts.walls.part("the history viewer", reset=lambda _: parts.reader.close())

    def read(self, *, now: float) -> bool:
        """Take all that was typed and return whether a key was; whatever part fails that looks at it first, it is sent.

        Raises:
            HungUp: the terminal is gone.
        """
        data = self._parts.terminal.read()
        return self._take_sifted(data, partial(self._parts.interview.sift, data), now=now)

    def let_go(self, *, now: float) -> bool:
        """Take what was held back for more to come, once that was for long enough; return whether a key was."""
        if self.next_wakeup() is None:
            return False
        return self._take_sifted(b"", self._parts.interview.let_go, now=now)

    def resume(self, *, now: float) -> None:
        """Take note that nothing was read for a while."""
        self._parts.interview.resume(now=now)

    def next_wakeup(self) -> float | None:
        """Return when to `let_go`, monotonic seconds; None where nothing is held back."""
        return self._parts.interview.next_wakeup()

    def _take_sifted(self, data: bytes, sift: Callable[..., list[InputToken]], *, now: float) -> bool:
        """Take what is no answer; if that cannot be told, all of the data and of what was held back."""
        held = self._parts.interview.held
        tokens = self._sifting.run(None, sift, now=now)
        if tokens is None:
            self._parts.interview.forget()
            tokens = [InputToken(TokenKind.TEXT, held + data)] if held or data else []
        if tokens:
            self._sifting.run(None, self._parts.colours.typed, tokens, now=now)
            self.take(tokens, now=now)
        return has_key(tokens) and not (self._parts.reader.is_open or self._parts.forward_line.is_open)

    def take(self, tokens: list[InputToken], *, now: float) -> None:
        """Take what was typed."""
        unsought: list[Typed] = [tokens]
        for typed in self._obeying.run(unsought, self._parts.escape.feed, tokens):
            if isinstance(typed, Command):
                if typed is not Command.HELP:
                    self._obeying.run(None, self._parts.notices.close_help)
                self._parts.forward_line.close()
                self._obeying.run(None, self._commands.obey, typed, now=now)
            elif self._parts.notices.shows_help:
                self._type(self._obeying.run(typed, self._without_first_key, typed), now=now)
            elif self._parts.forward_line.is_open:
                self._obeying.run(None, self._type_forward, typed)
            elif self._parts.reader.is_open:
                self._reading.run(None, self._parts.reader.type, typed)
            else:
                self._type(typed, now=now)

    def _type_forward(self, tokens: list[InputToken]) -> None:
        if line := self._parts.forward_line.type(tokens):
            self._parts.forwards.obey(line)
        if not self._parts.forward_line.is_open:
            self._parts.escape.begin_line()

    def _without_first_key(self, tokens: list[InputToken]) -> list[InputToken]:
        """Take the help box away with the first key of these, which goes nowhere else; a paste does go on."""
        rest = without_first_press(tokens)
        if rest is None:
            return tokens
        self._parts.notices.close_help()
        if not rest:
            self._parts.escape.begin_line()
        return rest

    def _as_from_xterm(self, tokens: list[InputToken], now: float) -> list[InputToken]:
        """Return what xterm would have sent, with the screen in its corner: text is the same everywhere."""
        is_application = self._parts.session.frame.modes.application_cursor
        translate, displaced = self._parts.foreign_keys.translate, self._parts.display.displaced
        tokens = self._sifting.run(tokens, translate, tokens, application_cursor=is_application)
        return self._sifting.run(tokens, displaced, tokens, now=now)

    def _type(self, tokens: list[InputToken], *, now: float) -> None:
        session = self._parts.session
        if any([token.kind is not TokenKind.TEXT for token in tokens]):  # noqa: C419 - quicker than a generator
            tokens = self._as_from_xterm(tokens, now)
        data = b"".join([token.data for token in tokens])
        if _INTERRUPT in data and not session.was_heard:  # nobody is there yet whom it could interrupt
            self._obeying.run(None, self._commands.interrupt, now=now)
            return
        if only_looks_on(self._parts.notices.people):
            if has_key(tokens):
                self._obeying.run(None, self._parts.notices.typed_in_vain, now=now)
            return
        if not data:
            return
        offset = session.send_input(data, now=now)
        self._parts.predictor.typed(data, input_offset=offset, now=now)
