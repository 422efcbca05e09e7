"""Profiles and settings become link models, or say what is wrong and where."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh_netem.errors import BadProfile
from rmosh_netem.firewall import Firewall
from rmosh_netem.link import Bursts, LinkModel
from rmosh_netem.profiles import find_profile, load_profiles, parse_profiles, with_profile_settings, with_settings

WANTED = [
    ("lan", 0.001),
    ("wifi", 0.020),
    ("transoceanic", 0.273),
    ("evdo", 0.489),
    ("loss29", 0.100),
    ("burst", 0.150),
    ("satellite", 0.600),
    ("lte-bufferbloat", 0.050),
    ("slow64", 0.100),
    ("slow128", 0.100),
    ("slow256", 0.100),
]


@pytest.mark.parametrize(("name", "rtt"), WANTED)
def test_built_in_profiles_have_the_round_trip_they_say(name: str, rtt: float) -> None:
    assert find_profile(name, load_profiles()).mean_rtt == pytest.approx(rtt)


def test_every_built_in_profile_says_what_it_is_and_where_it_comes_from() -> None:
    for profile in load_profiles().values():
        assert profile.about and profile.source


def test_the_paper_s_loss_is_29_percent_each_way() -> None:
    profile = load_profiles()["loss29"]
    assert profile.up.loss == profile.down.loss == 0.29


def test_a_direction_can_differ() -> None:
    profiles = parse_profiles('[x]\ndelay = "10ms"\n[x.down]\nrate = "1mbit"', where="a test")
    assert profiles["x"].up == LinkModel(delay=0.01)
    assert profiles["x"].down == LinkModel(delay=0.01, rate=1e6)


def test_a_user_s_file_adds_and_replaces(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[tunnel]\ndelay = "1s"\n[lan]\ndelay = "9ms"')
    profiles = load_profiles(file)
    assert profiles["tunnel"].up.delay == 1.0
    assert profiles["lan"].up.delay == 0.009
    assert "satellite" in profiles


def test_settings_change_a_model() -> None:
    model = with_settings(LinkModel(delay=0.1, rate=1e6), ["loss=30%", "rate=none", "bursts=2s,300ms"])
    assert model == LinkModel(delay=0.1, loss=0.3, bursts=Bursts(good=2.0, bad=0.3))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[x", "a test is not TOML"),
        ("x = 3", "is not a profile"),
        ('[x]\nlose = "5%"', "profile x in a test cannot set 'lose': settings are bursts"),
        ('[x]\nloss = "130%"', "loss in profile x in a test: .* at most 100%"),
        ("[x]\ndelay = -1", "delay in profile x"),
        ("[x]\nqueue = 0", "profile x in a test: a queue of 0"),
        ("[x]\nup = 3", "profile x.up in a test is not a table"),
        ('[x]\nbursts = { good = "1s" }', "bursts in profile x .*write bursts"),
        ('[x]\nbursts = { good = "0", bad = "1s" }', "mean good spell"),
        ('[x]\nabout = "x"\n[x.down]\nrate = "fast"', "rate in profile x.down .*64kbit"),
    ],
)
def test_a_wrong_profile_is_named_with_what_to_do(text: str, words: str) -> None:
    with pytest.raises(BadProfile, match=words):
        parse_profiles(text, where="a test")


@pytest.mark.parametrize(
    ("setting", "words"), [("loss", "NAME=VALUE"), ("speed=3", "cannot set 'speed'"), ("loss=x", "5%")]
)
def test_a_wrong_setting_is_refused(setting: str, words: str) -> None:
    with pytest.raises(BadProfile, match=words):
        with_settings(LinkModel(), [setting])


def test_an_unknown_profile_lists_the_known() -> None:
    with pytest.raises(BadProfile, match=r"no profile 'mars': choose from .*satellite"):
        find_profile("mars", load_profiles())


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadProfile, match=r"nowhere\.toml"):
        load_profiles(tmp_path / "nowhere.toml")


@given(st.text())
def test_any_text_gives_profiles_or_bad_profile(text: str) -> None:
    try:
        assert isinstance(parse_profiles(text, where="a test"), dict)
    except BadProfile as error:
        assert "a test" in str(error)


def test_settings_of_the_whole_link_hold_beside_those_of_each_direction() -> None:
    lan = load_profiles()["lan"]
    changed = with_profile_settings(lan, ["loss=30%", "nat_timeout=1s", "udp_blocked=yes"])
    assert (changed.up.loss, changed.down.loss, changed.nat_timeout, changed.firewall) == (
        0.3,
        0.3,
        1.0,
        Firewall(blocked=True),
    )
    blocked = with_profile_settings(load_profiles()["udp-blocked"], ["delay=1ms"])
    assert blocked.firewall.blocked and blocked.up.delay == 0.001
    assert not with_profile_settings(blocked, ["udp_blocked=no"]).firewall.blocked
    with pytest.raises(BadProfile, match="nat_timeout in the settings: a nat_timeout of 0 s"):
        with_profile_settings(lan, ["nat_timeout=0s"])
