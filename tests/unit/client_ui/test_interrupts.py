"""Ctrl-C is not lost while modules load."""

import contextlib
import signal
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


def test_without_one_nothing_is_raised_and_an_ignored_one_stays_ignored() -> None:
    with interrupts_kept():
        pass
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with interrupts_kept():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
