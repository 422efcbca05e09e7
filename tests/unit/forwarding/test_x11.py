"""An X11 client's first words are read in either byte order, and said anew with another cookie."""

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.errors import Malformed
from rmosh.forwarding.x11 import COOKIE_KIND, X11Setup, proves, read_setup, with_cookie

COOKIE = bytes(range(16))
ORDERS: list[Literal["big", "little"]] = ["big", "little"]


def said(order: Literal["big", "little"], *, kind: bytes = COOKIE_KIND.encode(), cookie: bytes = COOKIE) -> bytes:
    head = (b"B\0" if order == "big" else b"l\0") + (11).to_bytes(2, order) + bytes(2)
    head += len(kind).to_bytes(2, order) + len(cookie).to_bytes(2, order) + bytes(2)
    return head + kind + bytes(-len(kind) % 4) + cookie + bytes(-len(cookie) % 4)


def setup(untrusted: bytes) -> X11Setup:
    found = read_setup(untrusted)
    assert found is not None
    return found


@pytest.mark.parametrize("order", ORDERS)
def test_the_cookie_is_exchanged_and_the_rest_stays(order: Literal["big", "little"]) -> None:
    whole = said(order)
    found = setup(whole + b"what follows")
    assert found.size == len(whole) and proves(found, cookie=COOKIE)
    other = b"another cookie, of another length"
    assert with_cookie(found, kind="OTHER-KIND-2", cookie=other) == said(order, kind=b"OTHER-KIND-2", cookie=other)


@pytest.mark.parametrize("order", ORDERS)
def test_the_words_may_come_a_byte_at_a_time(order: Literal["big", "little"]) -> None:
    whole = said(order)
    assert all(read_setup(whole[:size]) is None for size in range(len(whole)))


@pytest.mark.parametrize(
    ("kind", "cookie"),
    [(COOKIE_KIND.encode(), bytes(16)), (COOKIE_KIND.encode(), COOKIE[:15]), (COOKIE_KIND.encode(), COOKIE + b"\0"),
     (COOKIE_KIND.encode(), b""), (b"XDM-AUTHORIZATION-1", COOKIE), (b"", b"")],
)  # fmt: skip
def test_whoever_shows_another_cookie_proves_nothing(kind: bytes, cookie: bytes) -> None:
    assert not proves(setup(said("little", kind=kind, cookie=cookie)), cookie=COOKIE)


@pytest.mark.parametrize("untrusted", [b"\0", b"GET / HTTP/1.0\r\n", b"l" + bytes(5) + b"\xff\xff" + bytes(4)])
def test_what_is_no_client_s_first_word_is_malformed(untrusted: bytes) -> None:
    with pytest.raises(Malformed):
        read_setup(untrusted)


@given(st.sampled_from([b"", b"B", b"l", said("big"), said("little")]), st.binary(max_size=700))
def test_hostile_bytes_raise_only_malformed(head: bytes, untrusted: bytes) -> None:
    try:
        found = read_setup(head + untrusted)
    except Malformed:
        return
    assert found is None or found.size <= len(head + untrusted)
    assert found is not None or len(head + untrusted) < 12 + 2 * 256


@given(st.sampled_from(ORDERS), st.binary(max_size=256), st.binary(max_size=256))
def test_what_was_read_is_said_again(order: Literal["big", "little"], kind: bytes, cookie: bytes) -> None:
    found = setup(said(order, kind=kind, cookie=cookie))
    assert (found.kind, found.cookie) == (kind, cookie)
