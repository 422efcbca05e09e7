"""Handing a session to a fresh interpreter, and what that one does not load."""

import contextlib
import copy
import fcntl
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.announce import Announce
from rmosh.compression import Compression
from rmosh.errors import Malformed
from rmosh.traits import Traits
from rmosh_server.command.fresh_interpreter import hand_over
from rmosh_server.plain_text import MAX_CLIENT_NAME, MAX_REMARK
from rmosh_server.serving.handover import (
    MAX_REMARKS,
    MAX_SIZE,
    NO_DESCRIPTOR,
    Handover,
    format_handover,
    parse_handover,
    receive,
)
from rmosh_server.serving.settings import ForwardingSettings, Settings
from rmosh_server.shell.account import Account, go_home

SECRET = bytes(range(32))


def session_with(descriptors: tuple[int, int, int, int] = (3, 4, 5, 6)) -> Handover:
    udp, master, slave, report = descriptors
    return Handover(
        Announce(1, 60001, bytes(range(8)), bytearray(SECRET), client_timeout=60.0),
        rows=40,
        columns=132,
        shell=4711,
        is_login=True,
        udp=udp,
        master=master,
        slave=slave,
        report=report,
        name="a",
        client="b c",
        compression=Compression.ALL,
        obscures_typing=True,
        complaints=("one", "two"),
        others="three",
        agent=7,
        agent_path="/tmp/ü.agent",
        display_port=8,
        display=10,
        cookie="00ff",
        directory="/tmp/ü\n\udcff",
        traits=Traits(keyboard_protocol=True, name="kitty(0.48.2)"),
        settings=Settings(
            idle_timeout=3.0,
            history_lines=5,
            screen_checksums=True,
            forwarding=ForwardingSettings("local", permit_open=(("db:1", "[::1]:*"), ()), x11_forwarding=False),
        ),
    )


@pytest.fixture
def pipes() -> Iterator[tuple[int, int, int, int]]:
    """Return descriptors to hand over, which are closed in the end."""
    opened = (*os.pipe(), *os.pipe())
    yield opened
    for descriptor in opened:
        with contextlib.suppress(OSError):
            os.close(descriptor)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Handover]:
    """Return what is served in this interpreter, copied while its secret is there."""
    served: list[Handover] = []
    monkeypatch.setattr(os, "chdir", lambda _: None)
    monkeypatch.setattr("rmosh_server.serving.kinds.serve", lambda session: served.append(copy.deepcopy(session)))
    return served


def test_a_tunnel_is_handed_over_without_a_terminal() -> None:
    tunnel = replace(session_with(), master=NO_DESCRIPTOR, slave=NO_DESCRIPTOR)
    read = parse_handover(format_handover(tunnel), secret=bytearray(SECRET))
    assert read.is_tunnel
    assert read.descriptors == (tunnel.udp, tunnel.report, tunnel.agent, tunnel.display_port)
    assert not session_with().is_tunnel


def test_all_that_is_handed_over_arrives_and_the_descriptors_go_no_further(
    monkeypatch: pytest.MonkeyPatch, pipes: tuple[int, int, int, int]
) -> None:
    handed: list[list[str]] = []

    def exec_nothing(file: str, words: list[str], environment: dict[str, str]) -> None:
        handed.append(words)
        assert all(os.get_inheritable(pipe) for pipe in pipes)

    monkeypatch.setattr(os, "chdir", lambda _: None)
    monkeypatch.setattr(os, "execve", exec_nothing)
    monkeypatch.setenv("PYTHONPATH", "/some/where")
    session = session_with(pipes)
    hand_over(session)
    told = receive(int(handed[0][4]))
    assert replace(told, program=(), python_variables=()) == session
    assert told.program == (sys.executable, "-m", "rmosh_server")
    assert told.python_variables == ("PYTHONPATH=/some/where",)
    assert not any(os.get_inheritable(pipe) for pipe in pipes)


def test_the_secret_is_not_among_the_words_of_the_new_interpreter(
    monkeypatch: pytest.MonkeyPatch, pipes: tuple[int, int, int, int]
) -> None:
    handed: list[list[str]] = []
    monkeypatch.setattr(os, "chdir", lambda _: None)
    monkeypatch.setattr(os, "execve", lambda file, words, environment: handed.append([*words, str(environment)]))
    hand_over(session_with(pipes))
    assert "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8" not in " ".join(handed[0])
    os.close(int(handed[0][4]))


