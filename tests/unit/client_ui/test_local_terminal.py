"""The user's terminal as a device, tried on a real pseudo-terminal."""

import errno
import fcntl
import os
import pty
import struct
import termios
from collections.abc import Iterator

import pytest

from rmosh.errors import BootstrapError, Stage
from rmosh_client.typing.local_terminal import HungUp, LocalTerminal


@pytest.fixture
def pair() -> Iterator[tuple[int, LocalTerminal]]:
    """A pseudo-terminal's master and the terminal opened on its other side."""
    master, slave = pty.openpty()
    terminal = LocalTerminal(os.open(os.ttyname(slave), os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK), owned=True)
    os.close(slave)
    yield master, terminal
    terminal.close()
    os.close(master)


def attributes(terminal: LocalTerminal) -> list[object]:
    return list(termios.tcgetattr(terminal.fileno()))


def test_raw_mode_gives_every_key_at_once_and_is_undone_exactly(pair: tuple[int, LocalTerminal]) -> None:
    master, terminal = pair
    before = attributes(terminal)
    terminal.enter_raw()
    assert terminal.is_raw
    os.write(master, b"\x03\x1a\r")
    assert terminal.read() == b"\x03\x1a\r"
    terminal.restore()
    assert attributes(terminal) == before
    assert not terminal.is_raw


def test_entering_raw_mode_twice_still_restores_what_was_first(pair: tuple[int, LocalTerminal]) -> None:
    _, terminal = pair
    before = attributes(terminal)
    terminal.enter_raw()
    terminal.enter_raw()
    terminal.restore()
    terminal.restore()
    assert attributes(terminal) == before


def test_reading_where_nothing_was_typed_does_not_wait(pair: tuple[int, LocalTerminal]) -> None:
    _, terminal = pair
    terminal.enter_raw()
    assert terminal.read() == b""


def test_writing_to_a_terminal_that_takes_no_more_does_not_wait(pair: tuple[int, LocalTerminal]) -> None:
    _, terminal = pair
    terminal.enter_raw()
    written = [terminal.write(b"x" * 4096) for _ in range(64)]
    assert written[-1] == 0
    terminal.write_all(b"x" * 4096, patience=0.01)


def test_terminal_that_was_hung_up_is_told_apart_from_one_that_is_silent() -> None:
    master, slave = pty.openpty()
    terminal = LocalTerminal(os.open(os.ttyname(slave), os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK), owned=True)
    terminal.enter_raw()
    os.close(slave)
    os.close(master)
    with pytest.raises(HungUp):
        terminal.read()
    with pytest.raises(HungUp):
        terminal.write(b"x")
    terminal.write_all(b"x", patience=1.0)
    terminal.close()


def test_a_terminal_without_a_name_here_is_used_nevertheless(monkeypatch: pytest.MonkeyPatch) -> None:
    # What a container sees that was entered with a foreign terminal: ENODEV (glibc 2.36, ttyname(3)), no /dev/tty.
    def nameless(*_arguments: object) -> str:
        raise OSError(errno.ENODEV, "No such device")

    master, slave = pty.openpty()
    kept = os.dup(0), os.dup(1)
    monkeypatch.setattr(os, "ttyname", nameless)
    monkeypatch.setattr(os, "open", nameless)
    try:
        os.dup2(slave, 0)
        os.dup2(slave, 1)
        terminal = LocalTerminal.open()
        assert terminal.write(b"seen") == 4
        assert os.read(master, 4) == b"seen"
    finally:
        os.dup2(kept[0], 0)
        os.dup2(kept[1], 1)
        for descriptor in (*kept, master, slave):
            os.close(descriptor)


@pytest.mark.parametrize(
    ("told", "expected"), [((50, 132), (50, 132)), ((0, 0), (24, 80)), ((5000, 5000), (1000, 1000))]
)
def test_size_is_kept_within_what_a_screen_may_have(
    pair: tuple[int, LocalTerminal], told: tuple[int, int], expected: tuple[int, int]
) -> None:
    master, terminal = pair
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", *told, 0, 0))
    assert terminal.size() == expected


@pytest.mark.parametrize(("closed", "name"), [(0, "standard input"), (1, "standard output")])
def test_redirected_or_closed_stream_is_refused_by_name(closed: int, name: str) -> None:
    saved = [os.dup(0), os.dup(1)]
    master, slave = pty.openpty()
    try:
        os.dup2(slave, 1 - closed)
        os.close(closed)
        with pytest.raises(BootstrapError, match=name) as refused:
            LocalTerminal.open()
        assert refused.value.stage is Stage.TERMINAL
    finally:
        for descriptor in (0, 1):
            os.dup2(saved[descriptor], descriptor)
        for descriptor in (*saved, master, slave):
            os.close(descriptor)
