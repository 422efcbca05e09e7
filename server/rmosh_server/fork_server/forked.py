"""A session's process as it was forked: it hears what a login asks for, becomes what that would be, starts its program.

Nothing is begun unless all that a fork keeps equals the login's, nor before the login has said `start`: if it waits no
longer, it has another process serve.
"""

import contextlib
import os
import socket
from collections.abc import Mapping
from typing import Final

from rmosh.errors import Malformed
from rmosh.lazy_dataclass import dataclass
from rmosh_server.fork_server.installed import which_server
from rmosh_server.fork_server.request import (
    LONGEST_REQUEST,
    MAX_DESCRIPTORS,
    START,
    ForkRequest,
    format_refusal,
    format_reply,
    format_request,
    parse_request,
)
from rmosh_server.fork_server.shown import show_environment, show_words
from rmosh_server.fork_server.surroundings import NotTold, surroundings
from rmosh_server.process.memory import forbid_core_dumps
from rmosh_server.sockets.passing import PassedDescriptors, receive_with
from rmosh_server.systems import allow_looks, forbid_looks, start_on_terminal
from rmosh_server.systems.program import Program

#: How long the login may take to say all of its request, and `start`, in seconds. Reason: it has both ready; only a
#: stopped process takes longer.
REQUEST_PATIENCE: Final = 5.0

_CHUNK: Final = 65536


class Unlike(Exception):
    """This process cannot be what the login asks for; the message says why."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A session whose program runs.

    Attributes:
        pipe: where what is to be served comes from.
        numbers: each descriptor's number at the login, and here.
    """

    pipe: int
    numbers: Mapping[int, int]


def begin(connection: socket.socket) -> Begun:
    """Become what is asked for, and start its program.

    Raises:
        Unlike, Malformed, OSError: nothing was begun.
    """
    allow_looks()  # what is to be seen of ourselves in /proc is root's otherwise; there is no secret yet
    connection.settimeout(REQUEST_PATIENCE)
    passed = PassedDescriptors(most=MAX_DESCRIPTORS)
    try:
        request = parse_request(_hear(connection, passed))
        _check(request, passed)
    except (Unlike, Malformed, NotTold) as problem:
        connection.sendall(format_refusal(str(problem)))
        raise
    connection.sendall(format_reply({"able": os.getpid()}))
    if connection.recv(len(START)) != START:
        raise Unlike("the login waits no longer")
    numbers = dict(zip(request.descriptors, passed.take(), strict=True))
    try:
        program = _start(request, numbers)
    except OSError as error:
        connection.sendall(format_reply({"failed": error.errno or 0}))
        raise
    connection.sendall(format_reply({"program": program}))
    connection.close()
    forbid_core_dumps()  # now that the program has started with its own limits
    forbid_looks()
    show_words(("rmosh-server", "forked", "port", str(request.port)))
    show_environment(request.environment)
    return Begun(numbers[request.pipe], numbers)


def _hear(connection: socket.socket, passed: PassedDescriptors) -> bytes:
    heard = b""
    while not heard.endswith(b"\n"):
        more = receive_with(connection, _CHUNK, passed)
        heard += more
        if not more or len(heard) > LONGEST_REQUEST:
            raise Malformed("a request is one line, not too long")
    return heard


def _check(request: ForkRequest, passed: PassedDescriptors) -> None:
    """Check that a fork may stand for what the login would start itself.

    Raises:
        Unlike: it may not.
    """
    if request.installed != which_server():
        raise Unlike("another version is installed")
    own = surroundings()
    differing = sorted(name for name in own.keys() | request.surroundings.keys() if _differs(name, own, request))
    if differing:
        raise Unlike(f"of another login: {', '.join(differing)}")
    if len(passed.held) != len(request.descriptors):
        raise Unlike("not all descriptors came")


def _differs(name: str, own: Mapping[str, str], request: ForkRequest) -> bool:
    return own.get(name) != request.surroundings.get(name)


def _start(request: ForkRequest, numbers: Mapping[int, int]) -> int:
    """Take over what a login has of its own, start the program and return its id; a tunnel's is our own.

    Raises:
        OSError: it cannot be executed.
    """
    os.umask(request.umask)
    os.environ.clear()
    os.environ.update(request.environment)
    os.chdir(request.directory)
    if not request.program:
        return os.getpid()
    file, *words = request.program
    terminal = numbers[request.terminal]
    return start_on_terminal(Program(file, tuple(words)), request.program_environment, terminal=terminal)


def rehearse() -> None:
    """Do once, before anything is forked, what each fork does first: what Python prepares for that is shared then."""
    own, words = surroundings(), which_server()
    request = ForkRequest(own, words, dict(os.environ), "/", 0, (), {}, 0, (0,), 0, -1)
    with contextlib.suppress(Unlike):
        _check(parse_request(format_request(request)), PassedDescriptors())
    format_reply({"able": os.getpid()})
