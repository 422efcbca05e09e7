"""What `-L`, `-R` and `-D` take, as ssh takes it."""

import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.errors import BootstrapError
from rmosh_client.forwarding.specification import (
    Flag,
    Forward,
    Place,
    Tcp,
    Udp,
    Unix,
    parse_forward,
    parse_listener,
)

L, R, D = Flag.LOCAL, Flag.REMOTE, Flag.DYNAMIC


@pytest.mark.parametrize(
    ("text", "listen", "target"),
    [
        ("8080:localhost:80", Tcp(None, 8080), Tcp("localhost", 80)),
        (":8080:localhost:80", Tcp("", 8080), Tcp("localhost", 80)),
        ("*:8080:localhost:80", Tcp("*", 8080), Tcp("localhost", 80)),
        ("[::1]:8080:[2001:db8::1]:80", Tcp("::1", 8080), Tcp("2001:db8::1", 80)),
        ("[10.0.0.1]:8080:a:80", Tcp("10.0.0.1", 8080), Tcp("a", 80)),
        ("a\\:b:80:c:81", Tcp("a:b", 80), Tcp("c", 81)),
        ("0:a:80", Tcp(None, 0), Tcp("a", 80)),
        (" http:a:https", Tcp(None, 80), Tcp("a", 443)),
        ("8080:/run/d.sock", Tcp(None, 8080), Unix("/run/d.sock")),
        ("localhost:8080:/run/d.sock", Tcp("localhost", 8080), Unix("/run/d.sock")),
        ("/tmp/l.sock:db:5432", Unix("/tmp/l.sock"), Tcp("db", 5432)),
        ("/tmp/l.sock:/run/d.sock", Unix("/tmp/l.sock"), Unix("/run/d.sock")),
        ("./with\\:colon:/b", Unix("./with:colon"), Unix("/b")),
        ("[/a:b]:/c", Unix("/a:b"), Unix("/c")),
        ("udp/5353:10.0.0.1:53", Udp(None, 5353), Udp("10.0.0.1", 53)),
        ("udp/[::1]:domain:[::1]:domain", Udp("::1", 53), Udp("::1", 53)),
    ],
)
def test_a_forward_says_where_it_listens_and_where_it_goes(text: str, listen: Place, target: Place) -> None:
    assert parse_forward(L, text) == Forward(L, listen, target)
    assert parse_forward(R, text) == Forward(R, listen, target)


@pytest.mark.parametrize(
    ("text", "listen"),
    [
        ("1080", Tcp(None, 1080)),
        ("socks", Tcp(None, 1080)),
        ("localhost:1080", Tcp("localhost", 1080)),
        ("[::1]:1080", Tcp("::1", 1080)),
        ("*:0", Tcp("*", 0)),
        ("/tmp/socks", Unix("/tmp/socks")),
    ],
)
def test_without_a_target_each_connection_says_by_socks_where_it_goes(text: str, listen: Place) -> None:
    assert parse_forward(D, text) == Forward(D, listen, None)
    assert parse_forward(R, text) == Forward(R, listen, None)


@pytest.mark.parametrize(
    ("flag", "text", "says"),
    [
        (L, "", "empty"),
        (L, "80", "where a connection goes"),
        (L, "80:a:b", "'b' is no port"),
        (L, "80:a:0", "port 0"),
        (L, "65536:a:1", "65536 is beyond 65535"),
        (L, "80::80", "host that a connection goes to is missing"),
        (L, "::1:80:a:80", "brackets"),
        (L, "[::1:80:a:80", "bracket"),
        (L, "[::1]80:a:80", "bracket"),
        (L, "80:a:80\\", "backslash"),
        (L, "/x", "where a connection goes"),
        (L, "/x:80:/y", "fields"),
        (L, "a:b:c:/d", "fields"),
        (L, "٣:a:80", "no port"),
        (L, "8" * 5000 + ":a:80", "beyond 65535"),
        (L, f"80:{'a' * 300}:80", "more than 255"),
        (L, "80:a\x1bb:80", "no host"),
        (L, "80:/" + "a" * 5000, "more than 4096"),
        (D, "80:a:80", "itself by SOCKS"),
        (D, "udp/53", "SOCKS is for TCP"),
        (R, "udp/53", "SOCKS is for TCP"),
        (L, "udp/53:/x", "does not go with udp/"),
        (L, ":a:80", "port is missing"),
    ],
)
def test_what_is_wrong_is_said_with_the_text_and_the_right_form(flag: Flag, text: str, says: str) -> None:
    with pytest.raises(BootstrapError, match=says) as failed:
        parse_forward(flag, text)
    assert str(failed.value).startswith(f"{flag.value} {text!r}")
    assert f"{flag.value} [bind_address:]port" in failed.value.hint


