"""Finds the announce line in what the far side prints, past whatever a login script says first."""

import re
from typing import Final

from rmosh import PROTOCOL_VERSION
from rmosh.announce import PREFIX, Announce, parse_announce
from rmosh.errors import BootstrapError, Malformed, Stage

from .prompts import printable
from .remote_command import ARRIVAL_PREFIX
from .request import Fate, Request, SessionStatus

#: Most bytes of chatter before the announce line; the longest message of the day seen is a few kB.
_MAX_CHATTER: Final = 1 << 17

#: What rmosh-server says of its own accord, and what it advises. Source: rmosh_server/complaints.py.
_OWN_WORDS: Final = re.compile(r"^rmosh-server: (.*?)(?:\nhint: (.*))?\Z", re.DOTALL | re.MULTILINE)

#: Bytes of the last output shown when the server fails.
_MAX_SHOWN: Final = 2000


class AnnounceReader:
    """Takes the far side's output as it comes.

    Attributes:
        announce: once its line has come.
        arrival: the host's own address of the SSH connection where it told one.
    """

    def __init__(self) -> None:
        self._partial = b""
        self._tail = b""
        self._read = 0
        self.announce: Announce | None = None
        self.arrival: str | None = None

    def feed(self, untrusted: bytes) -> None:
        """Take the next bytes of the standard output.

        Raises:
            Malformed: there is too much of it, or the announce line is broken.
        """
        if self.announce is not None:
            return
        self._read += len(untrusted)
        *lines, self._partial = (self._partial + untrusted).split(b"\n")
        for line in lines:
            if self.announce is None:
                self._take(line)
        if self.announce is None and self._read > _MAX_CHATTER:
            raise Malformed(f"{self._read} bytes came and no announce line")

    def _take(self, line: bytes) -> None:
        # A prompt or an escape sequence may stand before our line; the secret's line is never kept for display.
        start = line.find(PREFIX.encode())
        if start >= 0:
            self.announce = parse_announce(line[start:])
            return
        start = line.find(ARRIVAL_PREFIX.encode())
        if start >= 0:
            fields = line[start:].decode("ascii", "replace").split()
            self.arrival = fields[3] if len(fields) == 5 else None
            return
        self._tail = (self._tail + line + b"\n")[-_MAX_SHOWN:]

    @property
    def chatter(self) -> str:
        """The last lines before the announce line, printable."""
        return shown(self._tail + self._partial)


def shown(untrusted: bytes) -> str:
    """Return the end of some remote output as text for an error message."""
    return printable(untrusted[-_MAX_SHOWN:].decode(errors="replace")).strip()


def check_announce(announce: Announce, host: str, request: Request) -> None:
    """Raise a BootstrapError where the announced server is of no use to us."""
    _check_version(announce, host)
    if announce.port == 0:
        raise BootstrapError(
            Stage.UDP,
            f"rmosh-server on {host} found no free UDP port in {request.udp_ports}",
            hint="choose another range: --port N:M",
        )


def _check_version(announce: Announce, host: str) -> None:
    if announce.version == PROTOCOL_VERSION:
        return
    older = f"the rmosh on {host}" if announce.version < PROTOCOL_VERSION else "the rmosh here"
    raise BootstrapError(
        Stage.VERSION,
        f"{host} speaks version {announce.version} of the rmosh protocol, this client version {PROTOCOL_VERSION}",
        hint=f"update {older}: pip install --upgrade rmosh",
    )


def failed_server(host: str, *, exit_status: int | None, stderr: bytes, reader: AnnounceReader) -> BootstrapError:
    """Return the error for a far side that ended without an announce line."""
    said = shown(stderr) or reader.chatter
    if exit_status == 127:
        return BootstrapError(
            Stage.SERVER_MISSING,
            f"{host} has no rmosh-server" + (f": {said}" if said else ""),
            hint="install it there: pip install --user rmosh; or tell where it is: --server PATH",
        )
    if exit_status == 126:
        return BootstrapError(
            Stage.SERVER_MISSING,
            f"rmosh-server on {host} cannot be executed" + (f": {said}" if said else ""),
            hint="check its permissions and the interpreter in its first line",
        )
    by_hand = "run `rmosh-server new` there by hand to see why"
    own_words = _OWN_WORDS.search(said)
    if own_words is not None:
        return BootstrapError(Stage.SERVER_FAILED, f"{host}: {own_words[1].strip()}", hint=own_words[2] or by_hand)
    ended = "was ended by a signal" if exit_status is None else f"ended with status {exit_status}"
    return BootstrapError(
        Stage.ANNOUNCE if exit_status == 0 else Stage.SERVER_FAILED,
        f"rmosh-server on {host} {ended} and announced nothing" + (f": {said}" if said else ""),
        hint=by_hand,
    )


def parse_status(untrusted: bytes) -> SessionStatus:
    """Read `rmosh-server status`: `alive`, `unknown` or `ended KIND VALUE`, on the last line.

    Raises:
        BootstrapError: it is none of them.
    """
    lines = untrusted.decode("ascii", "replace").split("\n")
    words = next((line.split() for line in reversed(lines) if line.strip()), [])
    if words == ["alive"]:
        return SessionStatus(Fate.ALIVE)
    if words == ["unknown"]:
        return SessionStatus(Fate.UNKNOWN)
    if len(words) == 3 and words[0] == "ended" and words[2].isdecimal():
        return SessionStatus(Fate.ENDED, kind=printable(words[1]), value=int(words[2]))
    raise BootstrapError(Stage.SERVER_FAILED, "rmosh-server gave no status of the session")
