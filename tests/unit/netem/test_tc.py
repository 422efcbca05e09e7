"""tc's words for link models. The kernel's netem itself is tested nowhere here: few test machines have it."""

import pytest

from rmosh_netem.errors import Unavailable
from rmosh_netem.lab.tc import blackout_command, netem_command
from rmosh_netem.link import Bursts, LinkModel


def words(model: LinkModel) -> str:
    return " ".join(netem_command(model, device="dev0"))


def test_every_word_that_netem_has_is_used() -> None:
    model = LinkModel(
        delay=0.05, jitter=0.01, reorder=True, loss=0.29, duplicate=0.01, corrupt=0.005, rate=64000.0, queue=64_000
    )
    assert words(model) == (
        "qdisc replace dev dev0 root netem limit 42 delay 55000us 5000us "
        "loss 29% duplicate 1% corrupt 0.5% rate 64000bit"
    )


def test_a_perfect_link_has_no_limit_worth_the_name() -> None:
    assert words(LinkModel()) == "qdisc replace dev dev0 root netem limit 100000 delay 0us"


def test_a_blackout_loses_everything() -> None:
    assert blackout_command(device="dev0")[-2:] == ["loss", "100%"]


@pytest.mark.parametrize(
    "model",
    [LinkModel(bursts=Bursts(2.0, 0.3)), LinkModel(mtu=1280), LinkModel(jitter=0.01)],
    ids=["bursts", "mtu", "jitter in order"],
)
def test_what_netem_has_no_word_for_is_refused_with_a_remedy(model: LinkModel) -> None:
    with pytest.raises(Unavailable, match="--backend tun"):
        netem_command(model, device="dev0")