def test_without_a_fresh_interpreter_the_session_is_served_in_this_one(
    monkeypatch: pytest.MonkeyPatch, pipes: tuple[int, int, int, int], served: list[Handover]
) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    session = session_with(pipes)
    hand_over(session)
    assert served == [session]


@pytest.mark.linux
def test_what_a_small_pipe_does_not_take_is_served_in_this_interpreter(
    monkeypatch: pytest.MonkeyPatch, pipes: tuple[int, int, int, int], served: list[Handover]
) -> None:
    make_pipe = os.pipe

    def small_pipe() -> tuple[int, int]:
        reading, writing = make_pipe()
        fcntl.fcntl(writing, 1031, 4096)  # F_SETPIPE_SZ of <linux/fcntl.h>, which Python 3.10 does not name
        return reading, writing

    monkeypatch.setattr(os, "pipe", small_pipe)
    session = replace(session_with(pipes), complaints=("x" * MAX_REMARK,) * MAX_REMARKS)
    hand_over(session)
    assert served == [session]


def test_what_a_fresh_interpreter_would_refuse_is_served_in_this_one(
    pipes: tuple[int, int, int, int], served: list[Handover]
) -> None:
    session = replace(session_with(pipes), trace="/" + "x" * 5000)
    hand_over(session)
    assert served == [session]


def test_the_longest_handover_fits_a_pipe() -> None:
    longest = replace(
        session_with(),
        directory="/" + "\udcff" * 1365,
        trace="/" + "\udcff" * 1365,
        client="\U0001f600" * MAX_CLIENT_NAME,
        complaints=("\U0001f600" * MAX_REMARK,) * MAX_REMARKS,
        others="\U0001f600" * MAX_REMARK,
    )
    message = format_handover(longest)
    assert parse_handover(message, secret=bytearray(SECRET)) == longest
    assert len(SECRET) + len(message) <= MAX_SIZE


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.binary() | JSON_VALUES.map(lambda value: json.dumps(value).encode()))
def test_what_is_no_handover_is_malformed(untrusted: bytes) -> None:
    with pytest.raises(Malformed):
        parse_handover(untrusted, secret=bytearray(SECRET))


@given(st.data())
def test_a_handover_with_anything_in_a_field_is_read_or_malformed(data: st.DataObject) -> None:
    told = json.loads(format_handover(session_with()))
    fields_of = data.draw(st.sampled_from([told, told["settings"]]))
    key = data.draw(st.sampled_from(sorted(fields_of)))
    fields_of[key] = data.draw(JSON_VALUES)
    with contextlib.suppress(Malformed):
        session = parse_handover(json.dumps(told).encode(), secret=bytearray(SECRET))
        assert session.client.isprintable() and len(session.client) <= MAX_CLIENT_NAME
        assert all(remark.isprintable() for remark in (*session.complaints, session.others))


def test_each_field_of_a_handover_must_be_there() -> None:
    whole = json.loads(format_handover(session_with()))
    assert len(whole) == len(fields(Handover)) + 3  # the announce line has four values here
    for key in set(whole) - {"client_timeout"}:
        told = {name: value for name, value in whole.items() if name != key}
        with pytest.raises(Malformed, match=key if key != "settings" else "object"):
            parse_handover(json.dumps(told).encode(), secret=bytearray(SECRET))


@pytest.mark.parametrize(
    "changed",
    [
        {"client": "a\nb"},
        {"client": "x" * 70_000},
        {"name": "-x"},
        {"complaints": ["a\x1b[2J"]},
        {"complaints": ["a"] * (MAX_REMARKS + 1)},
        {"others": "x" * 70_000},
        {"directory": "/a\0b"},
        {"directory": "a"},
        {"rows": True},
        {"rows": 0},
        {"port": 65536},
        {"shell": 1 << 31},
        {"session": "00"},
        {"client_timeout": "1"},
        {"compression": "zip"},
    ],
)
def test_a_handover_beyond_its_bounds_is_malformed(changed: dict[str, object]) -> None:
    told = json.loads(format_handover(session_with())) | changed
    with pytest.raises(Malformed, match=next(iter(changed))):
        parse_handover(json.dumps(told).encode(), secret=bytearray(SECRET))


def test_a_missing_home_is_said_and_replaced_by_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert go_home(Account("ann", str(tmp_path), "/bin/sh")) == ""
    notice = go_home(Account("ann", str(tmp_path / "gone"), "/bin/sh"))
    assert notice == f"Could not chdir to home directory {tmp_path / 'gone'}: No such file or directory\r\n"
    assert Path.cwd() == Path("/")
