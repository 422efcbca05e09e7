"""A whole session crosses a relay: its login by a configuration before the user's own, its datagrams by one port."""

import shlex
import shutil
from pathlib import Path

import pytest

from rmosh_client.command.parsers import INSTEAD_OF_A_HOST, session_parser
from rmosh_netem import cli
from rmosh_netem.addresses import RELAY_HOST, Address
from rmosh_netem.carried import Destination, carried_command, find_destination
from rmosh_netem.errors import EXIT_FAILED, BadRequest
from rmosh_netem.session_line import _SSH_LETTERS, INSTEAD_OF_A_SESSION, LONG_WITH_VALUE, read_session_line

needs_ssh = pytest.mark.skipif(shutil.which("ssh") is None, reason="this machine has no ssh")


class Ways:
    """Lays ways to nowhere and remembers them."""

    def __init__(self) -> None:
        self.tcp: list[tuple[Address, Address]] = []
        self.udp: list[tuple[Address, Address]] = []

    def forward_tcp(self, listen: Address, to: Address) -> Address:
        self.tcp.append((listen, to))
        return Address(listen.host, listen.port or 4022)

    def forward_udp(self, listen: Address, to: Address) -> Address:
        self.udp.append((listen, to))
        return Address(listen.host, listen.port or 4060)


def carried(command: list[str], folder: Path, *, host: str = "203.0.113.9") -> tuple[list[str], Ways]:
    ways = Ways()
    to = Destination(Address(host, 22), "far.example")
    line = read_session_line(command)
    words = carried_command(line, to, folder=folder, forward_tcp=ways.forward_tcp, forward_udp=ways.forward_udp)
    return words, ways


def test_login_and_datagrams_of_rmosh_cross_the_relay(tmp_path: Path) -> None:
    words, ways = carried(["/bin/rmosh", "me@far", "top"], tmp_path)
    port = int(words[words.index("--port") + 1])
    assert words[:3] == ["/bin/rmosh", "-F", str(tmp_path / "ssh_config")] and words[-3:] == ["me@far", "--", "top"]
    assert ways.tcp == [(Address(RELAY_HOST, 0), Address("203.0.113.9", 22))]
    assert ways.udp == [(Address(RELAY_HOST, port), Address("203.0.113.9", port))]
    assert 60000 <= port < 61000  # what the far host's firewall lets through
    written = (tmp_path / "ssh_config").read_text()
    assert "Host far\n    HostName 127.0.0.3\n    Port 4022\n    HostKeyAlias far.example\n" in written
    assert "Include ~/.ssh/config" in written


def test_a_server_on_this_machine_announces_the_relay_s_port(tmp_path: Path) -> None:
    words, ways = carried(["/bin/rmosh", "me@far"], tmp_path, host="127.0.0.1")
    wrapper = next(word.partition("=")[2] for word in words if word.startswith("--server="))
    assert "port=4060" in Path(wrapper).read_text() and ways.udp[0][0].port == 0


def test_a_server_that_was_named_announces_the_relay_s_port_too(tmp_path: Path) -> None:
    for typed in (["--server", "/opt/it's/rmosh-server"], ["--server=/opt/it's/rmosh-server"]):
        words, _ = carried(["/bin/rmosh", *typed, "me@far"], tmp_path, host="127.0.0.1")
        [wrapper] = [word.partition("=")[2] for word in words if word.startswith("--server")]
        written = Path(wrapper).read_text()
        assert "port=4060" in written and shlex.quote(typed[-1].rpartition("=")[2]) in written
        words, _ = carried(["/bin/rmosh", *typed, "me@far"], tmp_path)
        assert "--server=/opt/it's/rmosh-server" in words


def test_every_word_instead_of_a_host_is_known() -> None:
    assert set(INSTEAD_OF_A_HOST) == INSTEAD_OF_A_SESSION


