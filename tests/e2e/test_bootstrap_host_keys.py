"""Trusting a real sshd's host key, and writing it down so that ssh agrees."""

import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.pty_program import PtyProgram
from tests.e2e.sshd import Sshd

pytestmark = [pytest.mark.slow, pytest.mark.sshd]


def ssh_agrees(sshd: Sshd, config: Path) -> bool:
    """Whether ssh itself now logs in without a question."""
    command = ["ssh", "-F", str(config), "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "box", "true"]
    return subprocess.run(command, env=sshd.client_env, capture_output=True, check=False).returncode == 0


def fingerprint_of(key: Path) -> str:
    listed = subprocess.run(["ssh-keygen", "-l", "-f", f"{key}.pub"], capture_output=True, text=True, check=True)
    return listed.stdout.split()[1]


@pytest.mark.parametrize("hashed", ["yes", "no"])
def test_unknown_key_is_shown_asked_about_and_remembered_as_ssh_would(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram], hashed: str
) -> None:
    sshd = make_sshd()
    sshd.known_hosts.write_text("other.example.org ssh-ed25519 AAAA")
    config = sshd.configure(f"HashKnownHosts {hashed}")
    program = rmosh_start(sshd, "box", config=config)
    screen = program.wait_for("(yes/no/fingerprint)?")
    assert f"Its ED25519 key has the fingerprint {fingerprint_of(sshd.host_key)}" in screen
    program.type("maybe\r")
    program.wait_for("Type yes, no or the fingerprint")
    program.type("yes\r")
    program.wait_for("STARTED")
    lines = sshd.known_hosts.read_text().splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("|1|" if hashed == "yes" else f"[127.0.0.1]:{sshd.port} ssh-ed25519 ")
    assert ssh_agrees(sshd, config)


def test_known_hosts_is_created_private(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram], tmp_path: Path
) -> None:
    sshd = make_sshd()
    file = tmp_path / "new" / "known_hosts"
    config = sshd.configure(f"UserKnownHostsFile {file}", "StrictHostKeyChecking accept-new")
    rmosh_start(sshd, "box", config=config).wait_for("STARTED")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert ssh_agrees(sshd, config)


def test_fingerprint_is_taken_as_an_answer(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram]
) -> None:
    sshd = make_sshd()
    program = rmosh_start(sshd, "box")
    program.wait_for("(yes/no/fingerprint)?")
    program.type(f"{fingerprint_of(sshd.host_key)}\r")
    program.wait_for("STARTED")


def test_nothing_is_remembered_after_no(make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram]) -> None:
    sshd = make_sshd()
    program = rmosh_start(sshd, "box")
    program.wait_for("(yes/no/fingerprint)?")
    program.type("no\r")
    assert program.wait_exit() == 255
    assert "was not accepted" in program.screen
    assert not sshd.known_hosts.exists()


def test_unknown_key_is_refused_without_a_question_where_checking_is_strict(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram]
) -> None:
    sshd = make_sshd()
    program = rmosh_start(sshd, "-o", "StrictHostKeyChecking=yes", "box")
    assert program.wait_exit() == 255
    assert fingerprint_of(sshd.host_key) in program.screen
    assert "userauth-request" not in sshd.log


def test_changed_key_is_refused_loudly_and_nothing_is_sent(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram], make_key: Callable[..., Path]
) -> None:
    sshd = make_sshd()
    sshd.known_hosts.write_text("# a comment\n")
    sshd.trust_host_key(make_key("another_host"))
    program = rmosh_start(sshd, "box")
    assert program.wait_exit() == 255
    assert f"WARNING: THE KEY OF [127.0.0.1]:{sshd.port} HAS CHANGED" in program.screen
    assert f"from {sshd.known_hosts}:2" in program.screen
    assert f"ssh-keygen -f {sshd.known_hosts} -R" in program.screen
    assert "userauth-request" not in sshd.log


def test_changed_key_is_refused_under_accept_new_too(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram], make_key: Callable[..., Path]
) -> None:
    sshd = make_sshd()
    sshd.trust_host_key(make_key("another_host"))
    program = rmosh_start(sshd, "-o", "StrictHostKeyChecking=accept-new", "box")
    assert program.wait_exit() == 255
    assert "HAS CHANGED" in program.screen


