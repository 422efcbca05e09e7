"""The door to libsodium: both ways through it give the published results, and a dropped secret is overwritten."""

import types

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.errors import Malformed, NotAuthentic
from rmosh.transport import sodium
from rmosh.transport.sodium import PRIMITIVES, Direct, Primitives, Secret, ThroughBindings, choose

BOTH = pytest.mark.parametrize("primitives", [PRIMITIVES, ThroughBindings()], ids=["this process's", "bindings"])
NONCE = bytes(range(12))


def test_here_keys_stay_in_their_buffers() -> None:
    """The release that is tested has the module; elsewhere this says why memory is not as clean as promised."""
    assert isinstance(PRIMITIVES, Direct)


@BOTH
def test_the_sealed_example_of_rfc_8439_section_2_8_2_comes_out(primitives: Primitives) -> None:
    key = Secret(bytes(range(0x80, 0xA0)))
    nonce, header = bytes.fromhex("070000004041424344454647"), bytes.fromhex("50515253c0c1c2c3c4c5c6c7")
    plaintext = (
        b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
        b"sunscreen would be it."
    )
    sealed = primitives.seal(key, nonce, plaintext, header)
    assert sealed[:16].hex() == "d31a8d34648e60db7b86afbc53ef7ec2"
    assert sealed[-16:].hex() == "1ae10b594f09e26a7e902ecbd0600691"
    assert primitives.unseal(key, nonce, sealed, header) == plaintext


@BOTH
def test_the_exchange_of_rfc_7748_section_6_1_comes_out(primitives: Primitives) -> None:
    bob = Secret(bytes.fromhex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"))
    alices_share = bytes.fromhex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
    agreed = Secret()
    primitives.agree(bob, alices_share, agreed)
    assert primitives.share_of(bob).hex() == "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"
    assert agreed.held.hex() == "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"


@BOTH
@pytest.mark.parametrize("share", [bytes(32), b"\1" + bytes(31), bytes(31), bytes(33)], ids=len)
def test_a_share_that_makes_no_secret_is_refused(primitives: Primitives, share: bytes) -> None:
    with pytest.raises(Malformed):
        primitives.agree(Secret(bytes(range(32))), share, Secret())


@BOTH
@given(untrusted=st.binary(max_size=80))
def test_arbitrary_bytes_are_not_authentic(primitives: Primitives, untrusted: bytes) -> None:
    with pytest.raises(NotAuthentic):
        primitives.unseal(Secret(bytes(range(32))), NONCE, untrusted, b"header")


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=100), st.binary(max_size=20))
def test_both_ways_agree(key: bytes, data: bytes, header: bytes) -> None:
    results = []
    for primitives in (PRIMITIVES, ThroughBindings()):
        secret, hashed = Secret(key), Secret()
        primitives.keyed_hash(secret, data, hashed)
        sealed = primitives.seal(secret, NONCE, data, header)
        assert primitives.unseal(secret, NONCE, sealed, header) == data
        assert primitives.public_hash(secret, data) == hashed.held
        results.append((sealed, bytes(hashed.held), primitives.share_of(secret)))
    assert results[0] == results[1]


def test_a_secret_is_overwritten_when_told_and_when_dropped() -> None:
    told, dropped = Secret(b"k" * 32), Secret(b"k" * 32)
    told.overwrite()
    held = dropped.held
    del dropped
    assert told.held == held == bytes(32)


def with_functions(**changed: object) -> object:
    """Return pynacl's private module with some functions other than they are."""
    real = sodium._private.lib
    functions = {name: getattr(real, name) for name in dir(real) if name.startswith("crypto_")}
    return types.SimpleNamespace(ffi=sodium._private.ffi, lib=types.SimpleNamespace(**(functions | changed)))


def test_a_private_module_that_is_gone_or_other_than_we_know_is_not_used() -> None:
    assert isinstance(choose(with_functions()), Direct)
    assert isinstance(choose(None), ThroughBindings)
    assert isinstance(choose(types.SimpleNamespace(ffi=None)), ThroughBindings)
    assert isinstance(choose(with_functions(crypto_scalarmult=lambda one: 0)), ThroughBindings)
    assert isinstance(choose(with_functions(crypto_scalarmult=lambda into, private, share: 0)), ThroughBindings)
