"""The history's policy: how much of it follows a client, and when. Units are seconds, lines and bytes."""

from typing import Final

#: Lines that scrolled off before a client came and that it gets all the same. Reason: what led to the screen that it
#: finds, some pages of it; 60 kB of logs, less than a second on most links.
DEFAULT_HISTORY_DEPTH: Final = 1000

#: Lines that a client may lag behind before the older ones do not come by themselves any more. Reason: as many as the
#: server keeps unless it is told otherwise; more fill no terminal's scrollback.
HISTORY_BACKLOG: Final = 50_000

#: Share of them that follows after such a flood. Reason: lines that scroll off meanwhile must not push the client out
#: of what is kept at once again.
HISTORY_CATCH_UP: Final = 0.8

#: Seconds without a line that scrolls off after which a flood counts as over. Reason: in the midst of one whatever was
#: sent would be a scrap of lines between two gaps.
HISTORY_CALM: Final = 0.15

#: Seconds after which some lines of a flood that does not end are sent all the same.
HISTORY_FLOOD: Final = 10.0

#: Bytes of history that may ride in a datagram of the screen's. Reason: 16 ms on 128 kbit/s would be felt.
HISTORY_RIDES_ALONG: Final = 160
NEWEST_FIRST: Final = 500
