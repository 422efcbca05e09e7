"""What `-W` takes."""

import pytest

from rmosh_client.forwarding.specification import Place, Tcp, Unix, parse_destination


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("box:22", Tcp("box", 22)),
        ("[::1]:22", Tcp("::1", 22)),
        ("::1:22", Tcp("::1", 22)),  # what -W %h:%p makes of an address
        ("fe80::1%eth0:2222", Tcp("fe80::1%eth0", 2222)),
        ("box:ssh", Tcp("box", 22)),
        ("unix:/run/a b:c", Unix("/run/a b:c")),
        ("unix:s", Unix("s")),
    ],
)
def test_a_destination_is_a_host_and_a_port_or_a_path(text: str, place: Place) -> None:
    assert parse_destination(text) == place
