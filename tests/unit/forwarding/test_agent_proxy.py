"""Between a program at the far side and the user's agent: the connection is bound, signatures may be confirmed."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.errors import Malformed
from rmosh.forwarding.agent_protocol import (
    MAX_AGENT_MESSAGE,
    REFUSAL,
    Messages,
    extension_name,
    fingerprint,
    read_identities,
    read_key_to_sign_with,
    session_bind,
    string,
)
from rmosh.forwarding.agent_proxy import AgentProxy, SignQuestion

BINDING = session_bind(host_key=b"a host's key", session=b"a session", signature=b"a signature")
SUCCESS, FAILURE = string(b"\x06"), string(b"\x05")
LIST = string(b"\x0b")
KEY = b"a public key"
KEYS = string(b"\x0c" + (1).to_bytes(4, "big") + string(KEY) + string(b"me@home"))
SIGN = string(b"\x0d" + string(KEY) + string(b"what to sign") + bytes(4))
SIGNED = string(b"\x0e" + string(b"signed"))


def bound(*, confirms: bool = False) -> AgentProxy:
    proxy = AgentProxy(BINDING, confirms=confirms)
    assert taken(proxy.to_agent) == BINDING
    proxy.from_agent(SUCCESS)
    return proxy


def taken(waiting: bytearray) -> bytes:
    data = bytes(waiting)
    waiting.clear()
    return data


def test_the_agent_hears_whom_a_connection_comes_from_before_anything_else() -> None:
    proxy = AgentProxy(BINDING, confirms=False)
    proxy.from_program(LIST)
    assert taken(proxy.to_agent) == BINDING
    proxy.from_agent(SUCCESS)
    assert (taken(proxy.to_agent), taken(proxy.to_program)) == (LIST, b"")
    proxy.from_agent(KEYS)
    assert taken(proxy.to_program) == KEYS


def test_an_agent_that_knows_of_no_binding_is_asked_all_the_same() -> None:
    # Such as gpg-agent 2.2 and OpenSSH before 8.9: they know of no constraints by host either.
    proxy = AgentProxy(BINDING, confirms=False)
    proxy.from_program(LIST)
    taken(proxy.to_agent)
    proxy.from_agent(FAILURE)
    assert taken(proxy.to_agent) == LIST


def test_requests_that_come_at_once_are_asked_one_after_another() -> None:
    proxy = bound()
    proxy.from_program(LIST + SIGN)
    assert taken(proxy.to_agent) == LIST
    proxy.from_agent(KEYS)
    assert taken(proxy.to_agent) == SIGN
    proxy.from_agent(SIGNED)
    assert taken(proxy.to_program) == KEYS + SIGNED and proxy.is_idle


@pytest.mark.parametrize("is_allowed", [True, False])
def test_a_signature_waits_for_the_user(is_allowed: bool) -> None:
    proxy = bound(confirms=True)
    proxy.from_program(LIST)
    proxy.from_agent(KEYS)
    proxy.from_program(SIGN)
    taken(proxy.to_program)
    assert proxy.question == SignQuestion("me@home", fingerprint(KEY))
    assert taken(proxy.to_agent) == LIST and not proxy.is_idle
    proxy.decide(allowed=is_allowed)
    assert proxy.question is None
    assert (taken(proxy.to_agent), taken(proxy.to_program)) == ((SIGN, b"") if is_allowed else (b"", REFUSAL))


def test_each_signature_is_asked_for_anew() -> None:
    proxy = bound(confirms=True)
    proxy.from_program(SIGN + SIGN)
    proxy.decide(allowed=True)
    proxy.from_agent(SIGNED)
    assert proxy.question is not None


def test_where_signatures_are_confirmed_nothing_unknown_is_asked() -> None:
    # An extension or a later request might sign.
    proxy = bound(confirms=True)
    other = string(b"\x1b" + string(b"sign-anyway@example.org"))
    proxy.from_program(string(b"\x03") + other + string(b"\xfe") + BINDING)
    assert taken(proxy.to_program) == 3 * REFUSAL
    assert taken(proxy.to_agent) == BINDING


def test_an_answer_to_nothing_ends_the_connection() -> None:
    with pytest.raises(Malformed):
        bound().from_agent(SUCCESS)


def test_a_program_that_asks_faster_than_the_agent_answers_is_held_up() -> None:
    proxy = bound()
    taken_in = 0
    while proxy.wants_requests:
        assert taken_in <= MAX_AGENT_MESSAGE + len(LIST)
        proxy.from_program(1000 * LIST)
        taken_in += 1000 * len(LIST)
    while not proxy.wants_requests:
        proxy.from_agent(KEYS)
        taken(proxy.to_program)


@pytest.mark.parametrize("size", [0, MAX_AGENT_MESSAGE + 1, (1 << 32) - 1])
def test_a_message_of_no_length_that_there_is_ends_the_connection(size: int) -> None:
    with pytest.raises(Malformed):
        bound().from_program(size.to_bytes(4, "big"))
    with pytest.raises(Malformed):
        bound().from_agent(size.to_bytes(4, "big"))


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=64) | st.sampled_from([LIST, SIGN, KEYS, SIGNED]))))
def test_hostile_bytes_of_either_side_raise_only_malformed(pieces: list[tuple[bool, bytes]]) -> None:
    proxy = AgentProxy(BINDING, confirms=True)
    for of_agent, untrusted in pieces:
        try:
            (proxy.from_agent if of_agent else proxy.from_program)(untrusted)
            proxy.decide(allowed=len(untrusted) % 2 == 0)
        except Malformed:
            return


@given(st.binary(max_size=200))
def test_what_messages_say_is_read_or_malformed(untrusted: bytes) -> None:
    for read in (read_identities, read_key_to_sign_with, extension_name):
        for head in (b"", b"\x0c", b"\x0d", b"\x1b"):
            with contextlib.suppress(Malformed):
                read(head + untrusted)


@given(st.lists(st.binary(min_size=1, max_size=40)), st.integers(1, 30))
def test_messages_are_cut_wherever_the_stream_is_cut(messages: list[bytes], step: int) -> None:
    stream, cut, found = b"".join(map(string, messages)), Messages(), []
    for start in range(0, len(stream), step):
        cut.feed(stream[start : start + step])
        while (message := cut.next()) is not None:
            found.append(message)
    assert found == messages


def test_a_comment_is_shown_as_far_as_it_can_be_printed() -> None:
    [key] = read_identities(b"\x0c" + (1).to_bytes(4, "big") + string(KEY) + string(b"a\x1b]0;b\x07" + b"x" * 500))
    assert key.comment.isprintable() and len(key.comment) == 128


def test_a_fingerprint_is_as_ssh_add_shows_it() -> None:
    # OpenSSH 9.2: ssh-keygen -lf with this key.
    blob = string(b"ssh-ed25519") + string(bytes(32))
    assert fingerprint(blob) == "SHA256:kmYcvdi2GkPeWxB6XLjrZB8JHsy2Hm8luHMFp9GMvqk"
