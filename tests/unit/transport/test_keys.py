"""The chains of keys: derived as the protocol says, forward only, and in no repr."""

import hashlib

from rmosh import PROTOCOL_VERSION
from rmosh.transport.keys import SealingKey, SessionKeys
from rmosh.transport.primitives import Secret
from rmosh.transport.sealing import Opener, Sealer

SECRET = bytes(range(32))


def keyed_hash(key: bytes, data: bytes) -> bytes:
    return hashlib.blake2b(data, key=key, digest_size=32).digest()


def secrets_in(root: object) -> list[Secret]:
    """Return every secret reachable from an object's attributes."""
    if isinstance(root, Secret):
        return [root]
    names = getattr(type(root), "__slots__", ()) or getattr(root, "__dict__", {})
    return [found for name in names for found in secrets_in(getattr(root, name))]


def test_the_keys_are_derived_as_the_protocol_says() -> None:
    start = keyed_hash(SECRET, b"rmosh %d server to client" % PROTOCOL_VERSION)
    expected = SealingKey(Secret(keyed_hash(keyed_hash(start, b"rmosh next epoch"), b"rmosh packet key")))
    key = SessionKeys.derive(SECRET).to_client.chain.following().sealing_key()
    assert key.seal(5, b"text", header=b"header") == expected.seal(5, b"text", header=b"header")


def test_ends_that_go_by_different_versions_share_no_key() -> None:
    ours, theirs = (SessionKeys.derive(SECRET, version=version) for version in (2, 3))
    known = {bytes(secret.held) for secret in secrets_in(ours)}
    assert len(known) == 6
    assert not known & {bytes(secret.held) for secret in secrets_in(theirs)}


def test_the_two_directions_have_nothing_in_common() -> None:
    keys = SessionKeys.derive(SECRET)
    assert not {bytes(secret.held) for secret in secrets_in(keys.to_server)} & {
        bytes(secret.held) for secret in secrets_in(keys.to_client)
    }


def test_what_a_ratchet_leaves_behind_is_overwritten() -> None:
    keys = SessionKeys.derive(SECRET)
    sealer = Sealer(keys.to_server, now=0.0)
    old = [sealer._chain._link, sealer._key._key]
    sealer.seal(0, b"x")
    sealer.on_acknowledged(0)
    sealer.ratchet(now=0.0)
    opener = Opener(SessionKeys.derive(SECRET).to_server)
    link, key = opener._chain._link, opener._key._key
    opener.open(sealer.seal(1, b"x"), now=0.0)
    assert [secret.held for secret in (*old, link)] == [bytes(32)] * 3
    opener.forget_previous(now=59.9)
    assert key.held != bytes(32)
    opener.forget_previous(now=60.0)
    assert key.held == bytes(32)


def test_no_repr_shows_a_key() -> None:
    keys = SessionKeys.derive(SECRET)
    way = keys.to_server
    sealer, opener = Sealer(way, now=0.0), Opener(way)
    parts = (way.chain, way.chain.sealing_key(), way.header_key, way.ids, *secrets_in(way))
    for holder in (keys, way, *parts, sealer, opener):
        assert secrets_in(holder)
        shown = repr(holder) + str(holder)
        assert not any(secret.held.hex() in shown or repr(secret.held) in shown for secret in secrets_in(holder))