def test_changed_key_gets_no_password_where_checking_is_off(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram], make_key: Callable[..., Path]
) -> None:
    sshd = make_sshd("PasswordAuthentication yes")
    sshd.trust_host_key(make_key("another_host"))
    config = sshd.configure("StrictHostKeyChecking no", own_key=False)
    program = rmosh_start(sshd, "box", config=config)
    assert program.wait_exit() == 255
    assert "passwords are not sent to a host whose key has changed" in program.screen


def test_revoked_key_is_refused(make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram]) -> None:
    sshd = make_sshd()
    sshd.trust_host_key(name=f"@revoked [127.0.0.1]:{sshd.port}")
    sshd.trust_host_key()
    program = rmosh_start(sshd, "box")
    assert program.wait_exit() == 255
    assert f"is revoked in {sshd.known_hosts}:1" in program.screen


def certify_host(sshd: Sshd, make_key: Callable[..., Path], *, principal: str) -> Path:
    """Restart sshd with a host certificate; returns the authority's key."""
    authority = make_key("host_authority")
    command = ["ssh-keygen", "-q", "-h", "-s", str(authority), "-I", "box", "-n", principal, f"{sshd.host_key}.pub"]
    subprocess.run(command, check=True)
    return authority


def test_host_certificate_of_a_known_authority_needs_no_question(
    make_sshd: Callable[..., Sshd],
    rmosh_start: Callable[..., PtyProgram],
    make_key: Callable[..., Path],
    tmp_path: Path,
) -> None:
    first = make_sshd()
    authority = certify_host(first, make_key, principal="127.0.0.1")
    sshd = make_sshd(f"HostKey {first.host_key}", f"HostCertificate {first.host_key}-cert.pub")
    sshd.trust_host_key(authority, name="@cert-authority [127.0.0.*]:*")
    rmosh_start(sshd, "-o", "StrictHostKeyChecking=yes", "box").wait_for("STARTED")


def test_host_certificate_that_does_not_fit_counts_as_its_plain_key(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram], make_key: Callable[..., Path]
) -> None:
    first = make_sshd()
    authority = certify_host(first, make_key, principal="elsewhere.example.org")
    sshd = make_sshd(f"HostKey {first.host_key}", f"HostCertificate {first.host_key}-cert.pub")
    sshd.trust_host_key(authority, name="@cert-authority *")
    program = rmosh_start(sshd, "-o", "StrictHostKeyChecking=yes", "box")
    assert program.wait_exit() == 255
    assert "does not count: it is not for 127.0.0.1" in program.screen
    assert "is not in known_hosts" in program.screen
    assert "userauth-request" not in sshd.log
    sshd.trust_host_key(first.host_key)
    rmosh_start(sshd, "-o", "StrictHostKeyChecking=yes", "box").wait_for("STARTED")


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_host_certificate_of_another_authority_counts_as_its_plain_key(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram], make_key: Callable[..., Path], kind: str
) -> None:
    first = make_sshd()
    certify_host(first, make_key, principal="127.0.0.1")
    sshd = make_sshd(f"HostKey {first.host_key}", f"HostCertificate {first.host_key}-cert.pub")
    sshd.trust_host_key(make_key("another_authority", kind=kind), name="@cert-authority *")
    sshd.trust_host_key(first.host_key)
    rmosh_start(sshd, "-o", "StrictHostKeyChecking=yes", "box").wait_for("STARTED")


def test_host_certificate_of_an_unknown_authority_counts_as_its_plain_key(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram], make_key: Callable[..., Path]
) -> None:
    first = make_sshd()
    certify_host(first, make_key, principal="127.0.0.1")
    sshd = make_sshd(f"HostKey {first.host_key}", f"HostCertificate {first.host_key}-cert.pub")
    sshd.trust_host_key(first.host_key)
    rmosh_start(sshd, "-o", "StrictHostKeyChecking=yes", "box").wait_for("STARTED")


def test_known_key_is_preferred_where_the_host_has_others_too(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram], make_key: Callable[..., Path]
) -> None:
    rsa = make_key("host_rsa", kind="rsa")
    sshd = make_sshd(f"HostKey {rsa}")
    sshd.trust_host_key(rsa)
    rmosh_start(sshd, "-o", "StrictHostKeyChecking=yes", "box").wait_for("STARTED")


def test_host_key_alias_is_the_name_that_is_looked_up(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram]
) -> None:
    sshd = make_sshd()
    sshd.trust_host_key(name="alias.example.org")
    config = sshd.configure("HostKeyAlias alias.example.org", "StrictHostKeyChecking yes")
    rmosh_start(sshd, "box", config=config).wait_for("STARTED")


