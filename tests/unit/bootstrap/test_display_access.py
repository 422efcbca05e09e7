"""Where a display is, and which cookie it wants."""

import socket
from collections.abc import Sequence
from pathlib import Path

import pytest

from rmosh_client.bootstrap.display_access import DisplayWish, find_display, open_display
from rmosh_client.forwarding.passed_on import DisplayAddress

UNIX_7 = (DisplayAddress("\0/tmp/.X11-unix/X7"), DisplayAddress("/tmp/.X11-unix/X7"))


@pytest.mark.parametrize(
    ("name", "addresses"),
    [
        # X(7), section DISPLAY NAMES; OpenSSH 9.2.
        (":7", UNIX_7), (":7.1", UNIX_7), ("unix:7", UNIX_7),
        ("192.0.2.1:7", (DisplayAddress("192.0.2.1", 6007),)), ("[::1]:0.0", (DisplayAddress("::1", 6000),)),
        ("", ()), ("box", ()), (":x", ()), (":99999", ()), (":7 8", ()), ("\n:7", ()),
    ],
)  # fmt: skip
def test_a_display_is_found_by_its_name(name: str, addresses: tuple[DisplayAddress, ...]) -> None:
    assert find_display(name) == addresses


def test_a_display_of_launchd_is_a_socket_with_its_number_in_its_name(tmp_path: Path) -> None:
    place = f"{tmp_path}/org.xquartz:0"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(place)
        assert find_display(place) == (DisplayAddress(place),)


class FakeXauth:
    """Knows a cookie of each display that it is asked for, and makes untrusted ones where it can."""

    def __init__(self, *, knows: str = "", generates: bool = True) -> None:
        self.ran: list[list[str]] = []
        self._knows = knows
        self._generates = generates

    def __call__(self, words: Sequence[str]) -> str | None:
        self.ran.append([word for word in words if "rmosh-xauth-" not in word])
        if "generate" in words:
            return "" if self._generates else None
        return self._knows


LINE = "box/unix:7  MIT-MAGIC-COOKIE-1  00112233445566778899aabbccddeeff\nother:1  MIT-MAGIC-COOKIE-1  ff\n"
COOKIE = bytes.fromhex("00112233445566778899aabbccddeeff")
TRUSTED, UNTRUSTED = DisplayWish(True, 1200, "/x"), DisplayWish(False, 1200, "/x")


def test_a_trusted_display_is_shown_its_own_cookie_for_as_long_as_it_lasts() -> None:
    said: list[str] = []
    xauth = FakeXauth(knows=LINE)
    access = open_display(TRUSTED, {"DISPLAY": ":7"}, say=said.append, run=xauth)
    assert access is not None
    assert (access.kind, access.cookie, access.lasts, access.addresses) == ("MIT-MAGIC-COOKIE-1", COOKIE, 0, UNIX_7)
    assert xauth.ran == [["list", ":7"]] and said == []


def test_a_display_that_knows_no_cookie_is_shown_a_random_one_if_programs_are_trusted() -> None:
    # OpenSSH 9.2: "No xauth data; using fake authentication data"; such a display looks at who connects.
    access = open_display(TRUSTED, {"DISPLAY": ":7"}, say=print, run=FakeXauth())
    assert access is not None and len(access.cookie) == 16 and access.cookie != bytes(16)


def test_programs_that_are_not_trusted_get_a_cookie_of_their_own_for_a_while() -> None:
    # OpenSSH 9.2: a minute longer than connections are let through.
    xauth = FakeXauth(knows=LINE)
    access = open_display(UNTRUSTED, {"DISPLAY": "localhost:7.0"}, say=print, run=xauth)
    assert access is not None and (access.cookie, access.lasts) == (COOKIE, 1200)
    generate = ["-f", "generate", "unix:7.0", "MIT-MAGIC-COOKIE-1", "untrusted", "timeout", "1260"]
    assert xauth.ran == [generate, ["-f", "list", "unix:7.0"]]


def test_without_such_a_cookie_they_get_nothing_and_are_told_so() -> None:
    # OpenSSH 9.2: "untrusted X11 forwarding setup failed: xauth key data not generated".
    said: list[str] = []
    xauth = FakeXauth(knows=LINE, generates=False)
    assert open_display(UNTRUSTED, {"DISPLAY": ":7"}, say=said.append, run=xauth) is None
    assert "no untrusted cookie" in said[0] and "-Y" in said[0]


@pytest.mark.parametrize("environ", [{}, {"DISPLAY": ""}, {"DISPLAY": "nothing"}])
def test_without_a_display_nothing_is_forwarded_and_that_is_said(environ: dict[str, str]) -> None:
    said: list[str] = []
    assert open_display(TRUSTED, environ, say=said.append, run=FakeXauth()) is None
    assert len(said) == 1 and "DISPLAY" in said[0]


@pytest.mark.parametrize("printed", ["", "a", "a b", "a b zz", "a b c\n", "\x1b", "a é 00"])
def test_what_xauth_prints_is_a_cookie_or_nothing(printed: str) -> None:
    assert open_display(UNTRUSTED, {"DISPLAY": ":7"}, say=print, run=FakeXauth(knows=printed)) is None
