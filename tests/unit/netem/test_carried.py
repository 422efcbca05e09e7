"""A whole session crosses a relay: its login by a configuration before the user's own, its datagrams by one port."""

import shutil
from pathlib import Path

import pytest

from rmosh_netem import cli
from rmosh_netem.addresses import Address
from rmosh_netem.carried import RELAY_HOST, Destination, carried_command, find_destination
from rmosh_netem.errors import BadRequest
from rmosh_netem.exits import EXIT_FAILED

needs_ssh = pytest.mark.skipif(shutil.which("ssh") is None, reason="this machine has no ssh")


class Ways:
    """Lays ways to nowhere and remembers them."""

    def __init__(self):
        self.tcp, self.udp = [], []

    def forward_tcp(self, listen, to):
        self.tcp.append((listen, to))
        return Address(listen.host, listen.port or 4022)

    def forward_udp(self, listen, to):
        self.udp.append((listen, to))
        return Address(listen.host, listen.port or 4060)


def carried(command, folder, *, host="203.0.113.9"):
    ways = Ways()
    to = Destination("me@far", Address(host, 22), "far.example", None)
    words = carried_command(command, to, folder=folder, forward_tcp=ways.forward_tcp, forward_udp=ways.forward_udp)
    return words, ways


def test_login_and_datagrams_of_rmosh_cross_the_relay(tmp_path):
    words, ways = carried(["/bin/rmosh", "me@far", "top"], tmp_path)
    port = int(words[words.index("--port") + 1])
    assert words[:3] == ["/bin/rmosh", "-F", str(tmp_path / "ssh_config")] and words[-2:] == ["me@far", "top"]
    assert ways.tcp == [(Address(RELAY_HOST, 0), Address("203.0.113.9", 22))]
    assert ways.udp == [(Address(RELAY_HOST, port), Address("203.0.113.9", port))]
    written = (tmp_path / "ssh_config").read_text()
    assert "Host far\n    HostName 127.0.0.3\n    Port 4022\n    HostKeyAlias far.example\n" in written
    assert "Include ~/.ssh/config" in written


def test_a_server_on_this_machine_announces_the_relay_s_port(tmp_path):
    words, ways = carried(["/bin/rmosh", "me@far"], tmp_path, host="127.0.0.1")
    wrapper = Path(words[words.index("--server") + 1])
    assert "port=4060" in wrapper.read_text() and ways.udp[0][0].port == 0


def test_mosh_and_ssh_take_the_same_way(tmp_path):
    words, ways = carried(["/bin/mosh", "me@far"], tmp_path)
    assert words[1] == f"--ssh=ssh -F {tmp_path / 'ssh_config'}" and len(ways.udp) == 1
    words, ways = carried(["/bin/ssh", "-F", "mine", "me@far"], tmp_path)
    assert words == ["/bin/ssh", "-F", str(tmp_path / "ssh_config"), "me@far"] and not ways.udp


@needs_ssh
def test_ssh_is_asked_where_a_name_leads(tmp_path):
    config = tmp_path / "config"
    config.write_text("Host box\n    HostName 127.0.0.2\n    Port 2022\nHost jump\n    ProxyJump box\n")
    found = find_destination(["rmosh", "-F", str(config), "box", "top"])
    assert (found.written, found.address, found.own_config) == ("box", Address("127.0.0.2", 2022), config)
    assert found.known_as == "[127.0.0.2]:2022"
    with pytest.raises(BadRequest, match="jump is reached through another host"):
        find_destination(["rmosh", "-F", str(config), "jump"])


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["relay", "lan", "--", "telnet", "host"], "telnet cannot be carried: take rmosh, mosh, ssh"),
        (["relay", "lan", "--", "rmosh"], "rmosh names no host"),
        (["relay", "lan"], "a relay needs --listen and --to, or a session to carry"),
    ],
)
def test_what_cannot_be_carried_is_refused_with_the_remedy(capsys, words, complaint):
    assert cli.main(words) == EXIT_FAILED
    assert complaint in capsys.readouterr().err
