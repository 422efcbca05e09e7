"""Asks whether a key may be used where no terminal is: through the user's SSH_ASKPASS, as ssh-agent does.

Source: ssh-add(1), ENVIRONMENT; OpenSSH 9.2, ask_permission of readpass.c.
"""

import subprocess
from collections.abc import Callable, Mapping
from typing import Final

from rmosh_client.forwarding.questions import QuestionAlarms, Questions

#: How often it is looked whether the program has ended, in seconds. Reason: it shows a window; this is not seen.
_LOOK_EVERY: Final = 0.1


class AskPass:
    """Puts a question into a window; without the program the answer is no at once."""

    def __init__(
        self,
        environ: Mapping[str, str],
        alarms: QuestionAlarms,
        *,
        clock: Callable[[], float],
        answer: Callable[[bool], None],
        tell: Callable[[str], None],
    ) -> None:
        """Begin with no question.

        Args:
            answer: told what the user has said.
            tell: told in a line why there is nobody to ask.
        """
        self._program = environ.get("SSH_ASKPASS", "")
        self._environ = environ
        self._alarms = alarms
        self._clock = clock
        self._answer = answer
        self._tell = tell
        self._asking: subprocess.Popen[bytes] | None = None

    def show(self, words: str) -> None:
        """Show a question instead of any other; "" for none any more."""
        self._alarms.call_off(self)
        if self._asking is not None and self._asking.poll() is None:
            self._asking.terminate()
        self._asking = None
        if words:
            self._asking = self._started(words)
            self._alarms.call_at(self, self._clock() + _LOOK_EVERY, self._look)

    def _started(self, words: str) -> "subprocess.Popen[bytes] | None":
        if not self._program:
            self._tell(f"{words}: refused, as nobody can be asked here; SSH_ASKPASS names a program that asks")
            return None
        try:
            return subprocess.Popen(  # noqa: S603 - the user names it
                [self._program, words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**self._environ, "SSH_ASKPASS_PROMPT": "confirm"},
            )
        except OSError as error:
            self._tell(f"{words}: refused, as {self._program} of SSH_ASKPASS could not be started: {error.strerror}")
            return None

    def _look(self) -> None:
        status = 1 if self._asking is None else self._asking.poll()
        if status is None:
            self._alarms.call_at(self, self._clock() + _LOOK_EVERY, self._look)
        else:
            self._asking = None
            self._answer(status == 0)


def questions_to(
    show: Callable[[str], None] | None,
    environ: Mapping[str, str],
    alarms: QuestionAlarms,
    *,
    clock: Callable[[], float],
    tell: Callable[[str], None],
) -> Questions:
    """Return where questions are asked: as `show` does, or by the user's program where there is no such way.

    Args:
        tell: told in a line why there is nobody to ask.
    """
    if show is not None:
        return Questions(show, alarms, clock=clock)

    def answered(allowed: bool) -> None:
        questions.answer(allowed=allowed)

    asking = AskPass(environ, alarms, clock=clock, answer=answered, tell=tell)
    questions = Questions(asking.show, alarms, clock=clock)
    return questions
