"""Starting the server over a real sshd, what is said when that fails, and asking for its fate again."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rmosh.errors import BootstrapError
from rmosh_client.bootstrap import early_command
from rmosh_client.bootstrap.prompts import NoPrompts
from rmosh_client.bootstrap.request import Launch, Request
from rmosh_client.bootstrap.start import start
from tests.e2e.pty_program import PtyProgram
from tests.e2e.session_host import wait_until
from tests.e2e.sshd import Sshd
from tests.e2e.stand_ins import Announcer

pytestmark = [pytest.mark.slow, pytest.mark.sshd]


def refused(program: PtyProgram) -> str:
    """Return the screen of a program that gave up."""
    assert program.wait_exit() == 255
    assert "hint: " in program.screen
    return program.screen


def nested_configuration(sshd: Sshd, directory: Path) -> Path:
    """Write a configuration whose settings come from Match, Host patterns and an included file."""
    included, config = directory / "included", directory / "config"
    included.write_text("Host 127.0.0.?\n    IdentityFile /nonexistent\nHost nick*\n    HostName 127.0.0.1\n")
    config.write_text(
        f'Match originalhost nickname exec "test -e {included}"\n    Port {sshd.port}\n    HostKeyAlias nick\n'
        f"Include {included}\n"
        f"Match host 127.0.0.1\n    User root\n    IdentityFile {sshd.user_key}\n    IdentitiesOnly yes\n"
        f"Host *\n    UserKnownHostsFile {sshd.known_hosts}\n    StrictHostKeyChecking yes\n"
    )
    sshd.trust_host_key(name="nick")
    return config


def test_configuration_with_include_and_match_is_followed(
    sshd: Sshd, rmosh_start: Callable[..., PtyProgram], tmp_path: Path
) -> None:
    rmosh_start(sshd, "nickname", config=nested_configuration(sshd, tmp_path)).wait_for("STARTED")


def test_configuration_is_followed_where_no_ssh_is_installed(
    sshd: Sshd, rmosh_start: Callable[..., PtyProgram], tmp_path: Path
) -> None:
    config = nested_configuration(sshd, tmp_path)
    rmosh_start(sshd, "nickname", config=config, env={"PATH": str(tmp_path)}).wait_for("STARTED")


def test_options_of_the_command_line_win_over_the_file(sshd: Sshd, rmosh_start: Callable[..., PtyProgram]) -> None:
    config = sshd.configure("Port 1", "User nobody", own_key=False)
    words = ["-p", str(sshd.port), "-l", "root", "-i", str(sshd.user_key), "box"]
    rmosh_start(sshd, *words, config=config).wait_for("STARTED")


@pytest.mark.parametrize("way", [[], ["--ssh", "ssh"]])
def test_what_the_configuration_asks_for_in_vain_is_said_once_by_name(
    sshd: Sshd, rmosh_start: Callable[..., PtyProgram], way: list[str]
) -> None:
    config = sshd.configure("Tunnel yes", "VisualHostKey yes", "ForwardAgent yes", "ForwardX11 yes")
    shown = rmosh_start(sshd, *way, "box", config=config)
    shown.wait_for("STARTED")
    assert shown.screen.count("asks for what rmosh does not do: Tunnel, VisualHostKey") == 1


def test_habits_of_the_user_s_file_count_for_the_host_that_was_typed(
    sshd: Sshd, rmosh_start: Callable[..., PtyProgram], announcer: Announcer, tmp_path: Path
) -> None:
    (tmp_path / "rmosh").mkdir()
    (tmp_path / "rmosh" / "client.toml").touch(mode=0o600)
    (tmp_path / "rmosh" / "client.toml").write_text('port = 1\n[host."b?x"]\nport = "60990:60999"\nprot = 3\n')
    config = sshd.configure()
    shown = rmosh_start(sshd, "me@box", "-l", "root", config=config, env={"XDG_CONFIG_HOME": str(tmp_path)})
    shown.wait_for("STARTED")
    assert "there is no setting 'prot', did you mean port?" in shown.screen
    assert "--port 60990:60999" in announcer.seen()


def test_command_and_locale_arrive_unharmed(
    sshd: Sshd, rmosh_start: Callable[..., PtyProgram], announcer: Announcer
) -> None:
    words = ["box", "--", "printf", "it's %s!\\n", "a  b", "$HOME", "é漢", "-v"]
    config = sshd.configure("SendEnv LC_*")
    rmosh_start(sshd, *words, config=config, env={"LC_TIME": "de_DE.UTF-8"}).wait_for("STARTED")
    seen = announcer.seen()
    assert "-- printf it's %s!\\n a  b $HOME é漢 -v" in seen
    assert "environment LC_TIME=de_DE.UTF-8" in seen
    assert "de_DE" not in seen.split("environment")[0]


def test_a_locale_that_is_not_to_be_sent_stays_here(
    sshd: Sshd, rmosh_start: Callable[..., PtyProgram], announcer: Announcer
) -> None:
    rmosh_start(sshd, "box", env={"LC_TIME": "de_DE.UTF-8"}).wait_for("STARTED")
    assert "de_DE" not in announcer.seen()


@pytest.mark.parametrize("options", [(), ("--ssh", "ssh")])
@pytest.mark.parametrize("line", ["cd /usr && pwd", 'exec bash -c "echo x; pwd"', "tmux new -A -s %r"])
def test_remote_command_of_the_configuration_goes_whole_to_the_login_shell(
    sshd: Sshd, rmosh_start: Callable[..., PtyProgram], announcer: Announcer, line: str, options: tuple[str, ...]
) -> None:
    # As OpenSSH 9.2 does it; an own command comes before it.
    config = sshd.configure(f"RemoteCommand {line}")
    rmosh_start(sshd, *options, "box", config=config).wait_for("STARTED")
    assert f"-- {line.replace('%r', 'root')}\n" in announcer.seen()
    rmosh_start(sshd, *options, "box", "uname", config=config).wait_for("STARTED")
    assert "-- uname\n" in announcer.seen()


def test_send_env_and_set_env_go_through_ssh_and_not_through_argv(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram], announcer: Announcer
) -> None:
    sshd = make_sshd("AcceptEnv PROJECT TOKEN")
    sshd.trust_host_key()
    config = sshd.configure("SendEnv PROJ*", "SetEnv TOKEN=hush")
    rmosh_start(sshd, "box", config=config, env={"PROJECT": "rmosh"}).wait_for("STARTED")
    seen = announcer.seen()
    assert "environment PROJECT=rmosh" in seen
    assert "environment TOKEN=hush" in seen
    assert "hush" not in seen.split("environment")[0]


def test_chatter_of_a_login_script_is_skipped(
    sshd: Sshd, rmosh_start: Callable[..., PtyProgram], announcer: Announcer
) -> None:
    noisy = announcer.script.with_name("noisy")
    noisy.write_text(f"#!/bin/sh\nseq 1 2000\nprintf '\\033[1mno newline '\nexec {announcer.script} \"$@\"\n")
    noisy.chmod(0o755)
    rmosh_start(sshd, "box", server=str(noisy)).wait_for("STARTED")


FORGERY = f"RMOSH-ANNOUNCE 2 port=666 session=0123456789abcdef secret={'B' * 43}="

#: Both ways in: asyncssh, and the system's ssh.
WAYS = pytest.mark.parametrize("way", [(), ("--ssh", "ssh")], ids=["asyncssh", "ssh"])


def behind_login_script(announcer: Announcer, script: str) -> str:
    """Return a server that a login script runs before."""
    path = announcer.script.with_name("behind-login-script")
    path.write_text(f'#!/bin/sh\n{script}\nexec {announcer.script} "$@"\n')
    path.chmod(0o755)
    return str(path)


@WAYS
@pytest.mark.parametrize("nonce", ["", f" nonce={'0' * 32}", " nonce="])
def test_announce_line_that_a_login_script_forges_is_not_believed(
    sshd: Sshd, rmosh_start: Callable[..., PtyProgram], announcer: Announcer, way: tuple[str, ...], nonce: str
) -> None:
    server = behind_login_script(announcer, f"echo '{FORGERY}{nonce}'")
    rmosh_start(sshd, *way, "box", server=server).wait_for("STARTED 60001 ")


@WAYS
def test_forged_announce_line_alone_starts_nothing(
    sshd: Sshd, rmosh_start: Callable[..., PtyProgram], announcer: Announcer, way: tuple[str, ...]
) -> None:
    server = behind_login_script(announcer, f"echo '{FORGERY}'; exit")
    assert "does not answer this login, so it was ignored" in refused(rmosh_start(sshd, *way, "box", server=server))


@WAYS
@pytest.mark.parametrize("script", ["read -r line", "dd bs=1 count=7 > /dev/null 2>&1"])
def test_login_script_that_reads_a_line_does_not_end_the_login(
    sshd: Sshd, rmosh_start: Callable[..., PtyProgram], announcer: Announcer, way: tuple[str, ...], script: str
) -> None:
    rmosh_start(sshd, *way, "box", server=behind_login_script(announcer, script)).wait_for("STARTED 60001 ")


@WAYS
def test_login_script_that_reads_all_there_is_ends_the_login_at_once_with_the_cause(
    sshd: Sshd, rmosh_start: Callable[..., PtyProgram], announcer: Announcer, way: tuple[str, ...]
) -> None:
    server = behind_login_script(announcer, f'cat > /dev/null; exec {sys.executable} -m rmosh_server "$@"')
    screen = refused(rmosh_start(sshd, *way, "--path", "udp", "box", server=server))
    assert "standard input ended before the client's hello" in screen
    assert "login script" in screen
    assert "leave out ssh's -n, -f and StdinNull" in screen.replace("\n", "")


def test_the_nonce_is_neither_in_the_arguments_nor_in_the_environment(
    sshd: Sshd, rmosh_start: Callable[..., PtyProgram], announcer: Announcer
) -> None:
    text = announcer.script.read_text()
    announcer.script.write_text(f"{text}echo heard: $hello >> {announcer.notes}\n")
    rmosh_start(sshd, "box").wait_for("STARTED")
    wait_until(lambda: announcer.seen().partition("heard: ")[2].endswith("\n"), "the server has noted the hello")
    called, heard = announcer.seen().split("heard: ")
    nonce = heard.split("nonce=")[1].split()[0]
    assert len(nonce) == 32
    assert nonce not in called


def test_missing_server_is_named_with_the_way_to_install_it(sshd: Sshd, rmosh_start: Callable[..., PtyProgram]) -> None:
    screen = refused(rmosh_start(sshd, "box", server="/nonexistent/rmosh-server"))
    assert "rmosh: box has no rmosh-server" in screen
    assert "pipx install ." in screen


def test_server_that_may_not_be_executed_is_named(
    sshd: Sshd, rmosh_start: Callable[..., PtyProgram], tmp_path: Path
) -> None:
    script = tmp_path / "not-executable"
    script.write_text("#!/bin/sh\n")
    assert "cannot be executed" in refused(rmosh_start(sshd, "box", server=str(script)))


def test_failing_server_is_quoted(sshd: Sshd, rmosh_start: Callable[..., PtyProgram], announcer: Announcer) -> None:
    announcer.script.write_text("#!/bin/sh\necho 'rmosh-server: no more terminals' >&2\nexit 3\n")
    screen = refused(rmosh_start(sshd, "box"))
    assert "box: no more terminals" in screen


def test_server_that_says_nothing_is_named(
    sshd: Sshd, rmosh_start: Callable[..., PtyProgram], announcer: Announcer
) -> None:
    announcer.script.write_text("#!/bin/sh\necho hello\n")
    assert "announced no session: hello" in refused(rmosh_start(sshd, "box"))


def test_endless_chatter_is_cut_off(sshd: Sshd, rmosh_start: Callable[..., PtyProgram], announcer: Announcer) -> None:
    announcer.script.write_text("#!/bin/sh\nexec yes\n")
    assert "no announce line" in refused(rmosh_start(sshd, "box"))


def test_other_protocol_version_is_told_with_what_to_update(
    sshd: Sshd, rmosh_start: Callable[..., PtyProgram], announcer: Announcer
) -> None:
    announcer.script.write_text(announcer.script.read_text().replace("RMOSH-ANNOUNCE 2", "RMOSH-ANNOUNCE 999"))
    screen = refused(rmosh_start(sshd, "box"))
    assert "box speaks version 999" in screen
    assert "update the rmosh here" in screen


def test_server_without_a_udp_port_is_told(
    sshd: Sshd, rmosh_start: Callable[..., PtyProgram], announcer: Announcer
) -> None:
    announcer.script.write_text(announcer.script.read_text().replace("=60001 ", "=0 "))
    screen = refused(rmosh_start(sshd, "--path", "udp", "--port", "5000:5001", "box"))
    assert "found no free UDP port in 5000:5001" in screen


def test_unknown_name_is_told(sshd: Sshd, rmosh_start: Callable[..., PtyProgram]) -> None:
    assert "cannot find the address of nowhere.invalid" in refused(rmosh_start(sshd, "nowhere.invalid"))


def test_refused_connection_is_told(sshd: Sshd, rmosh_start: Callable[..., PtyProgram]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        screen = refused(rmosh_start(sshd, "-p", str(port), "box"))
    assert f"cannot reach 127.0.0.1 port {port}: 127.0.0.1: connection refused" in screen


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"220 mail.example.org ESMTP\r\n", 'does not speak SSH: it says "220 mail.example.org ESMTP"'),
        (b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n<html>", 'it says "HTTP/1.1 400 Bad Request"'),
        (b"\x15\x03\x01\0\2\2\x32", "does not speak SSH: it says"),
        (b"", "hung up without a word of SSH"),
    ],
)
def test_something_else_than_ssh_is_told(
    sshd: Sshd, rmosh_start: Callable[..., PtyProgram], answer: bytes, told: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        program = rmosh_start(sshd, "-p", str(listener.getsockname()[1]), "box")
        connection, _ = listener.accept()
        connection.recv(1000)
        connection.sendall(answer)
        connection.close()
        screen = refused(program)
        assert told in screen
        assert "check the port" in screen


def test_a_server_that_is_slow_to_start_is_waited_for_with_a_word(
    sshd: Sshd, rmosh_start: Callable[..., PtyProgram], announcer: Announcer, tmp_path: Path
) -> None:
    slow = tmp_path / "slow-server"
    slow.write_text(f'#!/bin/sh\nsleep 3\nexec {announcer.script} "$@"\n')
    slow.chmod(0o755)
    program = rmosh_start(sshd, "--server", str(slow), "box")
    program.wait_for("rmosh: waiting for rmosh-server on box to start ...")
    program.wait_for("STARTED")


def test_a_mute_port_is_waited_for_with_a_word_and_no_longer_than_connecttimeout(
    sshd: Sshd, rmosh_start: Callable[..., PtyProgram]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        program = rmosh_start(sshd, "-p", str(port), "-o", "ConnectTimeout=3", "box")
        program.wait_for(f"rmosh: waiting for the SSH server of 127.0.0.1 port {port} to answer ...")
        assert "does not speak SSH: no handshake within 3 s" in refused(program)


def test_bad_options_are_told(sshd: Sshd, rmosh_start: Callable[..., PtyProgram]) -> None:
    assert "port" in refused(rmosh_start(sshd, "--port", "9:1", "box"))


def test_asking_again_learns_the_sessions_fate(sshd: Sshd, rmosh_start: Callable[..., PtyProgram]) -> None:
    program = rmosh_start(sshd, "box", "status")
    program.wait_for("Fate.ENDED")
    assert "kind='exited', value=3" in program.screen


def test_asking_again_says_when_nobody_can_be_reached(
    make_sshd: Callable[..., Sshd], rmosh_start: Callable[..., PtyProgram], announcer: Announcer
) -> None:
    sshd = make_sshd()
    sshd.trust_host_key()
    announcer.script.write_text(
        f"#!/bin/sh\ntest $1 = status && exit 1\nkill {sshd.process.pid}\n" + announcer.script.read_text()
    )
    rmosh_start(sshd, "box", "--", "status").wait_for("Fate.UNREACHABLE")


def test_system_ssh_logs_in(sshd: Sshd, rmosh_start: Callable[..., PtyProgram]) -> None:
    rmosh_start(sshd, "--ssh", "ssh", "box").wait_for("STARTED 60001 127.0.0.1")


def test_system_ssh_takes_a_command_line_and_our_options(sshd: Sshd, rmosh_start: Callable[..., PtyProgram]) -> None:
    config = sshd.configure("Port 1")
    words = ["--ssh", "ssh -o LogLevel=ERROR", "-p", str(sshd.port), "box", "--", "status"]
    program = rmosh_start(sshd, *words, config=config)
    program.wait_for("STARTED")
    program.wait_for("Fate.ENDED")


def test_system_ssh_that_fails_speaks_for_itself(sshd: Sshd, rmosh_start: Callable[..., PtyProgram]) -> None:
    screen = refused(rmosh_start(sshd, "--ssh", "ssh", "-p", "1", "box"))
    assert "Connection refused" in screen
    assert "`ssh` could not log in to box" in screen


def test_system_ssh_that_does_not_exist_is_told(sshd: Sshd, rmosh_start: Callable[..., PtyProgram]) -> None:
    assert "cannot run no-such-ssh" in refused(rmosh_start(sshd, "--ssh", "no-such-ssh", "box"))


def test_redirected_input_is_refused_where_a_session_is_meant(sshd: Sshd, rmosh_command: list[str]) -> None:
    words = [*rmosh_command, "-S", "work", "box"]
    answer = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=sshd.client_env)
    assert answer.returncode == 255
    assert answer.stderr.startswith("rmosh: standard input is not a terminal")


def test_the_command_line_is_read_before_anything_slow_is_imported(rmosh_command: list[str]) -> None:
    late = {"asyncssh", "uvloop", "wcwidth", "argcomplete"}
    check = f"import sys, rmosh_client.command.cli; sys.exit(not {late}.isdisjoint(sys.modules))"
    assert subprocess.run([rmosh_command[0], "-c", check], check=False).returncode == 0
    assert Path(rmosh_command[0]).exists()


def test_port_that_never_says_anything_is_told_after_the_connect_timeout(sshd: Sshd) -> None:
    # It counts for the handshake too: ssh_config(5) of OpenSSH 9.2.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        options = (f"Port={listener.getsockname()[1]}", "ConnectTimeout=1")
        request = Request("box", options, str(sshd.config))
        with pytest.raises(BootstrapError, match="no handshake within 1 s"):
            asyncio.run(start(request, prompts=NoPrompts()))


def test_connection_that_breaks_over_a_shortcut_is_opened_again_without(
    sshd: Sshd, announcer: Announcer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The server will know no channel of this number and disconnect.
    monkeypatch.setattr(early_command, "_FIRST_CHANNEL", 7)
    request = Request("box", (), str(sshd.config), server=str(announcer.script))

    async def login() -> int:
        launched = await start(request, prompts=NoPrompts())
        assert isinstance(launched, Launch)
        await launched.login.end()
        return launched.started.announce.port

    assert asyncio.run(login()) == 60001
    assert sshd.log.count("Accepted publickey") == 2


def test_control_c_ends_a_connection_attempt_at_once(sshd: Sshd, rmosh_start: Callable[..., PtyProgram]) -> None:
    with socket.create_server(("127.0.0.2", 0), backlog=0) as full, socket.socket() as filler, socket.socket() as more:
        for connection in (filler, more):
            connection.setblocking(False)
            connection.connect_ex(full.getsockname())
        words = ["-o", "HostName=127.0.0.2", "-p", str(full.getsockname()[1]), "box"]
        program = rmosh_start(sshd, *words)
        program.pump(1.5)
        program.type("\x03")
        assert program.wait_exit(timeout=5) == 130