def test_mosh_and_ssh_take_the_same_way(tmp_path: Path) -> None:
    words, ways = carried(["/bin/mosh", "me@far"], tmp_path)
    assert words[1] == f"--ssh=ssh -F {tmp_path / 'ssh_config'}" and len(ways.udp) == 1
    words, ways = carried(["/bin/ssh", "-F", "mine", "me@far"], tmp_path)
    assert words == ["/bin/ssh", "-F", str(tmp_path / "ssh_config"), "me@far"] and not ways.udp


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        ("rmosh -l me -p 2222 -i key far top -b", ["-l", "me", "-i", "key", "far", "--", "top", "-b"]),
        ("rmosh -p2222 far", ["far"]),
        ("rmosh -6 -o AddressFamily=inet6 far", ["far"]),
        ("rmosh --predict always -vp 2222 far", ["--predict=always", "-v", "far"]),
        ("rmosh -o Port=2222 -o 'HostName x' -o Compression=yes far", ["-o", "Compression=yes", "far"]),
        ("rmosh far -p 2222 -- sh -c 'exit 7'", ["far", "--", "sh", "-c", "exit 7"]),
        ("rmosh --port 60001 -F mine far", ["far"]),
        ("rmosh --ssh 'ssh -p 2222 -o A=b' far", ["--ssh=ssh -o A=b", "far"]),
        ("mosh --ssh='ssh -p 2222 -i key' -a far -- top", ["-a", "far", "--", "top"]),
        ("ssh -tp 2222 far top -b", ["-t", "far", "top", "-b"]),
    ],
)
def test_what_was_typed_is_handed_on_but_for_what_the_relay_itself_says(
    tmp_path: Path, typed: str, left: list[str]
) -> None:
    command = shlex.split(typed)
    words, ways = carried([f"/bin/{command[0]}", *command[1:]], tmp_path)
    assert words[-len(left) :] == left
    assert not any("2222" in word for word in words)
    if "--port" in command:
        assert ways.udp[0][0].port == 60001
    if command[0] == "mosh":
        assert words[1] == f"--ssh=ssh -i key -F {tmp_path / 'ssh_config'}"


@needs_ssh
@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("rmosh -p 2022 127.0.0.2", Address("127.0.0.2", 2022)),
        ("rmosh -F {config} -p 2023 box top", Address("127.0.0.2", 2023)),
        ("rmosh -F {config} -o Port=2024 me@box", Address("127.0.0.2", 2024)),
        ("rmosh --predict always -F {config} box", Address("127.0.0.2", 2022)),
        ("mosh --ssh 'ssh -F {config} -p 2025' box -- top", Address("127.0.0.2", 2025)),
        ("ssh -vvF{config} box", Address("127.0.0.2", 2022)),
        ("rmosh -6 -p 2026 ::1", Address("::1", 2026)),
        ("rmosh -o AddressFamily=inet6 -p 2027 ::1", Address("::1", 2027)),
    ],
)
def test_ssh_is_asked_where_a_name_leads_with_the_options_that_were_typed(
    tmp_path: Path, typed: str, address: Address
) -> None:
    config = tmp_path / "config"
    config.write_text("Host box\n    HostName 127.0.0.2\n    Port 2022\n")
    found = find_destination(read_session_line(shlex.split(typed.format(config=config))))
    assert (found.address, found.known_as) == (address, f"[{address.host}]:{address.port}")


@needs_ssh
def test_a_host_behind_another_is_refused(tmp_path: Path) -> None:
    for option in ("-Jbox", "-oProxyCommand=nc %h %p"):
        with pytest.raises(BadRequest, match="far is reached through another host"):
            find_destination(read_session_line(["rmosh", option, "far"]))


def test_every_option_with_a_value_is_known() -> None:
    known = [option for action in session_parser()._actions if action.nargs is None for option in action.option_strings]
    assert {option[2:] for option in known if option.startswith("--")} == LONG_WITH_VALUE["rmosh"]
    assert {option[1:] for option in known if not option.startswith("--")} <= set(_SSH_LETTERS)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["relay", "lan", "--", "telnet", "host"], "telnet cannot be carried: take rmosh, mosh, ssh"),
        (["relay", "lan", "--", "rmosh"], "rmosh names no host"),
        (["relay", "lan", "--", "rmosh", "attach", "host"], "rmosh attach starts no session"),
        (["relay", "lan", "--", "rmosh", "--port", "60000:60010", "host"], "a relay carries one UDP port"),
        (["relay", "lan"], "a relay needs --listen and --to, or a session to carry"),
    ],
)
def test_what_cannot_be_carried_is_refused_with_the_remedy(
    capsys: pytest.CaptureFixture[str], words: list[str], complaint: str
) -> None:
    assert cli.main(words) == EXIT_FAILED
    assert complaint in capsys.readouterr().err
