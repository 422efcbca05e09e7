"""How far a client may type ahead of what the PTY took: flow control, as a stream of QUIC has it (RFC 9000 section 4).

What a PTY takes while less than half a window waits widens the window by as much, so that it doubles with each round
trip of a paste, as the congestion window does. A PTY that is not read, or slower than the link, earns nothing.
"""

from rmosh.session.policy import INPUT_WINDOW, INPUT_WINDOW_MAX, INPUT_WINDOW_STEP


class InputWindow:
    """The server's side.

    Attributes:
        limit: the offset in the client's input up to which it may send.
    """

    def __init__(self) -> None:
        self._size = INPUT_WINDOW
        self._taken = 0
        self._told = INPUT_WINDOW
        self.limit = INPUT_WINDOW

    def taken(self, offset: int, *, received: int) -> bool:
        """Move on: the PTY took all input below an offset; return whether the client should be told.

        Args:
            received: the offset after all input that came in order.
        """
        if received - offset < self._size / 2:
            self._size = min(INPUT_WINDOW_MAX, self._size + offset - self._taken)
        self._taken = offset
        self.limit = max(self.limit, offset + self._size)
        worth_telling = self.limit - self._told >= INPUT_WINDOW_STEP
        if worth_telling:
            self._told = self.limit
        return worth_telling
