"""The fuzzer's corpus, input by input, and what a terminal may be sent; the fuzzer itself is `run.py`."""

from pathlib import Path

import pytest

from tests.fuzz.allowed import forbidden
from tests.fuzz.targets import TARGETS

CORPUS = Path(__file__).parent / "corpus"
INPUTS = sorted(path.relative_to(CORPUS) for path in CORPUS.glob("*/*"))


@pytest.mark.parametrize("place", INPUTS, ids=str)
def test_no_input_of_the_corpus_breaks_what_it_is_for(place: Path) -> None:
    TARGETS[place.parent.name]((CORPUS / place).read_bytes())


def test_every_target_has_a_corpus() -> None:
    assert {place.parent.name for place in INPUTS} == set(TARGETS)


@pytest.mark.parametrize(
    "painted",
    [
        b"\x1b]52;c;?\x1b\\",  # asks for the clipboard
        b"\x1b[6n\x1b[5n",  # asks for reports
        b"\x1b[21t",  # asks for the title, which then is typed
        b"\x1bP$qm\x1b\\",  # DECRQSS
        b"\x1b]0;title\x07",  # ends otherwise than ours do: somebody else's
        b"\x1b[?2026$p",
        b"\x1b_Gi=1\x1b\\",  # kitty's pictures
        b"\x1b]1337;File=x\x1b\\",
        b"\x1b]8;;http://a\x1b[31m\x1b\\",  # a sequence within a string
        b"\x1bc",
        b"\x00",
        b"\x9b31m",
        b"\xc2\x9b31m",
        b"\x7f",
    ],
)
def test_the_grammar_refuses_what_makes_a_terminal_answer_or_do_more_than_show(painted: bytes) -> None:
    assert forbidden(b"text " + painted) != b""


def test_the_grammar_admits_text_colours_and_links() -> None:
    assert forbidden("\x1b[38;2;1;2;3;4:3mé漢\x1b]8;id=1;http://a\x1b\\x\x1b[0m\r\n".encode()) == b""
