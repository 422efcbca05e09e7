"""The terminal that a bench runs programs in: a program's questions are answered, as any user's terminal does."""

import time

import pytest

from rmosh_netem.bench.pty_session import PtySession
from rmosh_netem.errors import BenchFailed
from tests.patience import PATIENCE

_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "TERM": "xterm"}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """End programs at once."""
    monkeypatch.setattr("rmosh_netem.bench.pty_session._PATIENCE", 0.05)


#: Asks for what few terminals know, then for what all do, and shows what it is told.
_ASKING = r"stty raw -echo; printf '\033[?4m\033[>0q\033[c'; head -c 5 | tr '\033' E"


def test_a_question_behind_one_that_is_not_known_is_answered() -> None:
    with PtySession(["sh", "-c", _ASKING], _ENVIRONMENT, rows=24, columns=80) as session:
        assert session.watch_for("E[?6c", timeout=PATIENCE) > 0.0


def test_what_comes_in_several_writes_is_taken_before_the_first_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rmosh_netem.bench.pty_session._GATHERED", 0.5)
    script = "printf one; sleep 0.1; printf two; exec cat"
    with PtySession(["sh", "-c", script], _ENVIRONMENT, rows=24, columns=80) as session:
        seen = session.watch_for("one", timeout=PATIENCE)
        assert session.last_output - seen > 0.05  # the second had been taken by then, and the first has its own time


def test_a_program_that_never_pauses_is_looked_at_all_the_same() -> None:
    start = time.monotonic()  # a busy machine takes some seconds for what came at once; without the look it is for ever
    with PtySession(["yes"], _ENVIRONMENT, rows=24, columns=80) as session:
        with pytest.raises(BenchFailed, match="y / y"):
            session.watch_for("no", timeout=0.3)
        assert time.monotonic() - start < 60.0


def test_when_a_program_ended_is_known() -> None:
    with PtySession(["sh", "-c", "echo bye; sleep 0.1"], _ENVIRONMENT, rows=24, columns=80) as session:
        ended = session.wait_for_end(timeout=PATIENCE)
        assert ended is not None and ended - session.started > 0.09
    with PtySession(["cat"], _ENVIRONMENT, rows=24, columns=80) as session:
        assert session.wait_for_end(timeout=0.05) is None
