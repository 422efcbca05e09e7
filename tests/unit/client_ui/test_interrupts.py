"""Ctrl-C is not lost while modules load."""

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from rmosh_client.loading import interrupts_kept


@pytest.fixture(autouse=True)
def handler() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_that_something_swallowed_is_raised_at_the_end() -> None:
    with pytest.raises(KeyboardInterrupt), interrupts_kept():
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        swallowed = True
    assert swallowed
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_stops_what_goes_on_at_once() -> None:
    went_on = False
    with pytest.raises(KeyboardInterrupt), interrupts_kept():
        signal.raise_signal(signal.SIGINT)
        went_on = True
    assert not went_on
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_that_something_made_another_error_of_is_an_interrupt() -> None:
    with pytest.raises(KeyboardInterrupt), interrupts_kept():
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt as interrupt:
            raise RuntimeError("Error calling __set_name__") from interrupt  # as CPython 3.11 does


def test_an_error_without_an_interrupt_stays_one() -> None:
    with pytest.raises(ImportError), interrupts_kept():
        raise ImportError("no such module")


_PRESSED_WHILE_IT_LOADS = """
import signal, sys
from rmosh_client.__main__ import main
class Pressed:
    def find_spec(self, name, path=None, target=None):
        if name == "rmosh_client.command.cli":
            signal.raise_signal(signal.SIGINT)
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Pressed())
main()
"""


def test_an_interrupt_while_the_command_loads_ends_it_without_a_word() -> None:
    done = subprocess.run([sys.executable, "-c", _PRESSED_WHILE_IT_LOADS], stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (-signal.SIGINT, b"")


def test_without_one_nothing_is_raised_and_an_ignored_one_stays_ignored() -> None:
    with interrupts_kept():
        pass
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with interrupts_kept():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
