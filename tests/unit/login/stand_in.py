"""A program that stands for a login's process, and the session's end of it."""

import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from rmosh_client.bootstrap.request import Request
from rmosh_client.login import process
from rmosh_client.login.birth import Newborn
from rmosh_client.login.messages import Errand, ErrandKind


class StandIn(NamedTuple):
    """A login whose process is a program of a test's.

    Attributes:
        line: the process's end of what the two tell each other.
    """

    login: process.LoginProcess
    child: "subprocess.Popen[bytes]"
    line: socket.socket


@contextlib.contextmanager
def login_by(program: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """Have a program be the login's process, once it has said that it is ready; it is killed afterwards."""
    ours, theirs = socket.socketpair()
    datagrams = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    with theirs, subprocess.Popen([sys.executable, "-S", "-c", program], stdout=subprocess.PIPE) as child:
        try:
            assert child.stdout is not None and child.stdout.readline() == b"ready\n"
            monkeypatch.setattr(process, "give_birth", lambda *, by_fork: Newborn(child.pid, ours, datagrams))
            yield StandIn(process.LoginProcess(Errand(ErrandKind.SESSION, Request("box"))), child, theirs)
        finally:
            child.kill()
