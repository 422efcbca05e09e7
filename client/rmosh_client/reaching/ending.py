"""How a session ended, as the user is told and as the command exits."""

import signal
from collections.abc import Sequence
from typing import Final

from rmosh.channels.closing.frames import Close, CloseKind
from rmosh.lazy_dataclass import dataclass
from rmosh_client.bootstrap.exit_status import FAILED, signalled
from rmosh_client.bootstrap.request import Fate, SessionStatus
from rmosh_client.plain_text import printable
from rmosh_client.words import duration

#: Longest message of the server that is shown, in characters.
_LONGEST_MESSAGE: Final = 256


@dataclass(frozen=True, slots=True)
class Ending:
    """What is left of a session.

    Attributes:
        status: what the command exits with.
        message: one line for the user, "" where the screen says it all.
    """

    status: int
    message: str = ""


def ending_of(close: Close, *, way_back: str = "") -> Ending:
    """Return what a server's CLOSE means for the user; `way_back` is the command that attaches anew."""
    said = printable(close.message, limit=_LONGEST_MESSAGE)
    if close.kind is CloseKind.EXITED:
        return Ending(close.value & 0xFF)
    if close.kind is CloseKind.SIGNALLED:
        return Ending(signalled(close.value & 0x7F), f"the remote command was ended by {_signal_name(close.value)}")
    if close.kind is CloseKind.CLIENT_QUIT:
        return Ending(FAILED, "another client ended the session")
    if close.kind is CloseKind.DETACHED:
        return Ending(0, said if said.startswith("detached") else f"detached: {said}") if said else detached(way_back)
    what = "the server stopped" if close.kind is CloseKind.SERVER_STOPPED else "the server failed"
    return Ending(FAILED, f"{what}: {said}" if said else what)


def ending_as_told(told: SessionStatus) -> Ending | None:
    """Return what SSH's word on a session means; None where the session may go on."""
    if told.fate is Fate.UNKNOWN:
        return Ending(FAILED, "the server is gone: its host no longer knows this session")
    if told.fate is not Fate.ENDED:
        return None
    kinds = {kind.name.lower(): kind for kind in CloseKind}
    kind = kinds.get(told.kind or "", CloseKind.SERVER_STOPPED)
    ending = ending_of(Close(kind, told.value or 0))
    return Ending(ending.status, ending.message or "the session ended while nothing got through")


def forgotten(*, away: float, limit: float, way_back: str) -> Ending:
    """Return what it means that the server did not hear this client for longer than it keeps its keys.

    Args:
        away, limit: seconds for which it was not heard, and may be.
        way_back: the command that attaches anew.
    """
    back = f"; if the session is still running, this brings you back: {way_back}" if way_back else ""
    return Ending(
        FAILED,
        f"the host has forgotten this client: {duration(away)} without contact, and it waits for {duration(limit)}"
        f" (client_timeout){back}",
    )


def detached(way_back: str) -> Ending:
    """Return the end of a client that leaves a session running; "" as the command that attaches anew: it does not."""
    if not way_back:
        return Ending(0, "detached; there is no way back, as the demo's host ends here")
    return Ending(0, f"detached: the session goes on; `{way_back}` brings you back")


def left(others: Sequence[str]) -> Ending:
    """Return the end of a client that left others in the session, or whose session goes on in any case."""
    if not others:
        return Ending(0, "you left; the session goes on")
    more = f" and {len(others) - 1} more" if len(others) > 1 else ""
    return Ending(0, f"you left; the session goes on with {others[0]}{more} in it")


def not_reached(way_back: str) -> Ending:
    """Return the end of a client that wanted to end its session, of which the server told nothing in time."""
    if not way_back:
        return QUIT
    return Ending(
        FAILED, f"the server was not reached: the session goes on there unless it heard; `{way_back}` brings you back"
    )


def ended_by_signal(number: int) -> Ending:
    """Return what a signal to the client itself means."""
    return Ending(signalled(number))


HUNG_UP: Final = ended_by_signal(signal.SIGHUP)
#: Ctrl-C while nobody is there yet whom it could interrupt. Source: ssh ends so.
INTERRUPTED: Final = Ending(signalled(signal.SIGINT), "interrupted")
GIVEN_UP: Final = Ending(FAILED, "gave up before the server answered")
QUIT: Final = Ending(FAILED, "the session was ended from here")


def not_forwarded(why: str) -> Ending:
    """Return the end of a session that is not wanted without a forward that failed (ExitOnForwardFailure)."""
    return Ending(FAILED, f"{why}; ExitOnForwardFailure ends the session")


def _signal_name(number: int) -> str:
    try:
        return f"signal {number} ({signal.Signals(number).name})"
    except ValueError:
        return f"signal {number}"
