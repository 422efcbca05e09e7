"""What rmosh-server reads on standard input before it announces a session."""

import os
import time
from collections.abc import Iterator

import pytest

from rmosh.announce import parse_announce, split_announce
from rmosh.errors import BootstrapError, Stage
from rmosh.hello import format_hello, new_hello
from rmosh_server.command.hearing import MAX_INPUT, NO_HELLO, answer, hear_hello
from rmosh_server.command.options import GuestWishes

HELLO = new_hello(entropy=bytes(range(16)))
SAID = format_hello(HELLO).encode() + b"\n"
GREETING = GuestWishes(24, 80, says_hello=True)
LINE = f"RMOSH-ANNOUNCE 2 port=1 session=0123456789abcdef secret={'A' * 43}="


@pytest.fixture
def standard_input() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    for descriptor in (reading, writing):
        try:
            os.close(descriptor)
        except OSError:
            continue


@pytest.mark.parametrize("before", [b"", b"what a script left\n", b"RMOSH-HELLO nonce=12\n", b"\xff\0\n", SAID[9:]])
def test_the_first_whole_hello_is_heard_past_what_stands_before(standard_input: tuple[int, int], before: bytes) -> None:
    reading, writing = standard_input
    os.write(writing, before + SAID + b"and more")
    assert hear_hello(GREETING, descriptor=reading) == HELLO


def test_nobody_waits_where_no_hello_is_said(standard_input: tuple[int, int]) -> None:
    assert hear_hello(GuestWishes(24, 80), descriptor=standard_input[0]) is NO_HELLO


def test_silence_is_told_after_a_while(standard_input: tuple[int, int]) -> None:
    start = time.monotonic()
    with pytest.raises(BootstrapError, match="did not come on standard input") as caught:
        hear_hello(GREETING, descriptor=standard_input[0], patience=0.05)
    assert time.monotonic() - start < 5
    assert caught.value.stage is Stage.SERVER_FAILED
    assert "login script" in caught.value.hint


def test_drops_of_input_prolong_nothing(standard_input: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = standard_input
    moments = iter(range(0, 1000, 4))
    monkeypatch.setattr(
        "rmosh_server.command.hearing.time.monotonic", lambda: os.write(writing, b"x") and next(moments)
    )
    with pytest.raises(BootstrapError, match="did not come"):
        hear_hello(GREETING, descriptor=reading, patience=20.0)


def test_input_that_ended_is_told_at_once(standard_input: tuple[int, int]) -> None:
    reading, writing = standard_input
    os.write(writing, b"eaten\n")
    os.close(writing)
    with pytest.raises(BootstrapError, match="ended before the client's hello"):
        hear_hello(GREETING, descriptor=reading)


def test_endless_input_is_given_up() -> None:
    with open("/dev/zero", "rb") as zeros, pytest.raises(BootstrapError):
        hear_hello(GREETING, descriptor=zeros.fileno())
    assert MAX_INPUT <= 1 << 20


def test_the_answer_begins_a_line_and_repeats_the_nonce(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 5 2001:db8::1 22")
    said = answer(LINE, HELLO)
    assert said.startswith(b"\n")
    assert said.endswith(b"\n")
    line = said.strip()
    assert split_announce(line).nonce == HELLO.nonce
    assert parse_announce(line).arrival == "2001:db8::1"


def test_who_said_no_hello_gets_the_plain_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    assert answer(LINE, NO_HELLO) == LINE.encode() + b"\n"
