import pytest

from rmosh.errors import BootstrapError, Stage
from rmosh_client.bootstrap.host_key import HostKeyJudge
from rmosh_client.bootstrap.known_hosts import fingerprint, format_line
from rmosh_client.bootstrap.openssh_config import parse_evaluated
from rmosh_client.bootstrap.settings import settings_from

OLD, NEW = b"old key", b"new key"


class Answers:
    """Answers questions from a list, and notes them."""

    def __init__(self, *answers):
        self._answers = list(answers)
        self.questions = []

    def ask(self, question, *, echo):
        self.questions.append(question)
        return self._answers.pop(0)


@pytest.fixture
def judge(tmp_path):
    """Makes a judge of the host `box`: `judge(policy, known line, answers...)`."""
    said = []

    def make(policy, known="", *answers):
        file = tmp_path / "known_hosts"
        file.write_text(known)
        table = parse_evaluated(f"hostname box\nstricthostkeychecking {policy}\nuserknownhostsfile {file}\n")
        settings = settings_from(table, alias="box", environ={})
        made = HostKeyJudge(settings, Answers(*answers), say=said.append)
        made.said, made.file = said, file
        return made

    return make


def line(blob, *, marker=""):
    return marker + format_line("box", key_type="ssh-ed25519", blob=blob, salt=None)


def show(judge, blob=NEW):
    judge.judge(key_type="ssh-ed25519", blob=blob, address="192.0.2.1")


def test_a_known_key_is_trusted_without_a_word(judge):
    known = judge("ask", line(NEW))
    show(known)
    known.remember()
    assert known.said == []
    assert known.file.read_text() == line(NEW)


@pytest.mark.parametrize("answer", ["yes", "YES ", fingerprint(NEW)])
def test_a_new_key_is_remembered_once_its_owner_is_proved(judge, answer):
    asked = judge("ask", "", answer)
    show(asked)
    assert asked.file.read_text() == ""
    asked.remember()
    assert asked.file.read_text() == line(NEW)


@pytest.mark.parametrize("answer", ["no", None])
def test_a_new_key_is_refused_by_the_user_or_for_want_of_one(judge, answer):
    asked = judge("ask", "", answer)
    with pytest.raises(BootstrapError) as caught:
        show(asked)
    assert caught.value.stage is Stage.HOST_KEY
    asked.remember()
    assert asked.file.read_text() == ""


def test_another_fingerprint_is_no_answer(judge):
    asked = judge("ask", "", fingerprint(OLD), "no")
    with pytest.raises(BootstrapError):
        show(asked)


def test_accept_new_remembers_without_a_question_and_says_so(judge):
    accepting = judge("accept-new")
    show(accepting)
    accepting.remember()
    assert fingerprint(NEW) in accepting.said[0]
    assert accepting.file.read_text() == line(NEW)


@pytest.mark.parametrize("policy", ["ask", "yes", "accept-new"])
def test_a_changed_key_is_refused(judge, policy):
    changed = judge(policy, line(OLD))
    with pytest.raises(BootstrapError, match="known_hosts:1"):
        show(changed)
    assert "WARNING" in changed.said[0]


def test_a_changed_key_passes_only_where_checking_is_off_and_stays_forgotten(judge):
    changed = judge("no", line(OLD))
    show(changed)
    changed.remember()
    assert changed.key_changed
    assert changed.file.read_text() == line(OLD)


@pytest.mark.parametrize("policy", ["ask", "accept-new", "no"])
def test_a_revoked_key_is_refused_whatever_else_is_known(judge, policy):
    with pytest.raises(BootstrapError, match="revoked"):
        show(judge(policy, line(NEW, marker="@revoked ") + line(NEW)))


def test_a_file_that_cannot_be_written_is_told_and_no_failure(judge):
    accepting = judge("accept-new")
    show(accepting)
    accepting.file.unlink()
    accepting.file.mkdir()
    accepting.remember()
    assert "cannot remember" in accepting.said[1]
