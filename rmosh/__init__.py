"""The sans-IO core of rmosh: transport, terminal, screen sync, prediction, sessions.

Nothing in this package opens a socket, reads a clock, draws randomness or calls the operating system: `now` (monotonic
seconds) and entropy come in as arguments. Each end of a session has the same four verbs: `receive_datagram`,
`datagrams_to_send`, `next_wakeup` and `next_event`. Here the caller is the network:

>>> from random import Random
>>> from rmosh.announce import new_announce
>>> from rmosh.session.attachment import Guest
>>> from rmosh.session.client import ClientSession
>>> from rmosh.session.server import ServerSession
>>> from rmosh.transport.path import Path
>>> here, there, entropy = Path(0, "192.0.2.1", 40000), Path(0, "192.0.2.2", 60001), Random(1).randbytes
>>> announce = new_announce(port=there.port, entropy=entropy(40))
>>> client = ClientSession(announce, rows=2, columns=8, paths=[there], entropy=entropy, now=0.0)
>>> server = ServerSession(rows=2, columns=8, entropy=entropy, now=0.0)
>>> server.attach(announce, Guest(rows=2, columns=8, login_host=here.host), now=0.0)
>>> server.output(b"hello", now=0.0)
>>> for now in (0.00, 0.01, 0.02, 0.03):
...     for datagram in client.datagrams_to_send(now=now):
...         server.receive_datagram(datagram.data, here, now=now)
...     for datagram in server.datagrams_to_send(now=now):
...         client.receive_datagram(datagram.data, there, now=now)
>>> "".join(cell.text for cell in client.frame.rows[0].cells)
'hello   '

Stability: alpha. The wire is held compatible (`PROTOCOL.md`); names and arguments may change with any release 0.x.
"""

__all__ = ["PROTOCOL_VERSION", "PROTOCOL_VERSIONS", "__version__"]

#: The one place where the version stands: the build, the commands and the announce line take it from here.
__version__ = "0.1.0"

#: Versions of the protocol that this release speaks, ascending. The client names its own, the server chooses. Source:
#: PROTOCOL.md, Versions.
PROTOCOL_VERSIONS = (2,)

#: The newest of them.
PROTOCOL_VERSION = PROTOCOL_VERSIONS[-1]
