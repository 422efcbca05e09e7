"""What the system says when a connection or a listener fails: as the status of an answer, and in words."""

import errno
from typing import Final

from rmosh.forwarding.answers import AnswerStatus

_STATUSES: Final = {
    errno.ECONNREFUSED: AnswerStatus.REFUSED,
    errno.ETIMEDOUT: AnswerStatus.TIMED_OUT,
    errno.EHOSTUNREACH: AnswerStatus.UNREACHABLE,
    errno.ENETUNREACH: AnswerStatus.UNREACHABLE,
    errno.EHOSTDOWN: AnswerStatus.UNREACHABLE,
    errno.ENETDOWN: AnswerStatus.UNREACHABLE,
    errno.EADDRNOTAVAIL: AnswerStatus.UNREACHABLE,
    errno.EACCES: AnswerStatus.NO_PERMISSION,
    errno.EPERM: AnswerStatus.NO_PERMISSION,
    errno.ENOENT: AnswerStatus.NOT_THERE,
    errno.ENOTDIR: AnswerStatus.NOT_THERE,
    errno.EADDRINUSE: AnswerStatus.IN_USE,
    errno.EMFILE: AnswerStatus.TOO_MANY,
    errno.ENFILE: AnswerStatus.TOO_MANY,
}


def status_of(error: OSError) -> AnswerStatus:
    """Return the status that an error is answered by."""
    return _STATUSES.get(error.errno or 0, AnswerStatus.FAILED)


def in_words(error: OSError) -> str:
    """Return an error's words as they stand behind a colon: `connection refused`."""
    words = error.strerror or str(error)
    return words[:1].lower() + words[1:]
