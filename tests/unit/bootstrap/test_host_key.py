from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rmosh.errors import BootstrapError, Stage
from rmosh_client.bootstrap.host_key import HostKeyJudge
from rmosh_client.bootstrap.known_hosts import fingerprint, format_line
from rmosh_client.bootstrap.openssh_config import parse_evaluated
from rmosh_client.bootstrap.public_keys import Certificate
from rmosh_client.bootstrap.settings import SshSettings, settings_from


def ed25519(number: int) -> bytes:
    return b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes([number]) * 32


OLD, NEW = ed25519(1), ed25519(2)


class Answers:
    """Answers questions from a list, and notes them."""

    def __init__(self, *answers: str | None) -> None:
        self._answers = list(answers)
        self.questions: list[str] = []

    def ask(self, question: str, *, echo: bool) -> str | None:
        self.questions.append(question)
        return self._answers.pop(0)


class WatchedJudge(HostKeyJudge):
    """A judge of whom all is kept that it says, asks and writes."""

    def __init__(self, settings: SshSettings, prompts: Answers, *, file: Path) -> None:
        self.said: list[str] = []
        self.file, self.questions = file, prompts.questions
        super().__init__(settings, prompts, say=self.said.append)


@pytest.fixture
def judge(tmp_path: Path) -> Callable[..., WatchedJudge]:
    """Makes a judge of the host `box`: `judge(policy, known line, answers...)`."""

    def make(policy: str, known: str = "", *answers: str | None, options: tuple[str, ...] = ()) -> WatchedJudge:
        file = tmp_path / "known_hosts"
        file.write_text(known)
        usual = ("hostname box", f"stricthostkeychecking {policy}", f"userknownhostsfile {file}")
        table = parse_evaluated("\n".join((*options, *usual)))
        settings = settings_from(table, alias="box", environ={})
        return WatchedJudge(settings, Answers(*answers), file=file)

    return make


def line(blob: bytes, *, marker: str = "", name: str = "box") -> str:
    return marker + format_line(name, key_type="ssh-ed25519", blob=blob, salt=None)


def show(judge: HostKeyJudge, blob: bytes = NEW, *, address: str = "192.0.2.1") -> None:
    judge.judge(key_type="ssh-ed25519", blob=blob, address=address)


def test_the_advice_can_be_typed_also_where_a_blank_is_in_the_files_name(
    judge: Callable[..., WatchedJudge], tmp_path: Path
) -> None:
    file = tmp_path / "known hosts"
    file.write_text(line(OLD))
    changed = judge("yes", options=(f"userknownhostsfile {file}",))
    with pytest.raises(BootstrapError) as caught:
        show(changed)
    assert f"ssh-keygen -f '{file}' -R 'box'" in caught.value.hint


def test_a_known_key_is_trusted_without_a_word(judge: Callable[..., WatchedJudge]) -> None:
    known = judge("ask", line(NEW))
    show(known)
    known.remember()
    assert known.said == []
    assert known.file.read_text() == line(NEW)


@pytest.mark.parametrize("answer", ["yes", "YES ", fingerprint(NEW)])
def test_a_new_key_is_remembered_once_its_owner_is_proved(judge: Callable[..., WatchedJudge], answer: str) -> None:
    asked = judge("ask", "", answer)
    show(asked)
    assert asked.file.read_text() == ""
    asked.remember()
    assert asked.file.read_text() == line(NEW)


@pytest.mark.parametrize("answer", ["no", None])
def test_a_new_key_is_refused_by_the_user_or_for_want_of_one(
    judge: Callable[..., WatchedJudge], answer: str | None
) -> None:
    asked = judge("ask", "", answer)
    with pytest.raises(BootstrapError) as caught:
        show(asked)
    assert caught.value.stage is Stage.HOST_KEY
    asked.remember()
    assert asked.file.read_text() == ""


def test_another_fingerprint_is_no_answer(judge: Callable[..., WatchedJudge]) -> None:
    asked = judge("ask", "", fingerprint(OLD), "no")
    with pytest.raises(BootstrapError):
        show(asked)


def test_accept_new_remembers_without_a_question_and_says_so(judge: Callable[..., WatchedJudge]) -> None:
    accepting = judge("accept-new")
    show(accepting)
    accepting.remember()
    assert fingerprint(NEW) in accepting.said[0]
    assert accepting.file.read_text() == line(NEW)


@pytest.mark.parametrize("policy", ["ask", "yes", "accept-new"])
def test_a_changed_key_is_refused(judge: Callable[..., WatchedJudge], policy: str) -> None:
    changed = judge(policy, line(OLD))
    with pytest.raises(BootstrapError, match="known_hosts:1"):
        show(changed)
    assert "WARNING" in changed.said[0]


