"""A program that prints anything: what reaches the user's terminal, and what is typed back at the program."""

import random
import re
from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rmosh.session.events import PtyInput
from rmosh.session.server import ServerSession
from rmosh.terminal.emulator import Emulator
from rmosh.terminal.reports import MAX_REPLIES
from rmosh_netem.link import LinkModel
from tests.fuzz.targets import terminal
from tests.world.virtual_session import make_virtual_session

#: What an answer may be: a control sequence or string of its own, never a line, never words that a shell would run.
_ANSWER: Final = re.compile(
    rb"(?:\x1b\[[0-9;?>=<$*&!\" -]*[@-~]"  # control sequences
    rb"|\x1b[P\]][^\x00-\x1f\x7f-\x9f]*\x1b\\"  # strings
    rb"|\x1b[/A-Z][A-Z]?"  # VT52
    rb"|[\x90\x9b\x9d][ -~]*\x9c?)*"  # all of them with controls of eight bits
)

_WORDS: Final = st.sampled_from(["rm -rf ~", "\n", "\r", ";id\n", "$(id)", "\x1b", "\x07", "\x9c", "漢", "é", " "])
_NUMBERS: Final = st.integers(-1, 2030).map(str) | st.sampled_from(["", "11", "21", "99999999999999999999"])
_SEQUENCES: Final = st.builds(
    "\x1b[{}{}{}{}".format,
    st.sampled_from(["", "?", ">", "=", "<", "!"]),
    st.lists(_NUMBERS, max_size=6).map(";".join),
    st.sampled_from(["", "$", "*", " ", '"', "'", "#"]),
    st.sampled_from([chr(code) for code in range(0x40, 0x7F)]),
)
_STRINGS: Final = st.builds(
    "{}{};{}{}".format,
    st.sampled_from(["\x1b]", "\x1bP", "\x1b_", "\x1b^", "\x1bX", "\x9d", "\x90"]),
    st.sampled_from([0, 1, 2, 4, 7, 8, 9, 10, 11, 19, 22, 50, 52, 99, 104, 110, 119, 133, 777, 1337, "$q", "+q"]),
    st.lists(
        _WORDS
        | st.sampled_from(
            ["?", "c", "id=1", "http://a", "notify", "A", "D", "1", "aGk=", "m", "544e", "p=?", "#123456", "SetMark"]
        ),
        max_size=5,
    ).map(";".join),
    st.sampled_from(["\x07", "\x1b\\", "", "\x9c", "\x18"]),
)
_PRINTED: Final = st.lists(_WORDS | _SEQUENCES | _STRINGS, max_size=25).map(lambda parts: "".join(parts).encode())


@pytest.mark.slow
@settings(max_examples=500)
@given(_PRINTED | st.binary(max_size=80), st.binary(min_size=2, max_size=2))
@example(b"\x1b]8;;http://a\xc2\x9b6n\x1b\\link", b"\x05\x28")
@example(b"\x1b]0;\x1b[21t\x07", b"\x05\x28")
@example(b"\tx\ty", b"\x05\x28")
@example(b"\x1b]4;1;#123456;2;?\x07\x1b]10;red;?\x07\x1b]22;?hand\x07\x1b]22;hand\x07\x1b]9;4;1;50\x07", b"\x05\x28")
@example(b"\x1b]99;p=?;\x07\x1b]99;i=1:a=report;hi\x07\x1b]133;D;1\x07\x1b]1337;SetMark\x07", b"\x05\x28")
def test_the_users_terminal_is_sent_nothing_but_what_the_grammar_allows(printed: bytes, size: bytes) -> None:
    terminal(size + printed)


@pytest.mark.slow
@settings(max_examples=500)
@given(_PRINTED | st.binary(max_size=80))
@example(b"\x1b]0;;id\n\x07\x1b[21t\x1b[20t")  # a title read back as if it had been typed
@example(b"\x1bP$q;id\n\x1b\\\x1bP+q3b69640a\x1b\\")
@example(b"\x1b]4;1;;id\n\x07\x1b]4;1;?\x07\x1b]52;c;aWQK\x07\x1b]52;c;?\x07")
def test_no_answer_to_a_program_is_anything_but_a_control_sequence(printed: bytes) -> None:
    emulator = Emulator(rows=5, columns=20, answers_checksums=True)
    emulator.feed(printed)
    answers = emulator.take_replies()
    assert _ANSWER.fullmatch(answers), answers
    assert b"id" not in answers


@pytest.mark.parametrize(
    "question", [b"\x1b[6n", b"\x1b[c", b"\x1b[>q", b"\x1bP+q544e\x1b\\", b"\x1bP$qm\x1b\\", b"\x1b[?2026$p"]
)
def test_a_program_that_asks_and_never_reads_has_its_answers_bounded(question: bytes) -> None:
    emulator = Emulator(rows=5, columns=20)
    for _ in range(200):
        emulator.feed(question * 500)
    assert 0 < len(emulator.take_replies()) <= MAX_REPLIES


@pytest.mark.parametrize("wanted", [True, False])
def test_checksums_of_the_screen_are_told_only_where_that_was_asked_for_at_the_start(wanted: bool) -> None:
    """They tell a program letter by letter what others, or a user at a prompt, have shown."""
    server = ServerSession(rows=5, columns=20, entropy=bytes, now=1.0, answers_checksums=wanted)
    server.output(b"hunter2\x1b[7;1;1;1;1;1*y", now=1.0)
    answers = [event.data for event in iter(server.next_event, None) if isinstance(event, PtyInput)]
    assert answers == ([b"\x1bP7!~FF98\x1b\\"] if wanted else [])


def _links() -> bytes:
    """Return 2.5 MB of text of which each word is a link of its own, as long as one may be."""
    words = [b"\x1b]8;id=%d;http://host/%s%d\x1b\\x\x1b]8;;\x1b\\" % (n, b"h" * 2000, n) for n in range(2560)]
    return b"".join([word + b"\r\n" * (n % 5 == 4) for n, word in enumerate(words)])


def _picture() -> bytes:
    """Return a picture of half blocks, each of two colours of its own, 300 columns wide."""
    chance = random.Random(print("seed", 7))
    rows = []
    for _ in range(280):
        cells = [b"\x1b[38;2;%d;%d;%d;48;2;%d;%d;%dm\xe2\x96\x80" % tuple(chance.randbytes(6)) for _ in range(300)]
        rows.append(b"".join(cells) + b"\x1b[m\r\n")
    return b"".join(rows)


@pytest.mark.slow
@pytest.mark.parametrize(("printed", "columns"), [(_links, 80), (_picture, 300)])
def test_text_with_more_links_or_colours_than_a_block_holds_ends_no_session(
    printed: Callable[[], bytes], columns: int
) -> None:
    session = make_virtual_session(LinkModel(delay=0.02), seed=3, columns=columns)
    text = printed()
    for start in range(0, len(text), 65536):
        session.output(text[start : start + 65536])
    session.output(b"\x1b[m\r\n" * 560)
    session.world.run(0.5)
    count = session.server.screen.history
    session.client.fetch_history(count - 810, count - 640, now=session.world.now)
    session.type(b"still here")
    assert session.world.run_until(session.converged, limit=60)
    archive = session.client.history.archive
    assert session.world.run_until(lambda: archive.missing(count - 810, count - 640) is None, limit=300)
    kept = session.server._history.archive.lines(count - 810, count - 640)
    assert [line and line.text for line in archive.lines(count - 810, count - 640)] == [
        line and line.text for line in kept
    ]
