"""Lines that control a laboratory, and its command line where there is none to control."""

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import pytest

from rmosh_netem import cli
from rmosh_netem.errors import EXIT_FAILED, BadRequest, NetemError
from rmosh_netem.firewall import Firewall, IcmpRefusal
from rmosh_netem.lab.commands import obey_lab
from rmosh_netem.lab.namespaces import Namespace, Owner
from rmosh_netem.lab.plan import require_mtu
from rmosh_netem.lab.running import Roam, RunningLab
from rmosh_netem.lab.validation import binomial_interval
from rmosh_netem.link import Bursts, LinkModel
from rmosh_netem.profiles import Profile, load_profiles, with_settings
from rmosh_netem.status import describe_model


class FakeLab:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.up = LinkModel(delay=0.05)
        self.down = LinkModel()
        self.told: list[tuple[str, object]] = []
        self.firewall = Firewall()
        self.described: dict[str, Any] = {
            "profile": "wifi",
            "seed": 1,
            "backend": "tun",
            "client": {"ipv4": "10.77.1.1", "ipv6": None},
            "server": {"ipv4": "10.77.3.1", "ipv6": "fd77::1"},
            "counters": {"up": {"sent": 3, "dropped_by_queue": 0}, "down": {"sent": 0}},
            "firewall": "a firewall eats all UDP",
        }

    def change(self, *, up: LinkModel | None = None, down: LinkModel | None = None) -> None:
        self.up, self.down = up or self.up, down or self.down

    def blackout(self, seconds: float) -> None:
        self.told.append(("blackout", seconds))

    def rebind(self, host: str | None = None) -> int:
        self.told.append(("rebind", host))
        return 1

    def roam(self, kind: Roam) -> None:
        self.told.append(("roam", kind))

    def put_up(self, firewall: Firewall) -> None:
        self.firewall = firewall
        self.told.append(("put_up", firewall))

    def forget_after(self, seconds: float | None) -> None:
        self.told.append(("forget_after", seconds))

    def begin_again(self) -> None:
        self.told.append(("begin_again", None))

    def describe(self) -> dict[str, Any]:
        return self.described


def obey(line: str, lab: FakeLab, profiles: Mapping[str, Profile]) -> str:
    return obey_lab(line, cast(RunningLab, lab), profiles)


@pytest.fixture
def lab() -> FakeLab:
    return FakeLab()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("blackout 10s", ("blackout", 10.0)),
        ("roam", ("roam", Roam.NAT)),
        ("roam ipv6", ("roam", Roam.IPV6)),
        ("udp off", ("put_up", Firewall(blocked=True))),
        ("udp on", ("put_up", Firewall())),
        ("udp admin-prohibited", ("put_up", Firewall(blocked=True, refusal=IcmpRefusal.ADMIN_PROHIBITED))),
        ("set udp_largest=900", ("put_up", Firewall(largest=900))),
        ("set udp_rate=64kbit", ("put_up", Firewall(rate=64e3))),
        ("set nat_timeout=30s", ("forget_after", 30.0)),
        ("set nat_timeout=none", ("forget_after", None)),
        ("set udp_blocked=yes", ("put_up", Firewall(blocked=True))),
        ("begin", ("begin_again", None)),
    ],
)
def test_a_line_does_what_it_says(
    lab: FakeLab, line: str, told: tuple[Firewall | float | Roam | str | None, ...]
) -> None:
    assert obey(line, lab, {})
    assert lab.told == [told]


def test_settings_may_follow_the_word_set_or_stand_alone(lab: FakeLab) -> None:
    obey("set loss=30%", lab, {})
    obey("down delay=1s", lab, {})
    assert (lab.up.loss, lab.down.loss, lab.up.delay, lab.down.delay) == (0.3, 0.3, 0.05, 1.0)


@pytest.mark.parametrize(
    "line",
    [
        "roam sideways",
        "set loss=300%",
        "set",
        "udp maybe",
        "set udp_refusal=rudely",
        "set udp_largest=20",
        "blackout soon",
        "fly",
    ],
)
def test_a_line_that_makes_no_sense_changes_nothing(lab: FakeLab, line: str) -> None:
    before = lab.up, lab.down
    with pytest.raises(NetemError):
        obey(line, lab, {})
    assert (lab.up, lab.down, lab.told) == (*before, [])


def test_the_status_tells_models_addresses_and_what_happened(lab: FakeLab) -> None:
    status = obey("status", lab, {})
    assert "delay=50ms" in status
    assert "10.77.1.1, no IPv6" in status
    assert "sent 3" in status
    assert "dropped" not in status
    assert "UDP" in status


def test_the_status_tells_what_a_schedule_makes_of_the_link_now(lab: FakeLab) -> None:
    lab.up = load_profiles()["train"].up
    lab.described = {"in_effect": {"up": "loss=8%", "down": "loss=3%"}, "nat_timeout": 30.0}
    status = obey("status", lab, {}).splitlines()
    assert "now up: loss=8%" in status
    assert "the NAT forgets what is silent for 30 s" in status


def test_a_model_is_described_in_words_that_can_be_set_again() -> None:
    model = LinkModel(
        delay=0.05, jitter=0.0015, reorder=True, loss=0.29, bursts=Bursts(2.0, 0.3), rate=64000.0, queue=9000, mtu=1280
    )
    assert with_settings(LinkModel(), describe_model(model).split()) == model


@pytest.mark.parametrize("profile", load_profiles().values(), ids=lambda profile: profile.name)
def test_every_profile_is_described_in_words_that_can_be_set_again(profile: Profile) -> None:
    for model in (profile.up, profile.down):
        plain = replace(model, schedule=None, cellular=None)
        if describe_model(plain) != "nothing in the way":
            assert with_settings(LinkModel(), describe_model(plain).split()) == plain


def test_an_owner_is_known_by_its_start_as_well_as_by_its_id() -> None:
    owner = Owner.this_process()
    assert owner.is_alive
    assert not Owner(owner.pid, owner.start + 1).is_alive
    assert Namespace(owner, "client").name == f"rmosh-{os.getpid()}-{owner.start}-client"


@pytest.mark.parametrize("mtu", [0, 1279, 65536])
def test_an_mtu_that_no_device_can_have_is_refused(mtu: int) -> None:
    with pytest.raises(BadRequest, match="mtu"):
        require_mtu(mtu)


@pytest.mark.parametrize("words", [["lab", "wifi"], ["shell", "wifi"], ["status"], ["validate"]])
def test_without_root_the_error_says_what_works_instead(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert cli.main(words) == EXIT_FAILED
    said = capsys.readouterr().err
    assert "sudo" in said
    assert "rmosh-netem relay" in said


def test_binomial_intervals_hold_what_they_promise() -> None:
    low, high = binomial_interval(2000, 0.64)
    assert (low, high) == pytest.approx((1224, 1335), abs=2)
    assert binomial_interval(10, 0.0) == (0, 0)
    assert binomial_interval(10, 1.0) == (10, 10)
