"""Which paths the next datagram takes: the server follows the client, the client tries what it has.

Both only ever look at authentic datagrams. Neither knows what is in them.
"""

from collections.abc import Callable
from enum import Enum
from typing import Protocol

from rmosh.transport.header import OVERHEAD_BYTES
from rmosh.transport.path import Path
from rmosh.transport.policy import (
    AMPLIFICATION,
    CANDIDATE_LIFETIME,
    CHALLENGE_INTERVAL,
    MAX_CLIENT_PATHS,
    OLD_PATH_GRACE,
    WIRE_HEADERS,
)

#: Bytes of a path challenge. Source: RFC 9000 section 19.17.
CHALLENGE_BYTES = 8

#: Bytes of the datagram that carries one: header, type, challenge, tag.
_CHALLENGE_DATAGRAM = OVERHEAD_BYTES + 1 + CHALLENGE_BYTES


class PathNews(Enum):
    """What an authentic datagram told of paths."""

    NOTHING = "nothing"
    #: The peer may have moved: it is served at the new address beside the old one.
    CANDIDATE = "candidate"
    #: The active path is another one now.
    MOVED = "moved"


class Routes(Protocol):
    """What the endpoint needs to know about paths."""

    @property
    def active(self) -> Path | None:
        """The path in use; None before the peer was heard."""

    @property
    def reachable(self) -> bool:
        """Whether there is any path to send on."""

    def heard(self, source: Path, *, size: int, newest: bool, now: float) -> PathNews:
        """Take note of an authentic datagram and of where it came from."""

    def answered(self, token: bytes, source: Path) -> bool:
        """Take note of a path response; return whether the active path changed."""

    def targets(self, size: int, *, silent: bool) -> list[Path]:
        """Return the paths that a datagram of `size` bytes goes to, the active one first."""

    def challenge(self, *, now: float) -> tuple[Path, bytes] | None:
        """Return a challenge that is due, with the one path it goes to."""

    def next_wakeup(self) -> float | None:
        """Return when `challenge` may have something."""


class _Candidate:
    """A new address of the client that has not yet answered its challenge."""

    def __init__(self, path: Path, token: bytes, *, now: float) -> None:
        self.path = path
        self.token = token
        self.received = 0
        self.sent = 0
        self.challenge_at = now
        self.expires_at = now + CANDIDATE_LIFETIME

    def take(self, size: int) -> None:
        self.received += size + WIRE_HEADERS

    def pay(self, size: int) -> bool:
        """Count a datagram as sent if it has been earned; return whether it has."""
        cost = size + WIRE_HEADERS
        if self.sent + cost > AMPLIFICATION * self.received:
            return False
        self.sent += cost
        return True


class FollowingRoutes:
    """The server's side: the newest authentic datagram's address is served beside the old one, and replaces it
    once it has answered a challenge that was sent to it alone.

    So roaming costs no round trip, and whoever races a copy of a datagram gets a copy of some ciphertext for a
    while and steals nothing.
    """

    def __init__(self, entropy: Callable[[int], bytes]) -> None:
        self._entropy = entropy
        self._active: Path | None = None
        self._candidate: _Candidate | None = None

    @property
    def active(self) -> Path | None:
        """The client's address in use."""
        return self._active

    @property
    def reachable(self) -> bool:
        """Whether the client was heard."""
        return self._active is not None

    def heard(self, source: Path, *, size: int, newest: bool, now: float) -> PathNews:
        """Adopt the first address; make any other with a newest datagram the candidate."""
        if self._active is None:
            self._active = source
            return PathNews.MOVED
        if source == self._active:
            return PathNews.NOTHING
        is_new = newest and (self._candidate is None or self._candidate.path != source)
        if is_new:
            self._candidate = _Candidate(source, self._entropy(CHALLENGE_BYTES), now=now)
        if self._candidate is not None and self._candidate.path == source:
            self._candidate.take(size)
            self._candidate.expires_at = now + CANDIDATE_LIFETIME
        return PathNews.CANDIDATE if is_new else PathNews.NOTHING

    def answered(self, token: bytes, source: Path) -> bool:
        """Move to the candidate when the answer is right and comes from there."""
        candidate = self._candidate
        if candidate is None or candidate.token != token or candidate.path != source:
            return False
        self._active = candidate.path
        self._candidate = None
        return True

    def targets(self, size: int, *, silent: bool) -> list[Path]:
        """Return the active address, and the candidate as far as it has earned it."""
        if self._active is None:
            return []
        paths = [self._active]
        if self._candidate is not None and self._candidate.pay(size):
            paths.append(self._candidate.path)
        return paths

    def challenge(self, *, now: float) -> tuple[Path, bytes] | None:
        """Return the candidate's challenge when it is due and affordable."""
        candidate = self._candidate
        if candidate is None:
            return None
        if now >= candidate.expires_at:
            self._candidate = None
            return None
        if now < candidate.challenge_at:
            return None
        candidate.challenge_at = now + CHALLENGE_INTERVAL
        return (candidate.path, candidate.token) if candidate.pay(_CHALLENGE_DATAGRAM) else None

    def next_wakeup(self) -> float | None:
        """Return when the next challenge is due."""
        return None if self._candidate is None else self._candidate.challenge_at


class SeekingRoutes:
    """The client's side: every local socket and every address of the server is tried until one answers.

    While the server answers only the active path is used; while it is silent, or a new path has yet to answer,
    datagrams go to all known paths at once.
    """

    def __init__(self, paths: list[Path]) -> None:
        self._paths = paths[:MAX_CLIENT_PATHS]
        self._active: Path | None = None
        self._seeking = True
        self._added_at = 0.0

    @property
    def active(self) -> Path | None:
        """The path on which the server answered last."""
        return self._active

    @property
    def reachable(self) -> bool:
        """Whether there is a path to try."""
        return bool(self._paths)

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every known path, newest first."""
        return tuple(self._paths)

    def add(self, path: Path, *, now: float) -> None:
        """Try a path from now on; the oldest unused ones are given up where there are too many."""
        self._added_at = now
        if path in self._paths:
            self._paths.remove(path)
        self._paths.insert(0, path)
        self._seeking = True
        while len(self._paths) > MAX_CLIENT_PATHS:
            self._paths.remove(next(old for old in reversed(self._paths) if old != self._active))

    def drop(self, path: Path) -> None:
        """Forget a path whose socket was closed."""
        if path in self._paths:
            self._paths.remove(path)
        if path == self._active:
            self._active = None
            self._seeking = True

    def heard(self, source: Path, *, size: int, newest: bool, now: float) -> PathNews:
        """Settle on the path that a newest datagram came by, unless already settled on another that works."""
        if source == self._active and now - self._added_at > OLD_PATH_GRACE:
            self._seeking = False
        if not newest or source == self._active or source not in self._paths:
            return PathNews.NOTHING
        if self._active is not None and not self._seeking:
            return PathNews.NOTHING
        self._active = source
        self._seeking = False
        return PathNews.MOVED

    def answered(self, token: bytes, source: Path) -> bool:
        """Do nothing: a client sends no challenges, its own choice of path needs no proof."""
        return False

    def targets(self, size: int, *, silent: bool) -> list[Path]:
        """Return the active path alone while it works, otherwise every path."""
        if self._active is None or silent or self._seeking:
            active = [] if self._active is None else [self._active]
            return active + [path for path in self._paths if path != self._active]
        return [self._active]

    def challenge(self, *, now: float) -> tuple[Path, bytes] | None:
        """Return nothing: a client sends no challenges."""
        return None

    def next_wakeup(self) -> float | None:
        """Return nothing: a client has no timers about paths."""
        return None
