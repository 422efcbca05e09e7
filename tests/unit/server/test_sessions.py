"""What is made of the answers of sessions, which may be of other versions."""

import json
import os
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.announce import format_announce, new_announce, parse_announce
from rmosh.errors import Malformed
from rmosh_server.command import attaching
from rmosh_server.command.errands import list_as_json, list_as_table
from rmosh_server.command.hearing import NO_HELLO
from rmosh_server.command.options import GuestWishes
from rmosh_server.desk import sessions as module
from rmosh_server.desk.places import Places
from rmosh_server.desk.registration import register
from rmosh_server.desk.session_log import SessionLog
from rmosh_server.desk.sessions import LiveSession, NoSession, Sessions, SilentSession, tell_of_detached
from rmosh_server.sockets.asking import Door, Unanswered
from rmosh_server.sockets.control_message import decode_message, encode_message

NOWHERE = Places("", "", ())
PLAIN = {"id": "0123456789abcdef", "name": "work", "started": 5.0, "size": [24, 80], "command": "vim", "clients": []}


class Answering(Sessions):
    """Sessions that answer what a test says."""

    def __init__(self, answers: Sequence[object]) -> None:
        super().__init__(NOWHERE)
        self._answers = answers

    def doors(self) -> list[Door]:
        return [Door("/nowhere", str(number)) for number in range(len(self._answers))]

    def given(self, monkeypatch: pytest.MonkeyPatch) -> list[LiveSession]:
        monkeypatch.setattr(module, "ask_all", lambda doors, question, patience: list(self._answers))
        return self.alive()


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["name", "here", "x"]), inner, max_size=2)
    ),
    max_leaves=6,
)


@pytest.mark.slow
@given(st.lists(st.dictionaries(st.sampled_from([*PLAIN, "title", "attached", "new"]), _ANY, max_size=6), max_size=3))
def test_no_answer_keeps_a_list_from_being_shown_in_plain_text(facts: list[dict[str, object]]) -> None:
    answers = [answer for answer in facts if len(json.dumps(answer)) < 400]
    with pytest.MonkeyPatch.context() as patch:
        try:
            cleaned = [decode_message(encode_message(answer)) for answer in answers]
        except Malformed:
            return
        alive = Answering(cleaned).given(patch)
    for line in (*list_as_table(alive, now=time.time()).splitlines(), tell_of_detached(alive)):
        assert line.isprintable()


def test_sessions_come_the_oldest_first_and_silent_or_refusing_ones_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    young, old = {**PLAIN, "started": 9.0, "name": "young"}, {**PLAIN, "started": 1, "name": "old"}
    answers = [young, Unanswered("asleep"), {"error": "no"}, old]
    assert [session.name for session in Answering(answers).given(monkeypatch)] == ["old", "young"]


def test_one_that_is_there_and_says_nothing_is_listed_as_that_and_by_its_logs_name(tmp_path: Path) -> None:
    places = Places(str(tmp_path / "sessions"), "", ())
    registered = register(places, bytes.fromhex("0123456789abcdef"))
    log = SessionLog(registered.entry.log)
    log.begin(bytes.fromhex("0123456789abcdef"), name="work", told="version 1")
    sessions = Sessions(places)
    assert sessions.alive(patience=0.02) == []
    (silent,) = sessions.silent
    assert silent == SilentSession("0123456789abcdef", "work")
    heading, row = list_as_table([], sessions.silent, now=0.0).splitlines()
    assert heading.split() == ["SESSION", "STARTED", "TYPED", "SIZE", "RUNNING", "CLIENTS"]
    assert row.split(maxsplit=5) == ["work", "-", "-", "-", "-", "does not answer"]
    assert json.loads(list_as_json([], sessions.silent)) == [
        {"id": "0123456789abcdef", "name": "work", "answers": False}
    ]
    assert log.descriptor is not None
    os.close(log.descriptor)
    registered.listener.close()
    registered.entry.withdraw()


def test_several_that_may_be_meant_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    answering = Answering([{**PLAIN, "attached": True}, {**PLAIN, "name": "other", "attached": True}])
    answering.given(monkeypatch)
    with pytest.raises(NoSession, match="there are 2 sessions: other and work"):
        answering.meant("")
    assert answering.meant("other").name == "other"
    with pytest.raises(NoSession, match="may be any of other and work") as refused:
        answering.meant("0123")
    assert [session.name for session in refused.value.candidates] == ["work", "other"]


