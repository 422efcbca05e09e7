"""What every session does, done in the process that sessions are forked from, with a made-up client and clock.

Python prepares much at a first use: attributes looked up, code fitted to what it meets. What was prepared before the
fork stays shared; a session that does it by itself has a copy of its own of each page that this touches: 1 MB more.
"""

import os
from typing import Final

from rmosh import PROTOCOL_VERSION
from rmosh.announce import SECRET_BYTES, SESSION_ID_BYTES, Announce, new_announce
from rmosh.session.attachment import Guest
from rmosh.session.client import ClientSession
from rmosh.session.policy import CLIENT_TIMEOUT
from rmosh.session.server import ServerSession
from rmosh.terminal.cells import Frame
from rmosh.terminal.width import Widths
from rmosh.transport.path import Path
from rmosh_server.shell.columns import columns_here

_ROWS: Final = 24
_COLUMNS: Final = 80

#: Lines of a coloured listing. Reason: the likes of it are what a session's memory was measured with.
_OUTPUT: Final = (
    b"\x1b[0mdrwxr-xr-x 2 root root 4096 Jan  1 12:00 \x1b[01;34mfolder %d\x1b[0m\r\n"
    b"-rw-r--r-- 1 root root %d Jan  1 12:00 \x1b[38;5;208mfile.py\x1b[0m\r\n"
)

#: How many sessions, and turns of each. Reason: Python fits code to what it meets after eight calls of it and some
#: more; three times as many gain nothing over these, which take 0.1 s of a processor.
_SESSIONS: Final = 4
_TURNS: Final = 60

#: Seconds between two turns. Reason: a repeat, an acknowledgement and a heartbeat become due in some of them.
_TURN: Final = 0.04

#: Turns after which a key is typed.
_TYPED_EVERY: Final = 3


def rehearse() -> Frame:
    """Have sessions show something to clients, which type; return what the last one came to show."""
    for _ in range(_SESSIONS):
        entropy = os.urandom(SESSION_ID_BYTES + SECRET_BYTES)
        announce = new_announce(port=1, entropy=entropy, version=PROTOCOL_VERSION, client_timeout=CLIENT_TIMEOUT)
        shown = _play(announce)
        announce.forget_secret()
    return shown


def _play(announce: Announce) -> Frame:
    now = 0.0
    path = Path(0, "127.0.0.1", 1)
    server = ServerSession(rows=_ROWS, columns=_COLUMNS, entropy=os.urandom, now=now, widths=Widths(columns_here))
    server.attach(announce, Guest(_ROWS, _COLUMNS), now=now)
    client = ClientSession(announce, rows=_ROWS, columns=_COLUMNS, paths=[path], entropy=os.urandom, now=now)
    for turn in range(_TURNS):
        now += _TURN
        if turn % _TYPED_EVERY == 0:
            client.send_input(b"x", now=now)
        else:
            server.output(_OUTPUT % (turn, turn), now=now)
        for datagram in client.datagrams_to_send(now=now):
            server.receive_datagram(datagram.data, path, now=now)
        while server.next_event() is not None:
            pass
        for datagram in server.datagrams_to_send(now=now):
            client.receive_datagram(datagram.data, path, now=now)
        while client.next_event() is not None:
            pass
        server.next_wakeup(now=now)
    return client.frame
