"""Lines that control a relay do what they say, or say what is wrong and change nothing."""

import json

import pytest

from rmosh_netem.control import obey
from rmosh_netem.errors import NetemError
from rmosh_netem.link import LinkModel
from rmosh_netem.profiles import load_profiles


class FakeRelay:
    """Remembers what it was told."""

    def __init__(self):
        self.up = LinkModel(delay=0.1)
        self.down = LinkModel(delay=0.2)
        self.told = []

    def change(self, *, up=None, down=None):
        self.up = up or self.up
        self.down = down or self.down

    def blackout(self, seconds):
        self.told.append(("blackout", seconds))

    def rebind(self, host=None):
        self.told.append(("rebind", host))
        return 2

    def describe(self):
        return {"up": 1}


@pytest.fixture
def relay():
    return FakeRelay()


def test_settings_change_both_directions(relay):
    obey("loss=30% mtu=600", relay, {})
    assert relay.up == LinkModel(delay=0.1, loss=0.3, mtu=600)
    assert relay.down == LinkModel(delay=0.2, loss=0.3, mtu=600)


def test_one_direction_can_be_changed(relay):
    obey("down rate=1mbit", relay, {})
    assert relay.up == LinkModel(delay=0.1)
    assert relay.down == LinkModel(delay=0.2, rate=1e6)


def test_a_profile_replaces_both_models(relay):
    profiles = load_profiles()
    assert "satellite" in obey("profile satellite", relay, profiles)
    assert relay.up == profiles["satellite"].up


def test_blackouts_and_rebinds_are_passed_on(relay):
    obey("blackout 10s", relay, {})
    assert "2 clients" in obey("rebind", relay, {})
    obey("rebind 127.0.0.9", relay, {})
    assert relay.told == [("blackout", 10.0), ("rebind", None), ("rebind", "127.0.0.9")]


def test_stats_are_json_and_help_lists_the_commands(relay):
    assert json.loads(obey("stats", relay, {})) == {"up": 1}
    assert "blackout" in obey("help", relay, {})


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("dance", "say help"),
        ("blackout", "say help"),
        ("up", "say help"),
        ("blackout long", "150ms"),
        ("loss=130%", "at most 100%"),
        ("profile mars", "no profile 'mars'"),
    ],
)
def test_a_wrong_line_is_refused_with_the_remedy_and_changes_nothing(relay, line, words):
    before = relay.up, relay.down
    with pytest.raises(NetemError, match=words):
        obey(line, relay, load_profiles())
    assert (relay.up, relay.down) == before
    assert relay.told == []