def test_a_listener_is_named_by_its_port_or_by_the_whole() -> None:
    assert parse_listener(L, "8080") == parse_listener(L, "8080:localhost:80") == Tcp(None, 8080)
    assert parse_listener(R, "[::1]:22") == Tcp("::1", 22)
    assert parse_listener(L, "udp/53") == Udp(None, 53)
    assert parse_listener(L, "/a:/b") == parse_listener(L, "/a") == Unix("/a")
    assert str(parse_forward(L, "[::1]:80:a:81")) == "-L [::1]:80:a:81"
    with pytest.raises(BootstrapError, match="-KL 'x': 'x' is no port"):
        parse_listener(L, "x")


NAMES = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x17F, exclude_categories=["C", "Z"]), min_size=1)
HOSTS = NAMES.filter(lambda name: len(name.encode()) <= 255 and not set(name) & set("[]/\\") and name == name.strip())
PORTS = st.integers(0, 65535)
PATHS = NAMES.map(lambda name: "/" + name).filter(lambda path: "]" not in path)
UNIX = st.builds(Unix, PATHS)


@pytest.mark.parametrize("path", ["[a/b", "udp/53", " /x ", "/a\\b:c]"])
def test_a_path_that_looks_like_something_else_is_shown_as_one(path: str) -> None:
    forward = Forward(L, Unix(path), Unix(path))
    assert parse_forward(L, forward.text) == forward


def _forwards() -> st.SearchStrategy[Forward]:
    flags = st.sampled_from([L, R])
    binds, targets = st.none() | st.just("") | HOSTS, st.integers(1, 65535)
    streams = st.builds(Forward, flags, st.builds(Tcp, binds, PORTS) | UNIX, st.builds(Tcp, HOSTS, targets) | UNIX)
    datagrams = st.builds(Forward, flags, st.builds(Udp, binds, PORTS), st.builds(Udp, HOSTS, targets))
    socks = st.builds(Forward, st.sampled_from([R, D]), st.builds(Tcp, binds, PORTS) | UNIX, st.none())
    return streams | datagrams | socks


@given(_forwards())
def test_what_a_forward_is_shown_as_is_read_as_the_same(forward: Forward) -> None:
    assert parse_forward(forward.flag, forward.text) == forward


@given(st.sampled_from(Flag), st.text(st.sampled_from("a1:[]/\\ *0udp\x00٣"), max_size=40) | st.text())
def test_any_text_is_a_forward_or_is_refused(flag: Flag, text: str) -> None:
    try:
        forward = parse_forward(flag, text)
    except BootstrapError:
        return
    assert parse_forward(flag, forward.text) == forward


@pytest.mark.skipif(shutil.which("ssh") is None, reason="there is no ssh here to compare with")
def test_ssh_takes_and_refuses_the_same() -> None:
    """OpenSSH 9.2; what we take beyond it is port 0 here, and what we refuse is a target without a host."""
    texts = ["8080:a:80", "80", "[::1]:80:[::1]:81", "/x:/y", "/x:a:80", "a:b:80:c:81", "80:/x", "*:80:a:80", "80:a"]
    for text in texts:
        asked = subprocess.run(
            ["ssh", "-G", "-F", "none", "-L", text, "host"], stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
        try:
            parse_forward(L, text)
        except BootstrapError:
            assert asked.returncode != 0, text
        else:
            assert asked.returncode == 0, text
