"""What authorized_keys says of the key that let the user in."""

import base64
import contextlib
from pathlib import Path

import asyncssh
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.errors import Malformed
from rmosh_server.forwarding.certificates import extensions_of
from rmosh_server.forwarding.key_rules import key_rules, options_of, rules_of_options
from rmosh_server.forwarding.permissions import Permissions

KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIJ+X"
USER_AUTH = f"publickey ssh-ed25519 {KEY}\n"


def allowed(options: str) -> list[bool]:
    """Whether a port, a listener, an agent and X11 may be forwarded by a key with these options."""
    found = Permissions([rules_of_options(options_of(f"{options} ssh-ed25519 {KEY} ada@home"), said_by="a line")])
    return [
        not refusal
        for refusal in (
            found.to_connect("db", 5432), found.to_listen("", 8080).refusal, found.to_forward_agent(),
            found.to_forward_x11(),
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ("", [True, True, True, True]),
        ("restrict", [False, False, False, False]),
        ("restrict,pty,port-forwarding", [True, True, False, False]),
        ("no-port-forwarding,no-X11-forwarding", [False, False, True, False]),
        ("no-agent-forwarding", [True, True, False, True]),
        ('command="echo a, \\"restrict\\", b",no-pty', [True, True, True, True]),
        ('permitopen="db:5432",permitopen="web:80"', [True, True, True, True]),
        ('permitopen="web:80"', [False, True, True, True]),
        ('permitlisten="8080"', [True, True, True, True]),
        ('permitlisten="localhost:9090",from="10.0.0.0/8"', [True, False, True, True]),
        ("NO-PORT-FORWARDING", [False, False, True, True]),
    ],
)
def test_the_options_of_a_key(options: str, what: list[bool]) -> None:
    assert allowed(options) == what


def test_the_line_of_the_key_is_found_and_named(tmp_path: Path) -> None:
    file = tmp_path / ".ssh" / "authorized_keys"
    file.parent.mkdir()
    file.write_text(
        f"# restrict ssh-ed25519 {KEY}\nrestrict ssh-ed25519 AAAAother\nno-port-forwarding ssh-ed25519 {KEY} me\n"
    )
    (rules,) = key_rules(USER_AUTH, str(tmp_path))
    assert Permissions([rules]).to_connect("db", 1) == f"forwards to ports: not allowed by {file} line 3"
    assert key_rules("password\n", str(tmp_path)) == key_rules("", str(tmp_path)) == []
    assert key_rules(USER_AUTH, str(tmp_path / "elsewhere")) == []


@given(st.text(max_size=100))
def test_any_line_has_some_options(line: str) -> None:
    rules_of_options(options_of(line), said_by=line)


@pytest.mark.parametrize("algorithm", ["ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp521"])
def test_a_certificate_allows_what_its_extensions_say(algorithm: str, tmp_path: Path) -> None:
    authority, key = asyncssh.generate_private_key("ssh-ed25519"), asyncssh.generate_private_key(algorithm)
    certificate = authority.generate_user_certificate(
        key, "ada's laptop", principals=["ada"], permit_port_forwarding=False, permit_x11_forwarding=False
    )
    kind, encoded, *_ = certificate.export_certificate().decode().split()
    (rules,) = key_rules(f"publickey {kind} {encoded}\n", str(tmp_path))
    found = Permissions([rules])
    assert found.to_connect("db", 1) == "forwards to ports: not allowed by the certificate that let you in"
    assert found.to_forward_x11()
    assert found.to_forward_agent() == ""
    assert {"permit-pty", "permit-agent-forwarding"} <= extensions_of(kind, base64.b64decode(encoded))


@given(
    kind=st.sampled_from(["ssh-ed25519-cert-v01@openssh.com", "x-cert-v01@openssh.com"]), data=st.binary(max_size=80)
)
def test_hostile_bytes_are_a_certificate_or_malformed(kind: str, data: bytes) -> None:
    for untrusted in (data, len(kind).to_bytes(4, "big") + kind.encode() + data):
        with contextlib.suppress(Malformed):
            extensions_of(kind, untrusted)


def test_a_certificate_that_cannot_be_read_allows_nothing() -> None:
    (rules,) = key_rules("publickey later-cert-v01@openssh.com AAAA/=\n", "/nowhere")
    assert Permissions([rules]).to_forward_agent()
