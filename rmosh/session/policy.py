"""The sessions' own policy: clients, patience, and what is packed when; each channel's stands in its folder.

Units are seconds and bytes unless the name says otherwise.
"""

from typing import Final

#: Seconds after the last line until what is kept of history is packed, and from one block to the next. Reason: a block
#: takes 0.3 ms, and nothing that is typed or shown shall wait for it.
PACK_AFTER: Final = 1.0
PACK_INTERVAL: Final = 0.01

#: Bytes that packing must have spared for the host to get them back. Reason: a flood leaves 5 MB, a day's work at a
#: prompt less than this.
WORTH_GIVING_BACK: Final = 1 << 20

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
