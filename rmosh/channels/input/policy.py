"""Input's policy: how far it may run ahead, and how it travels. Units are bytes."""

from typing import Final

from rmosh.transport.policy import FLOOR_MTU

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

#: Most pieces of the largest window with holes between them: twice as many as when every second datagram of the
#: smallest size is lost.
MAX_INPUT_PIECES: Final = INPUT_WINDOW_MAX // FLOOR_MTU
