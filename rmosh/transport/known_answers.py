"""What a library must answer before it is used: the published examples, and refusals."""

from collections.abc import Callable
from typing import Final

from rmosh.errors import Malformed, NotAuthentic, PeerError
from rmosh.transport.primitives import KEY_BYTES, Primitives, Secret

#: ChaCha20-Poly1305: a key, a nonce, a header, a plaintext and what they come to. Source: RFC 8439 section 2.8.2.
SEAL_KEY: Final = bytes(range(0x80, 0xA0))
NONCE: Final = bytes.fromhex("070000004041424344454647")
HEADER: Final = bytes.fromhex("50515253c0c1c2c3c4c5c6c7")
PLAINTEXT: Final = (
    b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
    b"sunscreen would be it."
)
SEALED: Final = bytes.fromhex(
    "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b"
    "1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
    "3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691"
)

#: X25519: Bob's private key and share, Alice's share, and what they agree on. Source: RFC 7748 section 6.1.
PRIVATE: Final = bytes.fromhex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
SHARE: Final = bytes.fromhex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
OTHER_SHARE: Final = bytes.fromhex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
AGREED: Final = bytes.fromhex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")

#: BLAKE2b-256 of `abc` under the bytes 0 to 31. Source: hashlib and libsodium; RFC 7693 has no example with a key.
HASH_KEY: Final = bytes(range(KEY_BYTES))
HASHED: Final = bytes.fromhex("d63a32d3e44738d7907f964316c241adaba0abfeabc32349677578a15a203f7f")


def wrong_answer(primitives: Primitives) -> str:
    """Return what a library does not do as published; "" where all is right."""
    if not _seals(primitives):
        return "its ChaCha20-Poly1305 is not RFC 8439's"
    if not _hashes(primitives):
        return "its BLAKE2b is not RFC 7693's"
    if not _agrees(primitives):
        return "its X25519 is not RFC 7748's"
    return ""


def _seals(primitives: Primitives) -> bool:
    key = Secret(SEAL_KEY)
    changed = bytes([SEALED[0] ^ 1]) + SEALED[1:]
    return (
        primitives.seal(key, NONCE, PLAINTEXT, HEADER) == SEALED
        and primitives.unseal(key, NONCE, SEALED, HEADER) == PLAINTEXT
        and _refuses(NotAuthentic, lambda: primitives.unseal(key, NONCE, changed, HEADER))
        and _refuses(NotAuthentic, lambda: primitives.unseal(key, NONCE, SEALED, b""))
    )


def _hashes(primitives: Primitives) -> bool:
    key, hashed, mixed = Secret(HASH_KEY), Secret(), Secret()
    primitives.keyed_hash(key, b"abc", hashed)
    primitives.mix(key, hashed, mixed)
    return hashed.held == HASHED == primitives.public_hash(key, b"abc") and (
        primitives.public_hash(key, HASHED) == mixed.held
    )


def _agrees(primitives: Primitives) -> bool:
    private, agreed = Secret(PRIVATE), Secret()
    primitives.agree(private, OTHER_SHARE, agreed)
    return (
        primitives.share_of(private) == SHARE
        and agreed.held == AGREED
        and _refuses(Malformed, lambda: primitives.agree(private, bytes(KEY_BYTES), agreed))
    )


def _refuses(error: type[PeerError], action: Callable[[], object]) -> bool:
    try:
        action()
    except error:
        return True
    return False
