"""The administrator's and the user's files of wishes for all sessions of a host."""

import contextlib
import os
import select
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.channels.closing.policy import NEVER
from rmosh.errors import BootstrapError
from rmosh.spans import parse_span
from rmosh_server.command.host_settings import HostSettings, Listening
from rmosh_server.command.server_file import read_settings
from rmosh_server.serving.settings import ForwardingSettings, Settings
from rmosh_server.sockets.udp import DEFAULT_PORTS, PortRange

#: What is forwarded where nobody knows what an administrator has forbidden.
CLOSED_FORWARDING = ForwardingSettings("no", "no", ((),), ((),), "no", False, False)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90.0), ("30m", 1800.0), ("12h", 43200.0), ("3d", 259200.0), ("never", NEVER)]
)
def test_a_time_is_a_number_and_a_unit(text: str, seconds: float) -> None:
    assert parse_span(text) == seconds


@given(st.text(max_size=12))
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    try:
        assert parse_span(text) > 0
    except ValueError as error:
        assert "such as 12h" in str(error)


def write(directory: Path, text: str) -> dict[str, str]:
    (directory / "rmosh").mkdir()
    (directory / "rmosh" / "server.toml").write_text(text)
    return {"XDG_CONFIG_HOME": str(directory)}


def read(directory: Path, user: str | None = None, *, admin: str | None = None) -> HostSettings:
    """Read a user's file, and an administrator's where there is one."""
    admin_file = directory / "admin.toml"
    if admin is not None:
        admin_file.write_text(admin)
    environment = {"XDG_CONFIG_HOME": str(directory)} if user is None else write(directory, user)
    return read_settings(environment, "/", admin_file=str(admin_file))


def settings_of(directory: Path, text: str) -> Settings:
    found = read(directory, text)
    assert found.remarks == ()
    return found.sessions


def test_without_a_file_sessions_are_kept(tmp_path: Path) -> None:
    assert read(tmp_path) == HostSettings(Settings(idle_timeout=NEVER))


def test_the_file_says_how_long_a_forgotten_session_is_kept(tmp_path: Path) -> None:
    assert settings_of(tmp_path, 'idle_timeout = "2w"\n').idle_timeout == 14 * 86400.0


def test_a_silent_client_is_kept_for_two_weeks_or_as_the_file_says(tmp_path: Path) -> None:
    assert Settings().client_timeout == 14 * 86400.0
    assert settings_of(tmp_path, 'client_timeout = "3d"\n').client_timeout == 3 * 86400.0


def test_a_silent_client_may_be_kept_for_ever(tmp_path: Path) -> None:
    assert settings_of(tmp_path, 'client_timeout = "never"\n').client_timeout == NEVER


def test_the_file_says_how_much_history_is_kept(tmp_path: Path) -> None:
    found = settings_of(tmp_path, "history_lines = 1000\nhistory_bytes = 65536\n")
    assert (found.history_lines, found.history_bytes) == (1000, 65536)
    assert found.idle_timeout == NEVER


def test_the_file_says_what_is_forwarded(tmp_path: Path) -> None:
    text = """
    allow_tcp_forwarding = "local"
    allow_stream_local_forwarding = false
    permit_open = ["db:5432", "[::1]:*"]
    permit_listen = "localhost:8080"
    gateway_ports = "clientspecified"
    allow_agent_forwarding = false
    x11_forwarding = true
    """
    assert settings_of(tmp_path, text).forwarding == ForwardingSettings(
        "local", "no", (("db:5432", "[::1]:*"),), (("localhost:8080",),), "clientspecified", False, True
    )


