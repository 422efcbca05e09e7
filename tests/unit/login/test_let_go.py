"""A login that was let go holds nobody up, however long it takes to end."""

import pytest

from tests.unit.login.stand_in import login_by

#: A login that does not end, and says so.
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(30)
"""


def test_a_login_that_was_let_go_is_not_waited_for_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    with login_by(STUBBORN, monkeypatch) as (login, child, line):
        login.terminate()
        login.let_go()
        login.close()
        assert child.poll() is None
        assert line.recv(1 << 20).endswith(b"\n")
        assert line.recv(1) == b""
