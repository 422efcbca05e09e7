import contextlib
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh import PROTOCOL_VERSION, PROTOCOL_VERSIONS
from rmosh.announce import Announce, AnnounceLine, format_announce, read_announce, with_field
from rmosh.errors import BootstrapError, Malformed, Stage
from rmosh.hello import Hello, new_hello
from rmosh_client.bootstrap.announcement import (
    AnnounceReader,
    Answer,
    accept_announce,
    failed_command,
    failed_server,
    parse_status,
)
from rmosh_client.bootstrap.choice import MAX_OFFERS, Offer
from rmosh_client.bootstrap.request import Fate, Request
from rmosh_client.bootstrap.stages import STAGES

ANNOUNCE = Announce(PROTOCOL_VERSION, 60001, bytes(range(8)), bytearray(range(32)))
HELLO = new_hello(entropy=bytes(range(16)))
LINE = with_field(format_announce(ANNOUNCE), "nonce", HELLO.nonce).encode() + b"\n"


def read(*chunks: bytes) -> AnnounceReader:
    reader = AnnounceReader(HELLO)
    for chunk in chunks:
        reader.feed(chunk)
    return reader


def whole(reader: AnnounceReader) -> AnnounceLine:
    """Return the line that has come whole."""
    assert reader.line is not None
    return reader.line


@given(chunks=st.lists(st.binary(max_size=64) | st.just(LINE[:20]) | st.just(LINE)))
def test_any_output_is_read_or_malformed(chunks: list[bytes]) -> None:
    reader = AnnounceReader(HELLO)
    with contextlib.suppress(Malformed):
        for chunk in chunks:
            reader.feed(chunk)
        assert reader.line is None or LINE.strip() in b"".join(chunks)


@given(before=st.binary(max_size=200).filter(lambda data: b"RMOSH" not in data), cut=st.integers(0, len(LINE)))
def test_announce_line_is_found_after_any_chatter_however_it_is_cut(before: bytes, cut: int) -> None:
    reader = read(before, b"\n", LINE[:cut], LINE[cut:])
    assert read_announce(whole(reader)) == ANNOUNCE


@given(behind=st.binary(max_size=200), cut=st.integers(0, 300))
def test_what_follows_the_announce_line_is_kept_to_the_byte(behind: bytes, cut: int) -> None:
    whole_output = b"Welcome\n" + LINE + behind
    reader = read(whole_output[:cut], whole_output[cut:], b"!")
    assert reader.behind == behind + b"!"


def test_chatter_is_kept_for_the_error_message_without_control_characters() -> None:
    reader = AnnounceReader(HELLO)
    reader.feed(b"\x1b[31mWelcome\x07\nno newline")
    assert reader.chatter == "?[31mWelcome?\nno newline"


def test_secret_is_never_shown() -> None:
    reader = read(b"chatter ", LINE, LINE)
    assert reader.chatter == "chatter"
    assert "AAEC" not in read(b"chatter\n", LINE.rstrip()).chatter  # its newline did not come
    assert "AAEC" not in repr(reader.line) + repr(read_announce(whole(reader)))


def test_endless_chatter_is_malformed() -> None:
    reader = AnnounceReader(HELLO)
    with pytest.raises(Malformed):
        for _ in range(1000):
            reader.feed(b"y\n" * 1000)


@given(answer=st.binary())
def test_any_status_answer_is_read_or_refused(answer: bytes) -> None:
    with contextlib.suppress(BootstrapError):
        assert parse_status(answer).fate in Fate


@pytest.mark.parametrize(
    ("answer", "fate", "kind", "value"),
    [
        (b"alive\n", Fate.ALIVE, None, None),
        (b"unknown\n", Fate.UNKNOWN, None, None),
        (b"Welcome!\nended exited 3\n", Fate.ENDED, "exited", 3),
    ],
)
def test_status_answers_are_read_past_chatter(answer: bytes, fate: Fate, kind: str | None, value: int | None) -> None:
    status = parse_status(answer)
    assert (status.fate, status.kind, status.value) == (fate, kind, value)


@pytest.mark.parametrize(
    ("answer", "claimed"),
    [
        (b"RMOSH-WHERE addresses=203.0.113.5,2001:db8::5\nalive\n", ("203.0.113.5", "2001:db8::5")),
        (b"Welcome!\r\nRMOSH-WHERE addresses=203.0.113.5 port=1\r\nalive\r\n", ("203.0.113.5",)),
        (b"RMOSH-WHERE\nalive\n", ()),
        (b"RMOSH-WHERE addresses=example.org\nalive\n", ()),
        (b"RMOSH-WHERE addresses=203.0.113.5\nunknown\n", ()),
        (b"alive\n", ()),
    ],
)
def test_a_host_where_a_session_lives_tells_where_it_is(answer: bytes, claimed: tuple[str, ...]) -> None:
    assert parse_status(answer).claimed == claimed


