"""The libraries of cryptography: all ways to them give the published results, and a dropped secret is overwritten."""

import ctypes
import types
from collections.abc import Callable
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.errors import BootstrapError, Malformed, NotAuthentic
from rmosh.transport import sodium
from rmosh.transport.cryptography import PRIMITIVES, choose_of_system
from rmosh.transport.known_answers import AGREED, PLAINTEXT, wrong_answer
from rmosh.transport.libcrypto import LibCrypto
from rmosh.transport.libsodium import LibSodium
from rmosh.transport.primitives import Primitives, Secret
from rmosh.transport.shared_libraries import LIBCRYPTO, LIBSODIUM, linked_libcrypto, opened
from rmosh.transport.sodium import Direct, ThroughBindings, choose, sign_once


def ways() -> dict[str, Primitives]:
    """Return every way to a library that there is here."""
    found: dict[str, Primitives] = {"this process's": PRIMITIVES, "bindings": ThroughBindings()}
    found |= {name: LibSodium(library) for name, library in opened(LIBSODIUM)}
    found |= {name: LibCrypto(library) for name, library in (*opened(LIBCRYPTO), *linked_libcrypto())}
    return found


WAYS = ways()
EACH = pytest.mark.parametrize("primitives", WAYS.values(), ids=WAYS)
NONCE = bytes(range(12))


def test_here_keys_stay_in_their_buffers() -> None:
    """The release that is tested has the module; elsewhere this says why memory is not as clean as promised."""
    assert isinstance(PRIMITIVES, Direct)


@EACH
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


@EACH
def test_the_exchange_of_rfc_7748_section_6_1_comes_out(primitives: Primitives) -> None:
    bob = Secret(bytes.fromhex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"))
    alices_share = bytes.fromhex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
    agreed = Secret()
    primitives.agree(bob, alices_share, agreed)
    assert primitives.share_of(bob).hex() == "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"
    assert agreed.held.hex() == "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"


@EACH
@pytest.mark.parametrize("share", [bytes(32), b"\1" + bytes(31), bytes(31), bytes(33)], ids=len)
def test_a_share_that_makes_no_secret_is_refused(primitives: Primitives, share: bytes) -> None:
    with pytest.raises(Malformed):
        primitives.agree(Secret(bytes(range(32))), share, Secret())


def test_the_signature_of_rfc_8032_section_7_1_comes_out() -> None:
    seed = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    public, signature = sign_once(seed, b"\x72")
    assert public.hex() == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    assert signature.hex() == (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )


@EACH
@given(untrusted=st.binary(max_size=80))
def test_arbitrary_bytes_are_not_authentic(primitives: Primitives, untrusted: bytes) -> None:
    with pytest.raises(NotAuthentic):
        primitives.unseal(Secret(bytes(range(32))), NONCE, untrusted, b"header")


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=100), st.binary(max_size=20))
def test_all_ways_agree(key: bytes, data: bytes, header: bytes) -> None:
    results = set()
    for primitives in WAYS.values():
        secret, hashed, mixed, agreed = Secret(key), Secret(), Secret(), Secret()
        primitives.keyed_hash(secret, data, hashed)
        primitives.mix(secret, hashed, mixed)
        sealed = primitives.seal(secret, NONCE, data, header)
        assert primitives.unseal(secret, NONCE, sealed, header) == data
        assert primitives.public_hash(secret, data) == hashed.held
        share = primitives.share_of(secret)
        primitives.agree(hashed, share, agreed)
        results.add((sealed, bytes(hashed.held), bytes(mixed.held), share, bytes(agreed.held)))
    assert len(results) == 1


@EACH
def test_what_is_larger_than_any_datagram_is_sealed_and_opened_as_well(primitives: Primitives) -> None:
    secret, plaintext = Secret(bytes(range(32))), bytes(200_000)
    sealed = primitives.seal(secret, NONCE, plaintext, b"header")
    assert primitives.unseal(secret, NONCE, sealed, b"header") == plaintext


