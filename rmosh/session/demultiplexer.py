"""Which client a datagram is from: the one dictionary of all connection ids that all of a session's clients may use."""

from typing import Generic, TypeVar

from rmosh.errors import UsageError
from rmosh.session.server_contact import ServerContact
from rmosh.transport.header import CONNECTION_ID_BYTES

_Contact = TypeVar("_Contact", bound=ServerContact)


class Demultiplexer(Generic[_Contact]):
    """Finds a client by the id in front of its datagram, before anything is unsealed."""

    def __init__(self) -> None:
        self._by_id: dict[bytes, _Contact] = {}
        self._connected: dict[_Contact, frozenset[bytes]] = {}
        self._ids: frozenset[bytes] | None = None

    @property
    def ids(self) -> frozenset[bytes]:
        """All ids there are; another set whenever they change."""
        if self._ids is None:
            self._ids = frozenset(self._by_id)
        return self._ids

    def find(self, untrusted: bytes) -> _Contact | None:
        """Return whose datagram it claims to be; None for nobody's."""
        return self._by_id.get(untrusted[:CONNECTION_ID_BYTES])

    def connect(self, attachment: _Contact) -> None:
        """Let a client in.

        Raises:
            UsageError: one of its ids is another client's.
        """
        if not self._by_id.keys().isdisjoint(attachment.connection_ids):
            raise UsageError("another client of the session has one of the same connection ids")
        self._connected[attachment] = frozenset()
        self.follow(attachment)

    def follow(self, attachment: _Contact) -> None:
        """Keep up with a client that may have gone on to further ids; one that is another's stays the other's."""
        ids = attachment.connection_ids
        known = self._connected[attachment]
        if ids is known:
            return
        self._ids = None
        for gone in known - ids:
            self._drop(gone, attachment)
        for come in ids - known:
            self._by_id.setdefault(come, attachment)
        self._connected[attachment] = ids

    def disconnect(self, attachment: _Contact) -> None:
        """Know a client no more."""
        self._ids = None
        for gone in self._connected.pop(attachment):
            self._drop(gone, attachment)

    def _drop(self, connection_id: bytes, attachment: _Contact) -> None:
        if self._by_id.get(connection_id) is attachment:
            del self._by_id[connection_id]
