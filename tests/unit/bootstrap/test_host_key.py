import base64
import subprocess

import pytest

from rmosh.errors import BootstrapError, Stage
from rmosh_client.bootstrap.host_key import HostKeyJudge
from rmosh_client.bootstrap.known_hosts import fingerprint, format_line
from rmosh_client.bootstrap.openssh_config import parse_evaluated
from rmosh_client.bootstrap.settings import settings_from


def ed25519(number: int) -> bytes:
    return b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes([number]) * 32


OLD, NEW = ed25519(1), ed25519(2)


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

    def make(policy, known="", *answers, options=()):
        file = tmp_path / "known_hosts"
        file.write_text(known)
        usual = ("hostname box", f"stricthostkeychecking {policy}", f"userknownhostsfile {file}")
        table = parse_evaluated("\n".join((*options, *usual)))
        settings = settings_from(table, alias="box", environ={})
        asked = Answers(*answers)
        made = HostKeyJudge(settings, asked, say=said.append)
        made.said, made.file, made.questions = said, file, asked.questions
        return made

    return make


def line(blob, *, marker="", name="box"):
    return marker + format_line(name, key_type="ssh-ed25519", blob=blob, salt=None)


def show(judge, blob=NEW, *, address="192.0.2.1"):
    judge.judge(key_type="ssh-ed25519", blob=blob, address=address)


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


@pytest.mark.parametrize("name", ["box", "b?x,!bax", "*"])
def test_another_key_of_the_plain_name_leaves_a_second_port_unknown(judge, name):
    known = line(OLD, name=name.replace("*", "*,![box]:*"))
    asked = judge("ask", known, "yes", options=("port 2222",))
    show(asked)
    asked.remember()
    assert "not known yet" in asked.questions[0]
    assert asked.file.read_text() == known + line(NEW, name="[box]:2222")


def test_the_plain_names_own_key_is_taken_on_another_port_without_a_word(judge):
    known = judge("yes", line(NEW), options=("port 2222",))
    show(known)
    known.remember()
    assert known.said == []
    assert known.file.read_text() == line(NEW)


def test_another_key_of_the_port_itself_is_a_changed_one_whatever_the_plain_name_has(judge):
    with pytest.raises(BootstrapError, match="known_hosts:2"):
        show(judge("ask", line(NEW) + line(OLD, name="[box]:2222"), options=("port 2222",)))


@pytest.mark.parametrize("policy", ["ask", "accept-new", "no"])
@pytest.mark.parametrize(
    ("option", "word"),
    [("userknownhostsfile none", "UserKnownHostsFile"), ("verifyhostkeydns yes", "VerifyHostKeyDNS")],
)
def test_an_unknown_key_is_refused_where_it_can_be_neither_remembered_nor_looked_up(judge, policy, option, word):
    with pytest.raises(BootstrapError, match=word):
        show(judge(policy, options=(option,)))


def test_dns_does_not_matter_to_a_key_that_is_known(judge):
    show(judge("yes", line(NEW), options=("verifyhostkeydns yes",)))


def test_localhost_needs_no_key_where_the_settings_say_so(judge):
    options = ("nohostauthenticationforlocalhost yes",)
    show(judge("yes", line(OLD), options=options), address="127.0.0.1")
    show(judge("yes", options=options), address="::1")


@pytest.mark.parametrize(
    ("address", "known", "options"),
    [
        ("192.0.2.1", line(OLD), ()),
        ("", line(OLD), ()),  # behind a jump host
        ("127.0.0.1", line(OLD, name="other"), ("hostkeyalias other",)),
        ("127.0.0.1", line(NEW, marker="@revoked "), ()),
    ],
)
def test_nobody_else_gets_localhosts_exemption(judge, address, known, options):
    with pytest.raises(BootstrapError):
        show(judge("accept-new", known, options=("nohostauthenticationforlocalhost yes", *options)), address=address)


def test_what_a_command_knows_counts_as_if_it_stood_in_the_file(judge):
    def command(text):
        return (f"knownhostscommand /bin/echo '{text.strip()}'",)

    show(judge("yes", options=command(line(NEW))))
    show(judge("yes", line(NEW), options=command(line(OLD))))
    with pytest.raises(BootstrapError, match="not the one in KnownHostsCommand:1"):
        show(judge("accept-new", options=command(line(OLD))))
    with pytest.raises(BootstrapError, match="revoked in KnownHostsCommand:1"):
        show(judge("accept-new", options=command(line(NEW, marker="@revoked "))))


def test_what_a_command_tells_of_the_plain_name_does_not_count_for_another_port(judge):
    told = judge("yes", options=(f"knownhostscommand /bin/echo '{line(NEW).strip()}'", "port 2222"))
    assert told.known.key_types == ("ssh-ed25519",)
    with pytest.raises(BootstrapError, match="not in known_hosts"):
        show(told)


@pytest.mark.parametrize("command", ["/bin/false", "/nonexistent/command", "/bin/sh -c 'kill -9 $$'"])
def test_a_command_that_fails_ends_the_login(judge, command):
    with pytest.raises(BootstrapError, match="KnownHostsCommand"):
        judge("accept-new", options=(f"knownhostscommand {command}",))


def test_a_command_is_told_what_is_asked_and_which_key_was_shown(judge, tmp_path):
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


@pytest.fixture
def certified(tmp_path):
    """Makes a host certificate: `certified(signature algorithm)` gives it, its key and the line of its authority."""

    def make(algorithm):
        for name, kind in (("authority", "rsa"), ("host", "ed25519")):
            words = ["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "", "-f", tmp_path / name]
            subprocess.run(words + ["-b", "1024"] * (kind == "rsa"), check=True)
        words = ["ssh-keygen", "-q", "-h", "-s", tmp_path / "authority", "-t", algorithm, "-I", "x", "-n", "box"]
        subprocess.run([*words, tmp_path / "host.pub"], check=True)
        blob = {
            name: base64.b64decode((tmp_path / name).read_text().split()[1])
            for name in ("authority.pub", "host.pub", "host-cert.pub")
        }
        authority = blob["authority.pub"]
        line = format_line("box", key_type="ssh-rsa", blob=authority, salt=None)
        shown = {"certificate": blob["host-cert.pub"], "key": blob["host.pub"], "authority": authority}
        return shown | {"key_type": "ssh-ed25519-cert-v01@openssh.com"}, f"@cert-authority {line}"

    return make


def test_a_host_certificate_signed_with_sha1_is_not_trusted_unless_the_settings_allow_it(judge, certified):
    shown, known = certified("ssh-rsa")
    with pytest.raises(BootstrapError, match="signed with ssh-rsa"):
        judge("ask", known).judge_certificate(**shown)
    judge("ask", known, options=("casignaturealgorithms ssh-rsa",)).judge_certificate(**shown)


def test_a_host_certificate_is_trusted_by_its_authority_alone_and_never_with_a_revoked_key(judge, certified):
    shown, known = certified("rsa-sha2-512")
    judge("ask", known).judge_certificate(**shown)
    with pytest.raises(BootstrapError, match="is not known"):
        judge("ask").judge_certificate(**shown)
    with pytest.raises(BootstrapError, match="revoked"):
        judge("ask", known + line(shown["key"], marker="@revoked ")).judge_certificate(**shown)
