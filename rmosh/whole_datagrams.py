"""How a UDP socket is told never to cut a datagram into fragments: other numbers on each system, few named by Python.

Without it a size probe that is too long for the path arrives in pieces, and is taken for one that fits.
"""

from typing import Final, TypeAlias

#: A socket option: its level, its number, and the value that keeps datagrams whole.
Option: TypeAlias = tuple[int, int, int]

#: Levels of options. Source: IANA's protocol numbers.
_IP: Final = 0
_IPV6: Final = 41

#: For IPv4, by what uname(1) calls the system. On Linux (Android too) the kernel's own idea of the path is left aside,
#: since the endpoint probes by itself. Source: ip(7) and <linux/in.h>; <netinet/in.h> of XNU and of FreeBSD.
_FOR_IPV4: Final[dict[str, Option]] = {"Linux": (_IP, 10, 3), "Darwin": (_IP, 28, 1), "FreeBSD": (_IP, 67, 1)}

#: For IPv6 on Linux. Source: <linux/in6.h>.
_FOR_IPV6_ON_LINUX: Final[Option] = (_IPV6, 23, 3)

#: IPV6_DONTFRAG of macOS and all BSDs. Source: RFC 3542 and their <netinet6/in6.h>.
_FOR_IPV6_ELSEWHERE: Final[Option] = (_IPV6, 62, 1)


def whole_datagram_options(system: str, *, ipv6: bool) -> tuple[Option, ...]:
    """Return the options for a socket of a family on a system; those for IPv6 hold for the IPv4 that it carries too.

    Each may be refused: macOS before 15 has none for the IPv4 that an IPv6 socket carries.
    """
    for_ipv4 = (_FOR_IPV4[system],) if system in _FOR_IPV4 else ()
    if not ipv6:
        return for_ipv4
    return (*for_ipv4, _FOR_IPV6_ON_LINUX if system == "Linux" else _FOR_IPV6_ELSEWHERE)
