"""What a forward that fails on this machine is told as."""

import socket

from rmosh.errors import RmoshError
from rmosh.forwarding import failures
from rmosh.forwarding.answers import AnswerStatus


class CannotListen(RmoshError):
    """Nothing listens where it should; the message says why, as it stands behind a colon."""


def dialled_status(error: OSError) -> AnswerStatus:
    """Return the status that is answered where a place could not be reached, or its name not be found."""
    return AnswerStatus.NO_SUCH_HOST if isinstance(error, socket.gaierror) else failures.status_of(error)
