"""Finds the announce line that answers our hello in what the far side prints, past whatever a login script says.

Only a line that begins with the announce prefix and repeats our nonce is believed. Any other such line is passed over:
a login script, or whoever else can write there, may have printed it.
"""

import contextlib
import re
import shlex
from collections.abc import Sequence
from typing import Final

from rmosh.announce import ANNOUNCE_PREFIX, Announce, AnnounceLine, parse_where, read_announce, split_announce
from rmosh.errors import BootstrapError, Malformed, Stage
from rmosh.hello import Hello
from rmosh.lazy_dataclass import dataclass, replace
from rmosh.session_name import CHOICE_PREFIX
from rmosh_client.bootstrap.choice import MAX_OFFERS, Offer, parse_offer
from rmosh_client.bootstrap.exit_status import FAILED
from rmosh_client.bootstrap.login_channel import LoginChannel
from rmosh_client.bootstrap.prompts import printable
from rmosh_client.bootstrap.request import Fate, PathWish, Request, SessionStatus
from rmosh_client.bootstrap.server_search import ServerSearch

#: Most bytes of chatter before the announce line; the longest message of the day seen is a few kB.
_MAX_CHATTER: Final = 1 << 17

#: What rmosh-server says of its own accord, and what it advises. Source: rmosh_server/command/complaints.py.
_OWN_WORDS: Final = re.compile(r"^rmosh-server: (.*?)(?:\nhint: (.*))?\Z", re.DOTALL | re.MULTILINE)

#: What it calls a host that it does not know by the user's name.
_HOST: Final = re.compile(r"\bHOST\b")

#: Bytes of the last output shown when the server fails.
_MAX_SHOWN: Final = 2000

_PREFIX: Final = ANNOUNCE_PREFIX.encode()
_CHOICE_PREFIX: Final = CHOICE_PREFIX.encode()

#: The version of an announce line, whatever follows.
_VERSION: Final = re.compile(rb"%s ([0-9]{1,5})\b" % _PREFIX)


class AnnounceReader:
    """Takes the far side's output as it comes.

    Attributes:
        line: the announce line that answers our hello, once it has come.
        unbelieved: the version of the last announce line that does not; None where there was none.
        search: what came of looking for the server there.
        offers: sessions of which each may be meant.
        behind: what has come behind that line.
    """

    def __init__(self, hello: Hello) -> None:
        self._nonce = hello.nonce
        self._partial = b""
        self._tail = b""
        self._read = 0
        self.line: AnnounceLine | None = None
        self.unbelieved: int | None = None
        self.search = ServerSearch()
        self.offers: list[Offer] = []
        self.behind = b""

    def feed(self, untrusted: bytes) -> None:
        """Take the next bytes of the standard output.

        Raises:
            Malformed: there is too much of it.
        """
        if self.line is not None:
            self.behind += untrusted
            return
        self._read += len(untrusted)
        self._partial += untrusted
        while self.line is None and b"\n" in self._partial:
            line, _, self._partial = self._partial.partition(b"\n")
            self._take(line)
        if self.line is not None:
            self.behind, self._partial = self._partial, b""
        if self.line is None and self._read > _MAX_CHATTER:
            raise Malformed(f"{self._read} bytes came and no announce line")

    def _take(self, untrusted: bytes) -> None:
        if self.search.take(untrusted):
            return
        if untrusted.startswith(_CHOICE_PREFIX):
            with contextlib.suppress(Malformed):
                self.offers = [*self.offers, parse_offer(untrusted)][:MAX_OFFERS]
            return
        if not untrusted.startswith(_PREFIX):
            self._tail = (self._tail + _without_secret(untrusted) + b"\n")[-_MAX_SHOWN:]
            return
        with contextlib.suppress(Malformed):
            line = split_announce(untrusted)
            if line.nonce == self._nonce:
                self.line = line
                return
        version = _VERSION.match(untrusted)
        self.unbelieved = None if version is None else int(version[1])

    @property
    def shell_ran(self) -> bool:
        """Whether sh has run our command, whatever came of it."""
        return self.search.shell_ran

    @property
    def chatter(self) -> str:
        """The last lines before the announce line, printable."""
        return shown(self._tail + _without_secret(self._partial))


def what_printed_it(request: Request) -> str:
    """Return what helps where no server would print what was read."""
    return "is --server an rmosh-server?" if request.server else "`ssh HOST true` should print nothing: mend what does"


def _without_secret(untrusted: bytes) -> bytes:
    """Return what of a line may be displayed: wherever in it the prefix stands, a secret may follow."""
    return untrusted.partition(_PREFIX)[0]


def shown(untrusted: bytes) -> str:
    """Return the end of some remote output as text for an error message."""
    return printable(untrusted[-_MAX_SHOWN:].decode(errors="replace")).strip()


def accept_announce(line: AnnounceLine, host: str, request: Request, hello: Hello) -> Announce:
    """Return what the answer to our hello announces.

    Raises:
        BootstrapError: at the stages version, announce and UDP: the announced server is of no use to us.
    """
    if line.version not in hello.versions:
        raise _other_version(line.version, host, hello)
    try:
        announce = read_announce(line)
    except Malformed as error:
        raise BootstrapError(
            Stage.ANNOUNCE,
            f"what {host} announced cannot be read: {error}",
            hint=what_printed_it(request),
        ) from error
    announce = replace(announce, stream=announce.stream and hello.stream)
    if request.path is PathWish.SSH and not announce.stream:
        raise BootstrapError(
            Stage.VERSION,
            f"the rmosh-server on {host} cannot go on inside SSH",
            hint="update it, or leave --path ssh out",
        )
    if announce.port == 0 and not announce.stream:
        raise BootstrapError(
            Stage.UDP,
            f"rmosh-server on {host} found no free UDP port in {request.udp_ports}",
            hint="choose another range: --port N:M",
        )
    return announce