def test_a_changed_key_passes_only_where_checking_is_off_and_stays_forgotten(
    judge: Callable[..., WatchedJudge],
) -> None:
    changed = judge("no", line(OLD))
    show(changed)
    changed.remember()
    assert changed.key_changed
    assert changed.file.read_text() == line(OLD)


@pytest.mark.parametrize("policy", ["ask", "accept-new", "no"])
def test_a_revoked_key_is_refused_whatever_else_is_known(judge: Callable[..., WatchedJudge], policy: str) -> None:
    with pytest.raises(BootstrapError, match="revoked"):
        show(judge(policy, line(NEW, marker="@revoked ") + line(NEW)))


def test_a_file_that_cannot_be_written_is_told_and_no_failure(judge: Callable[..., WatchedJudge]) -> None:
    accepting = judge("accept-new")
    show(accepting)
    accepting.file.unlink()
    accepting.file.mkdir()
    accepting.remember()
    assert "cannot remember" in accepting.said[1]


@pytest.mark.parametrize("name", ["box", "b?x,!bax", "*"])
def test_another_key_of_the_plain_name_leaves_a_second_port_unknown(
    judge: Callable[..., WatchedJudge], name: str
) -> None:
    known = line(OLD, name=name.replace("*", "*,![box]:*"))
    asked = judge("ask", known, "yes", options=("port 2222",))
    show(asked)
    asked.remember()
    assert "not known yet" in asked.questions[0]
    assert asked.file.read_text() == known + line(NEW, name="[box]:2222")


def test_the_plain_names_own_key_is_taken_on_another_port_without_a_word(
    judge: Callable[..., WatchedJudge],
) -> None:
    known = judge("yes", line(NEW), options=("port 2222",))
    show(known)
    known.remember()
    assert known.said == []
    assert known.file.read_text() == line(NEW)


def test_another_key_of_the_port_itself_is_a_changed_one_whatever_the_plain_name_has(
    judge: Callable[..., WatchedJudge],
) -> None:
    with pytest.raises(BootstrapError, match="known_hosts:2"):
        show(judge("ask", line(NEW) + line(OLD, name="[box]:2222"), options=("port 2222",)))


@pytest.mark.parametrize("policy", ["ask", "accept-new", "no"])
@pytest.mark.parametrize(
    ("option", "word"),
    [("userknownhostsfile none", "UserKnownHostsFile"), ("verifyhostkeydns yes", "VerifyHostKeyDNS")],
)
def test_an_unknown_key_is_refused_where_it_can_be_neither_remembered_nor_looked_up(
    judge: Callable[..., WatchedJudge], policy: str, option: str, word: str
) -> None:
    with pytest.raises(BootstrapError, match=word):
        show(judge(policy, options=(option,)))


def test_dns_does_not_matter_to_a_key_that_is_known(judge: Callable[..., WatchedJudge]) -> None:
    known = judge("yes", line(NEW), options=("verifyhostkeydns yes",))
    show(known)
    assert (known.said, known.questions) == ([], [])


def test_localhost_needs_no_key_where_the_settings_say_so(judge: Callable[..., WatchedJudge]) -> None:
    options = ("nohostauthenticationforlocalhost yes",)
    for known, address in ((line(OLD), "127.0.0.1"), ("", "::1")):
        judged = judge("yes", known, options=options)
        show(judged, address=address)
        assert (judged.said, judged.questions) == ([], [])


@pytest.mark.parametrize(
    ("address", "known", "options"),
    [
        ("192.0.2.1", line(OLD), ()),
        ("", line(OLD), ()),  # behind a jump host
        ("127.0.0.1", line(OLD, name="other"), ("hostkeyalias other",)),
        ("127.0.0.1", line(NEW, marker="@revoked "), ()),
    ],
)
def test_nobody_else_gets_localhosts_exemption(
    judge: Callable[..., WatchedJudge], address: str, known: str, options: tuple[str, ...]
) -> None:
    with pytest.raises(BootstrapError):
        show(judge("accept-new", known, options=("nohostauthenticationforlocalhost yes", *options)), address=address)


def test_what_a_command_knows_counts_as_if_it_stood_in_the_file(judge: Callable[..., WatchedJudge]) -> None:
    def command(text: str) -> tuple[str, ...]:
        return (f"knownhostscommand /bin/echo '{text.strip()}'",)

    show(judge("yes", options=command(line(NEW))))
    show(judge("yes", line(NEW), options=command(line(OLD))))
    with pytest.raises(BootstrapError, match="not the one in KnownHostsCommand:1"):
        show(judge("accept-new", options=command(line(OLD))))
    with pytest.raises(BootstrapError, match="revoked in KnownHostsCommand:1"):
        show(judge("accept-new", options=command(line(NEW, marker="@revoked "))))