OTHER_VERSIONS = pytest.mark.parametrize(
    ("version", "who"), [(PROTOCOL_VERSIONS[-1] + 1, "here"), (PROTOCOL_VERSIONS[0] - 1, "on box")]
)


@OTHER_VERSIONS
def test_the_older_side_is_told_to_update(version: int, who: str) -> None:
    with pytest.raises(BootstrapError) as caught:
        accept_announce(AnnounceLine(version, {"whatever": "it-means"}), "box", Request("box"), HELLO)
    assert caught.value.stage is Stage.VERSION
    assert who in caught.value.hint


@OTHER_VERSIONS
@pytest.mark.parametrize("rest", [f"60001 0123456789abcdef {43 * 'A'}=", "port=60001", ""])
def test_server_that_knows_no_hello_is_told_by_the_version_it_announces(version: int, who: str, rest: str) -> None:
    reader = read(f"RMOSH-ANNOUNCE {version} {rest}\n".encode())
    error = failed_server("box", Answer(HELLO, reader, status=0))
    assert reader.line is None
    assert error.stage is Stage.VERSION
    assert who in error.hint


def test_client_of_the_next_version_takes_the_version_that_the_server_chose() -> None:
    both = Hello(HELLO.nonce, (PROTOCOL_VERSION, PROTOCOL_VERSION + 1))
    assert accept_announce(whole(read(LINE)), "box", Request("box"), both) == ANNOUNCE


@pytest.mark.parametrize(
    ("old", "new", "stage"),
    [
        (b" port=60001", b"", Stage.ANNOUNCE),
        (b"=60001", b"=70000", Stage.ANNOUNCE),
        (b"=60001", b"=0", Stage.UDP),
    ],
)
def test_answer_that_announces_nothing_of_use_is_refused(old: bytes, new: bytes, stage: Stage) -> None:
    with pytest.raises(BootstrapError) as caught:
        accept_announce(whole(read(LINE.replace(old, new))), "box", Request("box"), HELLO)
    assert caught.value.stage is stage
    assert caught.value.hint


@pytest.mark.parametrize(
    ("exit_status", "stage"),
    [
        (127, Stage.SERVER_MISSING),
        (126, Stage.SERVER_MISSING),
        (1, Stage.SERVER_FAILED),
        (None, Stage.SERVER_FAILED),
        (0, Stage.ANNOUNCE),
    ],
)
def test_each_way_to_fail_has_its_stage(exit_status: int | None, stage: Stage) -> None:
    error = failed_server("box", Answer(HELLO, AnnounceReader(HELLO), exit_status, b"why\n"))
    assert error.stage is stage
    assert "why" in str(error)
    assert error.hint


@pytest.mark.parametrize("before", [b"", b"motd\n", b"no newline "])
def test_account_that_runs_sh_is_told_from_one_that_does_not(before: bytes) -> None:
    assert not Answer(HELLO, read(before + b"\nRMOSH-SHELL\n")).runs_nothing
    assert Answer(HELLO, read(before + b"sh -c 'echo; echo RMOSH-SHELL; exec x': no shell here\n")).runs_nothing


def test_account_whose_shell_is_python_is_known_by_what_it_complains_of() -> None:
    complaint = subprocess.run([sys.executable, "-c", "sh -c 'echo'"], capture_output=True, check=False).stderr
    assert Answer(HELLO, read(b""), 1, complaint).speaks_python
    assert not Answer(HELLO, read(b""), 1, b"This account is currently not available.\n").speaks_python


def test_advice_of_a_host_can_be_typed_as_it_is_printed() -> None:
    said = "rmosh-server: there is no session 'x'\nhint: rmosh HOST starts one, rmosh -S NAME HOST one with a name"
    failure = failed_command("me@far", 1, said)
    assert failure is not None
    assert str(failure) == "me@far: there is no session 'x'"
    assert failure.hint == "rmosh me@far starts one, rmosh -S NAME me@far one with a name"


def test_where_the_server_was_found_is_told_and_is_no_chatter(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger=STAGES):
        reader = read(b"welcome\nRMOSH-SERVER /opt/bin/rmosh-server\x1b[2J\n")
    assert caplog.messages == ["rmosh: 1. ssh: running /opt/bin/rmosh-server?[2J"]
    assert reader.chatter == "welcome"


def test_offered_sessions_are_kept_and_are_no_chatter_and_there_are_not_too_many() -> None:
    line = b"RMOSH-CHOICE 0123456789abcdef work\nRMOSH-CHOICE nothing\n"
    assert read(line).offers == [Offer("0123456789abcdef", "work")]
    assert read(line).chatter == ""
    assert len(read(line * 1000).offers) == MAX_OFFERS
