"""What a running session answers to its own user."""

import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh import PROTOCOL_VERSION
from rmosh.announce import new_announce, parse_announce
from rmosh.compression import Compression
from rmosh.hello import format_traits
from rmosh.session.attachment import Guest
from rmosh.session.server import ServerSession
from rmosh.traits import Traits
from rmosh_server.desk.desk import Desk
from rmosh_server.desk.questions import AWAY_AFTER, Facts
from rmosh_server.serving.ssh_paths import SshPaths
from rmosh_server.sockets.passing import PassedDescriptors

OWN_ID = bytes(range(8))


class FakeDoors:
    def __init__(self) -> None:
        self.came: list[bytes] = []
        self.traced: dict[bytes, bool] = {}

    def client_came(self, client: bytes, *, wants_trace: bool, now: float) -> str:
        self.came.append(client)
        return "/traces/of.it" if wants_trace else ""

    def trace_client(self, client: bytes, *, on: bool, now: float) -> str:
        self.traced[client] = on
        return f"/traces/{client.hex()}" if on else ""


class Bench:
    def __init__(self) -> None:
        self.doors = FakeDoors()
        self.ended: list[str] = []
        self.core = ServerSession(rows=24, columns=80, entropy=os.urandom, now=0.0)
        self.core.attach(new_announce(port=7, entropy=OWN_ID + bytes(32)), Guest(24, 80, name="first"), now=0.0)
        reading, self._writing = os.pipe()
        self.ssh_paths = SshPaths(self.core, tell=self.ended.append)
        facts = Facts(OWN_ID, "work", started=1000.0, port=60001)
        self.desk = Desk(
            facts,
            self.core,
            terminal=reading,
            doors=self.doors,
            ssh_paths=self.ssh_paths,
            end=lambda why, _now: self.ended.append(why),
        )


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_session_describes_itself_and_its_clients(bench: Bench) -> None:
    facts = bench.desk.answer({"do": "describe"}, now=5.0)
    assert (facts["id"], facts["name"], facts["size"]) == (OWN_ID.hex(), "work", [24, 80])
    assert facts["attached"] is True
    assert abs(time.time() - facts["typed"] - 5.0) < 2.0
    assert [(client["name"], client["leads"], client["idle"]) for client in facts["clients"]] == [("first", True, 5.0)]
    assert bench.desk.answer({"do": "describe"}, now=AWAY_AFTER + 1)["attached"] is False


def test_one_more_client_gets_keys_of_its_own(bench: Bench) -> None:
    question = {"do": "attach", "rows": 30, "columns": 90, "name": "me@laptop\x1b[2J" + "x" * 100}
    answer = bench.desk.answer(question, now=1.0)
    announce = parse_announce(answer["announce"].encode())
    assert announce.port == 60001
    assert bench.doors.came == [announce.session_id]
    names = [status.guest.name for status in bench.core.attachments]
    assert names == ["first", ("me@laptop[2J" + "x" * 100)[:64]]
    other = parse_announce(bench.desk.answer(question, now=1.0)["announce"].encode())
    assert other.secret != announce.secret


def passed_channel(*, but: int = 0) -> tuple[PassedDescriptors, list[int]]:
    """Descriptors as an SSH channel has them, and the far ends of its pipes."""
    (reading, said), (heard, writing), (alive, held) = os.pipe(), os.pipe(), os.pipe()
    passed = PassedDescriptors()
    passed.add([reading, writing, held][but:])
    return passed, [said, heard, alive]


def test_a_client_that_comes_with_its_channel_is_reached_there(bench: Bench) -> None:
    passed, far = passed_channel()
    question = {"do": "attach", "rows": 30, "columns": 90, "stream": "0a" * 16}
    answer = bench.desk.answer(question, passed, now=1.0)
    announce = parse_announce(answer["announce"].encode())
    assert announce.stream
    assert passed.held == ()
    assert bench.ended == [f"path 0 of client {announce.session_id.hex()[:8]} through SSH came"]
    bench.ssh_paths.close()
    assert os.read(far[2], 1) == b""  # what SSH ran may end


