"""The login stops before the session does, however busy the machine is: a shell is told of the session alone."""

import subprocess

import pytest

from tests.unit.login.stand_in import login_by

pytestmark = pytest.mark.slow

#: A login that takes most of a second to give the terminal back.
SLOW_TO_STOP = """
import os, signal, time
def stop(*_):
    time.sleep(0.7)
    os.kill(os.getpid(), signal.SIGSTOP)
signal.signal(signal.SIGTSTP, stop)
print("ready", flush=True)
time.sleep(30)
"""


def test_a_login_that_is_slow_to_stop_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with login_by(SLOW_TO_STOP, monkeypatch) as (login, child, _):
        login.await_stop()
        try:
            state = subprocess.run(["ps", "-o", "state=", "-p", str(child.pid)], capture_output=True, check=True)
            assert state.stdout.startswith(b"T")
        finally:
            child.kill()
            login.close()
