"""Which of several sessions a user takes, and what a host may offer."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.errors import BootstrapError, Malformed, Stage
from rmosh.session_name import CHOICE_PREFIX
from rmosh_client.bootstrap.choice import Offer, SeveralMeant, choose, parse_offer

WORK, PLAY = Offer("0123456789abcdef", "work  3 s ago"), Offer("fedcba9876543210", "play  1 d ago")
SEVERAL = SeveralMeant(
    BootstrapError(Stage.SERVER_FAILED, "far: there are 2 sessions: play and work", hint="name one"), [WORK, PLAY]
)


class Answering:
    """A user who gives these answers."""

    def __init__(self, *answers: str | None) -> None:
        self._answers = list(answers)
        self.questions = ""

    def ask(self, question: str, *, echo: bool) -> str | None:
        self.questions += question
        return self._answers.pop(0)


@given(
    st.binary(max_size=300) | st.binary(max_size=300).map(lambda words: f"{CHOICE_PREFIX} {0:016x} ".encode() + words)
)
def test_any_line_is_an_offer_that_cannot_steer_a_terminal_or_malformed(line: bytes) -> None:
    with contextlib.suppress(Malformed):
        offer = parse_offer(line)
        assert not any((ord(letter) < 32 and letter != "\t") or 127 <= ord(letter) < 160 for letter in offer.words)
        assert len(offer.words) <= 160


def test_an_offer_is_an_id_and_words() -> None:
    assert parse_offer(f"{CHOICE_PREFIX} 0123456789abcdef work  3 s ago\r".encode()) == WORK


def test_a_session_is_taken_by_its_number_after_slips() -> None:
    user = Answering("3", "work", "2")
    assert choose(SEVERAL, "far", user) == PLAY.session_id
    assert "2 sessions on far:\n  1  work  3 s ago\n  2  play  1 d ago\n" in user.questions


@pytest.mark.parametrize("answer", ["", None])
def test_who_chooses_nothing_reads_what_one_without_a_terminal_reads(answer: str | None) -> None:
    with pytest.raises(SeveralMeant, match="there are 2 sessions: play and work") as refused:
        choose(SEVERAL, "far", Answering(answer))
    assert refused.value.hint == "name one"