def test_the_beginning_of_a_name_is_enough_where_only_one_begins_so(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["work", "worker", "two", "t"]
    answering = Answering([{**PLAIN, "name": name, "id": f"{place:016x}"} for place, name in enumerate(names)])
    answering.given(monkeypatch)
    assert [answering.meant(wanted).name for wanted in ("worke", "tw", "work", "t")] == ["worker", "two", "work", "t"]
    with pytest.raises(NoSession, match="'wor' may be any of work and worker"):
        answering.meant("wor")


def test_of_a_session_that_is_not_there_those_that_are_get_told(monkeypatch: pytest.MonkeyPatch) -> None:
    answering = Answering([PLAIN])
    answering.given(monkeypatch)
    with pytest.raises(NoSession, match=r"there is no session 'play'; there is work$") as refused:
        answering.meant("play", remedy="start one")
    assert "ls" in refused.value.hint
    alone = Answering([])
    alone.given(monkeypatch)
    with pytest.raises(NoSession, match=r"there is no session 'play'$") as refused:
        alone.meant("play", remedy="start one")
    assert refused.value.hint == "start one"


def test_who_asks_for_one_that_is_not_there_is_told_which_do_not_answer(tmp_path: Path) -> None:
    places = Places(str(tmp_path / "sessions"), "", ())
    registered = register(places, bytes.fromhex("0123456789abcdef"))
    with pytest.raises(NoSession, match=r"there is no session 'work'; 01234567 does not answer$"):
        Sessions(places).meant("work", patience=0.02)
    for wanted in ("", "01234"):
        with pytest.raises(NoSession, match=r"^session 01234567 does not answer$"):
            Sessions(places).meant(wanted, patience=0.02)
    registered.listener.close()
    registered.entry.withdraw()


@pytest.mark.parametrize(
    ("network", "stream", "port", "told"),
    [
        ("net:[1]", True, 60001, ""),
        ("net:[2]", True, 0, "it is reached through SSH alone"),
        ("net:[2]", False, 60001, "UDP port 60001 may not be reachable here"),
        ("", True, 60001, ""),
    ],
)
def test_of_a_session_in_another_network_no_port_is_announced_where_ssh_carries_it(
    network: str,
    stream: bool,
    port: int,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(attaching, "network_namespace", lambda: "net:[1]")
    monkeypatch.setattr(attaching, "addresses_of_running", lambda _home, *, elsewhere: ())
    announce = replace(new_announce(port=60001, entropy=bytes(range(40))), stream=stream, trace="/a/trace")
    answering = Answering([])
    monkeypatch.setattr(
        answering, "ask", lambda _session, _question, *, passing: {"announce": format_announce(announce)}
    )
    session = LiveSession(Door("/nowhere", "x.sock"), {**PLAIN, "network": network})
    attaching.attach(answering, session, GuestWishes(24, 80), NO_HELLO)
    printed = capfd.readouterr()
    heard = parse_announce(printed.out.encode())
    assert (heard.port, heard.stream, heard.trace, heard.secret) == (port, stream, "/a/trace", announce.secret)
    assert told in printed.err


def test_programs_are_told_which_side_of_a_size_is_which_and_when_somebody_typed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = {"name": "me", "size": [30, 90], "here": True}
    alive = Answering([{**PLAIN, "typed": 1000, "clients": [client]}, {"size": "?"}]).given(monkeypatch)
    _, told = json.loads(list_as_json(alive))
    assert (told["size"], told["typed"]) == ({"columns": 80, "rows": 24}, 1000)
    assert told["clients"][0]["size"] == {"columns": 90, "rows": 30}


def test_a_line_fits_a_terminal_and_names_the_program_without_its_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    long = {**PLAIN, "name": "build", "command": "/opt/venv/bin/python3 /home/me/.local/bin/make-everything --now"}
    client = {"name": "anna@laptop", "here": True}
    alive = Answering([PLAIN, {**long, "clients": [client]}]).given(monkeypatch)
    _, plain, row = list_as_table(alive, now=7200.0).splitlines()
    assert "  vim  " in plain
    assert "  python3 /home/me/.local/" in row
    assert row.endswith("  anna@laptop")
    assert len(row) == 75
    crowded = Answering([{**long, "clients": [client] * 4}]).given(monkeypatch)
    assert "  python3 /hom  anna@laptop, " in list_as_table(crowded, now=7200.0)


def test_people_are_told_when_somebody_typed_last(monkeypatch: pytest.MonkeyPatch) -> None:
    alive = Answering([{**PLAIN, "started": 0, "typed": 7020}]).given(monkeypatch)
    headings, row = list_as_table(alive, now=7200.0).splitlines()
    assert headings.split() == ["SESSION", "STARTED", "TYPED", "SIZE", "RUNNING", "CLIENTS"]
    assert re.split(r"\s{2,}", row) == ["work", "2 h ago", "3 min ago", "80x24", "vim", "detached"]
