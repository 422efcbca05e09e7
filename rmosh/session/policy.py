"""The sessions' policy: every number that was chosen rather than derived, in one place.

Units are seconds and bytes unless the name says otherwise.
"""

from typing import Final

# --- Input ---------------------------------------------------------------------------------------------------

#: Unacknowledged input up to this size travels whole in every datagram that carries input, so that one arrival
#: heals all losses; more than that is a paste and goes as a stream of chunks, each repaired by itself.
INPUT_CARRIED_WHOLE: Final = 256

#: How far input may run ahead of what the PTY took, at least. Reason: bounds the server's memory when a program does
#: not read; 64 KiB is what a pipe holds. A client may count on it without being told.
INPUT_WINDOW: Final = 65536
#: The same at most, for a PTY that takes all at once. Reason: as much as sshd allows (2 MiB), which fills 56 Mbit/s at
#: 300 ms.
INPUT_WINDOW_MAX: Final = 2 << 20
#: By how much more a client must be allowed until it is told. Reason: a few bytes down for a dozen datagrams up, and
#: the acknowledgement that comes with them is what a paste's next datagrams wait for.
INPUT_WINDOW_STEP: Final = INPUT_WINDOW // 4

#: Bytes typed and not acknowledged, or twice the congestion window where that is more, from which a client does not
#: read on. Reason: bounds its memory under a paste, into a dead link above all, and is enough for a window that
#: doubles; far above what anyone types in a blackout.
INPUT_BACKLOG: Final = 1 << 18

# --- Frames --------------------------------------------------------------------------------------------------

#: Output since the last frame up to which it counts as an echo, in bytes; more is a redraw.
ECHO_SIZE: Final = 512

#: How long the PTY must be quiet before a frame is taken. Reason: programs write an echo in one to three writes
#: within a fraction of a millisecond; more waiting would be felt on a LAN.
QUIET: Final = 0.0005

#: RTT up to which an echo does not wait for quiet. Reason: on a LAN that wait and the wake-up after it were 0.9 of the
#: 5.3 ms from key to echo (netem bench, lan), and a frame more for a program's second write costs next to nothing.
NEAR_RTT: Final = 0.006

#: How long a frame may wait for that quiet. Reason: a flood is never quiet.
QUIET_LIMIT: Final = 0.005

#: The same for a redraw. Reason: a screenful passes a PTY in pieces of 4 KB, some ms apart on a busy host, and each
#: piece sent as a frame of its own costs several ms at either end: a 160x48 repaint took 62 ms on a LAN instead of 20.
REDRAW_QUIET: Final = 0.003
REDRAW_QUIET_LIMIT: Final = 0.012

#: The same on a LAN, where the wait is felt more than a frame too many: a 160x48 repaint took 18.4 ms instead of 20.1.
NEAR_REDRAW_QUIET: Final = 0.001

#: Frames a second under constant output. Reason: a 50 Hz display; Mosh's cap is the same.
FRAME_INTERVAL: Final = 0.020

#: The same for a while after a key: what a key did to a flood, Ctrl-C above all, shall not wait for the flood's next
#: frame. Unit: seconds. Source: 17.5 ms from Ctrl-C to the stop on a LAN, of which 13 were that wait.
ATTENTIVE_INTERVAL: Final = 0.004
ATTENTION: Final = 0.040

#: Frames that may leave without that spacing. Reason: an editor redraws in a few writes some ms apart and each
#: shall be shown at once.
FRAME_BURST: Final = 5

#: How long a program may hold a synchronized update (mode 2026) open before a frame is taken all the same.
SYNCHRONIZED_LIMIT: Final = 0.150

#: Most frames that the server keeps as possible bases: the newest one shown and those sent since, the oldest given up
#: first. Reason: 2.5 s at full rate; an acknowledgement that takes longer moves the base no more, and no harm is done.
MAX_SENT_FRAMES: Final = 128

#: Most frames that the client keeps as possible bases, the same way. Reason: more than the server keeps, so that it is
#: never the client that lacks one.
MAX_RECEIVED_FRAMES: Final = 2 * MAX_SENT_FRAMES

# --- History -------------------------------------------------------------------------------------------------

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

#: Seconds after the last line until what is kept of history is packed, and from one block to the next. Reason: a block
#: takes 0.3 ms, and nothing that is typed or shown shall wait for it.
PACK_AFTER: Final = 1.0
PACK_INTERVAL: Final = 0.01

#: Bytes that packing must have spared for the host to get them back. Reason: a flood leaves 5 MB, a day's work at a
#: prompt less than this.
WORTH_GIVING_BACK: Final = 1 << 20

# --- The end -------------------------------------------------------------------------------------------------

#: How long a client waits for the last frame before it believes the close that came with it.
CLOSE_WAITS_FOR_FRAME: Final = 1.0

#: How long either side then waits for the lines that scrolled off before. Reason: `rmosh host -- cat log` shall leave
#: the log in the scrollback, as ssh does; who does not want to wait ends it by a key.
CLOSE_WAITS_FOR_HISTORY: Final = 20.0

#: How long a client waits for them in order before it asks for so many of the newest first. Reason: on a fast link all
#: come sooner; a wait that is ended early must not leave out some screens of the newest.
CLOSE_FETCHES_NEWEST_AFTER: Final = 0.5
NEWEST_FIRST: Final = 500

#: How long a client's goodbye is answered, or ours repeated, before it is forgotten. Reason: three round trips of the
#: slowest link.
GOODBYE_PATIENCE: Final = 3.0

#: A patience without end: whoever owns the process gives up.
NEVER: Final = float("inf")

# --- Clients -------------------------------------------------------------------------------------------------

#: How long a client may take from its announce line to its first datagram. Reason: it tries UDP for far less before it
#: reports a failure; nobody else knows the keys.
FIRST_CONTACT_TIMEOUT: Final = 60.0

#: How long a client's connection that goes on failing by a fault of ours is left alone. Reason: keys wait meanwhile.
CONNECTION_LEFT_OFF_FOR: Final = 0.5

#: How long a client may be unheard before the server forgets it and its keys, unless it is told another time. Reason:
#: longer than a holiday; a laptop that was lost shall not hold keys for ever. Unit: seconds.
CLIENT_TIMEOUT: Final = 14 * 86400.0

#: Most clients of one session, those that died unheard counted: they might come back. Reason: bounds memory and the
#: work for each change of the screen; more than anyone watches by hand.
MAX_CLIENTS: Final = 16

#: Seconds from one telling of who is in a session to the next. Reason: nobody reads faster, and a guest whose window
#: changes all the time shall not fill the links of the others.
PEOPLE_INTERVAL: Final = 0.5
