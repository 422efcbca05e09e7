import base64
import contextlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.errors import Malformed
from rmosh_client.bootstrap.public_keys import can_be_read, read_certificate, rsa_bits


def blob_of(file: Path) -> bytes:

    return base64.b64decode(file.read_text().split()[1])


@pytest.fixture(scope="module")
def make_key(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Generates a key and returns its public file: `make_key(kind)`, the same one for the same kind."""
    directory = tmp_path_factory.mktemp("keys")

    def make(kind: str) -> Path:
        file = directory / kind
        length = ["-b", "1024"] if kind == "rsa" else []  # long ones take seconds
        if not file.exists():
            subprocess.run(["ssh-keygen", "-q", "-N", "", "-C", "", "-t", kind, *length, "-f", file], check=True)
        return file.with_name(f"{file.name}.pub")

    return make


@given(untrusted=st.binary() | st.binary().map(lambda rest: b"\0\0\0\x07ssh-rsa" + rest))
def test_any_bytes_are_read_or_malformed(untrusted: bytes) -> None:
    with contextlib.suppress(Malformed):
        bits = rsa_bits(untrusted)
        assert bits is None or 0 <= bits <= 8 * len(untrusted)
    with contextlib.suppress(Malformed):
        assert read_certificate(untrusted).key_type
    assert can_be_read("ssh-rsa", untrusted) in (True, False)


def test_an_rsa_keys_length_is_its_moduluss(make_key: Callable[..., Path]) -> None:
    assert rsa_bits(blob_of(make_key("rsa"))) == 1024
    assert rsa_bits(b"\0\0\0\x07ssh-rsa\0\0\0\x01\x03\0\0\0\x03\0\x80\0") == 16
    assert rsa_bits(blob_of(make_key("ed25519"))) is None


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
@pytest.mark.parametrize(
    ("authority", "algorithm"),
    [("ed25519", "ssh-ed25519"), ("rsa", "rsa-sha2-512"), ("rsa", "rsa-sha2-256"), ("rsa", "ssh-rsa")],
)
def test_a_certificate_tells_how_it_was_signed(
    make_key: Callable[..., Path], kind: str, authority: str, algorithm: str
) -> None:
    signer, key = make_key(authority).with_suffix(""), make_key(kind)
    how = ["-t", algorithm] if authority == "rsa" else []
    subprocess.run(["ssh-keygen", "-q", "-h", "-s", signer, *how, "-I", "x", "-n", "a,b", key], check=True)
    certificate = read_certificate(blob_of(key.with_name(f"{key.stem}-cert.pub")))
    assert certificate.signature == algorithm
    assert certificate.authority == blob_of(make_key(authority))
    assert (certificate.is_hosts, certificate.principals) == (True, ("a", "b"))


def test_a_plain_key_is_no_certificate(make_key: Callable[..., Path]) -> None:
    with pytest.raises(Malformed):
        read_certificate(blob_of(make_key("ed25519")))


def test_a_key_is_readable_whole_and_under_its_own_type(make_key: Callable[..., Path]) -> None:
    blob = blob_of(make_key("ed25519"))
    assert can_be_read("ssh-ed25519", blob)
    assert not can_be_read("ssh-rsa", blob)
    assert not can_be_read("ssh-ed25519", blob[:-1])
