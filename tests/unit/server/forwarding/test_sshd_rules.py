"""What sshd's configuration says of forwarding, for whom, and what counts where that cannot be known."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh_server.forwarding.permissions import Permissions
from rmosh_server.forwarding.sshd_config import SshdLogin, lines_for
from rmosh_server.forwarding.sshd_rules import rules_of, sshd_rules

LOGIN = SshdLogin("ada", lambda: ["staff", "dev"], "192.0.2.7", "198.51.100.1", "22")

#: Debian 12's as it is shipped, its comments left out.
DEBIAN = """
Include /etc/ssh/sshd_config.d/*.conf
KbdInteractiveAuthentication no
UsePAM yes
X11Forwarding yes
PrintMotd no
AcceptEnv LANG LC_*
Subsystem	sftp	/usr/lib/openssh/sftp-server
"""

#: What sysadmins' handbooks give for people who may only copy files.
SFTP_ONLY = """
X11Forwarding yes
Match Group sftponly
    ChrootDirectory /srv/sftp/%u
    ForceCommand internal-sftp
    AllowTcpForwarding no
    X11Forwarding no
    PermitTunnel no
    AllowAgentForwarding no
"""


def permissions(text: str, *, login: SshdLogin = LOGIN, files: dict[str, str] | None = None) -> Permissions:
    texts = {"sshd_config": text, **(files or {})}

    def find(pattern: str) -> Sequence[str]:
        return [name for name in texts if name.startswith(pattern.removesuffix("*.conf")) and name != "sshd_config"]

    return Permissions(rules_of(lines_for("sshd_config", login, read=texts.get, find=find)))


def test_debians_allows_all_but_gateways() -> None:
    found = permissions(DEBIAN)
    assert found.to_connect("db", 5432) == found.to_connect_path("/run/x") == found.to_listen_path("/tmp/x") == ""
    assert found.to_forward_agent() == found.to_forward_x11() == ""
    assert found.to_listen("*", 80).bind == "localhost"


def test_x11_is_not_forwarded_where_nothing_says_so() -> None:
    refusal = permissions("UsePAM yes").to_forward_x11()
    assert refusal == "forwarding of X11: not allowed by sshd, unless its configuration says X11Forwarding yes"


def test_a_refusal_names_the_line() -> None:
    found = permissions("# ours\n\nAllowTcpForwarding no  # since the audit\n")
    assert found.to_connect("db", 1) == ("forwards to ports: not allowed by sshd_config line 3 (AllowTcpForwarding no)")
    assert found.to_connect_path("/run/x") == ""


@pytest.mark.parametrize(
    ("word", "outward", "inward"),
    [("yes", True, True), ("all", True, True), ("no", False, False), ("local", True, False), ("remote", False, True),
     ("perhaps", False, False), ("", False, False), ("LOCAL", True, False)],
)  # fmt: skip
def test_the_values_of_allow_tcp_forwarding(word: str, outward: bool, inward: bool) -> None:
    found = permissions(f"AllowTcpForwarding {word}")
    assert (found.to_connect("db", 1) == "", found.to_listen("", 1).refusal == "") == (outward, inward)


@pytest.mark.parametrize(
    ("line", "allowed", "refused"),
    [
        ("PermitOpen db:5432 [::1]:80 *:22", [("db", 5432), ("::1", 80), ("any", 22)], [("db", 80), ("DB", 5432)]),
        ("PermitOpen=192.0.2.1:*", [("192.0.2.1", 9)], [("192.0.2.2", 9)]),
        ("permitopen any", [("x", 1)], []),
        ("PermitOpen none", [], [("x", 1)]),
        ('PermitOpen "db:1" db:2', [("db", 1), ("db", 2)], [("db", 3)]),
        ("PermitOpen db:1\nPermitOpen db:2", [("db", 1)], [("db", 2)]),
    ],
)
def test_what_may_be_connected_to(line: str, allowed: list[tuple[str, int]], refused: list[tuple[str, int]]) -> None:
    found = permissions(line)
    assert [target for target in allowed if found.to_connect(*target)] == []
    assert [target for target in refused if not found.to_connect(*target)] == []


@pytest.mark.parametrize(
    ("line", "allowed", "refused"),
    [
        ("PermitListen 8080", [("", 8080), ("localhost", 8080)], [("", 8081)]),
        ("PermitListen localhost:*", [("", 1), ("LOCALHOST", 2)], [("127.0.0.1", 1), ("*", 1)]),
        ("PermitListen 10.0.?.*:80", [("10.0.1.55", 80)], [("10.1.0.1", 80), ("", 80)]),
        ("PermitListen none", [], [("", 1)]),
        ("PermitListen any", [("", 1)], []),
    ],
)
def test_where_may_be_listened(line: str, allowed: list[tuple[str, int]], refused: list[tuple[str, int]]) -> None:
    found = permissions(f"GatewayPorts clientspecified\n{line}")
    assert [place for place in allowed if found.to_listen(*place).refusal] == []
    assert [place for place in refused if not found.to_listen(*place).refusal] == []


@pytest.mark.parametrize(
    ("value", "asked", "bind"),
    [("no", "*", "localhost"), ("no", "192.0.2.1", "localhost"), ("no", "::1", "::1"), ("yes", "", "*"),
     ("yes", "localhost", "*"), ("clientspecified", "*", "*"), ("clientspecified", "", "localhost"),
     ("clientspecified", "192.0.2.1", "192.0.2.1")],
)  # fmt: skip
def test_gateway_ports(value: str, asked: str, bind: str) -> None:
    found = permissions(f"GatewayPorts {value}").to_listen(asked, 80)
    assert found.bind == bind
    assert bool(found.remark) == (bind != (asked or "localhost"))


def test_disable_forwarding_forbids_all() -> None:
    found = permissions("X11Forwarding yes\nDisableForwarding yes")
    assert all(
        (found.to_connect("a", 1), found.to_connect_path("/a"), found.to_listen("", 1).refusal,
         found.to_listen_path("/a"), found.to_forward_agent(), found.to_forward_x11())
    )  # fmt: skip


def test_a_group_that_may_only_copy_files() -> None:
    assert permissions(SFTP_ONLY).to_connect("db", 1) == ""
    member = SshdLogin("bob", lambda: ["sftponly"], "192.0.2.7")
    found = permissions(SFTP_ONLY, login=member)
    assert found.to_connect("db", 1).endswith("sshd_config line 6 (AllowTcpForwarding no)")
    assert found.to_forward_agent()
    assert found.to_forward_x11()


@pytest.mark.parametrize(
    ("criteria", "fits"),
    [
        ("User ada", True), ("User bob,ada", True), ("User !ada,*", False), ("User a?a", True), ("user eve", False),
        ("Group dev", True), ("Group wheel,st*", True), ("Group !dev,*", False), ("Group wheel", False),
        ("Address 192.0.2.0/24", True), ("Address 10.0.0.0/8,192.0.2.7", True), ("Address 192.0.2.*", True),
        ("Address !192.0.2.7,*", False), ("Address 2001:db8::/32", False), ("LocalPort 22", True),
        ("LocalAddress 198.51.100.1", True), ("User ada Address 10.0.0.0/8", False), ("User=ada", True),
        ("all", True), ("Invalid-User", False), ("User eve Host x", False),
    ],
)  # fmt: skip
def test_whom_a_match_block_is_about(criteria: str, fits: bool) -> None:
    found = permissions(f"AllowTcpForwarding yes\nMatch {criteria}\nAllowTcpForwarding no")
    assert (found.to_connect("db", 1) != "") == fits


@pytest.mark.parametrize("criteria", ["Host *.example.org", "RDomain vrf1", "Version OpenSSH_9*", "User ada Host x"])
@pytest.mark.parametrize(("inside", "outside"), [("no", "yes"), ("yes", "no")])
def test_a_block_of_which_nobody_knows_whether_it_matches_narrows_either_way(
    criteria: str, inside: str, outside: str
) -> None:
    text = f"AllowAgentForwarding {outside}\nMatch {criteria}\nAllowAgentForwarding {inside}"
    assert permissions(text).to_forward_agent()


def test_what_a_block_says_comes_before_what_stands_outside_wherever_it_stands() -> None:
    text = "AllowAgentForwarding no\nMatch User ada\nAllowAgentForwarding yes\nMatch User ada\nAllowAgentForwarding no"
    assert permissions(text).to_forward_agent() == ""


def test_where_the_address_is_not_known_a_block_about_it_narrows() -> None:
    unknown = SshdLogin("ada", list)
    assert permissions("Match Address 10.*\nAllowAgentForwarding no", login=unknown).to_forward_agent()


def test_included_files_count_where_they_are_included_and_their_blocks_end_with_them() -> None:
    files = {
        "d/one.conf": "AllowAgentForwarding no\nMatch User eve\nX11Forwarding no",
        "d/two.conf": "GatewayPorts yes",
    }
    found = permissions("Include d/*.conf\nAllowAgentForwarding yes\nX11Forwarding yes", files=files)
    assert found.to_forward_agent().endswith("d/one.conf line 1 (AllowAgentForwarding no)")
    assert found.to_forward_x11() == ""
    assert found.to_listen("", 1).bind == "*"
    within = permissions("Match User eve\nInclude d/*.conf", files={"d/x.conf": "Match all\nAllowAgentForwarding no"})
    assert within.to_forward_agent() == ""


def test_a_file_that_includes_itself_ends() -> None:
    assert permissions("Include d/*.conf", files={"d/x.conf": "Include d/*.conf\nAllowAgentForwarding no"})


@given(st.text(max_size=200))
def test_any_text_is_some_permissions(text: str) -> None:
    permissions(text).to_connect("db", 1)
    permissions(f"Match {text}\nPermitOpen {text}\nPermitListen {text}\nGatewayPorts {text}").to_listen("*", 1)


def test_real_files_are_read_and_one_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "sshd_config.d").mkdir()
    (tmp_path / "sshd_config.d" / "10-ours.conf").write_text("Match Address 192.0.2.0/24\nAllowTcpForwarding local\n")
    (tmp_path / "sshd_config.d" / "20-gone.conf").symlink_to(tmp_path / "nowhere")
    (tmp_path / "sshd_config").write_text("Include sshd_config.d/*.conf\n")
    told: list[str] = []
    environment = {"SSH_CONNECTION": "192.0.2.9 5000 198.51.100.1 22"}
    paths = [str(tmp_path / "none"), str(tmp_path / "sshd_config")]
    found = Permissions(sshd_rules(environment, told.append, paths=paths))
    assert "10-ours.conf line 2" in found.to_listen("", 1).refusal
    assert found.to_connect("db", 1) == ""
    assert told == [
        f"what {tmp_path}/sshd_config.d/20-gone.conf says of forwarding is not known: No such file or directory"
    ]
    assert sshd_rules({}, told.append, paths=paths[:1]) == []
