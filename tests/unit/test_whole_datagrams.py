"""The numbers of the options that keep datagrams whole, by system."""

import os
import socket

import pytest

from rmosh.whole_datagrams import whole_datagram_options

#: IP_MTU_DISCOVER and IPV6_MTU_DISCOVER with IP_PMTUDISC_PROBE: Linux 6.1, <linux/in.h>, <linux/in6.h>. IP_DONTFRAG and
#: IPV6_DONTFRAG: XNU 11417 and FreeBSD 14, <netinet/in.h>, <netinet6/in6.h>.
RIGHT = {
    "Linux": (((0, 10, 3),), ((0, 10, 3), (41, 23, 3))),
    "Darwin": (((0, 28, 1),), ((0, 28, 1), (41, 62, 1))),
    "FreeBSD": (((0, 67, 1),), ((0, 67, 1), (41, 62, 1))),
    "OpenBSD": ((), ((41, 62, 1),)),
}


@pytest.mark.parametrize("system", RIGHT)
def test_each_system_has_its_own_numbers(system: str) -> None:
    for_ipv4, for_ipv6 = RIGHT[system]
    assert whole_datagram_options(system, ipv6=False) == for_ipv4
    assert whole_datagram_options(system, ipv6=True) == for_ipv6


def test_this_system_takes_its_own() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as endpoint:
        for option in whole_datagram_options(os.uname().sysname, ipv6=False):
            endpoint.setsockopt(*option)
            assert endpoint.getsockopt(*option[:2]) == option[2]