@pytest.mark.parametrize("stream", ["", "0a", "0A" * 16, "x" * 32])
def test_a_channel_without_its_nonce_is_left_and_the_client_comes_by_udp(bench: Bench, stream: str) -> None:
    passed, _ = passed_channel()
    question = {"do": "attach", "rows": 30, "columns": 90, "stream": stream}
    assert not parse_announce(bench.desk.answer(question, passed, now=1.0)["announce"].encode()).stream
    assert len(passed.held) == 3
    passed.close()


def test_a_nonce_that_is_no_text_is_refused_before_anybody_is_let_in(bench: Bench) -> None:
    question = {"do": "attach", "rows": 30, "columns": 90, "stream": 7, "detach_others": True}
    assert "stream is 7" in bench.desk.answer(question, now=1.0)["error"]
    assert [status.session_id for status in bench.core.attachments] == [OWN_ID]


def test_a_client_that_is_attached_gets_one_more_path_without_a_secret(bench: Bench) -> None:
    question = {"do": "path", "client": OWN_ID.hex(), "stream": "0a" * 16}
    passed, _ = passed_channel()
    assert bench.desk.answer(question, passed, now=1.0) == {"path": True}
    few, _ = passed_channel(but=1)
    assert bench.desk.answer(question, few, now=1.0) == {"error": "no SSH channel was passed with its nonce"}
    few.close()
    question["client"] = "00" * 8
    assert bench.desk.answer(question, now=1.0) == {"error": "it has no client 0000000000000000"}
    bench.ssh_paths.close()


def test_a_client_that_asks_for_a_trace_is_told_where_it_is(bench: Bench) -> None:
    question = {"do": "attach", "rows": 30, "columns": 90}
    for wanted, told in ((True, "/traces/of.it"), (False, ""), ("yes", "")):
        answer = bench.desk.answer({**question, "trace": wanted}, now=1.0)
        assert parse_announce(answer["announce"].encode()).trace == told


def test_all_clients_are_traced_when_asked_and_no_longer(bench: Bench) -> None:
    assert bench.desk.answer({"do": "trace", "on": True}, now=1.0) == {"traces": [f"/traces/{OWN_ID.hex()}"]}
    assert bench.doors.traced == {OWN_ID: True}
    assert bench.desk.answer({"do": "trace", "on": False}, now=2.0) == {"traces": []}
    assert bench.doors.traced == {OWN_ID: False}


@pytest.mark.parametrize("compression", list(Compression))
def test_a_client_says_what_is_deflated_for_it(bench: Bench, compression: Compression) -> None:
    question = {"do": "attach", "rows": 1, "columns": 1, "compress": compression.value}
    bench.desk.answer(question, now=1.0)
    assert [status.guest.compression for status in bench.core.attachments] == [Compression.LAYOUT, compression]


def test_a_client_says_whether_its_typing_is_obscured(bench: Bench) -> None:
    for told in (True, False, "yes"):
        bench.desk.answer({"do": "attach", "rows": 1, "columns": 1, "obscure_typing": told}, now=1.0)
    assert [status.guest.obscures_typing for status in bench.core.attachments] == [False, True, False, False]


def test_a_client_says_what_its_terminal_is(bench: Bench) -> None:
    traits = Traits(keyboard_protocol=True, name="kitty(0.48.2)")
    for told in ("", format_traits(traits)):
        bench.desk.answer({"do": "attach", "rows": 1, "columns": 1, "terminal": told}, now=1.0)
    assert [status.guest.traits for status in bench.core.attachments] == [None, None, traits]


@pytest.mark.parametrize("told", ["0", 7, "00" * 400, "0000000101"])
def test_what_no_terminal_can_have_said_is_refused(bench: Bench, told: object) -> None:
    assert "error" in bench.desk.answer({"do": "attach", "rows": 1, "columns": 1, "terminal": told}, now=1.0)


