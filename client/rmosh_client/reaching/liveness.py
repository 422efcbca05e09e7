"""Whether a silent server still lives, asked over SSH: one question at a time, by a login process of its own."""

from collections.abc import Callable, Sequence
from typing import Protocol

from rmosh_client.bootstrap.request import SessionStatus
from rmosh_client.link.event_loop import EventLoop
from rmosh_client.login.messages import FateTold, FromLogin


class Question(Protocol):
    """What `rmosh_client.login.process.LoginProcess` does for a question."""

    @property
    def is_over(self) -> bool: ...
    def fileno(self) -> int: ...
    def take(self) -> Sequence[FromLogin]: ...
    def close(self) -> None: ...


class LivenessCheck:
    """Made with what begins to ask: it opens SSH without a question to the user, and may take long."""

    def __init__(self, begin: Callable[[], Question]) -> None:
        self._begin = begin
        self._question: Question | None = None

    def start(self, loop: EventLoop, on_told: Callable[[SessionStatus], None]) -> None:
        """Ask, unless the last question is still open; `on_told` is called with what somebody said."""
        if self._question is not None:
            return
        try:
            question = self._question = self._begin()
        except OSError:  # it is asked again later
            return

        def said() -> None:
            told = [message.status for message in question.take() if isinstance(message, FateTold)]
            if question.is_over:
                loop.remove_reader(question.fileno())
                self.stop()
            for status in told:
                on_told(status)

        loop.add_reader(question.fileno(), said)

    def stop(self) -> None:
        """Give up asking."""
        if self._question is not None:
            self._question.close()
            self._question = None
