"""What server.toml says of forwarding, as rules that name their line."""

from pathlib import Path

import pytest

from rmosh_server.forwarding.permissions import Permissions
from rmosh_server.serving.settings import ForwardingSettings
from rmosh_server.serving.stream_rules import settings_rules, stream_rules


def permissions(settings: ForwardingSettings) -> Permissions:
    return Permissions([*settings_rules(settings)])


def test_a_file_that_says_nothing_forbids_nothing_and_lets_only_this_host_reach_listeners() -> None:
    found = permissions(ForwardingSettings())
    assert found.to_connect("db", 1) == found.to_connect_path("/x") == found.to_listen_path("/x") == ""
    assert found.to_forward_agent() == found.to_forward_x11() == ""
    assert found.to_listen("*", 1).bind == "localhost"


def test_each_line_forbids_its_own_and_is_named() -> None:
    closed = permissions(ForwardingSettings("no", "no", ((),), ((),), "no", False, False))
    assert closed.to_connect("db", 1) == "forwards to ports: not allowed by server.toml (allow_tcp_forwarding)"
    assert closed.to_connect_path("/x").endswith("(allow_stream_local_forwarding)")
    assert closed.to_listen("", 1).refusal.endswith("(allow_tcp_forwarding)")
    assert closed.to_forward_agent().endswith("(allow_agent_forwarding)")
    assert closed.to_forward_x11().endswith("(x11_forwarding)")


def test_each_of_two_lists_has_to_allow_a_target() -> None:
    found = permissions(ForwardingSettings(permit_open=(("db:*", "web:80"), ("*:5432", "web:*"))))
    assert [target for target in (("db", 5432), ("web", 80)) if found.to_connect(*target)] == []
    assert [target for target in (("db", 80), ("web", 81), ("x", 5432)) if not found.to_connect(*target)] == []


def test_a_key_that_may_forward_nothing_is_believed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "authorized_keys").write_text("restrict ssh-ed25519 AAAAkey")
    rules = stream_rules(ForwardingSettings(), "publickey ssh-ed25519 AAAAkey\n", lambda _: None)
    assert Permissions(rules).to_connect("db", 1).endswith("authorized_keys line 1")