@pytest.mark.parametrize(
    ("admin", "user", "counts", "is_cut"),
    [
        ("allow_tcp_forwarding = true", "allow_tcp_forwarding = 'remote'", {"allow_tcp_forwarding": "remote"}, False),
        ("allow_tcp_forwarding = 'local'", "allow_tcp_forwarding = true", {"allow_tcp_forwarding": "local"}, True),
        ("allow_tcp_forwarding = 'local'", "allow_tcp_forwarding = 'remote'", {"allow_tcp_forwarding": "no"}, True),
        ("permit_open = 'a:1'", "permit_open = ['a:*']", {"permit_open": (("a:1",), ("a:*",))}, False),
        ("gateway_ports = false", "gateway_ports = true", {"gateway_ports": "no"}, True),
        ("x11_forwarding = false", "x11_forwarding = true", {"x11_forwarding": False}, True),
    ],
)
def test_of_what_is_forwarded_the_narrower_counts(
    tmp_path: Path, admin: str, user: str, counts: dict[str, object], is_cut: bool
) -> None:
    found = read(tmp_path, user, admin=admin)
    assert found.sessions.forwarding == replace(ForwardingSettings(), **counts)  # type: ignore[arg-type]
    assert bool(found.remarks) == is_cut


@pytest.mark.parametrize(
    ("wrong", "counts"),
    [
        ("allow_tcp_forwarding = 'outward'", {"allow_tcp_forwarding": "no"}),
        ("permit_open = ['db']", {"permit_open": ((),)}),
        ("permit_open = ['db:port']", {"permit_open": ((),)}),
        ("permit_listen = 8080", {"permit_listen": ((),)}),
        ("gateway_ports = 'sometimes'", {"gateway_ports": "no"}),
        ("gateway_ports = []", {"gateway_ports": "no"}),
        ("permit_opne = ['db:1']", {"permit_open": ((),)}),
    ],
)
def test_a_mistake_in_what_is_forwarded_is_told_and_forbids(
    tmp_path: Path, wrong: str, counts: dict[str, object]
) -> None:
    found = read(tmp_path, wrong)
    assert found.sessions.forwarding == replace(ForwardingSettings(), **counts)  # type: ignore[arg-type]
    assert len(found.remarks) == 1


def test_checksums_of_the_screen_are_for_who_asks_for_them(tmp_path: Path) -> None:
    assert not Settings().screen_checksums
    assert settings_of(tmp_path, "screen_checksums = true\n").screen_checksums


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('client_timeout = "0d"', "client_timeout: a time is a number"),
        ("client_timeout = 3", "client_timeout: a time is a number"),
        ("screen_checksums = 1", "screen_checksums: it is true or false, not 1"),
        ('idle_timeot = "3d"', "there is no setting 'idle_timeot', did you mean idle_timeout?"),
        ('"\\u001b[2J" = 1', "there is no setting '\\x1b[2J': there are idle_timeout, "),
        ("history_bytes = { most = 3 }", "history_bytes: it is a number from 0 to"),
        *((f"history_lines = {value}", "it is a number from 0 to 10000000")
          for value in ("-1", "true", '"many"', "99999999999", "1.5")),
    ],
)  # fmt: skip
def test_a_mistake_is_told_once_and_costs_only_what_it_is_about(tmp_path: Path, wrong: str, said: str) -> None:
    found = read(tmp_path, f'{wrong}\nidle_timeout = "2h"\n')
    assert found.sessions == Settings(idle_timeout=7200.0)
    assert found.listening == Listening()
    (remark,) = found.remarks
    assert remark.startswith(f"{tmp_path}/rmosh/server.toml: ")
    assert said in remark


@pytest.mark.parametrize("text", ["=", "\x00", "a = [" * 5000, 'idle_timeout = "3d"\nx', "#" * (1 << 20) + "\n"])
def test_a_file_that_is_no_toml_keeps_nobody_out(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, text)
    assert (found.sessions, found.listening) == (Settings(), Listening())
    assert len(found.remarks) == 1


def test_what_is_no_file_keeps_nobody_waiting(tmp_path: Path) -> None:
    environment = write(tmp_path, "")
    path = tmp_path / "rmosh" / "server.toml"
    path.unlink()
    os.mkfifo(path)
    found = read_settings(environment, "/", admin_file="/none/none")
    assert found == HostSettings(remarks=(f"{path}: it is not a regular file (left out)",))


