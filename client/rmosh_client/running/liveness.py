"""Whether a silent server still lives, asked over SSH: one question at a time, in the background."""

import asyncio
from collections.abc import Awaitable, Callable

from rmosh_client.bootstrap.request import SessionStatus
from rmosh_client.running.enquiry import Enquiry
from rmosh_client.running.event_loop import EventLoop


class LivenessCheck:
    """Made with what asks: it opens SSH without a question to the user, and may take long."""

    def __init__(self, ask: Callable[[], Awaitable[SessionStatus]]) -> None:
        async def asked() -> SessionStatus:
            return await ask()

        self._enquiry = Enquiry(lambda: asyncio.run(asked()))

    def start(self, loop: EventLoop, on_told: Callable[[SessionStatus], None]) -> None:
        """Ask, unless the last question is still open; `on_told` is called with what somebody said."""
        self._enquiry.start(loop, on_told)