@EACH
def test_a_secret_is_overwritten_where_the_library_saw_it(primitives: Primitives) -> None:
    """No way may work on a copy that stays, or leave a key in its buffer."""
    secret = Secret(b"k" * 32)
    sealed = primitives.seal(secret, NONCE, b"text", b"")
    secret.overwrite()
    with pytest.raises(NotAuthentic):
        primitives.unseal(secret, NONCE, sealed, b"")


def test_a_secret_is_overwritten_when_told_and_when_dropped() -> None:
    told, dropped = Secret(b"k" * 32), Secret(b"k" * 32)
    told.overwrite()
    held = dropped.held
    del dropped
    assert told.held == held == bytes(32)


class OnlyAs:
    """Primitives of which one answers otherwise than published."""

    def __init__(self, **changed: Callable[..., object]) -> None:
        self._changed = changed

    def __getattr__(self, name: str) -> object:
        return self._changed.get(name, getattr(PRIMITIVES, name))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"seal": lambda key, nonce, plaintext, header: bytes(len(plaintext) + 16)}, "ChaCha20-Poly1305"),
        ({"unseal": lambda key, nonce, untrusted, header: PLAINTEXT}, "ChaCha20-Poly1305"),
        ({"public_hash": lambda key, data: bytes(32)}, "BLAKE2b"),
        ({"mix": lambda key, other, into: None}, "BLAKE2b"),
        ({"share_of": lambda private: bytes(32)}, "X25519"),
        ({"agree": lambda private, untrusted, into: into.held.__setitem__(slice(None), AGREED)}, "X25519"),
    ],
    ids=[
        "seals wrongly",
        "opens what was changed",
        "hashes wrongly",
        "mixes wrongly",
        "wrong share",
        "takes any share",
    ],
)
def test_a_library_that_answers_otherwise_than_published_is_not_used_and_that_is_told(
    changed: dict[str, Callable[..., object]], told: str
) -> None:
    wrong, right = cast(Primitives, OnlyAs(**changed)), cast(Primitives, OnlyAs())
    assert told in wrong_answer(wrong)
    assert choose_of_system([("one", lambda: wrong), ("another", lambda: right)]) is right
    with pytest.raises(BootstrapError, match=f"one: its {told} is not RFC") as raised:
        choose_of_system([("one", lambda: wrong)])
    assert "PyNaCl" in raised.value.hint


def test_a_library_that_cannot_be_used_is_passed_over_and_that_is_told() -> None:
    def fail(error: Exception) -> Primitives:
        raise error

    failing = [
        ("libone", lambda: fail(AttributeError("undefined symbol: EVP_chacha20_poly1305"))),
        ("libtwo", lambda: fail(OSError("it refuses ChaCha20-Poly1305"))),
        ("libthree", lambda: LibCrypto(ctypes.CDLL(None))),
    ]
    with pytest.raises(BootstrapError) as raised:
        choose_of_system(failing)
    assert "libone: undefined symbol: EVP_chacha20_poly1305; libtwo: it refuses" in str(raised.value)
    with pytest.raises(BootstrapError, match="neither libsodium nor libcrypto can be loaded"):
        choose_of_system([])


def with_functions(**changed: object) -> object:
    """Return pynacl's private module with some functions other than they are."""
    real = sodium.private_module.lib
    functions = {name: getattr(real, name) for name in dir(real) if name.startswith(("crypto_", "sodium_init"))}
    return types.SimpleNamespace(ffi=sodium.private_module.ffi, lib=types.SimpleNamespace(**(functions | changed)))


def test_a_private_module_that_is_gone_or_other_than_we_know_is_not_used() -> None:
    assert isinstance(choose(with_functions()), Direct)
    assert isinstance(choose(None), ThroughBindings)
    assert isinstance(choose(types.SimpleNamespace(ffi=None)), ThroughBindings)
    assert isinstance(choose(with_functions(crypto_scalarmult=lambda one: 0)), ThroughBindings)
    assert isinstance(choose(with_functions(crypto_scalarmult=lambda into, private, share: 0)), ThroughBindings)
