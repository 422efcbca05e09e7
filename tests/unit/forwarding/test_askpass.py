"""Where no terminal is, the user's own program asks whether a key may be used."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rmosh_client.forwarding.askpass import AskPass
from tests.patience import PATIENCE


class Alarms:
    """Remembers what is to be called, which the test then does."""

    def __init__(self) -> None:
        self.waiting: dict[object, Callable[[], None]] = {}

    def call_at(self, owner: object, moment: float, action: Callable[[], None]) -> None:
        self.waiting[owner] = action

    def call_off(self, owner: object) -> None:
        self.waiting.pop(owner, None)

    def run(self) -> None:
        for owner in [*self.waiting]:
            self.waiting.pop(owner)()


def asked(program: str, told: list[str] | None = None) -> bool:
    """Return what a program comes to answer, and add what the user is told."""
    alarms, answers = Alarms(), list[bool]()
    told = list[str]() if told is None else told
    asking = AskPass({"SSH_ASKPASS": program}, alarms, clock=lambda: 0.0, answer=answers.append, tell=told.append)
    asking.show("ssh there wants to use your key")
    give_up = time.monotonic() + PATIENCE
    while not answers:
        assert time.monotonic() < give_up
        alarms.run()
    return bool(answers[0])


@pytest.mark.parametrize(("status", "answer"), [(0, True), (1, False)])
def test_its_status_is_the_answer_and_it_is_told_the_question(tmp_path: Path, status: int, answer: bool) -> None:
    # OpenSSH 9.2: SSH_ASKPASS_PROMPT=confirm asks for yes or no alone.
    program = tmp_path / "askpass"
    program.write_text(f'#!/bin/sh\necho "$1, $SSH_ASKPASS_PROMPT" > {tmp_path}/told\nexit {status}\n')
    program.chmod(0o755)
    assert asked(str(program)) is answer
    assert (tmp_path / "told").read_text() == "ssh there wants to use your key, confirm\n"


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("", "nobody can be asked here; SSH_ASKPASS names a program that asks"),
        ("/no/such/program", "/no/such/program of SSH_ASKPASS could not be started: No such file or directory"),
    ],
)
def test_without_such_a_program_the_answer_is_no_and_the_user_hears_why(program: str, why: str) -> None:
    told: list[str] = []
    assert asked(program, told) is False
    assert told == [f"ssh there wants to use your key: refused, as {why}"]


def test_a_question_that_is_withdrawn_ends_the_program(tmp_path: Path) -> None:
    program = tmp_path / "askpass"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    alarms, answers = Alarms(), list[bool]()
    asking = AskPass({"SSH_ASKPASS": str(program)}, alarms, clock=lambda: 0.0, answer=answers.append, tell=print)
    asking.show("may it?")
    process = asking._asking
    assert process is not None
    asking.show("")
    assert process.wait(5) != 0 and not answers and not alarms.waiting
