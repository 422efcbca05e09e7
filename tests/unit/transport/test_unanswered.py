"""Questions without an answer: how many are no chance, and which of them are missed."""

from hypothesis import given
from hypothesis import strategies as st

from rmosh.transport.policy import COPIES_ABOVE_LOSS, MOST_UNANSWERED
from rmosh.transport.unanswered import UnansweredQuestions, unanswered_for

PATIENCE = 0.2
REST = 0.19


def asked(*moments: float) -> UnansweredQuestions:
    questions = UnansweredQuestions()
    for moment in moments:
        questions.asked(moment, rest=REST)
    return questions


def test_one_is_enough_on_a_clean_path_and_more_are_wanted_the_more_it_loses() -> None:
    assert unanswered_for(0.0) == unanswered_for(COPIES_ABOVE_LOSS) == 1
    assert [unanswered_for(loss) for loss in (0.05, 0.1, 0.29, 0.45)] == [2, 3, 6, 8]


@given(st.floats(0, 1))
def test_never_more_are_wanted_than_are_remembered(loss: float) -> None:
    assert 1 <= unanswered_for(loss) <= MOST_UNANSWERED


def test_the_one_that_makes_them_enough_has_to_wait_for_as_long() -> None:
    questions = asked(1.0, 1.1, 1.2)
    assert questions.overdue_at(1, patience=PATIENCE, rest=REST) == 1.2
    assert questions.overdue_at(2, patience=PATIENCE, rest=REST) == 1.1 + PATIENCE
    assert questions.overdue_at(4, patience=PATIENCE, rest=REST) is None


def test_those_that_leave_at_once_count_as_one() -> None:
    assert asked(*[1.0] * 16).overdue_at(2, patience=PATIENCE, rest=REST) is None


def test_an_answer_answers_what_was_asked_before_and_gives_the_rest_new_time() -> None:
    questions = asked(1.0, 1.1, 1.2)
    questions.answered(1.0, now=1.25)
    assert questions.overdue_at(1, patience=0.1, rest=REST) == 1.25 + 0.1
    questions.answered(1.2, now=1.3)
    assert questions.overdue_at(1, patience=0.1, rest=REST) is None


def test_a_flight_whose_end_lacks_an_answer_is_overdue_unless_more_of_it_is_answered() -> None:
    questions = asked(*[1.0] * 16)
    questions.answered(1.0, lacks_end=True, now=1.1)
    assert questions.overdue_at(2, patience=PATIENCE, rest=REST) == 1.1 + PATIENCE
    questions.answered(1.0, lacks_end=False, now=1.2)
    assert questions.overdue_at(2, patience=PATIENCE, rest=REST) is None


def test_none_is_missed_once_no_more_is_asked() -> None:
    questions = asked(1.0, 1.1)
    questions.answered(1.0, now=1.2)
    assert questions.overdue_at(1, patience=PATIENCE, rest=REST) is None
    questions.asked(2.0, rest=REST)
    assert questions.overdue_at(2, patience=PATIENCE, rest=REST) is None


@given(st.lists(st.floats(0, 0.15), max_size=100))
def test_whatever_is_asked_and_never_answered_becomes_overdue(spaces: list[float]) -> None:
    questions, moment = asked(1.0), 1.0
    for space in spaces:
        moment += space
        questions.asked(moment, rest=REST)
    overdue_at = questions.overdue_at(1, patience=0.1, rest=REST)
    assert overdue_at == 1.0 + 0.1