def test_entry_without_a_port_counts_for_every_port(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram]
) -> None:
    sshd = make_sshd()
    sshd.trust_host_key(name="127.0.0.1")
    rmosh_start(sshd, "-o", "StrictHostKeyChecking=yes", "box").wait_for("STARTED")


def test_a_second_sshd_of_a_known_host_is_only_unknown(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram], make_key: Callable[..., Path]
) -> None:
    sshd = make_sshd()
    sshd.trust_host_key(make_key("the_first_sshd"), name="127.0.0.1")
    rmosh_start(sshd, "-o", "StrictHostKeyChecking=accept-new", "box").wait_for("STARTED")
    assert f"[127.0.0.1]:{sshd.port} " in sshd.known_hosts.read_text()
    assert ssh_agrees(sshd, sshd.config)


def test_a_known_hosts_command_is_believed_and_contradicts(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram], make_key: Callable[..., Path]
) -> None:
    sshd = make_sshd()
    right, wrong = (" ".join(Path(f"{key}.pub").read_text().split()[:2]) for key in (sshd.host_key, make_key("other")))
    config = sshd.configure(f"KnownHostsCommand /bin/echo %H {right}", "StrictHostKeyChecking yes")
    rmosh_start(sshd, "box", config=config).wait_for("STARTED")
    config = sshd.configure(f"KnownHostsCommand /bin/echo %H {wrong}", "StrictHostKeyChecking accept-new")
    program = rmosh_start(sshd, "box", config=config)
    assert program.wait_exit() == 255
    assert "see to what the KnownHostsCommand prints" in program.screen
    assert not sshd.known_hosts.exists()


def test_a_known_hosts_command_decides_which_type_of_key_is_asked_for(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram], make_key: Callable[..., Path]
) -> None:
    rsa = make_key("host_rsa", kind="rsa")
    sshd = make_sshd(f"HostKey {rsa}")
    known = " ".join(Path(f"{rsa}.pub").read_text().split()[:2])
    config = sshd.configure(f"KnownHostsCommand /bin/echo %H {known}", "StrictHostKeyChecking yes")
    rmosh_start(sshd, "box", config=config).wait_for("STARTED")


def test_a_host_key_or_a_user_key_that_is_too_short_is_not_used(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram], make_key: Callable[..., Path]
) -> None:
    sshd = make_sshd()
    sshd.trust_host_key()
    short = make_key("short", kind="rsa")
    sshd.authorize(short)
    config = sshd.configure(f"IdentityFile {short}", "RequiredRSASize 4096", own_key=False)
    program = rmosh_start(sshd, "box", config=config)
    assert program.wait_exit() == 255
    assert "RequiredRSASize asks for 4096: it is not used" in program.screen
    server = make_sshd(f"HostKey {short}", "HostKeyAlgorithms rsa-sha2-512")
    server.trust_host_key(short)
    program = rmosh_start(server, "-o", "RequiredRSASize=4096", "box")
    assert program.wait_exit() == 255
    assert "RequiredRSASize asks for 4096; nothing was sent" in program.screen
    assert "userauth-request" not in server.log


def test_a_host_certificate_signed_in_a_way_that_is_not_allowed_does_not_count(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram], make_key: Callable[..., Path]
) -> None:
    first = make_sshd()
    authority = certify_host(first, make_key, principal="127.0.0.1")
    sshd = make_sshd(f"HostKey {first.host_key}", f"HostCertificate {first.host_key}-cert.pub")
    sshd.trust_host_key(authority, name="@cert-authority *")
    options = ("-o", "StrictHostKeyChecking=yes", "-o")
    program = rmosh_start(sshd, *options, "CASignatureAlgorithms=rsa-sha2-512", "box")
    assert program.wait_exit() == 255
    assert "signed with ssh-ed25519, which CASignatureAlgorithms does not allow" in program.screen
    assert "userauth-request" not in sshd.log
    rmosh_start(sshd, *options, "CASignatureAlgorithms=ssh-ed25519", "box").wait_for("STARTED")


def test_localhost_is_let_in_unseen_where_the_settings_say_so(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram], make_key: Callable[..., Path]
) -> None:
    sshd = make_sshd()
    sshd.trust_host_key(make_key("another_machine"))
    rmosh_start(sshd, "-o", "NoHostAuthenticationForLocalhost=yes", "box").wait_for("STARTED")
