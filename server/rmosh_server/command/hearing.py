"""Hears the client's hello on standard input and answers it: the announce line repeats its nonce.

What a login script left of the input may stand before the hello; the client says it twice, should one be eaten.
"""

import os
import select
import time
from collections.abc import Sequence
from functools import reduce
from typing import Final

from rmosh import PROTOCOL_VERSIONS, __version__
from rmosh.announce import with_addresses, with_field
from rmosh.datagram_stream import PATH_PREFIX
from rmosh.errors import BootstrapError, Malformed, Stage
from rmosh.hello import Hello, parse_hello
from rmosh_server.command.options import GuestWishes
from rmosh_server.process.descriptors import STANDARD_INPUT
from rmosh_server.shell.login_record import arrival_address

#: How long a hello is awaited, in seconds. Reason: it travels with the command or a round trip later, and the slowest
#: link takes ten; longer, and whoever started us is not a client.
HELLO_PATIENCE: Final = 20.0

#: Most bytes of standard input that are searched for a hello, and how many are read at once.
MAX_INPUT: Final = 65536
_CHUNK: Final = 4096

#: Who says no hello reads no answer: a person, or a program of ours on this host.
NO_HELLO: Final = Hello("", PROTOCOL_VERSIONS)


def hear_hello(guest: GuestWishes, *, descriptor: int = STANDARD_INPUT, patience: float = HELLO_PATIENCE) -> Hello:
    """Return the client's hello, or NO_HELLO where it said that there would be none.

    Raises:
        BootstrapError: none came.
    """
    return await_hello(descriptor=descriptor, patience=patience) if guest.says_hello else NO_HELLO


def await_hello(*, descriptor: int = STANDARD_INPUT, patience: float = HELLO_PATIENCE) -> Hello:
    """Return the client's hello.

    Raises:
        BootstrapError: none came.
    """
    ready = select.poll()
    ready.register(descriptor, select.POLLIN)
    deadline = time.monotonic() + patience
    heard = b""
    while len(heard) < MAX_INPUT and (left := deadline - time.monotonic()) > 0 and ready.poll(left * 1000):
        data = os.read(descriptor, _CHUNK)
        heard += data
        for line in heard.split(b"\n")[:-1]:
            try:
                return parse_hello(line)
            except Malformed:
                continue
        if not data:
            raise _nothing_heard("standard input ended before the client's hello")
    raise _nothing_heard(f"the client's hello did not come on standard input within {patience:.0f} s")


def answer(line: str, hello: Hello, addresses: Sequence[str] = ()) -> bytes:
    """Return what to print: the announce line bound to the hello, at the start of a line whatever came before.

    Args:
        addresses: where this host may be reached, likeliest first; as many are told as the line holds.
    """
    told = (("arrival", arrival_address()), ("software", __version__ if hello.nonce else ""), ("nonce", hello.nonce))
    bound = with_addresses(reduce(lambda so_far, pair: with_field(so_far, *pair), told, line), addresses)
    return f"{bound}\n".encode("ascii") if hello is NO_HELLO else f"\n{bound}\n".encode("ascii")


def answer_path(hello: Hello) -> bytes:
    """Return what to print where a client that is known may go on behind it."""
    return f"\n{PATH_PREFIX} nonce={hello.nonce}\n".encode("ascii")


def _nothing_heard(what: str) -> BootstrapError:
    return BootstrapError(
        Stage.SERVER_FAILED,
        what,
        hint="does a login script on this host read it? It should do so only if [ -t 0 ]; "
        "with --ssh, leave out ssh's -n, -f and StdinNull",
    )
