"""What is made of the answers of sessions, which may be of other versions."""

import json
import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.errors import Malformed
from rmosh_server import sessions as module
from rmosh_server.asking import Door, Unanswered
from rmosh_server.control_message import decode_message, encode_message
from rmosh_server.errands import list_as_table
from rmosh_server.places import Places
from rmosh_server.sessions import LiveSession, NoSession, Sessions, tell_of_detached

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


def test_several_that_may_be_meant_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    answering = Answering([{**PLAIN, "attached": True}, {**PLAIN, "name": "other", "attached": True}])
    answering.given(monkeypatch)
    with pytest.raises(NoSession, match="there are 2 sessions: other, work"):
        answering.meant("")
    assert answering.meant("other").name == "other"
    with pytest.raises(NoSession, match="may be any of"):
        answering.meant("0123")
