"""Counts the keys that a login has shown to the host: not every key at hand can be used there.

asyncssh has no public way to this. Where the installed version looks different, nothing is known.
"""

from typing import Any

import asyncssh


class Offers:
    """The keys shown over one connection.

    Attributes:
        failures: why a key did not sign.
    """

    def __init__(self) -> None:
        self.failures: list[str] = []
        self._shown: set[bytes] | None = None

    @property
    def count(self) -> int | None:
        """How many there were; None where that is not known."""
        return None if self._shown is None else len(self._shown)

    def listen(self, connection: asyncssh.SSHClientConnection) -> None:
        """Hook into a connection that was just made."""
        inner: Any = connection
        send = getattr(inner, "send_userauth_request", None)
        if send is None:
            return
        shown = self._shown = set()

        async def sending(method: bytes, *fields: bytes, **how: Any) -> None:
            try:
                await send(method, *fields, **how)
            except ValueError as error:
                self.failures.append(str(error))
                raise
            if method == b"publickey":
                shown.add(fields[-1])  # the key itself, behind its algorithm

        inner.send_userauth_request = sending