def _other_version(version: int, host: str, hello: Hello) -> BootstrapError:
    ours = max(hello.versions)
    older = f"the rmosh on {host}" if version < ours else "the rmosh here"
    return BootstrapError(
        Stage.VERSION,
        f"{host} speaks version {version} of the rmosh protocol, this client version {ours}",
        hint=f"update {older}: pipx install --force . in a newer checkout of rmosh",
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a command that shall announce a session.

    Attributes:
        status: how it ended where it announced no session; None where a signal ended it.
        complaints: the last of its standard error, then.
        channel: where datagrams follow the announce line, should they.
    """

    hello: Hello
    reader: AnnounceReader
    status: int | None = None
    complaints: bytes = b""
    channel: LoginChannel | None = None

    @property
    def line(self) -> AnnounceLine | None:
        return self.reader.line

    @property
    def runs_nothing(self) -> bool:
        """Whether the account let us in and sh never ran there."""
        return self.reader.line is None and not self.reader.shell_ran

    @property
    def speaks_python(self) -> bool:
        """Whether the account's login shell took our command for a program in Python."""
        return b"SyntaxError" in self.complaints


@dataclass(frozen=True, slots=True)
class Announced:
    """A session that was announced.

    Attributes:
        channel: what it goes on in; None where it does not.
        was_sent: its server is in memory alone.
    """

    announce: Announce
    channel: LoginChannel | None
    was_sent: bool


def failed_server(host: str, answer: Answer) -> BootstrapError:
    """Return the error for a far side that ended without an announce line that answers our hello."""
    exit_status, reader, hello = answer.status, answer.reader, answer.hello
    said = shown(answer.complaints) or reader.chatter
    by_hand = "run `rmosh-server new` there by hand to see why"
    explained = failed_command(host, exit_status, said, by_hand=by_hand)
    if explained is not None:
        return explained
    if reader.unbelieved is not None and reader.unbelieved not in hello.versions:
        return _other_version(reader.unbelieved, host, hello)
    if reader.unbelieved is not None:
        return BootstrapError(
            Stage.ANNOUNCE,
            f"{host} printed an announce line that does not answer this login, so it was ignored",
            hint="find out what prints it there: a login script, or a --server that is not rmosh-server",
        )
    ended = "was ended by a signal" if exit_status is None else f"ended with status {exit_status}"
    return BootstrapError(
        Stage.ANNOUNCE if exit_status == 0 else Stage.SERVER_FAILED,
        f"rmosh-server on {host} {ended} and announced no session" + (f": {said}" if said else ""),
        hint=by_hand,
    )


def split_words(said: str) -> tuple[str, str]:
    """Return what ssh says among what came through it, and what rmosh-server says, which comes last."""
    own_words = _OWN_WORDS.search(said)
    return (said, "") if own_words is None else (said[: own_words.start()], said[own_words.start() :])


def failed_command(
    host: str, exit_status: int | None, said: str, *, by_hand: str = "", ends_with: int = FAILED
) -> BootstrapError | None:
    """Return what a command of rmosh-server's failed with, from its status and words; None where it has no such words.

    Args:
        by_hand: what to do where it does not say.
        ends_with: what our own command exits with for the server's own reasons.
    """
    if exit_status == 127:
        return BootstrapError(
            Stage.SERVER_MISSING,
            f"{host} has no rmosh-server" + (f" ({said.removeprefix('rmosh-server: ')})" if said else ""),
            hint="install it there (pipx install . in a checkout of rmosh), or say where it is: --server PATH",
        )
    if exit_status == 126:
        return BootstrapError(
            Stage.SERVER_MISSING,
            f"rmosh-server on {host} cannot be executed" + (f": {said}" if said else ""),
            hint="check its permissions and the interpreter in its first line",
        )
    own_words = _OWN_WORDS.search(said)
    if own_words is None:
        return None
    return BootstrapError(
        Stage.SERVER_FAILED,
        f"{host}: {own_words[1].strip()}",
        hint=_HOST.sub(lambda _: shlex.quote(host), own_words[2] or by_hand),
        exit_status=ends_with,
    )


def parse_status(untrusted: bytes) -> SessionStatus:
    """Read `rmosh-server status`: `alive`, `unknown` or `ended KIND VALUE`, on the last line; before it where it is.

    Raises:
        BootstrapError: it is none of them.
    """
    lines = untrusted.decode("ascii", "replace").split("\n")
    words = next((line.split() for line in reversed(lines) if line.strip()), [])
    if words == ["alive"]:
        return SessionStatus(Fate.ALIVE, claimed=_where(lines))
    if words == ["unknown"]:
        return SessionStatus(Fate.UNKNOWN)
    if len(words) == 3 and words[0] == "ended" and words[2].isdecimal():
        return SessionStatus(Fate.ENDED, kind=printable(words[1]), value=int(words[2]))
    raise BootstrapError(Stage.SERVER_FAILED, "rmosh-server gave no status of the session")


def _where(lines: Sequence[str]) -> tuple[str, ...]:
    """Return where the host says that it is; older ones say nothing of it."""
    for line in reversed(lines):
        with contextlib.suppress(Malformed):
            return parse_where(line.rstrip("\r"))
    return ()
