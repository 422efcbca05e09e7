"""Which paths the next datagram takes: the server follows the client, the client tries what it has.

Both only ever look at authentic datagrams. Neither knows what is in them.
"""

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Protocol

from rmosh.transport.frames import CHALLENGE_BYTES
from rmosh.transport.header import OVERHEAD_BYTES
from rmosh.transport.path import Path
from rmosh.transport.policy import (
    AMPLIFICATION,
    CANDIDATE_LIFETIME,
    CHALLENGE_INTERVAL,
    FLOOR_MTU,
    MAX_CANDIDATES,
    MAX_CLIENT_PATHS,
    MAX_FILLERS,
    OLD_PATH_GRACE,
    WIRE_HEADERS,
)

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

    #: Whether this end tries addresses unasked.
    seeks: bool

    @property
    def active(self) -> Path | None:
        """The path in use; None before the peer was heard."""

    @property
    def is_settled(self) -> bool:
        """Whether the path in use is the only one that datagrams go to while the peer answers."""

    @property
    def reachable(self) -> bool:
        """Whether there is any path to send on."""

    @property
    def has_addresses(self) -> bool:
        """Whether there is any address at all, proven or not."""

    @property
    def probed(self) -> Sequence[Path]:
        """Where to ask whether UDP works while a stream carries everything."""

    def heard(self, source: Path, *, size: int, newest: bool, now: float) -> PathNews:
        """Take note of an authentic datagram and of where it came from."""

    def answered(self, token: bytes, source: Path) -> bool:
        """Take note of a path response; return whether the active path changed."""

    def targets(self, size: int, *, silent: bool) -> list[Path]:
        """Return the paths that a datagram of `size` bytes goes to, the active one first."""

    def unproven(self, paths: Sequence[Path]) -> list[Path]:
        """Return those of the paths on which the peer may have to be given something before it answers at length."""

    def challenge(self, *, now: float) -> tuple[Path, bytes] | None:
        """Return a challenge that is due, with the one path it goes to."""

    def next_wakeup(self) -> float | None:
        """Return when `challenge` may have something."""


class _Candidate:
    """An address of the client that has not yet answered its challenge."""

    def __init__(self, path: Path, token: bytes, *, now: float) -> None:
        self.path = path
        self.token = token
        self.received = 0
        self.sent = 0
        self.challenge_at = now
        self.expires_at = now + CANDIDATE_LIFETIME

    def take(self, size: int, *, now: float) -> None:
        self.received += size + WIRE_HEADERS
        self.expires_at = now + CANDIDATE_LIFETIME

    def affords(self, size: int) -> bool:
        """Whether it has earned a datagram of `size` bytes."""
        return self.sent + size + WIRE_HEADERS <= AMPLIFICATION * self.received

    def pay(self, size: int) -> bool:
        """Count a datagram as sent if it has been earned; return whether it has."""
        affordable = self.affords(size)
        if affordable:
            self.sent += size + WIRE_HEADERS
        return affordable