@pytest.mark.parametrize("word", ["yes", None, 1, ["no"], {}])
def test_what_cannot_be_deflated_is_refused(bench: Bench, word: object) -> None:
    answer = bench.desk.answer({"do": "attach", "rows": 1, "columns": 1, "compress": word}, now=1.0)
    assert "no, layout, all" in answer["error"]


@pytest.mark.parametrize("offered", [[PROTOCOL_VERSION], [PROTOCOL_VERSION, PROTOCOL_VERSION + 1]])
def test_a_client_of_the_next_version_is_let_in_with_ours(bench: Bench, offered: list[int]) -> None:
    answer = bench.desk.answer({"do": "attach", "rows": 1, "columns": 1, "versions": offered}, now=1.0)
    assert parse_announce(answer["announce"].encode()).version == PROTOCOL_VERSION


@pytest.mark.parametrize("offered", [[PROTOCOL_VERSION + 1], [], "2", [True], ["2"], [PROTOCOL_VERSION] * 17])
def test_a_client_that_speaks_nothing_of_ours_is_told_so_and_changes_nothing(bench: Bench, offered: object) -> None:
    question = {"do": "attach", "rows": 1, "columns": 1, "versions": offered, "detach_others": True}
    answer = bench.desk.answer(question, now=1.0)
    assert "version" in answer["error"]
    assert [status.guest.name for status in bench.core.attachments] == ["first"]


@pytest.mark.parametrize("rows", [True, 0, 1001, "24", None, 2.0])
def test_a_window_of_no_sensible_size_is_refused(bench: Bench, rows: object) -> None:
    answer = bench.desk.answer({"do": "attach", "rows": rows, "columns": 80}, now=1.0)
    assert "rows is" in answer["error"]


def test_others_are_sent_away_where_that_is_asked(bench: Bench) -> None:
    bench.desk.answer({"do": "attach", "rows": 9, "columns": 9, "name": "new", "detach_others": True}, now=1.0)
    assert [status.guest.name for status in bench.core.attachments] == ["new"]


def test_detaching_sends_the_typist_away_or_all_or_the_one_named(bench: Bench) -> None:
    for name in ("second", "third"):
        bench.desk.answer({"do": "attach", "rows": 9, "columns": 9, "name": name}, now=1.0)
    assert bench.desk.answer({"do": "detach"}, now=2.0) == {"detached": 1}
    assert [status.guest.name for status in bench.core.attachments] == ["first", "second"]
    assert bench.desk.answer({"do": "detach", "client": OWN_ID.hex()}, now=2.0) == {"detached": 1}
    assert bench.desk.answer({"do": "detach", "client": "all"}, now=2.0) == {"detached": 1}
    assert bench.core.attachments == ()


def test_killing_ends_the_session_with_the_reason(bench: Bench) -> None:
    assert bench.desk.answer({"do": "kill"}, now=2.0) == {"killed": True}
    assert bench.ended == ["it was ended by `rmosh kill`"]


_VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=80), st.lists(st.integers(), max_size=2))


@pytest.mark.slow
@given(
    st.dictionaries(
        st.sampled_from(["do", "rows", "columns", "name", "read_only", "client", "detach_others"]), _VALUES
    ),
    st.sampled_from(["describe", "attach", "detach", "kill", "dance", 7]),
)
def test_no_question_raises(question: dict[str, object], do: object) -> None:
    bench = Bench()
    assert bench.desk.answer({**question, "do": do}, now=1.0)
    assert bench.desk.answer(question, now=1.0)


@pytest.mark.parametrize(
    ("asked", "offered"),
    [({}, False), ({"streams": True}, True), ({"streams": True, "read_only": True}, False), ({"streams": 1}, False)],
)
def test_streams_are_offered_to_whoever_knows_them_and_may_do_more_than_look(
    bench: Bench, asked: dict[str, object], offered: bool
) -> None:
    answer = bench.desk.answer({"do": "attach", "rows": 30, "columns": 90, **asked}, now=1.0)
    assert parse_announce(answer["announce"].encode()).streams is offered
