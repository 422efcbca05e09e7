"""Which logins may stand for each other."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from rmosh_client.bootstrap.likeness import LIKENESS_DIGITS, likeness
from rmosh_client.bootstrap.openssh_config import parse_evaluated
from rmosh_client.bootstrap.request import Request
from rmosh_client.bootstrap.settings import SshSettings, settings_from

_REQUEST = Request("box")


def settings(*lines: str, alias: str = "box") -> SshSettings:
    known = ("hostname 192.0.2.7", "user me", "port 22", *lines)
    last = {line.split()[0]: line for line in known}
    return settings_from(parse_evaluated("\n".join(last.values())), alias=alias, environ={})


def alike(*hops: Sequence[str]) -> str:
    return likeness([settings(*lines) for lines in hops], _REQUEST)


def test_logins_that_lead_the_same_way_are_alike() -> None:
    assert alike([]) == alike([])
    assert len(alike([])) == LIKENESS_DIGITS
    assert likeness([settings(alias="web")], _REQUEST) == alike([])


@pytest.mark.parametrize(
    "line",
    [
        "hostname 192.0.2.8",
        "user you",
        "port 23",
        "addressfamily inet6",
        "bindaddress 192.0.2.1",
        "proxycommand nc %h %p",
        "identityfile ~/.ssh/other",
        "certificatefile ~/.ssh/other-cert.pub",
        "identitiesonly yes",
        "identityagent /run/other",
        "stricthostkeychecking no",
        "hostkeyalias other",
        "userknownhostsfile ~/.ssh/other",
        "globalknownhostsfile /etc/other",
        "hostkeyalgorithms ssh-ed25519",
        "ciphers aes256-ctr",
        "pubkeyauthentication no",
        "setenv A=b",
    ],
)
def test_whatever_decides_who_is_reached_how_as_whom_counts(line: str) -> None:
    assert alike([line]) != alike([])


@pytest.mark.parametrize(
    "line", ["connecttimeout 7", "numberofpasswordprompts 1", "batchmode yes", "localforward 1 a:2"]
)
def test_what_does_not_decide_that_counts_for_nothing(line: str) -> None:
    assert alike([line]) == alike([])


def test_every_hop_counts_and_their_order() -> None:
    ways = [alike([]), alike(["port 1"], []), alike(["port 2"], []), alike([], ["port 1"])]
    assert len(set(ways)) == len(ways)


def test_a_server_of_its_own_counts_and_what_is_run_there_does_not() -> None:
    hops = [settings()]
    assert likeness(hops, replace(_REQUEST, server="/opt/other")) != likeness(hops, _REQUEST)
    assert likeness(hops, replace(_REQUEST, command=("htop",), rows=10)) == likeness(hops, _REQUEST)
