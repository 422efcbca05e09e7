"""Every error rmosh raises on purpose: one tree, three branches by whose fault it is."""

from enum import Enum


class RmoshError(Exception):
    """Root of all errors that rmosh raises on purpose."""


class PeerError(RmoshError):
    """The network or the peer sent something wrong: drop the datagram, count it, go on."""


class Foreign(PeerError):
    """The datagram is not of this session: too short, or another's connection id."""


class NotAuthentic(PeerError):
    """The seal does not open with our keys."""


class Replayed(PeerError):
    """This packet number was received before, or is too old to tell."""


class Malformed(PeerError):
    """Authentic or not, the bytes do not follow the format."""


class UsageError(RmoshError):
    """Our own code called something in a way it does not allow: a bug in rmosh."""


class NoStreams(RmoshError):
    """The peer is of a version that has no streams, or did not offer them."""


class TooManyStreams(RmoshError):
    """As many streams are open as the peer allows; one more can be opened when another is over."""


class Stage(Enum):
    """The step of starting a session that failed; its value is what the user reads."""

    USAGE = "usage"
    RESOLVE = "resolve"
    CONNECT = "connect"
    HOST_KEY = "host key"
    AUTHENTICATION = "authentication"
    SERVER_MISSING = "server missing"
    SERVER_FAILED = "server failed"
    ANNOUNCE = "announce"
    VERSION = "version"
    UDP = "udp"
    TERMINAL = "terminal"


class BootstrapError(RmoshError):
    """A session could not be started.

    Attributes:
        stage: the step that failed.
        hint: what the user can do next, one line; empty when there is nothing to say.
        exit_status: what the command exits with; 255 is ssh's own "failed before the command".
    """

    def __init__(self, stage: Stage, message: str, *, hint: str = "", exit_status: int = 255) -> None:
        super().__init__(message)
        self.stage = stage
        self.hint = hint
        self.exit_status = exit_status
