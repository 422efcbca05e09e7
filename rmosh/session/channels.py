"""The channels of a session, all named in one table."""

from typing import Final

from rmosh.channels.closing.frames import CLOSE
from rmosh.channels.history.frames import HISTORY, HISTORY_CLEARED, HISTORY_KEPT, HISTORY_SHOWN, HISTORY_WANT
from rmosh.channels.input.frames import INPUT, INPUT_LIMIT
from rmosh.channels.newest.frames import COLOURS, PEOPLE, READS, TERMINAL, WINDOW
from rmosh.channels.screen.frames import SCREEN, SCREEN_ACK
from rmosh.session.echo import ECHO
from rmosh.transport.frame_table import FrameTable

#: Every frame of the protocol.
FRAMES: Final = FrameTable(
    (
        *(CLOSE, INPUT, INPUT_LIMIT, SCREEN, SCREEN_ACK, ECHO, COLOURS, PEOPLE, TERMINAL, READS, WINDOW),
        *(HISTORY, HISTORY_SHOWN, HISTORY_KEPT, HISTORY_WANT, HISTORY_CLEARED),
    )
)
