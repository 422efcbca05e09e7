"""What an SSH configuration wants forwarded."""

import shutil
from pathlib import Path

import pytest

from rmosh.errors import BootstrapError
from rmosh_client.bootstrap import openssh_config, system_ssh
from rmosh_client.bootstrap.openssh_config import parse_evaluated, read_settings
from rmosh_client.bootstrap.request import Request, way_back
from rmosh_client.bootstrap.settings import settings_from
from rmosh_client.forwarding.settings import ForwardSettings


def evaluated(*lines: str) -> ForwardSettings:
    return settings_from(parse_evaluated("\n".join(lines)), alias="box", environ={}).forwarding


def test_what_ssh_prints_is_read_as_what_the_options_take() -> None:
    """Lines of OpenSSH 9.2's `ssh -G`."""
    read = evaluated(
        "localforward 8080 [localhost]:80",
        "localforward [*]:8082 [::1]:80",
        "localforward []:8083 [a]:80",
        "localforward /tmp/a b /run/c:d",
        "localforward udp/53 [a]:53",
        "remoteforward 1080 [socks]:0",
        "remoteforward [localhost]:0 [a]:1",
        "remoteforward 0 /run/d.sock",
        "dynamicforward [::1]:1081",
        "dynamicforward /tmp/socks",
    )
    assert read.local == (
        "8080:localhost:80", "*:8082:[::1]:80", ":8083:a:80", "/tmp/a b:/run/c\\:d", "udp/53:a:53",
    )  # fmt: skip
    assert read.remote == ("1080", "localhost:0:a:1", "0:/run/d.sock")
    assert read.dynamic == ("[::1]:1081", "/tmp/socks")
    assert len(list(read.forwards())) == 10


def test_how_it_is_forwarded_is_read_too() -> None:
    assert evaluated() == ForwardSettings()
    read = evaluated(
        "exitonforwardfailure yes",
        "gatewayports yes",
        "permitremoteopen a:1 [::1]:* *:443",
        "streamlocalbindmask 0117",
        "streamlocalbindunlink yes",
    )
    assert read == ForwardSettings(
        exits_on_failure=True,
        gateway_ports=True,
        permitted=("a:1", "[::1]:*", "*:443"),
        bind_mask=0o117,
        unlinks=True,
    )
    assert evaluated("permitremoteopen any").permitted == ()
    assert evaluated("permitremoteopen none").permitted == ("none",)


@pytest.mark.parametrize(
    "line", ["permitremoteopen a", "permitremoteopen a:b", "streamlocalbindmask 9", "localforward x"]
)
def test_a_value_that_means_nothing_is_refused(line: str) -> None:
    with pytest.raises(BootstrapError):
        evaluated(line)


def test_what_the_command_line_wants_comes_first_and_is_cleared_with_the_rest() -> None:
    typed = ForwardSettings(local=("1:a:1",), dynamic=("1080",))
    configured = evaluated("localforward 2 [a]:2", "gatewayports yes")
    assert configured.with_more(typed) == ForwardSettings(
        local=("1:a:1", "2:a:2"), dynamic=("1080",), gateway_ports=True
    )
    assert evaluated("localforward 2 [a]:2", "clearallforwardings yes").with_more(typed) == ForwardSettings(clears=True)


def test_the_way_back_forwards_the_same() -> None:
    request = Request("me@box", forwarding=ForwardSettings(local=("8080:localhost:80",), remote=("0:/a b",)))
    assert way_back(request, b"\x12\x34\x56\x78").startswith("rmosh attach -L 8080:localhost:80 -R '0:/a b' me@box ")


@pytest.mark.skipif(shutil.which("ssh") is None, reason="there is no ssh here to compare with")
def test_both_readers_of_a_configuration_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config"
    config.write_text(
        "Host box\n LocalForward 8080 localhost:80\n LocalForward %d/l /run/%n\n RemoteForward 1080\n"
        " RemoteForward 0 [::1]:22\n DynamicForward localhost:1081\n GatewayPorts yes\n PermitRemoteOpen a:1 b:*\n"
        " StreamLocalBindMask 0117\n StreamLocalBindUnlink yes\n ExitOnForwardFailure yes\n"
    )

    def read() -> ForwardSettings:
        return read_settings("box", options=(), config_file=str(config), environ={}).forwarding

    by_ssh = read()
    monkeypatch.setattr(openssh_config, "_ask_ssh", lambda *_: (_ for _ in ()).throw(FileNotFoundError()))
    assert read() == by_ssh
    assert by_ssh.local[1].endswith("/l:/run/box")


def test_a_plain_session_of_ssh_is_told_what_ssh_knows() -> None:
    wanted = ForwardSettings(local=("1:a:1", "udp/2:a:2"), remote=("0:/x",), dynamic=("1080",))
    assert list(system_ssh._known_to_ssh(wanted)) == [("-L", "1:a:1"), ("-R", "0:/x"), ("-D", "1080")]
    assert system_ssh._has_forwards("ssh -L 1:a:1") and system_ssh._has_forwards("ssh -v -D1080")
    assert not system_ssh._has_forwards("ssh -l me -v")
