"""Where sessions are forked from: once all that serves one is loaded, a fork server splits off, and rehearses it."""

import contextlib
import gc
import os
import resource  # noqa: F401 - which limits are set by later
from typing import Final

import rmosh_server.serving.main  # noqa: F401 - what a tunnel does without
from rmosh.announce import SECRET_BYTES, SESSION_ID_BYTES, new_announce
from rmosh_server.fork_server.forked import begin
from rmosh_server.fork_server.forked import rehearse as rehearse_asking
from rmosh_server.fork_server.immortal import make_immortal
from rmosh_server.fork_server.rehearsal import rehearse
from rmosh_server.fork_server.server import found
from rmosh_server.process.kept_modules import keep_modules
from rmosh_server.serving.handover import FORK_SERVER_VARIABLE, Handover, format_handover, parse_handover, receive

#: How often a handover is read beforehand. Reason: as that of sessions, `rehearsal.py`.
_HANDOVERS: Final = 10


def forked_session(place: str) -> "Handover | None":
    """Split off a fork server; return None here, and in its forks what is handed over to them."""
    try:
        keep_modules()
        _share()
        asked = found(place, prepare=_rehearse, shown={FORK_SERVER_VARIABLE: place})
    except Exception:  # whatever it is: this session does without
        return None
    if asked is None:
        return None
    try:
        begun = begin(asked)
    except Exception:  # which the login has been told, or has not waited for
        os._exit(1)
    return receive(begun.pipe, begun.numbers)


def _rehearse() -> None:
    """Do what each session does first, in the fork server: what Python prepares for that is shared then."""
    with contextlib.suppress(Exception):  # whatever it is: sessions do without
        rehearse_asking()
        rehearse()
        rehearse_handover()
    make_immortal()
    _share()


def rehearse_handover() -> None:
    """Read what is handed over, and write as a session's process does at first."""
    announce = new_announce(port=1, entropy=bytes(SESSION_ID_BYTES + SECRET_BYTES), version=1, client_timeout=1.0)
    session = Handover(announce, 24, 80, 1, True, 3, 4, 5, 6)
    for _ in range(_HANDOVERS):
        parse_handover(format_handover(session), secret=announce.secret).renumbered({3: 3, 4: 4, 5: 5, 6: 6})
    with open(os.devnull, "w", encoding="ascii") as opened:
        opened.write("0")


def _share() -> None:
    """Have all that is there stay as it is, so that it is shared with what is forked."""
    gc.collect()
    gc.freeze()
