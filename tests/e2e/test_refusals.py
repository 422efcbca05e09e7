"""Why UDP does not go, as told by this machine's own firewall, with iptables in a network namespace."""

import os
import shutil
import subprocess
import sys
from typing import Final

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
    pytest.mark.skipif(shutil.which("iptables") is None, reason="this machine has no iptables"),
]

#: What iptables does to UDP -> what the client understands. Source: iptables 1.8.9, Linux 6.1.
UNDERSTOOD: Final = {
    "DROP": "OWN_FIREWALL",
    "REJECT --reject-with icmp-port-unreachable": "PORT",
    "REJECT --reject-with icmp-proto-unreachable": "PROTOCOL",
    "REJECT --reject-with icmp-net-unreachable": "ON_THE_WAY",
    "REJECT --reject-with icmp-host-unreachable": "ON_THE_WAY",
    "REJECT --reject-with icmp-net-prohibited": "ON_THE_WAY",
    "REJECT --reject-with icmp-host-prohibited": "ON_THE_WAY",
    "REJECT --reject-with icmp-admin-prohibited": "ON_THE_WAY",
}

#: Run inside a namespace of its own: tells what is understood of each rule, a line each.
ASK: Final = """\
import socket, subprocess, sys, time
from rmosh_client.link.refusal import RefusalProbe
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
for rule in sys.argv[1:]:
    subprocess.run(["iptables", "-F", "OUTPUT"], check=True)
    subprocess.run(["iptables", "-A", "OUTPUT", "-p", "udp", "-j", *rule.split()], check=True)
    probe, end = RefusalProbe(), time.monotonic() + PATIENCE
    probe.send([(socket.AF_INET, ("127.0.0.1", 60001))])
    while (told := probe.take_answer()) is None and time.monotonic() < end:
        time.sleep(0.01)
    print(told and told.name)
"""


def test_each_rule_of_this_machine_s_firewall_is_understood() -> None:
    told = subprocess.run(
        ["unshare", "--net", sys.executable, "-c", ASK, *UNDERSTOOD], capture_output=True, text=True, check=False
    )
    if "unshare:" in told.stderr or "iptables" in told.stderr:
        pytest.skip(f"no namespace or no firewall here: {told.stderr.splitlines()[-1]}")
    assert dict(zip(UNDERSTOOD, told.stdout.split(), strict=True)) == UNDERSTOOD
