"""Our own standard streams as a program at the far side has them."""

import os
import pty
import tty

from rmosh_client.piping.local_ends import Sink


def test_a_terminal_that_takes_nothing_more_is_not_waited_for() -> None:
    master, slave = pty.openpty()
    tty.setraw(slave)
    sink = Sink(slave)
    sink.write(bytes(1 << 20))
    assert not sink.is_free
    assert os.get_blocking(slave)
    before = len(os.read(master, 1 << 16))
    sink.write_rest()
    assert before
    assert len(os.read(master, 1 << 16))
    os.close(master)
    sink.write_rest()
    assert (sink.is_broken, sink.failure) == (True, "")
    os.close(slave)
