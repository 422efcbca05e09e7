"""The streams' policy: how much is on its way and kept, and how many there are. Units are bytes and seconds."""

from typing import Final

#: How far a stream may run ahead of its reader at first, without being told. Reason: fills 80 Mbit/s at 100 ms at once.
FIRST_WINDOW: Final = 1 << 20

#: The same at most, where a reader takes all that comes. Reason: 1 Gbit/s at 250 ms, more than one stream gets here.
LARGEST_WINDOW: Final = 32 << 20

#: How far all streams together may run ahead of their readers. Reason: bounds what a peer can make an end keep; two of
#: the largest windows, so that one stream leaves half of it for the others.
WINDOW_IN_ALL: Final = 64 << 20

#: Share of that which must be left for streams to use their windows, and what one gets of less: until its reader takes
#: anything, and at most after that. Reason: some paused downloads are common, and then hundreds of idle readers leave
#: enough for the next; two of the largest windows at work never come so far.
PLENTY_LEFT: Final = 1 / 4
SHARE_UNREAD: Final = 1 / 1024
SHARE_READ: Final = 1 / 8

#: Share of what may still be sent by which a limit moves before it is told. Reason: a frame of 12 bytes for some 200
#: datagrams, and whoever sends never waits for it.
TOLD_EVERY: Final = 1 / 4

#: Share of that which may be left for all, below which streams are not looked at again because less is left. Reason:
#: a peer that plays with the last bytes shall not have all streams looked at for each of them.
WORTH_LOOKING: Final = 1 / 1024

#: How many streams one end may have opened that are not over. Reason: four times as many as a busy browser behind a
#: proxy; each costs some 2 kB.
MOST_STREAMS: Final = 4096

#: Bytes written and not yet acknowledged up to which a stream takes more: at least, or four times the streams' window
#: where that is more, and at most. Reason: a window that doubles must find something to send, and a loss holds up
#: what a round trip brings behind it.
LEAST_SEND_BUFFER: Final = 256 << 10
LARGEST_SEND_BUFFER: Final = 32 << 20

#: The same of all streams together. Reason: bounds the memory of an end whose link is dead.
SEND_BUFFER_IN_ALL: Final = 64 << 20

#: Most pieces of one stream, and of all, that wait for what is missing before them. Reason: more than the datagrams of
#: any congestion window with every second one lost; each costs some 100 bytes.
MOST_PIECES: Final = 1 << 14
MOST_PIECES_IN_ALL: Final = 1 << 16

#: Bytes that have not arrived, and how many streams they may be of, up to which all go whole into each datagram and are
#: repeated as what is typed is. Reason: somebody types there, through an ssh inside; as much as input is carried whole.
CARRIED_WHOLE: Final = 256
FEW_STREAMS: Final = 4

#: Longest space between two questions while the peer is silent and a stream waits, in seconds. Reason: whatever uses a
#: stream goes on so soon after a blackout that no key and no change of network tells the end of.
LONGEST_SILENT_WAIT: Final = 5.0
