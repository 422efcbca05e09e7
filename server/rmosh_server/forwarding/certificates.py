"""What an OpenSSH user certificate allows of forwarding: its extensions. Source: OpenSSH's PROTOCOL.certkeys."""

import base64
from typing import Final

from rmosh.errors import Malformed
from rmosh_server.forwarding.permissions import Directions, Rules

#: What the type of a certificate ends with; before it stands the type of the key.
SUFFIX_OF_TYPE: Final = "-cert-v01@openssh.com"

#: Type of a key -> how many strings it has in a certificate.
_STRINGS_OF_KEY: Final = {
    "ssh-ed25519": 1,
    "ssh-rsa": 2,
    "ecdsa-sha2-nistp256": 2,
    "ecdsa-sha2-nistp384": 2,
    "ecdsa-sha2-nistp521": 2,
    "sk-ssh-ed25519": 2,
    "sk-ecdsa-sha2-nistp256": 3,
    "ssh-dss": 4,
}

#: Bytes of a number of 64 and of 32 bits.
_LONG: Final = 8
_SHORT: Final = 4


def certificate_rules(kind: str, encoded: str) -> Rules:
    """Return what a certificate, as a line of a key file has it, says of forwarding; one that is unreadable, nothing.

    sshd has let its owner in with it, so what cannot be read here is of a later version.
    """
    try:
        allowed = extensions_of(kind, base64.b64decode(encoded, validate=True))
    except (Malformed, ValueError):
        allowed = set()
    ways = None if "permit-port-forwarding" in allowed else Directions(outward=False, inward=False)
    return Rules(
        "the certificate that let you in",
        ports=ways,
        sockets=ways,
        agent="permit-agent-forwarding" in allowed,
        x11="permit-X11-forwarding" in allowed,
    )


def extensions_of(kind: str, untrusted: bytes) -> set[str]:
    """Return the names of a certificate's extensions.

    Raises:
        Malformed: it is no certificate of this type, or of a type that is unknown.
    """
    strings = _STRINGS_OF_KEY.get(kind.partition(SUFFIX_OF_TYPE)[0])
    fields = _Fields(untrusted)
    if strings is None or fields.string() != kind.encode():
        raise Malformed("this is no certificate of a type that is known")
    for _ in range(1 + strings):  # a nonce, then the key
        fields.string()
    fields.skip(_LONG + _SHORT)  # serial number, user or host
    fields.string()  # name
    fields.string()  # principals
    fields.skip(_LONG + _LONG)  # valid from, until
    fields.string()  # critical options
    pairs = _Fields(fields.string())
    found = set()
    while not pairs.is_at_end:
        found.add(pairs.string().decode("ascii", "replace"))
        pairs.string()
    return found


class _Fields:
    """Takes strings behind their lengths off untrusted bytes; raises only Malformed."""

    def __init__(self, untrusted: bytes) -> None:
        self._untrusted = untrusted
        self._position = 0

    @property
    def is_at_end(self) -> bool:
        return self._position == len(self._untrusted)

    def skip(self, count: int) -> bytes:
        """Take so many bytes."""
        taken = self._untrusted[self._position : self._position + count]
        if len(taken) < count:
            raise Malformed("a certificate ends within a field")
        self._position += count
        return taken

    def string(self) -> bytes:
        """Take a length of 32 bits, and so many bytes."""
        return self.skip(int.from_bytes(self.skip(_SHORT), "big"))
