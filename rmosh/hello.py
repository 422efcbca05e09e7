"""The hello: what a client says first, on the standard input of the command that announces a session to it.

Only whoever reads that input knows its nonce, so an announce line that repeats the nonce answers this hello and is no
login script's, no other process's. It is never in argv or the environment, which others can read. It also tells which
versions of the protocol the client speaks; the server chooses.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from rmosh import PROTOCOL_VERSIONS
from rmosh.announce import parse_fields
from rmosh.errors import BootstrapError, Malformed, Stage

#: What a hello starts with.
PREFIX: Final = "RMOSH-HELLO"

#: Length of a nonce in bytes; 128 bits are never guessed.
NONCE_BYTES: Final = 16

#: Longest hello in characters; room for what later versions add.
MAX_HELLO: Final = 512

#: Most versions that a hello may name. Reason: far more than anybody will speak at once.
MAX_VERSIONS: Final = 16

_NONCE: Final = re.compile(r"[0-9a-f]{32}")
_VERSIONS: Final = re.compile(rf"[1-9][0-9]{{0,4}}(,[1-9][0-9]{{0,4}}){{0,{MAX_VERSIONS - 1}}}")


@dataclass(frozen=True, slots=True)
class Hello:
    """What the client says of itself.

    Attributes:
        nonce: to be repeated in the announce line; 32 hexadecimal digits.
        versions: of the protocol that it speaks.
    """

    nonce: str = field(repr=False)
    versions: tuple[int, ...] = PROTOCOL_VERSIONS


def new_hello(*, entropy: bytes) -> Hello:
    """Return a fresh hello from NONCE_BYTES bytes of entropy."""
    return Hello(entropy[:NONCE_BYTES].hex())


def format_hello(hello: Hello) -> str:
    """Return the line, without its newline."""
    return f"{PREFIX} versions={','.join(map(str, hello.versions))} nonce={hello.nonce}"


def parse_hello(untrusted: bytes) -> Hello:
    """Read one line; fields that are unknown mean nothing.

    Raises:
        Malformed: it is not a hello; the message never repeats the line.
    """
    if len(untrusted) > MAX_HELLO:
        raise Malformed(f"a hello has at most {MAX_HELLO} characters, this line has {len(untrusted)}")
    prefix, _, rest = untrusted.decode("ascii", "replace").rstrip("\r\n").partition(" ")
    if prefix != PREFIX:
        raise Malformed("the line is not a hello")
    fields = parse_fields(rest)
    nonce, versions = fields.get("nonce", ""), fields.get("versions", "")
    if _NONCE.fullmatch(nonce) is None or _VERSIONS.fullmatch(versions) is None:
        raise Malformed("a hello has a nonce of 32 hexadecimal digits and a list of versions, this one has not")
    return Hello(nonce, tuple(map(int, versions.split(","))))


def choose_version(offered: Sequence[int], *, spoken: Sequence[int] = PROTOCOL_VERSIONS) -> int:
    """Return the highest version that both ends speak.

    Raises:
        BootstrapError: there is none.
    """
    common = set(offered) & set(spoken)
    if common:
        return max(common)
    older = "there" if max(offered, default=0) < max(spoken) else "on this host"
    raise BootstrapError(
        Stage.VERSION,
        f"the client speaks version {_listed(offered)} of the rmosh protocol, this server version {_listed(spoken)}",
        hint=f"update the rmosh {older}",
    )


def _listed(versions: Sequence[int]) -> str:
    return " and ".join(map(str, sorted(set(versions)))) or "none"
