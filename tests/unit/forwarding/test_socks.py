"""SOCKS as programs speak it, and as nobody should."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.errors import Malformed
from rmosh_client.forwarding.socks import SocksReply, SocksServer
from rmosh_client.forwarding.specification import Tcp

GREETING = b"\x05\x01\x00"
ANY = b"\x00\x01" + bytes(6)


def named(host: bytes, port: int = 80, command: int = 1) -> bytes:
    return b"\x05" + bytes([command]) + b"\x00\x03" + bytes([len(host)]) + host + port.to_bytes(2, "big")


@pytest.mark.parametrize(
    ("said", "answered", "wanted"),
    [
        (GREETING + named(b"db.internal", 5432), b"\x05\x00", Tcp("db.internal", 5432)),
        (b"\x05\x03\x02\x01\x00" + named("bücher.example".encode()), b"\x05\x00", Tcp("bücher.example", 80)),
        (GREETING + b"\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x50", b"\x05\x00", Tcp("127.0.0.1", 80)),
        (GREETING + b"\x05\x01\x00\x04" + bytes(15) + b"\x01\x00\x50", b"\x05\x00", Tcp("::1", 80)),
        (b"\x04\x01\x00\x50\x0a\x00\x00\x01me\x00", b"", Tcp("10.0.0.1", 80)),
        (b"\x04\x01\x00\x50\x00\x00\x00\x01me\x00db.internal\x00", b"", Tcp("db.internal", 80)),
    ],
)
def test_a_program_says_where_it_wants_to_go(said: bytes, answered: bytes, wanted: Tcp) -> None:
    """curl 7.88 sends what --socks5, --socks5-hostname, --socks4 and --socks4a are for."""
    for size in (1, 3, len(said)):
        socks = SocksServer()
        parts = [said[place : place + size] for place in range(0, len(said), size)]
        assert b"".join(map(socks.feed, parts)) == answered
        assert (socks.wanted, socks.refused, socks.behind) == (wanted, "", b"")


def test_what_follows_at_once_is_the_connections() -> None:
    socks = SocksServer()
    socks.feed(GREETING + named(b"a") + b"GET /")
    socks.feed(b" HTTP/1.0")
    assert socks.behind == b"GET / HTTP/1.0"


@pytest.mark.parametrize(
    ("said", "answered", "why"),
    [
        (b"\x05\x01\x02", b"\x05\xff", "log in"),
        (b"\x05\x00", b"\x05\xff", "log in"),
        (GREETING + named(b"a", command=2), b"\x05\x00\x05\x07" + ANY, "CONNECT"),
        (GREETING + named(b"a", command=3), b"\x05\x00\x05\x07" + ANY, "CONNECT"),
        (GREETING + b"\x05\x01\x00\x09", b"\x05\x00\x05\x08" + ANY, "kind 9"),
        (GREETING + named(b""), b"\x05\x00\x05\x08" + ANY, "no host"),
        (GREETING + named(b"a\x1b[2Jb"), b"\x05\x00\x05\x08" + ANY, "no host"),
        (GREETING + named(b"\xff\xfe"), b"\x05\x00\x05\x08" + ANY, "no host"),
        (GREETING + named(b"a", port=0), b"\x05\x00\x05\x08" + ANY, "no host"),
        (b"\x04\x02\x00\x50\x0a\x00\x00\x01\x00", b"\x00\x5b" + bytes(6), "CONNECT"),
        (b"\x04\x01\x00\x50\x00\x00\x00\x01\x00\x00", b"\x00\x5b" + bytes(6), "no host"),
    ],
)
def test_what_is_not_done_is_refused_as_the_protocol_says_it(said: bytes, answered: bytes, why: str) -> None:
    socks = SocksServer()
    assert socks.feed(said) == answered
    assert why in socks.refused
    assert socks.wanted is None


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\n",
        b"\x16\x03\x01",
        GREETING + b"\x04",
        b"\x04\x01\x00\x50\x0a\x00\x00\x01" + b"u" * 300,
        b"\x04\x01\x00\x50\x00\x00\x00\x01\x00" + b"h" * 300,
    ],
)
def test_what_is_not_socks_is_malformed(said: bytes) -> None:
    with pytest.raises(Malformed):
        SocksServer().feed(said)


def test_what_came_of_it_is_told_in_the_programs_own_version() -> None:
    five, four = SocksServer(), SocksServer()
    five.feed(GREETING + named(b"a"))
    four.feed(b"\x04\x01\x00\x50\x0a\x00\x00\x01\x00")
    assert five.reply(SocksReply.DONE) == b"\x05\x00" + ANY
    assert five.reply(SocksReply.REFUSED) == b"\x05\x05" + ANY
    assert four.reply(SocksReply.DONE) == b"\x00\x5a" + bytes(6)
    assert four.reply(SocksReply.HOST_UNREACHABLE) == b"\x00\x5b" + bytes(6)


@given(st.lists(st.binary(max_size=40) | st.sampled_from([b"\x05\x01\x00", b"\x04\x01", named(b"a")]), max_size=20))
def test_whatever_comes_little_of_it_is_kept_and_nothing_else_is_raised(parts: list[bytes]) -> None:
    socks = SocksServer()
    for part in parts:
        try:
            answer = socks.feed(part)
        except Malformed:
            return
        assert len(answer) <= 2 + 10
        if socks.refused:
            return
        if socks.wanted is not None:
            assert socks.wanted.host
            return
        assert len(socks._held) <= 8 + 256 + 256