def test_a_file_that_cannot_be_read_keeps_nobody_out(tmp_path: Path) -> None:
    (tmp_path / "rmosh" / "server.toml").mkdir(parents=True)
    found = read(tmp_path)
    assert (found.sessions, found.listening) == (Settings(), Listening())
    assert "Is a directory" in found.remarks[0]


# --- where it listens ------------------------------------------------------------------------------------------------


def test_a_user_says_where_his_sessions_listen_and_how_they_are_reached(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        'port_range = "60010:60019"\nbind = "192.0.2.7"\npublic_address = ["198.51.100.4", "2001:DB8:0::4"]\n'
        'public_port = "443:452"\n',
    )
    assert found.remarks == ()
    assert found.listening == Listening(
        PortRange(60010, 60019),
        address="192.0.2.7",
        public_addresses=("198.51.100.4", "2001:db8::4"),
        forwarded=(PortRange(443, 452), PortRange(60010, 60019)),
    )
    assert [found.listening.told_port(port) for port in (0, 60010, 60019, 7)] == [0, 443, 452, 7]


def test_one_port_is_a_range(tmp_path: Path) -> None:
    found = read(tmp_path, 'port_range = 60001\npublic_port = 443\npublic_address = "198.51.100.4"\n').listening
    assert (found.ports, found.told_port(60001)) == (PortRange(60001, 60001), 443)


def test_a_public_port_without_as_many_ports_behind_it_is_left_out(tmp_path: Path) -> None:
    found = read(tmp_path, 'port_range = "60001:60002"\npublic_port = 443\n')
    assert found.listening.told_port(60001) == 60001
    assert "public_port 443 needs a port_range of as many ports" in found.remarks[0]


@pytest.mark.parametrize(
    ("admin", "user", "counts"),
    [
        ('idle_timeout = "3d"', 'idle_timeout = "9d"', {"idle_timeout": 3 * 86400.0}),
        ('idle_timeout = "3d"', 'idle_timeout = "never"', {"idle_timeout": 3 * 86400.0}),
        ('client_timeout = "3d"', 'client_timeout = "4d"', {"client_timeout": 3 * 86400.0}),
        ("history_lines = 10", "history_lines = 11", {"history_lines": 10}),
        ("history_bytes = 10", "history_bytes = 11", {"history_bytes": 10}),
        ("screen_checksums = false", "screen_checksums = true", {"screen_checksums": False}),
    ],
)
def test_a_user_cannot_wish_for_more_than_the_administrator_allows(
    tmp_path: Path, admin: str, user: str, counts: dict[str, object]
) -> None:
    found = read(tmp_path, user, admin=admin)
    assert found.sessions == Settings(**counts)  # type: ignore[arg-type]
    (remark,) = found.remarks
    assert next(iter(counts)) in remark
    assert "allows less" in remark


@pytest.mark.parametrize(
    ("admin", "user", "counts"),
    [
        ('port_range = "100:200"', 'port_range = "150:250"', Listening(PortRange(150, 200), PortRange(100, 200))),
        ('port_range = "100:200"', "port_range = 300", Listening(PortRange(100, 200), PortRange(100, 200))),
        ('bind = "192.0.2.7"', 'bind = "192.0.2.8"', Listening(address="192.0.2.7")),
        ('bind = "192.0.2.7"', 'bind = "::"', Listening(address="192.0.2.7")),
        ('bind = "0.0.0.0"', 'bind = "2001:db8::1"', Listening(address="0.0.0.0")),
        ('public_address = "198.51.100.4"', 'public_address = "198.51.100.5"',
         Listening(public_addresses=("198.51.100.4",))),
        ("port_range = 7\npublic_port = 443", "public_port = 444",
         Listening(PortRange(7, 7), PortRange(7, 7), forwarded=(PortRange(443, 443), PortRange(7, 7)))),
    ],
)  # fmt: skip
def test_an_administrators_ports_and_addresses_hold(tmp_path: Path, admin: str, user: str, counts: Listening) -> None:
    found = read(tmp_path, user, admin=admin)
    assert found.listening == counts
    assert len(found.remarks) == 1


