import os
import signal
from collections.abc import Iterator

import pytest

from rmosh.errors import BootstrapError
from rmosh_client.bootstrap.held_signals import HeldSignals


@pytest.fixture(autouse=True)
def nobody_dies() -> Iterator[None]:
    """A handler that does nothing in the place of the default, which would end the tests."""
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, lambda *_: None) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_handlers_are_as_they_were_afterwards() -> None:
    handlers = {number: signal.getsignal(number) for number in signal.valid_signals()}
    with HeldSignals():
        signal.raise_signal(signal.SIGTERM)
    assert {number: signal.getsignal(number) for number in signal.valid_signals()} == handlers
    wakeup = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(wakeup)
    assert wakeup == -1


def test_a_signal_ends_the_waiting_for_a_line() -> None:
    silent, other_end = os.pipe()
    with HeldSignals() as signals:
        signal.raise_signal(signal.SIGHUP)
        assert not signals.wait_for(silent)
    os.close(silent)
    os.close(other_end)
    assert signals.came == [signal.SIGHUP]


def test_a_line_ends_it_too() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"line\n")
    with HeldSignals() as signals:
        assert signals.wait_for(reading)
    os.close(reading)
    os.close(writing)


def test_a_signal_that_somebody_only_noted_ends_the_command_with_its_status() -> None:
    with HeldSignals() as signals:
        signal.raise_signal(signal.SIGTERM)
    with pytest.raises(BootstrapError) as caught:
        signals.obey()
    assert caught.value.exit_status == 128 + signal.SIGTERM


def test_a_read_that_may_not_be_made_is_not_repeated() -> None:
    with HeldSignals() as signals, pytest.raises(InterruptedError):
        signal.raise_signal(signal.SIGTTIN)
    assert signals.came == [signal.SIGTTIN]


def test_what_was_ignored_is_not_held() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with HeldSignals() as signals:
        signal.raise_signal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, before)
    assert signals.came == []
