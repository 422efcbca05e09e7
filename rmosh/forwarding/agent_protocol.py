"""The ssh-agent protocol as far as a forwarded agent needs it: messages in a byte stream, and what some of them say.

Both ends are strangers here: the program that asks is at the far side, and the agent may be anybody's. Source:
draft-ietf-sshm-ssh-agent; OpenSSH 9.2, PROTOCOL.agent.
"""

import hashlib
from base64 import b64encode
from enum import IntEnum
from typing import Final

from rmosh.errors import Malformed
from rmosh.lazy_dataclass import dataclass

#: Longest message, in bytes. Source: OpenSSH 9.2, AGENT_MAX_LEN of ssh-agent.c and MAX_AGENT_REPLY_LEN of authfd.c.
MAX_AGENT_MESSAGE: Final = 256 * 1024

#: Most keys that an answer tells. Source: OpenSSH 9.2, MAX_AGENT_IDENTITIES of authfd.c.
MAX_IDENTITIES: Final = 2048

#: Bytes of a length ahead of what is so long.
_LENGTH: Final = 4

#: The request that tells an agent which host a connection comes from or goes to.
SESSION_BIND: Final = b"session-bind@openssh.com"


class AgentRequest(IntEnum):
    """What may be asked. Source: the draft, section 7.1."""

    IDENTITIES = 11
    SIGN = 13
    ADD_IDENTITY = 17
    REMOVE_IDENTITY = 18
    REMOVE_ALL_IDENTITIES = 19
    ADD_SMARTCARD_KEY = 20
    REMOVE_SMARTCARD_KEY = 21
    LOCK = 22
    UNLOCK = 23
    ADD_ID_CONSTRAINED = 25
    ADD_SMARTCARD_KEY_CONSTRAINED = 26
    EXTENSION = 27


class AgentReply(IntEnum):
    """What may be answered. Source: the draft, section 7.1."""

    FAILURE = 5
    IDENTITIES = 12


#: An answer, framed, to what is not allowed.
REFUSAL: Final = bytes([0, 0, 0, 1, AgentReply.FAILURE])


@dataclass(frozen=True, slots=True)
class Identity:
    """A key that an agent holds: its public part on the wire, and what its owner calls it."""

    blob: bytes
    comment: str


class Messages:
    """Cuts a byte stream into messages, none longer than MAX_AGENT_MESSAGE."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, untrusted: bytes) -> None:
        """Take more of the stream."""
        self._held += untrusted

    @property
    def size(self) -> int:
        """How many bytes wait for somebody to take them."""
        return len(self._held)

    def next(self) -> bytes | None:
        """Return the next message without its length, None where it has not come whole.

        Raises:
            Malformed: it is empty or too long; nothing more can be read from the stream.
        """
        if len(self._held) < _LENGTH:
            return None
        size = int.from_bytes(self._held[:_LENGTH], "big")
        if not 1 <= size <= MAX_AGENT_MESSAGE:
            raise Malformed(f"a message between a program and an agent has 1 to {MAX_AGENT_MESSAGE} bytes, not {size}")
        if len(self._held) < _LENGTH + size:
            return None
        message = bytes(memoryview(self._held)[_LENGTH : _LENGTH + size])
        del self._held[: _LENGTH + size]
        return message


def string(content: bytes) -> bytes:
    """Return bytes behind their length. Source: RFC 4251 section 5."""
    return len(content).to_bytes(_LENGTH, "big") + content


def session_bind(*, host_key: bytes, session: bytes, signature: bytes) -> bytes:
    """Return the message, framed, that tells an agent from which host a forwarded connection comes.

    Args:
        host_key: that host's, as SSH writes it.
        session: identifier of the SSH session, the hash of its first key exchange.
        signature: the host's, of that identifier.
    Source: OpenSSH 9.2, PROTOCOL.agent section 1.
    """
    fields = (SESSION_BIND, host_key, session, signature)
    is_forwarding = b"\x01"
    return string(bytes([AgentRequest.EXTENSION]) + b"".join(map(string, fields)) + is_forwarding)


def read_identities(untrusted: bytes) -> tuple[Identity, ...]:
    """Read the answer that tells which keys there are.

    Raises:
        Malformed: it is none.
    """
    fields = _Fields(untrusted)
    if fields.byte() != AgentReply.IDENTITIES:
        raise Malformed("the answer does not tell an agent's keys")
    count = fields.number()
    if count > MAX_IDENTITIES:
        raise Malformed(f"an agent tells of {count} keys, more than {MAX_IDENTITIES}")
    return tuple([Identity(fields.string(), _printable(fields.string())) for _ in range(count)])


def read_key_to_sign_with(untrusted: bytes) -> bytes:
    """Return the public part of the key that a request wants a signature of.

    Raises:
        Malformed: it is no such request.
    """
    fields = _Fields(untrusted)
    if fields.byte() != AgentRequest.SIGN:
        raise Malformed("the request is none for a signature")
    return fields.string()


def extension_name(untrusted: bytes) -> bytes:
    """Return the name of what an extension's request asks for.

    Raises:
        Malformed: it is no such request.
    """
    fields = _Fields(untrusted)
    if fields.byte() != AgentRequest.EXTENSION:
        raise Malformed("the request is no extension's")
    return fields.string()


def fingerprint(blob: bytes) -> str:
    """Return a public key's fingerprint as `ssh-add -l` shows it."""
    return "SHA256:" + b64encode(hashlib.sha256(blob).digest()).decode("ascii").rstrip("=")


def _printable(untrusted: bytes) -> str:
    return "".join(
        [each if each.isprintable() else "?" for each in untrusted[:_LONGEST_COMMENT].decode(errors="replace")]
    )


#: How much of a key's comment is kept, in bytes: it is only shown.
_LONGEST_COMMENT: Final = 128


class _Fields:
    """Takes values off the front of a message."""

    def __init__(self, untrusted: bytes) -> None:
        self._untrusted = untrusted
        self._position = 0

    def byte(self) -> int:
        return self._take(1)[0]

    def number(self) -> int:
        return int.from_bytes(self._take(_LENGTH), "big")

    def string(self) -> bytes:
        return self._take(self.number())

    def _take(self, count: int) -> bytes:
        end = self._position + count
        if end > len(self._untrusted):
            raise Malformed(f"a message between a program and an agent ends within {count} bytes that were due")
        taken = self._untrusted[self._position : end]
        self._position = end
        return taken
