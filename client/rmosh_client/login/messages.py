"""What a session's process and its login process tell each other: a JSON line each, on a socket that nobody shares.

The child is told its errand first. It asks for what the terminal has said, and for the terminal itself, as often as it
needs; one word then says what came of it, and the child's end of the socket closes.
"""

import json
from enum import Enum
from typing import Final, TypeAlias, TypeVar

from rmosh.errors import BootstrapError, Malformed, Stage
from rmosh.lazy_dataclass import dataclass
from rmosh.traits import Traits
from rmosh_client.bootstrap.request import Request, SessionStatus, Started
from rmosh_client.login.values import as_json, from_json

#: Longest line of either in bytes. Reason: a command line has at most 2 MiB (ARG_MAX of Linux), and JSON may double it.
LONGEST_WORD: Final = 1 << 22


class ErrandKind(Enum):
    """What a login is for; only a session's, and one that the user wants, may ask him and speak to him."""

    SESSION = "session"
    FATE = "fate"
    PATH = "path"
    PATH_BY_USER = "path by the user"


@dataclass(frozen=True, slots=True)
class Errand:
    """What a login process is to do.

    Attributes:
        ssh: the command that logs in; None for rmosh's own login.
        session_id: of the session that is asked about or gets a path; b"" where one is to be started.
        verbosity, log_file: as `log_login` takes them.
        escape: the escape key as typed, for a login without rmosh.
        in_background: nothing holds the terminal once the login is done.
    """

    kind: ErrandKind
    request: Request
    ssh: str | None = None
    session_id: bytes = b""
    verbosity: int = 0
    log_file: str | None = None
    escape: str = ""
    in_background: bool = False


@dataclass(frozen=True, slots=True)
class TraitsTold:
    """What the terminal has said of itself; None where nobody asked it."""

    traits: Traits | None


@dataclass(frozen=True, slots=True)
class WayMade:
    """The terminal is the login's until it says what came of it."""


@dataclass(frozen=True, slots=True)
class TraitsWanted:
    """The login is about to say hello."""


@dataclass(frozen=True, slots=True)
class WayWanted:
    """The login has a question to the user, or the terminal is its own from now on."""


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """A server waits for datagrams."""

    started: Started


@dataclass(frozen=True, slots=True)
class Failed:
    """What a BootstrapError says."""

    stage: Stage
    message: str
    hint: str
    exit_status: int

    @classmethod
    def by(cls, error: BootstrapError) -> "Failed":
        """Return what an error says."""
        return cls(error.stage, str(error), error.hint, error.exit_status)

    def error(self) -> BootstrapError:
        """Return the error that said so."""
        return BootstrapError(self.stage, self.message, hint=self.hint, exit_status=self.exit_status)


class PlainEnd(Enum):
    """How a login without rmosh came to its end."""

    ENDED = "ended"
    QUIT = "quit"
    HUNG_UP = "hung up"


@dataclass(frozen=True, slots=True)
class PlainEnded:
    """A login without rmosh is over; `status` is what it exited with where it ended by itself."""

    end: PlainEnd
    status: int


@dataclass(frozen=True, slots=True)
class FateTold:
    """What became of the session that was asked about."""

    status: SessionStatus


@dataclass(frozen=True, slots=True)
class PathOpened:
    """The server goes on inside SSH, and takes datagrams there."""


@dataclass(frozen=True, slots=True)
class PathGone:
    """It does no longer, for this reason."""

    why: str


_Message = TypeVar("_Message")

ToLogin: TypeAlias = Errand | TraitsTold | WayMade
FromLogin: TypeAlias = (
    TraitsWanted | WayWanted | SessionStarted | Failed | PlainEnded | FateTold | PathOpened | PathGone
)

#: What a line's word means, each way.
_TO_LOGIN: Final[dict[str, type[ToLogin]]] = {"errand": Errand, "traits": TraitsTold, "way made": WayMade}
_FROM_LOGIN: Final[dict[str, type[FromLogin]]] = {
    "traits?": TraitsWanted,
    "make way": WayWanted,
    "started": SessionStarted,
    "failed": Failed,
    "plain login ended": PlainEnded,
    "fate": FateTold,
    "path opened": PathOpened,
    "path is gone": PathGone,
}
_WORDS: Final = {kind: word for word, kind in (*_TO_LOGIN.items(), *_FROM_LOGIN.items())}


def line_of(message: ToLogin | FromLogin) -> bytes:
    """Return a message's line, with its newline."""
    return json.dumps([_WORDS[type(message)], as_json(message)]).encode() + b"\n"


def parse_to_login(untrusted: bytes) -> ToLogin:
    """Read a line of the session's process.

    Raises:
        Malformed: it is none; the message never repeats a value.
    """
    return _parse(_TO_LOGIN, untrusted)


def parse_from_login(untrusted: bytes) -> FromLogin:
    """Read a line of the login process.

    Raises:
        Malformed: it is none; the message never repeats a value: a secret may be in it.
    """
    return _parse(_FROM_LOGIN, untrusted)


def _parse(kinds: dict[str, type[_Message]], untrusted: bytes) -> _Message:
    try:
        word, fields = json.loads(untrusted)
        kind = kinds[word]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Malformed("the line is no message between a session and its login") from None
    return from_json(kind, fields)


class LineReader:
    """Cuts a stream into lines, none longer than LONGEST_WORD."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, untrusted: bytes) -> list[bytes]:
        """Return the lines that have ended, without their newlines.

        Raises:
            Malformed: a line is too long.
        """
        *ended, rest = untrusted.split(b"\n")
        lines = []
        for line in ended:
            lines.append(bytes(self._rest) + line)
            self._rest.clear()
        self._rest += rest
        if any(len(line) > LONGEST_WORD for line in (*lines, self._rest)):
            raise Malformed(f"a line between a session and its login has more than {LONGEST_WORD} bytes")
        return lines
