"""Link states for the tests: healthy, silent, never heard."""

from dataclasses import replace

from rmosh.session.status import LinkStatus

HEALTHY = LinkStatus(
    srtt=0.273,
    rttvar=0.012,
    latest_rtt=0.28,
    loss=0.05,
    path="[192.0.2.1]:60001",
    last_contact=0.4,
    silence=0.0,
    unheard=0.0,
    bytes_sent=1200,
    bytes_received=34000,
    datagrams_sent=20,
    datagrams_received=30,
    datagrams_lost=1,
    datagrams_sent_there=33,
    datagrams_dropped=2,
    mtu=1200,
)
SILENT = replace(HEALTHY, last_contact=12.4, silence=12.2)
UNHEARD = replace(HEALTHY, srtt=None, rttvar=None, latest_rtt=None, path="", last_contact=None)

INSIDE_SSH = replace(HEALTHY, path="stream", is_stream=True)


def silent_for(seconds: float) -> LinkStatus:
    """Return the state of a link whose server has been silent so long."""
    return replace(HEALTHY, last_contact=seconds, silence=seconds)