def test_what_a_command_tells_of_the_plain_name_does_not_count_for_another_port(
    judge: Callable[..., WatchedJudge],
) -> None:
    told = judge("yes", options=(f"knownhostscommand /bin/echo '{line(NEW).strip()}'", "port 2222"))
    assert told.known.key_types == ("ssh-ed25519",)
    with pytest.raises(BootstrapError, match="not in known_hosts"):
        show(told)


@pytest.mark.parametrize("command", ["/bin/false", "/nonexistent/command", "/bin/sh -c 'kill -9 $$'"])
def test_a_command_that_fails_ends_the_login(judge: Callable[..., WatchedJudge], command: str) -> None:
    with pytest.raises(BootstrapError, match="KnownHostsCommand"):
        judge("accept-new", options=(f"knownhostscommand {command}",))


def test_a_command_is_told_what_is_asked_and_which_key_was_shown(
    judge: Callable[..., WatchedJudge], tmp_path: Path
) -> None:
    notes = tmp_path / "notes"
    script = tmp_path / "command"
    script.write_text(f'#!/bin/sh\nprintf "%s\\n" "$#" "$@" >> {notes}\n')
    script.chmod(0o755)
    told = judge("accept-new", options=(f"knownhostscommand {script} %I %H %t %f '%n %p %%'", "port 2222"))
    show(told)
    assert notes.read_text().splitlines() == [
        *("5", "ORDER", "box", "NONE", "NONE", "box 2222 %"),
        *("5", "HOSTNAME", "[box]:2222", "ssh-ed25519", fingerprint(NEW), "box 2222 %"),
    ]


#: Some time after the certificates below were made, in seconds since 1970.
NOW = 2_000_000_000.0

AUTHORITY, HOSTS = ed25519(3), ed25519(4)

FITTING = Certificate(
    key_type="ssh-ed25519-cert-v01@openssh.com",
    is_hosts=True,
    principals=("elsewhere", "box"),
    valid_after=0,
    valid_before=1 << 63,
    authority=AUTHORITY,
    signature="ssh-ed25519",
)

CERTIFIED = line(AUTHORITY, marker="@cert-authority ", name="*")


def counts(judge: HostKeyJudge, certificate: Certificate, *, key: bytes = HOSTS) -> bool:
    return judge.certificate_counts(certificate, key=key, now=NOW)


@pytest.mark.parametrize("principals", [("box",), ("elsewhere", "b?x"), ("*",)])
def test_a_host_certificate_of_a_known_authority_vouches_for_the_key(
    judge: Callable[..., WatchedJudge], principals: tuple[str, ...]
) -> None:
    # Patterns in names: OpenSSH 10.6.
    judged = judge("ask", CERTIFIED)
    assert counts(judged, replace(FITTING, principals=principals))
    assert not judged.said


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"principals": ()}, "not for box"),  # good for every name before OpenSSH 10.3
        ({"principals": ("boxes", "bo")}, "not for box"),
        ({"valid_before": int(NOW)}, "expired"),
        ({"valid_after": int(NOW) + 1}, "not valid yet"),
        ({"is_hosts": False}, "made for a user"),
        ({"signature": "ssh-rsa"}, "signed with ssh-rsa"),
    ],
)
def test_a_host_certificate_that_does_not_fit_is_told_of_and_leaves_the_plain_key(
    judge: Callable[..., WatchedJudge], change: dict[str, Any], word: str
) -> None:
    # OpenSSH 9.2 and 10.6, sshconnect.c: "Retry with plain key".
    judged = judge("yes", CERTIFIED + line(HOSTS))
    assert not counts(judged, replace(FITTING, **change))
    assert word in judged.said.pop()
    show(judged, HOSTS)


def test_a_host_certificate_of_an_unknown_authority_leaves_the_plain_key_without_a_word(
    judge: Callable[..., WatchedJudge],
) -> None:
    judged = judge("yes", line(NEW, marker="@cert-authority ", name="*") + line(HOSTS))
    assert not counts(judged, FITTING)
    assert not judged.said


def test_settings_may_allow_sha1_in_a_host_certificate(judge: Callable[..., WatchedJudge]) -> None:
    judged = judge("ask", CERTIFIED, options=("casignaturealgorithms ssh-rsa",))
    assert counts(judged, replace(FITTING, signature="ssh-rsa"))


@pytest.mark.parametrize("revoked", [HOSTS, AUTHORITY])
def test_a_revoked_key_or_authority_is_refused_whatever_a_certificate_says(
    judge: Callable[..., WatchedJudge], revoked: bytes
) -> None:
    with pytest.raises(BootstrapError, match="revoked"):
        counts(judge("no", CERTIFIED + line(revoked, marker="@revoked ")), FITTING)


def test_nothing_is_called_remembered_that_is_thrown_away(judge: Callable[..., WatchedJudge]) -> None:
    judged = judge("accept-new", options=("userknownhostsfile /dev/null",))
    show(judged)
    assert "nothing remembers it" in judged.said.pop()