@pytest.mark.parametrize(
    ("admin", "user", "counts"),
    [
        ('port_range = "100:200"', "port_range = 150", Listening(PortRange(150, 150), PortRange(100, 200))),
        ('bind = "::"', 'bind = "192.0.2.8"', Listening(address="192.0.2.8")),
        ('bind = "0.0.0.0"', 'bind = "192.0.2.8"', Listening(address="192.0.2.8")),
        ('public_address = ["198.51.100.4", "2001:db8::1"]', 'public_address = "2001:db8::1"',
         Listening(public_addresses=("2001:db8::1",))),
    ],
)  # fmt: skip
def test_a_user_may_wish_for_less_without_a_word(tmp_path: Path, admin: str, user: str, counts: Listening) -> None:
    found = read(tmp_path, user, admin=admin)
    assert (found.listening, found.remarks) == (counts, ())


def test_ports_behind_a_public_port_stay_the_same_ones_where_a_user_wishes_for_fewer(tmp_path: Path) -> None:
    found = read(tmp_path, "port_range = 150", admin='port_range = "100:200"\npublic_port = "1100:1200"')
    assert (found.listening.ports, found.listening.told_port(150)) == (PortRange(150, 150), 1150)


@pytest.mark.parametrize(
    "wrong",
    [
        'bind = "192.0.2.777"', 'bind = "eth0"', 'bind = ["192.0.2.7"]', "bind = 7", "[bind]", 'bnid = "192.0.2.7"',
        'port_range = "60000-60010"', "port_range = 0", "port_range = true", 'port_range = "9:8"', "port_range = 70000",
        'port_rang = "60000:60010"', 'port-range = "60000:60010"',
    ],
)  # fmt: skip
@pytest.mark.parametrize("whose", ["admin", "user"])
def test_a_mistaken_restriction_opens_no_port_at_all_and_says_so(tmp_path: Path, whose: str, wrong: str) -> None:
    found = read(tmp_path, wrong, admin="") if whose == "user" else read(tmp_path, "port_range = 7", admin=wrong)
    mistake, consequence = found.remarks
    assert found.listening == Listening(closed=mistake)
    assert "no UDP port" in consequence
    assert wrong.split(" ")[0].strip("[]") in found.listening.closed


@pytest.mark.parametrize(
    ("wrong", "counts"),
    [
        ('screen_checksums = "no"', Settings()),
        ("screen_checksum = false", Settings()),
        ('history_lines = "few"', Settings()),
        ("client_timeout = 3", Settings()),
    ],
)
def test_a_mistaken_limit_of_the_administrators_is_the_usual_one_for_everybody(
    tmp_path: Path, wrong: str, counts: Settings
) -> None:
    wide = 'screen_checksums = true\nhistory_lines = 9000000\nclient_timeout = "never"\n'
    found = read(tmp_path, wide, admin=wrong)
    name = next(name for name in Settings.__dataclass_fields__ if name in wrong or name[:-1] in wrong)
    assert getattr(found.sessions, name) == getattr(counts, name)


@pytest.mark.parametrize("admin", ["=", "\0", "bind = 192.0.2.7"])
def test_an_administrators_file_that_nobody_can_read_counts_as_if_it_had_closed_all(tmp_path: Path, admin: str) -> None:
    found = read(tmp_path, "screen_checksums = true\nport_range = 7\nhistory_lines = 9000000\n", admin=admin)
    assert found.sessions == Settings(forwarding=CLOSED_FORWARDING)
    assert found.listening.closed.startswith(f"{tmp_path}/admin.toml: ")


def test_an_administrators_file_that_may_not_be_read_closes_as_well(tmp_path: Path) -> None:
    (tmp_path / "admin.toml").mkdir()
    assert "Is a directory" in read(tmp_path).listening.closed


