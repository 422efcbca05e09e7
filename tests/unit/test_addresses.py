"""How far addresses reach."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.addresses import Reach, plain_address, reach_of


@pytest.mark.parametrize(
    ("address", "reach"),
    [
        ("203.0.113.5", Reach.GLOBAL), ("2001:db8::1", Reach.GLOBAL), ("64:ff9b::c000:201", Reach.GLOBAL),
        ("::ffff:203.0.113.5", Reach.GLOBAL),
        ("10.1.2.3", Reach.PRIVATE), ("172.31.255.255", Reach.PRIVATE), ("172.32.0.0", Reach.GLOBAL),
        ("192.168.0.1", Reach.PRIVATE), ("100.64.0.1", Reach.PRIVATE), ("fd00::1", Reach.PRIVATE),
        ("fec0::1", Reach.PRIVATE), ("64:ff9b:1::a00:1", Reach.PRIVATE), ("64:ff9b::a00:1", Reach.PRIVATE),
        ("2002:a00:1::1", Reach.PRIVATE), ("2002:cb00:7105::1", Reach.GLOBAL), ("64:ff9b::7f00:1", Reach.MACHINE),
        ("169.254.1.1", Reach.LINK), ("fe80::1", Reach.LINK), ("fe80::1%eth0", Reach.LINK),
        ("127.0.0.1", Reach.MACHINE), ("::1", Reach.MACHINE), ("::ffff:127.0.0.1", Reach.MACHINE),
        ("0.0.0.0", Reach.NOWHERE), ("255.255.255.255", Reach.NOWHERE), ("224.0.0.1", Reach.NOWHERE),
        ("ff02::1", Reach.NOWHERE), ("::", Reach.NOWHERE), ("example.org", Reach.NOWHERE), ("", Reach.NOWHERE),
    ],
)  # fmt: skip
def test_an_address_means_its_host_as_far_as_its_network_reaches(address: str, reach: Reach) -> None:
    assert reach_of(address) is reach


def test_one_address_has_one_form() -> None:
    assert plain_address("2001:DB8:0:0::1") == "2001:db8::1"
    assert plain_address("fe80::1%eth0") == "fe80::1"
    assert plain_address("::ffff:203.0.113.5") == "203.0.113.5"
    assert plain_address("localhost") == ""


@given(st.text(alphabet="0123456789abcdef:.%x", max_size=50))
def test_whatever_is_no_address_reaches_nowhere(untrusted: str) -> None:
    assert (reach_of(untrusted) is Reach.NOWHERE) or plain_address(untrusted)
