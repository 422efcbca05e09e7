"""A server that is started for somebody whom a session's client lets in."""

import os
import sys

from rmosh.forwarding.answers import AnswerStatus
from rmosh.forwarding.requests import Serve
from tests.unit.server.forwarding.room import Room

#: Says what it was told, and how its standard error fares.
_ECHO = "import os, sys; print(sys.argv[1:], sys.stdin.read().split(), os.getsid(0) == os.getpid(), file=sys.stdout)"


def answered(room: Room, request: Serve) -> tuple[AnswerStatus, str]:
    stream = room.client.ask(request)
    stream.finish()
    status = room.answer(stream).status
    said = b""
    if status is AnswerStatus.DONE:
        room.until(lambda: stream.at_end or bool(stream.readable))
        while not stream.at_end:
            room.until(lambda: stream.at_end or bool(stream.readable))
            said += stream.read()
    return status, said.decode()


def test_it_hears_its_words_and_its_hello_and_what_it_says_comes_back() -> None:
    room = Room(own_program=(sys.executable, "-c", _ECHO))
    status, said = answered(room, Serve(("new", "--hello"), "RMOSH-HELLO nonce=00"))
    room.close()
    os.wait()  # as the session's loop does
    assert status is AnswerStatus.DONE
    assert said == "['new', '--hello'] ['RMOSH-HELLO', 'nonce=00'] True\n"


def test_a_server_that_is_in_memory_alone_starts_no_other() -> None:
    room = Room()
    assert answered(room, Serve(("new",), "")) == (AnswerStatus.NOT_THERE, "")
    room.close()


def test_a_program_that_is_gone_is_told() -> None:
    room = Room(own_program=("/no/such/python",))
    assert answered(room, Serve(("new",), "")) == (AnswerStatus.FAILED, "")
    room.close()


def test_what_the_kernel_takes_for_no_word_is_refused() -> None:
    room = Room(own_program=(sys.executable, "-c", _ECHO))
    assert answered(room, Serve(("a\0b",), ""))[0] is AnswerStatus.FAILED
    assert answered(room, Serve(("new",), "one\ntwo"))[0] is AnswerStatus.FAILED
    room.close()
