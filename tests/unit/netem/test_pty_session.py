"""The terminal that a bench runs programs in: a program's questions are answered, as any user's terminal does."""

from rmosh_netem.bench.pty_session import PtySession

#: Asks for what few terminals know, then for what all do, and shows what it is told.
_ASKING = r"stty raw -echo; printf '\033[?4m\033[>0q\033[c'; head -c 5 | tr '\033' E"


def test_a_question_behind_one_that_is_not_known_is_answered() -> None:
    with PtySession(["sh", "-c", _ASKING], {"PATH": "/usr/bin:/bin", "TERM": "xterm"}, rows=24, columns=80) as session:
        assert session.watch_for("E[?6c", timeout=5.0) > 0.0
