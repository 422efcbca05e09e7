import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh import PROTOCOL_VERSION
from rmosh.announce import Announce, format_announce
from rmosh.errors import BootstrapError, Malformed, Stage
from rmosh_client.bootstrap.announcement import AnnounceReader, check_announce, failed_server, parse_status
from rmosh_client.bootstrap.request import Fate, Request

ANNOUNCE = Announce(PROTOCOL_VERSION, 60001, bytes(range(8)), bytes(range(32)))
LINE = format_announce(ANNOUNCE).encode() + b"\n"


@given(chunks=st.lists(st.binary(max_size=64) | st.just(LINE[:20]) | st.just(LINE)))
def test_any_output_is_read_or_malformed(chunks):
    reader = AnnounceReader()
    with contextlib.suppress(Malformed):
        for chunk in chunks:
            reader.feed(chunk)


@given(before=st.binary(max_size=200).filter(lambda data: b"RMOSH" not in data), cut=st.integers(0, len(LINE)))
def test_announce_line_is_found_after_any_chatter_however_it_is_cut(before, cut):
    reader = AnnounceReader()
    for chunk in (before, LINE[:cut], LINE[cut:]):
        reader.feed(chunk)
    assert reader.announce == ANNOUNCE


def test_chatter_is_kept_for_the_error_message_without_control_characters():
    reader = AnnounceReader()
    reader.feed(b"\x1b[31mWelcome\x07\nno newline")
    assert reader.chatter == "?[31mWelcome?\nno newline"


def test_secret_is_never_shown():
    reader = AnnounceReader()
    reader.feed(LINE)
    assert reader.chatter == ""
    assert "AAEC" not in repr(reader.announce)


def test_endless_chatter_is_malformed():
    reader = AnnounceReader()
    with pytest.raises(Malformed):
        for _ in range(1000):
            reader.feed(b"y\n" * 1000)


def test_arrival_is_the_servers_own_address():
    reader = AnnounceReader()
    reader.feed(b"RMOSH-ARRIVED 192.0.2.1 5 192.0.2.2 22\n" + LINE)
    assert reader.arrival == "192.0.2.2"


@pytest.mark.parametrize("line", [b"RMOSH-ARRIVED \n", b"RMOSH-ARRIVED a b\n", b"RMOSH-ARRIVED \xff \xff\n"])
def test_arrival_may_be_missing(line):
    reader = AnnounceReader()
    reader.feed(line)
    assert reader.arrival is None


@given(answer=st.binary())
def test_any_status_answer_is_read_or_refused(answer):
    with contextlib.suppress(BootstrapError):
        parse_status(answer)


@pytest.mark.parametrize(
    ("answer", "fate", "kind", "value"),
    [
        (b"alive\n", Fate.ALIVE, None, None),
        (b"unknown\n", Fate.UNKNOWN, None, None),
        (b"Welcome!\nended exited 3\n", Fate.ENDED, "exited", 3),
    ],
)
def test_status_answers_are_read_past_chatter(answer, fate, kind, value):
    status = parse_status(answer)
    assert (status.fate, status.kind, status.value) == (fate, kind, value)


@pytest.mark.parametrize(("version", "who"), [(PROTOCOL_VERSION + 1, "here"), (PROTOCOL_VERSION - 1, "on box")])
def test_the_older_side_is_told_to_update(version, who):
    with pytest.raises(BootstrapError) as caught:
        check_announce(Announce(version, 1, bytes(8), bytes(32)), "box", Request("box"))
    assert caught.value.stage is Stage.VERSION
    assert who in caught.value.hint


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
def test_each_way_to_fail_has_its_stage(exit_status, stage):
    error = failed_server("box", exit_status=exit_status, stderr=b"why\n", reader=AnnounceReader())
    assert error.stage is stage
    assert "why" in str(error)
    assert error.hint
