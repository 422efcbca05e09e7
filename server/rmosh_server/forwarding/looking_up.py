"""A request that waits for a name to be found."""

from collections.abc import Callable

from rmosh.forwarding.answers import AnswerStatus
from rmosh.forwarding.failures import in_words
from rmosh_server.forwarding.conversation import Conversation
from rmosh_server.forwarding.host import Host
from rmosh_server.forwarding.names import Found, Place


class LookingUp:
    """One of them."""

    def __init__(
        self,
        name: str,
        port: int,
        conversation: Conversation,
        host: Host,
        then: "Callable[[list[Place]], None]",
        *,
        called: str,
    ) -> None:
        """Look it up.

        Args:
            then: told what was found.
            called: what people are told is not found.
        """
        self._conversation = conversation
        self._then = then
        self._called = called
        conversation.served = self
        host.names.look_up(name, port, self._found)

    def stream_changed(self) -> None:
        """Give up with the client."""
        if self._conversation.is_given_up:
            self._conversation.end()

    def close(self) -> None:
        """Nothing is held yet."""

    def _found(self, found: Found) -> None:
        if self._conversation.served is not self:
            return
        if isinstance(found, OSError):
            self._conversation.refuse(AnswerStatus.NO_SUCH_HOST, f"{self._called} is not found: {in_words(found)}")
        else:
            self._then(found)
