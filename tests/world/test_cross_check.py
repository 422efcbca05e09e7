"""The virtual world and the relay tell the same of the same link and the same typing, within stated bounds.

Where they differ: the relay's run has two programs, a PTY, and the far side's `cat`, which take some milliseconds of
this machine's time for each key (`HOST`), and it meets other losses than the virtual one, since a link's chance is
drawn for each datagram in turn and the two send theirs at other moments (`BY_CHANCE`, for a link that loses).
"""

import shutil

import pytest
from virtual_session import key_latencies, make_virtual_session, percentile

from rmosh_netem.bench.measurement import Plan
from rmosh_netem.bench.runner import Request, run_bench
from rmosh_netem.bench.tools import TOOLS
from rmosh_netem.bench.typing_plans import GAPS
from rmosh_netem.profiles import load_profiles

KEYS = 40
SEED = 7

#: Seconds by which a key may be later on a real machine, at the median and at the 90th percentile of a busy one.
HOST = {0.5: 0.015, 0.9: 0.050}

#: Seconds by which it may be earlier: the real link's clock is good to a fraction of a millisecond.
EARLY = 0.002

#: More seconds either way, for a percentile of `KEYS` keys over a link that loses. Source: 60 virtual runs of 40 keys
#: each over loss29: medians from 100 to 108 ms, 90th percentiles from 108 to 527 ms.
BY_CHANCE = {0.5: 0.020, 0.9: 0.450}

PROFILES = {"lan": False, "transoceanic": False, "satellite": False, "loss29": True}


@pytest.mark.slow
@pytest.mark.sshd
@pytest.mark.skipif(not shutil.which("ssh"), reason="there is no ssh on this machine: install openssh-client")
@pytest.mark.parametrize("name", PROFILES)
def test_confirmed_keys_take_as_long_in_the_virtual_world_as_through_the_relay(tmp_path, name):
    profile = load_profiles()[name]
    virtual = virtual_latencies(profile)
    request = Request([profile], [TOOLS["rmosh"]], ["key"], Plan(profile, SEED, keys=KEYS), 120.0, tmp_path / "x.json")
    (run,) = run_bench(request, print).runs
    assert run.error == ""
    real = [shown for shown in run.samples["shown"] if shown is not None]
    assert len(real) == KEYS
    for share in (0.5, 0.9):
        difference = percentile(real, share) - percentile(virtual, share)
        chance = BY_CHANCE[share] if PROFILES[name] else 0.0
        print(f"{name}, seed {SEED}, {share:.0%} of keys: {percentile(virtual, share):.4f} s, real {difference:+.4f} s")
        assert -EARLY - chance <= difference <= HOST[share] + chance


def virtual_latencies(profile):
    session = make_virtual_session(profile.up, down=profile.down, seed=SEED)
    session.world.run(2)
    return key_latencies(session, KEYS, gaps=GAPS, seed=SEED)
