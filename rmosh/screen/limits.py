"""Bounds on what one screen message may hold: what a peer can make us allocate, and for how long.

What the terminal holds above a bound is cut before it is sent (see `rmosh.screen.codec`), and a
message above one is `Malformed`.
"""

from typing import Final

from rmosh.errors import UsageError

#: Most styles in one message, the default one aside. Reason: some tenths of a second's work for whoever reads them;
#: only pictures made of cells have more. Source: tests/benchmarks/chosen_numbers.py, styles.
MAX_STYLES: Final = 1 << 16

#: Longest grapheme cluster of one cell. Unit: code points. Reason: Unicode's stream-safe format allows 30
#: marks after a base; nothing that people read has more. Source: UAX #15 section 13.
MAX_SENT_CLUSTER: Final = 32

#: Longest OSC 8 link, parameters included. Unit: bytes of UTF-8. Reason: terminals cut URIs at 2083 bytes and
#: ids at 250. Source: the OSC 8 specification's section on limits.
MAX_SENT_LINK: Final = 2400

#: Longest title, icon name and working directory. Unit: bytes of UTF-8. Reason: Linux's PATH_MAX.
MAX_SENT_NAME: Final = 4096

#: Longest OSC 52 selection: each of its letters once. Unit: bytes. Source: xterm's control sequences, OSC 52.
MAX_SELECTION: Final = 16

#: Longest title and longest body of a notification. Unit: bytes of UTF-8. Source: `rmosh.terminal.commands`.
MAX_SENT_NOTIFICATION: Final = 2048

#: Longest name of a pointer's shape, and identifier of a notification. Unit: bytes of UTF-8. Source:
#: `rmosh.terminal.commands` and `rmosh.terminal.notifications`.
MAX_POINTER: Final = 32
MAX_SENT_IDENTIFIER: Final = 64

#: Largest clipboard. Unit: bytes. Reason: a long file, yet a quarter of a message. Source: our own choice;
#: terminals cut at 75 kB to 8 MB.
MAX_SENT_CLIPBOARD: Final = 1 << 20

#: Largest encoded change. Unit: bytes. Source: PROTOCOL.md, SCREEN_SYMBOL's message length.
MAX_MESSAGE: Final = 1 << 22

#: Largest inflated change. Unit: bytes. Reason: 1000x400 cells, each of two direct colours, take 6 MB.
MAX_INFLATED: Final = 1 << 23


class TooLarge(UsageError):
    """A change does not fit in a message: a plainer frame must be sent."""
