"""The asker's end of a door."""

import contextlib
import os
import socket
import time
from typing import Final

from rmosh.errors import Malformed
from rmosh_client.sharing.doors import LoginDoors, is_ours
from rmosh_client.sharing.messages import (
    HEARD,
    MAX_DOOR_LINE,
    Answer,
    DoorQuestion,
    Refused,
    format_question,
    parse_answer,
)

#: Seconds in which whoever is behind a door has heard a question. Reason: it takes a turn of its loop on a busy host,
#: and one that is stopped (Ctrl-Z) must not keep anybody from logging in for himself.
_HEARD_WITHIN: Final = 1.0


def ask(door: str, question: DoorQuestion, *, within: float) -> Answer:
    """Ask whoever is behind a door, and wait for the answer for so many seconds; blocks.

    A door that nobody is behind any more is removed.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connected:
        try:
            connected.settimeout(_HEARD_WITHIN)
            connected.connect(door)
            if not is_ours(connected):
                return Refused("another user is behind that door")
            connected.sendall(format_question(question))
            reader = _Lines(connected)
            if reader.next_line(deadline=time.monotonic() + _HEARD_WITHIN) != HEARD:
                return Refused("what is behind that door speaks another language")
            return parse_answer(reader.next_line(deadline=time.monotonic() + within))
        except ConnectionRefusedError:
            with contextlib.suppress(OSError):
                os.unlink(door)
            return Refused("nobody is behind that door any more")
        except TimeoutError:
            return Refused("no answer in time")
        except (OSError, Malformed) as error:
            return Refused(str(error))


def ask_any(doors: LoginDoors, likeness: str, question: DoorQuestion, *, within: float) -> Answer:
    """Ask behind the doors of a likeness, one after the other, until one does not refuse.

    Args:
        within: seconds for each.
    """
    answer: Answer = Refused("no session here has such a login")
    for door in doors.found(likeness):
        answer = ask(door, question, within=within)
        if not isinstance(answer, Refused):
            break
    return answer


class _Lines:
    """What comes from a socket, a line at a time."""

    def __init__(self, connected: socket.socket) -> None:
        self._connected = connected
        self._untrusted = b""

    def next_line(self, *, deadline: float) -> bytes:
        """Return the next one, its newline included.

        Raises:
            Malformed: it is too long, or does not end.
            TimeoutError: it has not come in time.
        """
        while b"\n" not in self._untrusted:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._connected.settimeout(left)
            data = self._connected.recv(MAX_DOOR_LINE)
            self._untrusted += data
            if not data or len(self._untrusted) > MAX_DOOR_LINE + len(HEARD):
                raise Malformed("the answer is too long, or none")
        line, _, self._untrusted = self._untrusted.partition(b"\n")
        return line + b"\n"
