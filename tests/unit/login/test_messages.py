"""What the two processes of a client tell each other is read again as it was written, and anything else is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.announce import SECRET_BYTES, SESSION_ID_BYTES, new_announce
from rmosh.errors import BootstrapError, Malformed, Stage
from rmosh.traits import Traits
from rmosh_client.bootstrap.request import Fate, Request, SessionStatus, SessionWish, Started
from rmosh_client.forwarding.passed_on import AgentAccess, DisplayAccess, DisplayAddress, LoginProof, PassedOn
from rmosh_client.login import messages
from rmosh_client.login.messages import (
    Errand,
    ErrandKind,
    Failed,
    FateTold,
    FromLogin,
    LineReader,
    PlainEnd,
    PlainEnded,
    SessionStarted,
    ToLogin,
    TraitsTold,
    TraitsWanted,
    WayMade,
    WayWanted,
    line_of,
    parse_from_login,
    parse_to_login,
)

ENTROPY = bytes(range(SESSION_ID_BYTES + SECRET_BYTES))
REQUEST = Request("box\udcff", ("Port=22",), command=("ls", "\n", "ä"), wish=SessionWish(attach_to=""))
TOLD: list[ToLogin] = [
    Errand(ErrandKind.SESSION, REQUEST, escape="^^"),
    Errand(ErrandKind.FATE, REQUEST, ssh="ssh -v", session_id=b"\0\xff", verbosity=3, log_file="/tmp/log"),
    TraitsTold(None),
    TraitsTold(Traits(keyboard_protocol=True, name="kitty(0.48.2)")),
    WayMade(),
]
SAID: list[FromLogin] = [
    TraitsWanted(),
    WayWanted(),
    SessionStarted(Started(new_announce(port=60001, entropy=ENTROPY), ("::1", "127.0.0.1"), "rmosh attach box")),
    SessionStarted(
        Started(
            new_announce(port=60001, entropy=ENTROPY),
            ("::1",),
            "",
            claimed=("2001:db8::1",),
            passed_on=PassedOn(
                AgentAccess("/a", LoginProof(b"k", b"s", b"")),
                DisplayAccess((DisplayAddress("\0/x"),), "K", b"c", 1.5),
            ),
        )
    ),
    Failed.by(BootstrapError(Stage.HOST_KEY, "it is another", hint="ask", exit_status=3)),
    PlainEnded(PlainEnd.QUIT, 0),
    FateTold(SessionStatus(Fate.ENDED, "exited", 7)),
    FateTold(SessionStatus(Fate.UNREACHABLE, reason="far", reached=("192.0.2.1",))),
]


@pytest.mark.parametrize("message", TOLD, ids=lambda message: type(message).__name__)
def test_what_a_login_is_told_is_one_line(message: ToLogin) -> None:
    line = line_of(message)
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    assert parse_to_login(line[:-1]) == message


@pytest.mark.parametrize("message", SAID, ids=lambda message: type(message).__name__)
def test_what_a_login_says_is_one_line(message: FromLogin) -> None:
    assert parse_from_login(line_of(message)[:-1]) == message


def test_an_error_is_the_same_on_the_other_side() -> None:
    error = Failed(Stage.CONNECT, "it is far", "walk", 7).error()
    assert (error.stage, str(error), error.hint, error.exit_status) == (Stage.CONNECT, "it is far", "walk", 7)


def test_no_message_goes_the_wrong_way() -> None:
    with pytest.raises(Malformed):
        parse_from_login(line_of(WayMade()))
    with pytest.raises(Malformed):
        parse_to_login(line_of(WayWanted()))


def test_a_complaint_repeats_no_secret() -> None:
    line = line_of(SAID[2]).replace(b'"port": 60001', b'"port": "60001"')
    with pytest.raises(Malformed) as caught:
        parse_from_login(line)
    assert ENTROPY[SESSION_ID_BYTES:].hex() not in str(caught.value)


@given(untrusted=st.binary(max_size=200))
def test_any_bytes_are_a_message_or_malformed(untrusted: bytes) -> None:
    for parse in (parse_to_login, parse_from_login):
        try:
            parse(untrusted)
        except Malformed:
            continue


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=9,
)
LINES = st.sampled_from([json.loads(line_of(message)) for message in (*TOLD, *SAID)])


@given(line=LINES, other=JSON, choice=st.integers(min_value=0))
def test_any_field_may_be_anything(line: list[object], other: object, choice: int) -> None:
    word, fields = line
    assert isinstance(fields, dict)
    names = sorted(fields) or [""]
    changed = json.dumps([word, fields | {names[choice % len(names)]: other}]).encode()
    for parse in (parse_to_login, parse_from_login):
        try:
            parse(changed)
        except Malformed:
            continue


@given(cuts=st.lists(st.integers(min_value=0, max_value=400)))
def test_lines_are_whole_wherever_the_stream_is_cut(cuts: list[int]) -> None:
    lines = [line_of(message) for message in TOLD]
    stream, reader, read = b"".join(lines), LineReader(), list[bytes]()
    at = 0
    for cut in [*sorted(cuts), len(stream)]:
        read += reader.feed(stream[at:cut])
        at = max(at, cut)
    assert read == [line[:-1] for line in lines]


def test_a_line_without_an_end_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "LONGEST_WORD", 10)
    reader = LineReader()
    reader.feed(b"x" * 10)
    with pytest.raises(Malformed):
        reader.feed(b"x")
