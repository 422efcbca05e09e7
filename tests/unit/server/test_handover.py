"""Handing a session to a fresh interpreter, and what that one does not load."""

import copy
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from rmosh.announce import Announce
from rmosh.compression import Compression
from rmosh.traits import Traits
from rmosh_server.process.deferred import defer
from rmosh_server.serving.handover import Handover, hand_over, receive
from rmosh_server.serving.settings import Settings
from rmosh_server.shell.account import Account, go_home


def session_with(descriptors: tuple[int, int, int, int]) -> Handover:
    announce = Announce(1, 60001, bytes(range(8)), bytearray(range(32)))
    return Handover(announce, 40, 132, 4711, True, *descriptors)


def test_all_that_is_handed_over_arrives_and_the_descriptors_go_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    pipes = (*os.pipe(), *os.pipe())
    handed: list[list[str]] = []

    def exec_nothing(file: str, words: list[str], environment: dict[str, str]) -> None:
        handed.append(words)
        assert all(os.get_inheritable(pipe) for pipe in pipes)

    monkeypatch.setattr(os, "chdir", lambda _: None)
    monkeypatch.setattr(os, "execve", exec_nothing)
    session = replace(
        session_with(pipes),
        name="a",
        client="b\nc",
        compression=Compression.ALL,
        obscures_typing=True,
        greeting="one\ntwo\n",
        directory="/tmp/ü\n",
        traits=Traits(keyboard_protocol=True, name="kitty(0.48.2)"),
        settings=Settings(idle_timeout=3.0, history_lines=5, screen_checksums=True),
    )
    hand_over(copy.deepcopy(session))
    pipe = int(handed[0][4])
    assert receive(pipe) == session
    assert not any(os.get_inheritable(pipe) for pipe in pipes)
    for descriptor in pipes:
        os.close(descriptor)


def test_the_secret_is_not_among_the_words_of_the_new_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    handed: list[list[str]] = []
    monkeypatch.setattr(os, "chdir", lambda _: None)
    monkeypatch.setattr(os, "execve", lambda file, words, environment: handed.append([*words, str(environment)]))
    pipes = (*os.pipe(), *os.pipe())
    hand_over(session_with(pipes))
    assert "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8" not in " ".join(handed[0])
    for descriptor in (*pipes, int(handed[0][4])):
        os.close(descriptor)


def test_without_a_fresh_interpreter_the_session_is_served_in_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[Handover] = []
    monkeypatch.setattr(os, "chdir", lambda _: None)
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    monkeypatch.setattr("rmosh_server.serving.main.main", lambda descriptor: served.append(receive(descriptor)))
    pipes = (*os.pipe(), *os.pipe())
    session = session_with(pipes)
    hand_over(copy.deepcopy(session))
    assert served == [session]
    for descriptor in pipes:
        os.close(descriptor)


def test_a_deferred_module_is_loaded_by_the_first_look_into_it() -> None:
    code = (
        "import sys; from rmosh_server.process.deferred import defer; defer('wave'); import wave; "
        "print('chunk' in sys.modules, getattr(wave, '__path__', 'none'), wave.Error.__name__, wave.open.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=20)
    assert done.stdout.split() == [b"False", b"none", b"Error", b"open"]


def test_a_module_that_is_loaded_already_is_left_alone() -> None:
    before = sys.modules["os"]
    defer("os")
    assert sys.modules["os"] is before


def test_a_missing_home_is_said_and_replaced_by_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert go_home(Account("ann", str(tmp_path), "/bin/sh")) == ""
    notice = go_home(Account("ann", str(tmp_path / "gone"), "/bin/sh"))
    assert notice == f"Could not chdir to home directory {tmp_path / 'gone'}: No such file or directory\r\n"
    assert Path.cwd() == Path("/")
