"""Letting one more client into a session that runs, or a client that it knows in by one more path."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from rmosh.announce import Announce, format_announce, parse_announce
from rmosh.errors import Malformed
from rmosh.hello import Hello, format_traits
from rmosh.lazy_dataclass import replace
from rmosh_server.command.complaints import print_warning
from rmosh_server.command.hearing import answer, answer_path
from rmosh_server.command.options import GuestWishes
from rmosh_server.command.reachable import addresses_of_running
from rmosh_server.command.staying import can_go_on, stay_until_closed
from rmosh_server.desk.sessions import LiveSession, NoSession, Sessions
from rmosh_server.process.descriptors import STANDARD_INPUT, STANDARD_OUTPUT
from rmosh_server.shell.account import own_account
from rmosh_server.shell.login_record import client_address
from rmosh_server.systems import network_namespace

#: What is said of a session whose port may not be reached from where its client logs in.
_ELSEWHERE: Final = "is in another network namespace than this login, such as a container's or a VPN's"
_BY_SSH: Final = "it is reached through SSH alone, unless public_address in its server.toml says where else"
_PERHAPS_NOT: Final = "UDP port {} may not be reachable here; public_address in its server.toml says where it is"

#: What a session that is asked for a path answers where it has taken the channel.
_TAKEN: Final = "path"


def attach(sessions: Sessions, session: LiveSession, guest: GuestWishes, hello: Hello) -> None:
    """Print the announce line for one more client of a session, and stay as long as it is reached through SSH.

    Raises:
        NoSession: it does not answer, refuses, says what is no announce line, or is the one the client runs in: its
            screen would be on its screen for ever.
    """
    if hello.within == session.session_id:
        raise NoSession(
            f"this is session {session.label} already, and it cannot be shown in itself",
            hint="attach to another one, or from outside; if you are no longer in it: unset RMOSH_SESSION",
        )
    with _channel(hello) as (passing, lifeline):
        line = str(sessions.ask(session, _question(guest, hello), passing=passing).get("announce", ""))
    try:
        announce = parse_announce(line.encode("ascii", "replace"))
    except Malformed as error:
        raise NoSession(f"session {session.label} answers what is no announce line: {error}") from error
    os.write(STANDARD_OUTPUT, _answer(session, line, announce, hello))
    announce.forget_secret()
    if announce.stream and passing:
        stay_until_closed(lifeline)


def add_path(sessions: Sessions, client: bytes, hello: Hello) -> None:
    """Let a client that is known reach its session through this SSH channel, and stay as long as it does.

    Raises:
        NoSession: none knows it, or the session refuses.
    """
    session = next((each for each in sessions.alive() if _knows(each, client)), None)
    if session is None:
        raise NoSession(f"no session here has a client {client.hex()}")
    with _channel(hello) as (passing, lifeline):
        question = {"do": "path", "client": client.hex(), "stream": hello.nonce}
        taken = sessions.ask(session, question, passing=passing).get(_TAKEN) is True
    if not taken:
        raise NoSession(f"session {session.label} did not take the channel")
    os.write(STANDARD_OUTPUT, answer_path(hello))
    stay_until_closed(lifeline)


def _answer(session: LiveSession, line: str, announce: Announce, hello: Hello) -> bytes:
    """Return what to print of a session's announce line, with where it is reached from here."""
    elsewhere = session.is_elsewhere(network_namespace())
    addresses = addresses_of_running(own_account().home, elsewhere=elsewhere)
    if elsewhere and not addresses:
        how = _BY_SSH if announce.stream else _PERHAPS_NOT.format(announce.port)
        print_warning(f"session {session.label} {_ELSEWHERE}: {how}")
        if announce.stream:
            line = format_announce(replace(announce, port=0))
    return answer(line, hello, addresses)


def _knows(session: LiveSession, client: bytes) -> bool:
    return any(each.get("id") == client.hex() for each in session.facts.get("clients", []))


def _question(guest: GuestWishes, hello: Hello) -> dict[str, Any]:
    return {
        "do": "attach",
        "rows": guest.rows,
        "columns": guest.columns,
        "name": guest.name or client_address(),
        "read_only": guest.read_only,
        "detach_others": guest.detach_others,
        "compress": guest.compression.value,
        "obscure_typing": guest.obscures_typing,
        "versions": list(hello.versions),
        "login_host": client_address(),
        "terminal": format_traits(hello.traits),
        "trace": hello.trace,
        "stream": hello.nonce if can_go_on(hello) else "",
        "streams": hello.streams,
    }


@contextmanager
def _channel(hello: Hello) -> Iterator[tuple[tuple[int, ...], int]]:
    """Give what is passed of the SSH channel, which may be nothing, and the pipe's end that tells when it is let go."""
    if not can_go_on(hello):
        yield (), STANDARD_INPUT
        return
    lifeline, held = os.pipe()
    try:
        yield (STANDARD_INPUT, STANDARD_OUTPUT, held), lifeline
    finally:
        with suppress(OSError):
            os.close(held)
