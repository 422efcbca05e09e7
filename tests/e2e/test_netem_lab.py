"""The laboratory with the real kernel: namespaces, TUN devices, TCP, UDP, and nothing left behind."""

import contextlib
import errno
import os
import random
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rmosh_client.link.refusal import Refusal as Told
from rmosh_client.link.refusal import RefusalProbe
from rmosh_netem.errors import NetemError, Unavailable
from rmosh_netem.firewall import Firewall, IcmpRefusal
from rmosh_netem.lab import BackendName, Lab, Roam
from rmosh_netem.lab.namespaces import all_namespaces, all_owners, sweep
from rmosh_netem.lab.plan import SERVER_IPV4, SERVER_IPV6
from rmosh_netem.lab.probes import ping, send_datagrams
from rmosh_netem.link import LinkModel
from rmosh_netem.profiles import Profile, load_profiles
from tests.patience import PATIENCE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
    pytest.mark.skipif(not Path("/dev/net/tun").exists(), reason="this machine has no /dev/net/tun"),
    pytest.mark.skipif(shutil.which("ip") is None, reason="this machine has no iproute2"),
]

SERVER = {socket.AF_INET: SERVER_IPV4, socket.AF_INET6: SERVER_IPV6}


def link(model: LinkModel | None = None) -> Profile:
    model = model or LinkModel()
    return Profile("test", "a link of the tests", "made up", model, model)


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab(link(), profiles=load_profiles()) as running:
        yield running


@contextlib.contextmanager
def udp_pair(lab: Lab, family: socket.AddressFamily = socket.AF_INET) -> Iterator[tuple[socket.socket, socket.socket]]:
    """Yield a client's and a server's socket; the client's is not bound to an address."""
    with lab.server.open_socket(family, socket.SOCK_DGRAM) as server:
        server.bind((SERVER[family], 0))
        server.settimeout(PATIENCE)
        with lab.client.open_socket(family, socket.SOCK_DGRAM) as client:
            client.settimeout(PATIENCE)
            yield client, server


def seen_source(client: socket.socket, server: socket.socket) -> tuple[str, int]:
    """Send a datagram and return from where the server sees it come."""
    client.sendto(b"where am I", server.getsockname()[:2])
    host, port, *_ = server.recvfrom(100)[1]
    return host, port


def remote_rmosh_netem(*words: str, expect: int = 0) -> str:
    done = subprocess.run([sys.executable, "-m", "rmosh_netem", *words], capture_output=True, text=True, check=False)
    assert done.returncode == expect, done.stderr
    return done.stdout if expect == 0 else done.stderr


