"""Whose a connection id is: the first who told it keeps it until he lets it go.

Ids are 64 random bits that nobody knows before they stand on the wire, and then their owner has told them already. So
nobody can take another's in advance; and what is another's is refused, whoever asks.
"""

from collections import Counter
from typing import Final, Generic, TypeVar

from rmosh.transport.header import CONNECTION_ID_BYTES

#: Sessions at once, of all users. Reason: bounds descriptors and memory; ids take 80 kB a hundred sessions.
MAX_SESSIONS: Final = 4096

#: ... and of one user. Reason: nobody has so many, and one alone cannot keep the others out.
MAX_OF_A_USER: Final = 1024

Session = TypeVar("Session")


class Owners(Generic[Session]):
    """Every id, and every session that may have some."""

    def __init__(self) -> None:
        self._by_id: dict[bytes, Session] = {}
        self._kept: dict[Session, frozenset[bytes]] = {}
        self._users: dict[Session, int] = {}
        self._of_user: Counter[int] = Counter()

    def __len__(self) -> int:
        return len(self._kept)

    def admit(self, session: Session, *, user: int) -> bool:
        """Let a session of a user tell ids from now on; False where there are too many."""
        if len(self._kept) >= MAX_SESSIONS or self._of_user[user] >= MAX_OF_A_USER:
            return False
        self._kept[session] = frozenset()
        self._users[session] = user
        self._of_user[user] += 1
        return True

    def keep(self, session: Session, ids: frozenset[bytes]) -> int:
        """Let a session have these ids and no others; return how many of them are another's and stay that."""
        kept = self._kept[session]
        for gone in kept - ids:
            del self._by_id[gone]
        mine = frozenset([wanted for wanted in ids if self._by_id.setdefault(wanted, session) is session])
        self._kept[session] = mine
        return len(ids) - len(mine)

    def user_of(self, session: Session) -> int:
        """Return whose session it is."""
        return self._users[session]

    def has_any(self, session: Session) -> bool:
        """Tell whether a session has an id."""
        return bool(self._kept[session])

    def find(self, untrusted: bytes) -> Session | None:
        """Return whose datagram it claims to be; None for nobody's."""
        return self._by_id.get(untrusted[:CONNECTION_ID_BYTES])

    def release(self, session: Session) -> None:
        """Know a session no more."""
        for gone in self._kept.pop(session):
            del self._by_id[gone]
        user = self._users.pop(session)
        self._of_user[user] -= 1
        if not self._of_user[user]:
            del self._of_user[user]
