"""Names looked up at the client, beside its loop."""

import errno
import threading

import pytest

from rmosh_client.forwarding.dialling import Lookups
from rmosh_client.forwarding.ready_set import ReadySet


def test_without_a_thread_left_a_name_is_not_found_and_the_session_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", none_left)
    lookups = Lookups(ReadySet())
    told: list[object] = []
    for _ in range(20):  # more than are looked up at once: none of them takes another's place
        lookups.find("a-name.invalid", 80, 1, told.append)
    lookups.close()
    assert [isinstance(found, OSError) and found.errno for found in told] == [errno.EAGAIN] * 20