def wait_for_end(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        process = os.pidfd_open(pid)
        assert select.select([process], [], [], PATIENCE)[0], f"process {pid} never ended"
        os.close(process)


@pytest.mark.parametrize("family", SERVER)
def test_pings_take_the_delay_that_was_asked_for(family: socket.AddressFamily) -> None:
    with Lab(link(LinkModel(delay=0.02))) as lab:
        times = [seen.arrived - seen.sent for seen in ping(lab, family, count=20, interval=0.005)]
    assert len(times) == 20
    assert 0.04 <= min(times) < 0.045


def send_all(sock: socket.socket, data: bytes) -> None:
    sock.sendall(data)
    sock.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("family", SERVER)
def test_tcp_brings_every_byte_over_a_link_that_loses_repeats_and_damages(family: socket.AddressFamily) -> None:
    data = random.Random(1).randbytes(200_000)
    with Lab(link(LinkModel(delay=0.002, loss=0.02, duplicate=0.02, corrupt=0.02)), seed=3) as lab:
        with lab.server.open_socket(family, socket.SOCK_STREAM) as listener:
            listener.bind((SERVER[family], 0))
            listener.listen()
            with lab.client.open_socket(family, socket.SOCK_STREAM) as client:
                client.settimeout(PATIENCE)
                client.connect(listener.getsockname()[:2])
                server, _ = listener.accept()
                sending = threading.Thread(target=send_all, args=(client, data))
                sending.start()
                with server:
                    server.settimeout(PATIENCE)
                    received = b"".join(iter(lambda: server.recv(65536), b""))
                sending.join()
        counters = lab.describe()["counters"]["up"]
    assert received == data
    assert counters["lost"] > 0
    assert counters["corrupted"] > 0


@pytest.mark.parametrize("family", SERVER)
def test_a_forgetful_nat_shows_the_same_socket_at_another_port(lab: Lab, family: socket.AddressFamily) -> None:
    with udp_pair(lab, family) as (client, server):
        before = seen_source(client, server)
        assert seen_source(client, server) == before
        lab.roam(Roam.NAT)
        after = seen_source(client, server)
        assert after[0] == before[0]
        assert after[1] != before[1]
        server.sendto(b"welcome back", after)
        assert client.recv(100) == b"welcome back"


@pytest.mark.parametrize("family", SERVER)
def test_a_client_that_changes_its_address_is_seen_elsewhere(lab: Lab, family: socket.AddressFamily) -> None:
    with udp_pair(lab, family) as (client, server):
        before = seen_source(client, server)
        lab.roam(Roam.ADDRESS)
        assert seen_source(client, server)[0] != before[0]


def test_a_client_can_leave_ipv4_for_ipv6_and_come_back(lab: Lab) -> None:
    lab.roam(Roam.IPV6)
    with udp_pair(lab, socket.AF_INET) as (client, server), pytest.raises(OSError, match="unreachable"):
        client.sendto(b"hello", server.getsockname())
    with udp_pair(lab, socket.AF_INET6) as (client, server):
        assert seen_source(client, server)
    lab.roam(Roam.IPV4)
    assert lab.client.ipv6 is None
    with udp_pair(lab, socket.AF_INET) as (client, server):
        assert seen_source(client, server)


def test_a_firewall_eats_udp_and_nothing_else(lab: Lab) -> None:
    lab.block_udp()
    _, arrived = send_datagrams(lab, count=5, interval=0.0, size=100)
    assert arrived == []
    assert len(ping(lab, socket.AF_INET, count=5, interval=0.0)) == 5
    lab.block_udp(False)
    _, arrived = send_datagrams(lab, count=5, interval=0.0, size=100)
    assert len(arrived) == 5


#: The options that have a socket of Linux told of every ICMP error. Source: <linux/in.h>, <linux/in6.h>.
RECVERR = {socket.AF_INET: (socket.IPPROTO_IP, 11), socket.AF_INET6: (socket.IPPROTO_IPV6, 25)}

#: What it is told by each kind of refusal. Source: Linux 6.1, icmp_err_convert and icmpv6_err_convert.
TOLD_BY_REFUSAL = {
    IcmpRefusal.NET_UNREACHABLE: (errno.ENETUNREACH, errno.ENETUNREACH),
    IcmpRefusal.HOST_UNREACHABLE: (errno.EHOSTUNREACH, errno.EHOSTUNREACH),
    IcmpRefusal.PORT_UNREACHABLE: (errno.ECONNREFUSED, errno.ECONNREFUSED),
    IcmpRefusal.PROTOCOL_UNREACHABLE: (errno.ENOPROTOOPT, errno.EPROTO),
    IcmpRefusal.NET_PROHIBITED: (errno.ENETUNREACH, errno.EACCES),
    IcmpRefusal.HOST_PROHIBITED: (errno.EHOSTUNREACH, errno.EACCES),
    IcmpRefusal.ADMIN_PROHIBITED: (errno.EHOSTUNREACH, errno.EACCES),
}


@pytest.mark.parametrize("refusal", IcmpRefusal)
def test_a_refusal_reaches_the_client_s_socket(lab: Lab, refusal: IcmpRefusal) -> None:
    told = []
    lab.put_up(Firewall(blocked=True, refusal=refusal))
    try:
        for family in (socket.AF_INET, socket.AF_INET6):
            with udp_pair(lab, family) as (client, server):
                client.connect(server.getsockname())
                client.setsockopt(*RECVERR[family], 1)
                client.send(b"hello")
                with pytest.raises(OSError) as failure:
                    client.recv(100)
                told.append(failure.value.errno)
    finally:
        lab.put_up(Firewall())
    assert tuple(told) == TOLD_BY_REFUSAL[refusal]


#: What the user is told then.
IN_WORDS = {
    IcmpRefusal.PORT_UNREACHABLE: (Told.PORT, Told.PORT),
    IcmpRefusal.PROTOCOL_UNREACHABLE: (Told.PROTOCOL, Told.PROTOCOL),
}


@pytest.mark.parametrize("refusal", IcmpRefusal)
def test_a_refusal_is_understood_by_the_client(lab: Lab, refusal: IcmpRefusal) -> None:
    told = []
    lab.put_up(Firewall(blocked=True, refusal=refusal))
    for family in (socket.AF_INET, socket.AF_INET6):
        probe = RefusalProbe()
        with lab.client.namespace.inside():
            probe.send([(family, (SERVER[family], 60001))])
        end = time.monotonic() + PATIENCE
        while (answer := probe.take_answer()) is None and time.monotonic() < end:
            time.sleep(0.001)
        told.append(answer)
        probe.close()
    lab.put_up(Firewall())
    assert tuple(told) == IN_WORDS.get(refusal, (Told.ON_THE_WAY, Told.ON_THE_WAY))


def test_a_policer_eats_large_udp_alone(lab: Lab) -> None:
    lab.put_up(Firewall(largest=900))
    sizes = (100, 900, 901, 1400)
    arrived = [len(send_datagrams(lab, count=1, interval=0.0, size=size)[1]) for size in sizes]
    lab.put_up(Firewall())
    assert arrived == [1, 1, 0, 0]


def test_a_blackout_swallows_what_is_sent_meanwhile(lab: Lab) -> None:
    lab.blackout(0.2)
    sent, arrived = send_datagrams(lab, count=60, interval=0.01, size=100)
    assert arrived
    assert min(seen.arrived for seen in arrived) - sent[0] > 0.15


def test_datagrams_are_numbered_the_same_by_the_same_seed() -> None:
    numbers = []
    for _ in range(2):
        with Lab(link(LinkModel(loss=0.5)), seed=7) as lab:
            numbers.append([seen.number for seen in send_datagrams(lab, count=50, interval=0.0, size=100)[1]])
    assert numbers[0] == numbers[1]
    assert 10 < len(numbers[0]) < 40


def test_the_server_has_a_name_in_both_namespaces(lab: Lab) -> None:
    for side in (lab.client, lab.server):
        found = side.run(["getent", "ahosts", lab.server_name], capture_output=True, text=True, check=True).stdout
        assert SERVER_IPV4 in found
        assert SERVER_IPV6 in found


def test_a_running_laboratory_is_changed_from_elsewhere(lab: Lab) -> None:
    pid = str(lab.owner.pid)
    assert remote_rmosh_netem("set", "loss=30%", "--lab", pid) == "changed\n"
    assert lab.up.loss == lab.down.loss == 0.3
    remote_rmosh_netem("roam", "ipv6", "--lab", pid)
    assert lab.client.ipv4 is None
    assert "loss=30%" in remote_rmosh_netem("status", "--lab", pid)
    assert "at most 100%" in remote_rmosh_netem("set", "loss=300%", "--lab", pid, expect=1)
    assert lab.up.loss == 0.3


def test_a_shell_is_at_the_clients_end_and_its_status_is_ours() -> None:
    script = f"ip -brief address; kill -0 $NETEM_LAB && getent hosts {Lab.server_name} >&2; exit 7"
    done = subprocess.run(
        [sys.executable, "-m", "rmosh_netem", "shell", "wifi", "--run", "sh", "-c", script],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 7, done.stderr
    assert "10.77.1.1" in done.stdout
    assert Lab.server_name in done.stderr


def test_a_command_said_in_a_laboratorys_shell_is_for_that_laboratory(lab: Lab) -> None:
    tool = f"{sys.executable} -m rmosh_netem"
    script = f"{tool} set loss=7% && {tool} status"
    done = subprocess.run(
        [sys.executable, "-m", "rmosh_netem", "shell", "wifi", "--run", "sh", "-c", script],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "loss=7%" in done.stdout
    assert lab.up.loss == 0.0


def test_a_laboratory_that_measures_is_not_changed_from_elsewhere() -> None:
    with Lab(link(), private=True) as measuring:
        pid = str(measuring.owner.pid)
        assert f"no laboratory is running as {pid}" in remote_rmosh_netem("set", "loss=30%", "--lab", pid, expect=1)
        assert measuring.up.loss == 0.0


def test_nothing_is_left_behind_and_what_still_runs_inside_is_ended() -> None:
    with Lab(link()) as lab:
        program = lab.client.popen(["sleep", "1000"])
        names = {lab.client.namespace, lab.server.namespace}
        assert names <= set(all_namespaces())
    assert program.wait(PATIENCE) == -signal.SIGKILL
    assert names.isdisjoint(all_namespaces())
    assert lab.owner not in all_owners()
    wait_for_end(lab.owner.pid)


OWNER = """
import sys, time
from rmosh_netem.lab import Lab
from rmosh_netem.link import LinkModel
from rmosh_netem.profiles import Profile
if __name__ == "__main__":
    with Lab(Profile("t", "", "", LinkModel(), LinkModel())) as lab:
        inside = lab.client.popen(["sleep", "1000"])
        print(lab.owner.pid, inside.pid, flush=True)
        time.sleep(1000)
"""


@contextlib.contextmanager
def another_owner(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int, int]]:
    """Run a laboratory elsewhere; yield its caller, its own process id, and that of a program inside."""
    script = tmp_path / "owner.py"
    script.write_text(OWNER)
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as caller:
        try:
            assert caller.stdout is not None
            owner, inside = map(int, caller.stdout.readline().split())
            yield caller, owner, inside
        finally:
            caller.kill()


def test_a_caller_that_is_killed_takes_its_laboratory_along(tmp_path: Path) -> None:
    with another_owner(tmp_path) as (caller, owner, inside):
        caller.kill()
        wait_for_end(inside)
        wait_for_end(owner)
    assert not [namespace for namespace in all_namespaces() if namespace.owner.pid == owner]


def test_what_a_killed_laboratory_left_is_swept_up(tmp_path: Path) -> None:
    with another_owner(tmp_path) as (caller, owner, inside):
        for pid in (owner, caller.pid):
            os.kill(pid, signal.SIGKILL)
            wait_for_end(pid) if pid == owner else caller.wait(PATIENCE)
        left = {namespace.name for namespace in all_namespaces() if namespace.owner.pid == owner}
        assert {name.rpartition("-")[2] for name in left} == {"client", "server"}
        os.kill(inside, 0)  # still runs
        assert left <= set(sweep())
        wait_for_end(inside)
    assert not [each for each in all_owners() if each.pid == owner]


def test_the_kernels_netem_works_or_says_why_not() -> None:
    try:
        with Lab(link(LinkModel(delay=0.02)), backend=BackendName.TC) as lab:
            assert min(seen.arrived - seen.sent for seen in ping(lab, socket.AF_INET, count=5, interval=0.01)) >= 0.039
    except NetemError as error:
        assert isinstance(error, Unavailable)
        assert "--backend tun" in str(error)
    assert not [namespace for namespace in all_namespaces() if not namespace.owner.is_alive]


def test_a_client_roams_on_after_its_user_took_the_device_down(lab: Lab) -> None:
    lab.client.run(["ip", "link", "set", "rmosh0", "down"], check=True)
    lab.client.run(["ip", "link", "set", "rmosh0", "up"], check=True)
    lab.roam(Roam.ADDRESS)
    for family in SERVER:
        with udp_pair(lab, family) as (client, server):
            assert seen_source(client, server)


def controls_of_a_connection(lab: Lab) -> set[bytes]:
    """What both ends of a new TCP connection control their rate with."""
    with lab.server.open_socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind((SERVER_IPV4, 0))
        listener.listen()
        with lab.client.open_socket(socket.AF_INET, socket.SOCK_STREAM) as client:
            client.settimeout(PATIENCE)
            client.connect(listener.getsockname())
            with listener.accept()[0] as server:
                both = (client, server)
                return {end.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16).rstrip(b"\0") for end in both}


def test_tcp_is_controlled_as_on_most_hosts_and_the_results_say_so(lab: Lab) -> None:
    assert controls_of_a_connection(lab) == {b"cubic"}
    assert lab.describe()["congestion_control"] == "cubic"
    assert "TCP:    cubic" in lab.obey("status")
    lab.roam(Roam.ADDRESS)
    assert controls_of_a_connection(lab) == {b"cubic"}


def test_tcp_is_controlled_as_asked_or_not_at_all() -> None:
    with Lab(link(), congestion_control="reno") as running:
        assert controls_of_a_connection(running) == {b"reno"}
        assert running.describe()["congestion_control"] == "reno"
    with pytest.raises(Unavailable, match=r"this kernel's TCP has no 'nosuch', .*modprobe tcp_nosuch"):
        Lab(link(), congestion_control="nosuch").close()


def test_a_profile_s_firewall_and_nat_are_there_from_the_start() -> None:
    profile = replace(link(), nat_timeout=0.3, firewall=Firewall(blocked=True))
    with Lab(profile, profiles=load_profiles()) as running:
        assert "a firewall eats all UDP" in running.obey("status")
        assert "the NAT forgets what is silent for 0.3 s" in running.obey("status")
        running.obey("profile nat-forgets")
        assert (running.describe()["firewall"], running.describe()["nat_timeout"]) == ("", 30.0)


def test_what_the_machine_could_not_carry_is_counted_and_told(lab: Lab) -> None:
    with udp_pair(lab) as (client, server):
        client.connect(server.getsockname())
        sent, end = 0, time.monotonic() + PATIENCE
        while not dropped_and_carried(lab)[0] and time.monotonic() < end:
            for _ in range(20_000):
                client.send(b"x" * 100)
            sent += 20_000
    while sum(dropped_and_carried(lab)) < sent and time.monotonic() < end:
        pass  # what the device still holds
    assert sum(dropped_and_carried(lab)) == sent
    if dropped_and_carried(lab)[0]:
        assert "this machine dropped packets before the link" in lab.obey("status")


def dropped_and_carried(lab: Lab) -> tuple[int, int]:
    described = lab.describe()
    return described["dropped_by_host"]["client"], described["counters"]["up"]["sent"]
