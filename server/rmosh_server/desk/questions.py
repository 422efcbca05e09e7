"""What the desks of sessions and of tunnels have in common: facts, and questions as values."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias

from rmosh.channels.closing.policy import NEVER
from rmosh.errors import RmoshError
from rmosh.hello import is_nonce
from rmosh.lazy_dataclass import dataclass
from rmosh_server.sockets.passing import MAX_PASSED, PassedDescriptors
from rmosh_server.sockets.ssh_channel import ChannelEnds, SshChannel, may_carry

#: How long a client may be unheard before it counts as away, in seconds. Reason: an idle client is heard every 10 s;
#: a few losses and a short tunnel are no absence.
AWAY_AFTER: Final = 60.0


class BadQuestion(RmoshError):
    """A question that cannot be answered; the message says why."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What does not change while a session lives.

    Attributes:
        name: the user's own name for it, "" for none.
        started: when, in seconds since 1970.
        port: the UDP port it listens on.
        client_timeout: seconds of silence after which it forgets a client.
    """

    session_id: bytes
    name: str
    started: float
    port: int
    client_timeout: float = NEVER


class ChannelTaker(Protocol):
    """Where channels go that clients may be reached by; `serving/ssh_paths.py` has it."""

    def adopt(self, channel: SshChannel, client: bytes, *, now: float) -> None: ...


def is_there(heard_at: float, *, now: float) -> bool:
    """Tell whether a client that was heard then is not away."""
    return now - heard_at < AWAY_AFTER


#: Lets go of a place where a client listens that is gone; returns whether one did, and for how many seconds one was
#: unheard that stays, None where none does.
LetGo: TypeAlias = "Callable[[str], tuple[bool, float | None]]"


def let_go_of_nothing(_place: str) -> tuple[bool, float | None]:
    """Answer for a session without listeners."""
    return False, None


def answer_release(question: Mapping[str, Any], let_go: LetGo) -> dict[str, Any]:
    """Let go of a place to listen at that another client asks for.

    Raises:
        BadQuestion: no place is named.
    """
    released, unheard = let_go(text(question, "listener"))
    return {"released": released, "unheard": unheard if unheard is None else round(unheard, 1)}


def add_path(
    question: Mapping[str, Any],
    passed: PassedDescriptors,
    clients: Sequence[bytes],
    ssh_paths: ChannelTaker,
    *,
    now: float,
) -> dict[str, Any]:
    """Reach one of these clients by the SSH channel that was passed as well.

    Raises:
        BadQuestion: none of them is meant, or no channel was passed.
    """
    wanted = text(question, "client")
    meant = [client for client in clients if client.hex() == wanted]
    if not meant:
        raise BadQuestion(f"it has no client {wanted}")
    ends = channel(text(question, "stream"), passed)
    if ends is None:
        raise BadQuestion("no SSH channel was passed with its nonce")
    ssh_paths.adopt(SshChannel(ends, follows_line=False), meant[0], now=now)
    return {"path": True}


def channel(nonce: str, passed: PassedDescriptors) -> ChannelEnds | None:
    """Return the SSH channel that was passed, if one was."""
    is_sound = is_nonce(nonce) and len(passed.held) == MAX_PASSED and all(map(may_carry, passed.held))
    if not is_sound:
        return None
    reading, writing, lifeline = passed.take()
    return ChannelEnds(reading, writing, lifeline, nonce)


def number(question: Mapping[str, Any], key: str, *, limit: int) -> int:
    """Return a number from 1 to a limit.

    Raises:
        BadQuestion: it is another.
    """
    value = question.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= limit:
        raise BadQuestion(f"{key} is {value!r}, not a number from 1 to {limit}")
    return value


def text(question: Mapping[str, Any], key: str) -> str:
    """Return a text, "" where there is none.

    Raises:
        BadQuestion: it is none.
    """
    value = question.get(key, "")
    if not isinstance(value, str):
        raise BadQuestion(f"{key} is {value!r}, not a text")
    return value