@pytest.mark.parametrize("stands_there", ["link to no file", "folder that is a file", "link to no folder"])
def test_an_administrators_file_that_was_meant_to_be_there_closes_as_well(tmp_path: Path, stands_there: str) -> None:
    folder = tmp_path / "etc"
    if stands_there == "link to no file":
        folder.mkdir()
        (folder / "server.toml").symlink_to(tmp_path / "gone")
    elif stands_there == "folder that is a file":
        folder.write_text("")
    else:
        folder.symlink_to(tmp_path / "gone")
    found = read_settings({"XDG_CONFIG_HOME": str(tmp_path)}, "/", admin_file=str(folder / "server.toml"))
    assert found.listening.closed.startswith(f"{folder}/server.toml: ")


@pytest.mark.parametrize("wrong", ["0.0.0.0", "localhost", "127.0.0.1", "fe80::1", "224.0.0.1", "home.example.org"])
def test_a_public_address_that_reaches_nobody_is_left_out(tmp_path: Path, wrong: str) -> None:
    found = read(tmp_path, f'public_address = "{wrong}"\n')
    assert found.listening == Listening()
    assert "public_address: it is a numeric address" in found.remarks[0]


# --- what a client wishes --------------------------------------------------------------------------------------------


def opened(listening: Listening, wished: PortRange) -> tuple[int, list[str]]:
    remarks: list[str] = []
    with contextlib.closing(listening.open(wished, remarks=remarks)) as bound:
        return bound.port, remarks


@pytest.fixture
def free() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened_for_a_moment:
        opened_for_a_moment.bind(("", 0))
        return int(opened_for_a_moment.getsockname()[1])


def test_a_client_that_wishes_nothing_gets_a_port_of_the_files_range(free: int) -> None:
    assert opened(Listening(PortRange(free, free)), DEFAULT_PORTS) == (free, [])


def test_a_clients_port_comes_before_the_users_range(free: int) -> None:
    assert opened(Listening(PortRange(7, 7)), PortRange(free, free)) == (free, [])


@pytest.mark.parametrize("wished", [PortRange(0, 0), PortRange(7, 8)])
def test_a_clients_port_outside_of_the_administrators_range_is_told_and_cut(free: int, wished: PortRange) -> None:
    only = PortRange(free, free)
    assert opened(Listening(only, only), wished) == (
        free, [f"UDP port {wished} was wished for, this host allows {free}"]
    )  # fmt: skip


def test_a_clients_range_is_cut_to_the_administrators(free: int) -> None:
    port, remarks = opened(Listening(None, PortRange(free, free)), PortRange(free - 3, free + 3))
    assert (port, len(remarks)) == (free, 1)


def test_where_udp_is_closed_no_port_is_opened() -> None:
    assert opened(Listening(closed="it is"), PortRange(0, 0)) == (0, [])


def test_only_the_address_to_bind_is_listened_at(free: int) -> None:
    with (
        contextlib.closing(Listening(address="127.0.0.2").open(PortRange(free, free), remarks=[])) as bound,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        client.sendto(b"nobody hears this", ("127.0.0.1", free))
        client.sendto(b"heard", ("127.0.0.2", free))
        assert select.select([bound], [], [], 5.0)[0]
        assert [data for data, _, _ in bound.receive(limit=2)] == [b"heard"]


def test_an_address_to_bind_that_the_host_has_not_is_no_reason_to_listen_elsewhere() -> None:
    with pytest.raises(BootstrapError, match=r"at 192\.0\.2\.77") as error:
        Listening(address="192.0.2.77").open(DEFAULT_PORTS, remarks=[])
    assert "bind" in error.value.hint


def test_a_clients_idle_timeout_is_cut_to_the_administrators() -> None:
    remarks: list[str] = []
    host = HostSettings(longest_idle=60.0)
    assert host.for_session(idle_timeout=3600.0, remarks=remarks).idle_timeout == 60.0
    assert len(remarks) == 1
    assert host.for_session(idle_timeout=30.0, remarks=remarks).idle_timeout == 30.0
    assert len(remarks) == 1