class FollowingRoutes:
    """The server's side: the newest authentic datagrams' addresses are served beside the one in use, and one replaces
    it once it has answered a challenge that was sent to it alone.

    So roaming costs no round trip, and whoever races a copy of a datagram gets a copy of some ciphertext for a
    while and steals nothing. The first address is no better, unless the login came from the same host.
    """

    seeks = False

    def __init__(self, entropy: Callable[[int], bytes], *, login_host: str = "") -> None:
        """Begin with no address.

        Args:
            login_host: the address that the client logged in from, proven by SSH's own handshake; "" for none.
        """
        self._entropy = entropy
        self._login_host = _plain(login_host)
        self._active: Path | None = None
        #: By address, the one heard last at the end: each copy that an attacker wins a race with makes one, but the
        #: client is heard in between, so that it is never the one unheard longest for long.
        self._candidates: dict[Path, _Candidate] = {}

    @property
    def active(self) -> Path | None:
        """The client's address in use; None before one is proven."""
        return self._active

    @property
    def is_settled(self) -> bool:
        """Whether one address is proven, and the client was heard from no other since."""
        return self._active is not None and not self._candidates

    @property
    def reachable(self) -> bool:
        """Whether the client was heard, and where nothing is proven a datagram of any content was earned."""
        return self._active is not None or any(each.affords(FLOOR_MTU) for each in self._candidates.values())

    @property
    def has_addresses(self) -> bool:
        """Whether the client was heard at any address."""
        return self._active is not None or bool(self._candidates)

    @property
    def probed(self) -> Sequence[Path]:
        """The address in use; the others have their challenges."""
        return [] if self._active is None else [self._active]

    def heard(self, source: Path, *, size: int, newest: bool, now: float) -> PathNews:
        """Adopt the login's own host at first; make any other address with a newest datagram a candidate."""
        if source == self._active:
            return PathNews.NOTHING
        if self._active is None and self._login_host and _plain(source.host) == self._login_host:
            self._settle(source)
            return PathNews.MOVED
        candidate = self._candidates.pop(source, None)
        is_new = candidate is None
        if candidate is None:
            if not newest and self._active is not None:
                return PathNews.NOTHING
            candidate = _Candidate(source, self._entropy(CHALLENGE_BYTES), now=now)
        candidate.take(size, now=now)
        self._candidates[source] = candidate
        if len(self._candidates) > MAX_CANDIDATES:
            del self._candidates[next(iter(self._candidates))]
        return PathNews.CANDIDATE if is_new else PathNews.NOTHING

    def answered(self, token: bytes, source: Path) -> bool:
        """Move to a candidate when the answer is right and comes from there."""
        candidate = self._candidates.get(source)
        if candidate is None or candidate.token != token:
            return False
        is_where_all_went = self._active is None and len(self._candidates) == 1
        self._settle(source)
        return not is_where_all_went

    def _settle(self, path: Path) -> None:
        self._active = path
        self._candidates.clear()

    def prove_all(self) -> None:
        """Take no address on the login's word: a stream is there, and whether UDP goes both ways is not known."""
        self._login_host = ""

    def targets(self, size: int, *, silent: bool) -> list[Path]:
        """Return the active address, and the candidates as far as each has earned it."""
        active = [] if self._active is None else [self._active]
        if not self._candidates:
            return active
        return active + [path for path, candidate in self._candidates.items() if candidate.pay(size)]

    def unproven(self, paths: Sequence[Path]) -> list[Path]:
        """Return none: a client takes all it is sent."""
        return []

    def challenge(self, *, now: float) -> tuple[Path, bytes] | None:
        """Return a candidate's challenge that is due and affordable."""
        for candidate in list(self._candidates.values()):
            if now >= candidate.expires_at:
                del self._candidates[candidate.path]
            elif now >= candidate.challenge_at:
                candidate.challenge_at = now + CHALLENGE_INTERVAL
                if candidate.pay(_CHALLENGE_DATAGRAM):
                    return candidate.path, candidate.token
        return None

    def next_wakeup(self) -> float | None:
        """Return when the next challenge is due."""
        if not self._candidates:
            return None
        return min([candidate.challenge_at for candidate in self._candidates.values()])


def _plain(host: str) -> str:
    """Return a numeric address in the one form that sshd and a socket of both families agree on."""
    address = host.lower().partition("%")[0]
    mapped = address.removeprefix("::ffff:")
    return mapped if "." in mapped else address


class SeekingRoutes:
    """The client's side: every local socket and every address of the server is tried until one answers.

    While the server answers only the active path is used; while it is silent, or a new path has yet to answer,
    datagrams go to all known paths at once.
    """

    seeks = True

    def __init__(self, paths: list[Path]) -> None:
        self._paths = paths[:MAX_CLIENT_PATHS]
        self._active: Path | None = None
        self._seeking = True
        self._fillers = MAX_FILLERS
        self._added_at = 0.0

    @property
    def active(self) -> Path | None:
        """The path on which the server answered last."""
        return self._active

    @property
    def is_settled(self) -> bool:
        """Whether the server has answered on a path since the newest came."""
        return self._active is not None and not self._seeking

    @property
    def reachable(self) -> bool:
        """Whether there is a path to try."""
        return bool(self._paths)

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every known path, newest first."""
        return tuple(self._paths)

    @property
    def has_addresses(self) -> bool:
        """Whether there is a path to try."""
        return bool(self._paths)

    @property
    def probed(self) -> Sequence[Path]:
        """Every known path."""
        return self._paths

    def add(self, path: Path, *, now: float) -> None:
        """Try a path from now on; the oldest unused ones are given up where there are too many."""
        self._added_at = now
        if path in self._paths:
            self._paths.remove(path)
        self._paths.insert(0, path)
        self._seeking = True
        self._fillers = MAX_FILLERS
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

    def unproven(self, paths: Sequence[Path]) -> list[Path]:
        """Return the paths that the server has not answered on, a few times after the newest of them came."""
        if not self._seeking or self._fillers == 0:
            return []
        self._fillers -= 1
        return [path for path in paths if path != self._active]

    def challenge(self, *, now: float) -> tuple[Path, bytes] | None:
        """Return nothing: a client sends no challenges."""
        return None

    def next_wakeup(self) -> float | None:
        """Return nothing: a client has no timers about paths."""
        return None
