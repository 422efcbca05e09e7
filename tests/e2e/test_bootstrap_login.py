"""Logging in to a real sshd: keys, passphrases, agent, certificates, passwords and jump hosts."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.pty_program import PtyProgram
from tests.e2e.session_host import so_many
from tests.e2e.sshd import Sshd
from tests.e2e.stand_ins import Account, Agent, Announcer

pytestmark = [pytest.mark.slow, pytest.mark.sshd]


def test_plain_key_starts_a_session(sshd: Sshd, rmosh_start: Callable[..., PtyProgram]) -> None:
    program = rmosh_start(sshd, "box")
    program.wait_for("STARTED 60001 127.0.0.1")
    assert program.wait_exit() == 0


def test_passphrase_is_asked_without_echo_until_it_is_right(
    sshd: Sshd, rmosh_start: Callable[..., PtyProgram], make_key: Callable[..., Path]
) -> None:
    locked = make_key("locked", passphrase="open sesame")
    sshd.authorize(locked)
    config = sshd.configure(f"IdentityFile {locked}", own_key=False)
    program = rmosh_start(sshd, "box", config=config)
    program.wait_for(f"Passphrase for the key {locked}")
    program.type("wrong\r")
    program.wait_for(lambda screen: screen.count("Passphrase for the key") == 2)
    program.type("open sesame\r")
    program.wait_for("STARTED")
    assert "sesame" not in program.screen


def test_passphrase_is_not_asked_for_a_key_that_the_server_refuses(
    sshd: Sshd, rmosh_start: Callable[..., PtyProgram], make_key: Callable[..., Path]
) -> None:
    locked = make_key("locked", passphrase="open sesame")
    config = sshd.configure(f"IdentityFile {locked}", f"IdentityFile {sshd.user_key}")
    program = rmosh_start(sshd, "box", config=config)
    program.wait_for("STARTED")
    assert "Passphrase" not in program.screen


def test_passphrase_is_not_asked_for_a_key_that_the_agent_holds(
    sshd: Sshd, rmosh_start: Callable[..., PtyProgram], make_key: Callable[..., Path], agent: Agent
) -> None:
    locked = make_key("locked", passphrase="open sesame")
    sshd.authorize(locked)
    agent.add(locked, passphrase="open sesame")
    config = sshd.configure(f"IdentityFile {locked}", own_key=False)
    program = rmosh_start(sshd, "box", config=config, env=agent.environment)
    program.wait_for("STARTED")
    assert "Passphrase" not in program.screen


def test_an_agents_key_is_used_for_the_host_it_is_meant_for_and_no_other(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram], make_key: Callable[..., Path], agent: Agent
) -> None:
    # As OpenSSH 9.2 (ssh-add -h); the agent refuses it to who does not tell where the connection goes.
    meant, other, key = make_sshd(), make_sshd(), make_key("constrained")
    for server in (meant, other):
        server.trust_host_key()
        server.authorize(key)
    names = meant.directory / "names"
    names.write_text(f"meant {' '.join(meant.host_key.with_suffix('.pub').read_text().split()[:2])}\n")
    words = ["ssh-add", "-q", "-H", str(names), "-h", "meant", str(key)]
    subprocess.run(words, env=os.environ | agent.environment, check=True)
    key.unlink()
    for server, outcome in ((meant, "STARTED"), (other, "permission denied")):
        config = server.configure("IdentitiesOnly no", own_key=False)
        rmosh_start(server, "box", config=config, env=agent.environment).wait_for(outcome)


@pytest.mark.parametrize(
    ("rule", "question", "is_added"),
    [("yes", "", True), ("confirm 1h", "", True), ("ask", "yes", True), ("ask", "no", False), ("no", "", False)],
)
def test_a_key_that_was_opened_goes_to_the_agent_as_the_settings_say(
    sshd: Sshd,
    rmosh_start: Callable[..., PtyProgram],
    make_key: Callable[..., Path],
    agent: Agent,
    rule: str,
    question: str,
    is_added: bool,
) -> None:
    # As OpenSSH 9.2 does it.
    locked = make_key("locked", passphrase="open sesame")
    sshd.authorize(locked)
    config = sshd.configure(f"IdentityFile {locked}", f"AddKeysToAgent {rule}", own_key=False)
    program = rmosh_start(sshd, "box", config=config, env=agent.environment)
    program.wait_for(f"Passphrase for the key {locked}")
    program.type("open sesame\r")
    if question:
        program.wait_for(f"Add the key {locked} to the agent")
        program.type(f"{question}\r")
    program.wait_for("STARTED")
    listed = subprocess.run(["ssh-add", "-l"], env=agent.environment, capture_output=True, text=True, check=False)
    assert ("SHA256:" in listed.stdout) == is_added


def test_an_open_key_goes_to_the_agent_where_the_host_took_it(
    sshd: Sshd, rmosh_start: Callable[..., PtyProgram], make_key: Callable[..., Path], agent: Agent
) -> None:
    # As OpenSSH 9.2 and 10.6.
    config = sshd.configure(
        f"IdentityFile {make_key('refused')}", f"IdentityFile {sshd.user_key}", "AddKeysToAgent yes", own_key=False
    )
    rmosh_start(sshd, "box", config=config, env=agent.environment).wait_for("STARTED")
    listed = subprocess.run(["ssh-add", "-L"], env=agent.environment, capture_output=True, text=True, check=False)
    public = sshd.user_key.with_suffix(".pub").read_text().split()[1]
    assert [line.split()[1] for line in listed.stdout.splitlines()] == [public]


def test_a_refusal_tells_of_the_keys_that_were_shown_and_why_one_did_not_sign(
    sshd: Sshd, rmosh_start: Callable[..., PtyProgram], make_key: Callable[..., Path]
) -> None:
    locked = make_key("locked", passphrase="open sesame")
    sshd.authorize(locked)
    config = sshd.configure(f"IdentityFile {make_key('refused')}", f"IdentityFile {locked}", own_key=False)
    program = rmosh_start(sshd, "box", config=config)
    program.wait_for("Passphrase for the key")
    program.type("\r")
    program.wait_for("tried 2 keys; a key did not sign: the key ")
    config = sshd.configure("PubkeyAcceptedAlgorithms rsa-sha2-512")
    program = rmosh_start(sshd, "box", config=config)
    program.wait_for("tried nothing, as none of the keys at hand can be used there")


def test_agent_key_that_no_file_holds_is_used(
    sshd: Sshd, rmosh_start: Callable[..., PtyProgram], make_key: Callable[..., Path], agent: Agent
) -> None:
    key = make_key("agent_only")
    sshd.authorize(key)
    agent.add(key)
    key.unlink()
    config = sshd.configure("IdentitiesOnly no", own_key=False)
    program = rmosh_start(sshd, "box", config=config, env=agent.environment)
    program.wait_for("STARTED")


def test_identities_only_keeps_other_agent_keys_back(
    sshd: Sshd, rmosh_start: Callable[..., PtyProgram], make_key: Callable[..., Path], agent: Agent
) -> None:
    key = make_key("agent_only")
    sshd.authorize(key)
    agent.add(key)
    key.unlink()
    config = sshd.configure("IdentityFile /nonexistent", own_key=False)
    program = rmosh_start(sshd, "box", config=config, env=agent.environment)
    program.wait_for("permission denied")
    assert program.wait_exit() == 255


def test_an_agent_that_wants_a_confirmation_is_not_bothered_by_a_host_that_does_not_take_the_key(
    sshd: Sshd, rmosh_start: Callable[..., PtyProgram], make_key: Callable[..., Path], agent: Agent
) -> None:
    key = make_key("agent_only")
    agent.add(key, "-c")
    key.unlink()
    config = sshd.configure("IdentitiesOnly no", own_key=False)
    program = rmosh_start(sshd, "box", config=config, env=agent.environment)
    program.wait_for("permission denied")
    assert not agent.questions.exists()
    sshd.authorize(key)
    rmosh_start(sshd, "box", config=config, env=agent.environment).wait_for("STARTED")
    assert agent.questions.read_text() == "asked\n"


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_other_kinds_of_keys_are_used(
    sshd: Sshd, rmosh_start: Callable[..., PtyProgram], make_key: Callable[..., Path], kind: str
) -> None:
    key = make_key(f"id_{kind}", kind=kind)
    sshd.authorize(key)
    program = rmosh_start(sshd, "box", config=sshd.configure(f"IdentityFile {key}", own_key=False))
    program.wait_for("STARTED")


def test_user_certificate_is_offered_with_its_key(
    make_sshd: Callable[..., Sshd],
    rmosh_start: Callable[..., PtyProgram],
    make_key: Callable[..., Path],
    tmp_path: Path,
) -> None:
    authority, key = make_key("authority"), make_key("certified")
    subprocess.run(["ssh-keygen", "-q", "-s", authority, "-I", "me", "-n", "root", f"{key}.pub"], check=True)
    server = make_sshd(f"TrustedUserCAKeys {authority}.pub")
    server.trust_host_key()
    program = rmosh_start(server, "box", config=server.configure(f"IdentityFile {key}", own_key=False))
    program.wait_for("STARTED")
    assert "Accepted certificate" in server.log or "Accepted publickey" in server.log


def test_certificate_file_of_another_name_is_offered(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram], make_key: Callable[..., Path]
) -> None:
    authority, key = make_key("authority"), make_key("certified")
    subprocess.run(["ssh-keygen", "-q", "-s", authority, "-I", "me", "-n", "root", f"{key}.pub"], check=True)
    elsewhere = shutil.move(f"{key}-cert.pub", f"{key}.certificate")
    server = make_sshd(f"TrustedUserCAKeys {authority}.pub")
    server.trust_host_key()
    config = server.configure(f"IdentityFile {key}", f"CertificateFile {elsewhere}", own_key=False)
    rmosh_start(server, "box", config=config).wait_for("STARTED")


def test_private_key_that_others_can_read_is_not_used(sshd: Sshd, rmosh_start: Callable[..., PtyProgram]) -> None:
    sshd.user_key.chmod(0o644)
    program = rmosh_start(sshd, "box")
    program.wait_for("chmod 600")
    assert program.wait_exit() == 255


def test_password_is_asked_three_times_without_echo(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram], account: Account
) -> None:
    server = make_sshd("PasswordAuthentication yes")
    server.trust_host_key()
    config = server.configure(f"User {account.name}", own_key=False)
    program = rmosh_start(server, "box", config=config)
    program.wait_for(f"Password for {account.name}@box:")
    program.type("wrong\r")
    program.wait_for(lambda screen: screen.count("Password for") == 2)
    program.type(f"{account.password}\r")
    program.wait_for("STARTED")
    assert account.password not in program.screen


def test_login_is_given_up_after_three_wrong_passwords(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram], account: Account
) -> None:
    server = make_sshd("PasswordAuthentication yes")
    server.trust_host_key()
    config = server.configure(f"User {account.name}", own_key=False)
    program = rmosh_start(server, "box", config=config)
    for count in (1, 2, 3):
        program.wait_for(so_many("Password for", count))
        program.type("wrong\r")
    program.wait_for("tried 3 x password")
    program.wait_for("hint: check the user name and the password")
    assert program.wait_exit() == 255


def test_keyboard_interactive_shows_the_servers_question(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram], account: Account
) -> None:
    server = make_sshd("KbdInteractiveAuthentication yes", "UsePAM yes")
    server.trust_host_key()
    config = server.configure(f"User {account.name}", own_key=False)
    program = rmosh_start(server, "box", config=config)
    program.wait_for(f"({account.name}@box) Password:")
    program.type(f"{account.password}\r")
    program.wait_for("STARTED")
    assert account.password not in program.screen


def test_key_and_then_password_where_the_server_wants_both(
    make_sshd: Callable[..., Sshd],
    rmosh_start: Callable[..., PtyProgram],
    account: Account,
    make_key: Callable[..., Path],
) -> None:
    key = make_key("first_factor")
    server = make_sshd(
        "PasswordAuthentication yes",
        "AuthenticationMethods publickey,password",
        "AuthorizedKeysFile .ssh/authorized_keys",
    )
    server.trust_host_key()
    account.authorize(key)
    config = server.configure(f"User {account.name}", f"IdentityFile {key}", own_key=False)
    program = rmosh_start(server, "box", config=config)
    program.wait_for("Password for")
    program.type(f"{account.password}\r")
    program.wait_for("STARTED")


def test_password_is_asked_after_the_only_key_was_refused(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram], account: Account, announcer: Announcer
) -> None:
    server = make_sshd("PasswordAuthentication yes", "AuthorizedKeysFile none")
    server.trust_host_key()
    program = rmosh_start(server, "box", config=server.configure(f"User {account.name}"))
    program.wait_for("Password for")
    program.type("wrong\r")
    program.wait_for(lambda screen: screen.count("Password for") == 2)
    program.type(f"{account.password}\r")
    program.wait_for("STARTED")
    assert announcer.seen().count("arguments:") == 1


def test_batch_mode_asks_nothing(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram], make_key: Callable[..., Path]
) -> None:
    server = make_sshd("PasswordAuthentication yes")
    server.trust_host_key()
    locked = make_key("locked", passphrase="open sesame")
    server.authorize(locked)
    config = server.configure(f"IdentityFile {locked}", "BatchMode yes", own_key=False)
    program = rmosh_start(server, "box", config=config)
    program.wait_for("BatchMode allows no questions")
    assert program.wait_exit() == 255


def test_control_c_at_a_question_ends_the_command(
    sshd: Sshd, rmosh_start: Callable[..., PtyProgram], make_key: Callable[..., Path]
) -> None:
    locked = make_key("locked", passphrase="open sesame")
    sshd.authorize(locked)
    program = rmosh_start(sshd, "box", config=sshd.configure(f"IdentityFile {locked}", own_key=False))
    program.wait_for("Passphrase")
    program.type("\x03")
    assert program.wait_exit() == 130


def test_jump_host_is_crossed(make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram]) -> None:
    jump, target = make_sshd(), make_sshd()
    jump.trust_host_key()
    target.trust_host_key()
    config = target.configure("ProxyJump gate")
    config.write_text(config.read_text() + jump.configure(alias="gate").read_text())
    program = rmosh_start(target, "box", config=config)
    program.wait_for("STARTED 60001 127.0.0.1")
    assert "direct-tcpip" in jump.log


def test_two_jump_hosts_of_the_command_line_are_crossed(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram]
) -> None:
    first, second, target = make_sshd(), make_sshd(), make_sshd()
    config = target.configure()
    for sshd, alias in ((first, "gate"), (second, "inner")):
        sshd.trust_host_key()
        config.write_text(config.read_text() + sshd.configure(alias=alias).read_text())
    target.trust_host_key()
    rmosh_start(target, "-J", f"gate,root@inner:{second.port}", "box", config=config).wait_for("STARTED")
    assert "direct-tcpip" in first.log
    assert "direct-tcpip" in second.log


def test_target_behind_a_jump_host_that_cannot_reach_it_is_explained(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram]
) -> None:
    jump = make_sshd("AllowTcpForwarding no")
    jump.trust_host_key()
    config = jump.configure("ProxyJump gate")
    config.write_text(config.read_text() + jump.configure(alias="gate").read_text())
    program = rmosh_start(jump, "box", config=config)
    program.wait_for("the jump host cannot reach 127.0.0.1")
    assert program.wait_exit() == 255


def test_proxy_command_is_run(sshd: Sshd, rmosh_start: Callable[..., PtyProgram]) -> None:
    relay = sshd.directory / "relay.py"
    relay.write_text(
        "import os, socket, sys, threading\n"
        "far = socket.create_connection((sys.argv[1], int(sys.argv[2])))\n"
        "def up():\n"
        "    while data := os.read(0, 65536):\n"
        "        far.sendall(data)\n"
        "threading.Thread(target=up, daemon=True).start()\n"
        "print('proxy speaks', file=sys.stderr)\n"
        "while data := far.recv(65536):\n"
        "    os.write(1, data)\n"
    )
    program = rmosh_start(sshd, "box", config=sshd.configure(f"ProxyCommand python3 {relay} %h %p"))
    program.wait_for("STARTED 60001 127.0.0.1")
    assert "proxy speaks" in program.screen
