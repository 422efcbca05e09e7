"""Where a session's programs find the agent and the display of its client."""

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from rmosh.hello import Hello
from rmosh_server.desk.places import Unusable
from rmosh_server.forwarding import display as displays
from rmosh_server.forwarding.agent_socket import open_agent_socket
from rmosh_server.forwarding.display import Xauth, open_display
from rmosh_server.forwarding.opened_ways import OpenedWays, open_for_shell

SESSION = bytes(range(8))
HELLO = Hello("00" * 16, agent=True, x11=True)


@pytest.fixture
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("s", numbered=True)
    made.chmod(0o700)
    return made


@pytest.fixture
def xauth(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A program of that name that keeps what it is told; the environment that it is found in."""
    program = tmp_path / "xauth"
    program.write_text(f'#!/bin/sh\necho "$@, $HOME, $XAUTHORITY" >> {tmp_path}/words\ncat >> {tmp_path}/told\n')
    program.chmod(0o755)
    yield {"PATH": f"{tmp_path}:/usr/bin:/bin", "XAUTHORITY": "/tmp/of-the-login"}


def test_the_agent_s_socket_is_for_its_owner_alone_and_goes_with_the_session(directory: Path) -> None:
    opened = open_agent_socket([str(directory)], SESSION)
    found = os.stat(opened.path)
    assert stat.S_ISSOCK(found.st_mode) and stat.S_IMODE(found.st_mode) == 0o600
    with closing(socket.socket(socket.AF_UNIX)) as program:
        program.connect(opened.path)
    opened.close()
    assert not os.path.exists(opened.path)


def test_what_somebody_else_has_put_in_its_place_stays(directory: Path) -> None:
    opened = open_agent_socket([str(directory)], SESSION)
    os.unlink(opened.path)
    Path(opened.path).write_text("another's")
    opened.close()
    assert os.path.exists(opened.path)


def test_a_directory_that_is_too_deep_open_to_others_or_not_there_is_passed_over(directory: Path) -> None:
    # Linux: a socket's path has at most 107 bytes, elsewhere 103.
    deep, open_to_others = directory / ("x" * 100), directory / "open"
    open_to_others.mkdir(mode=0o755)
    opened = open_agent_socket([str(deep), str(open_to_others), "/proc/nowhere", str(directory / "new")], SESSION)
    assert Path(opened.path).parent == directory / "new"
    opened.close()
    with pytest.raises(Unusable, match="has more than"):
        open_agent_socket([str(deep), str(open_to_others)], SESSION)


def test_a_display_is_taken_for_both_families_or_not_at_all() -> None:
    first = open_display()
    try:
        port = 6000 + first.number
        assert {each.getsockname()[:2] for each in first.listeners} <= {("127.0.0.1", port), ("::1", port)}
        taken = first.listeners[0]
        other = open_display(first=first.number)
        try:
            assert other.number != first.number and other.cookie != first.cookie and len(first.cookie) == 32
            # Of a display that another user holds for one family, he would be shown the cookie.
            first.listeners[-1].close()
            assert not displays._listen(port)
            assert taken.fileno() >= 0
        finally:
            other.close()
    finally:
        first.close()


def test_the_cookie_goes_to_xauth_s_standard_input_alone(xauth: dict[str, str], tmp_path: Path) -> None:
    display = open_display()
    try:
        Xauth(xauth, "/home/me").enter(display, waits=True)
    finally:
        display.close()
    unix = f"unix:{display.number}.0"
    assert (tmp_path / "told").read_text() == f"remove {unix}\nadd {unix} MIT-MAGIC-COOKIE-1 {display.cookie}\n"
    assert (tmp_path / "words").read_text() == "-q -, /home/me, \n"


def test_an_xauth_that_fails_is_said_and_no_display_is_left(xauth: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "xauth").write_text("#!/bin/sh\nexit 3\n")
    said: list[str] = []
    opened = open_for_shell(replace(HELLO, agent=False), (), SESSION, xauth, "/", said.append)
    assert opened.environment() == {}
    assert len(said) == 1 and "X11 is not forwarded" in said[0] and "status 3" in said[0]


def test_without_xauth_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, directory: Path
) -> None:
    monkeypatch.setattr(displays, "_XAUTH_PLACES", ())
    said: list[str] = []
    opened = open_for_shell(HELLO, [str(directory)], SESSION, {"PATH": str(tmp_path)}, "/", said.append)
    try:
        assert list(opened.environment()) == ["SSH_AUTH_SOCK"]
        assert said == [f"X11 is not forwarded: {displays._NO_XAUTH}"]
    finally:
        opened.close({}, "/")


def test_a_shell_is_told_of_what_its_client_offers_and_nothing_else(xauth: dict[str, str], directory: Path) -> None:
    assert open_for_shell(replace(HELLO, agent=False, x11=False), (), SESSION, {}, "/", print) == OpenedWays()
    opened = open_for_shell(HELLO, [str(directory)], SESSION, xauth, "/", print)
    assert opened.agent is not None and opened.display is not None
    told = opened.environment()
    opened.close(xauth, "/")
    assert told == {
        "SSH_AUTH_SOCK": f"{directory}/{SESSION.hex()}.agent",
        "DISPLAY": f"localhost:{opened.display.number}.0",
    }
    assert not os.path.exists(told["SSH_AUTH_SOCK"])
