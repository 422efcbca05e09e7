"""What an X11 client says first, read and said anew with another cookie; sans-IO.

Whoever may open a connection to the far side's display is not known there: the cookie is what tells, and only this end
knows that of the real display. Source: X Window System Protocol, chapter 8 and appendix B, "Connection Setup".
"""

import hmac
from typing import Final, Literal

from rmosh.errors import Malformed
from rmosh.lazy_dataclass import dataclass

#: The one kind of cookie that is handed out. Source: Xsecurity(7).
COOKIE_KIND: Final = "MIT-MAGIC-COOKIE-1"

#: Its length in bytes.
COOKIE_BYTES: Final = 16

#: Bytes ahead of the kind of cookie and the cookie.
_HEAD: Final = 12

#: Longest of these two, in bytes. Reason: a cookie has 16, and its kind 18; others that ever were have less than this.
_LONGEST: Final = 256

_ORDERS: Final[dict[int, Literal["big", "little"]]] = {ord("B"): "big", ord("l"): "little"}


@dataclass(frozen=True, slots=True)
class X11Setup:
    """The first words of an X11 client.

    Attributes:
        head: of them what stays as it is: the byte order and the protocol's version.
        kind, cookie: how it proves that it may.
        size: how many bytes they take.
    """

    head: bytes
    kind: bytes
    cookie: bytes
    size: int


def read_setup(untrusted: bytes) -> X11Setup | None:
    """Read what a connection began with; None where more is to come.

    Raises:
        Malformed: no X11 client begins so.
    """
    if not untrusted:
        return None
    order = _ORDERS.get(untrusted[0])
    if order is None:
        raise Malformed(f"an X11 client begins with B or l for its byte order, not with {untrusted[0]:#04x}")
    if len(untrusted) < _HEAD:
        return None
    kind_size = int.from_bytes(untrusted[6:8], order)
    cookie_size = int.from_bytes(untrusted[8:10], order)
    if max(kind_size, cookie_size) > _LONGEST:
        raise Malformed(f"an X11 client proves itself with {max(kind_size, cookie_size)} bytes, more than {_LONGEST}")
    cookie_at = _HEAD + _padded(kind_size)
    size = cookie_at + _padded(cookie_size)
    if len(untrusted) < size:
        return None
    kind, cookie = untrusted[_HEAD:][:kind_size], untrusted[cookie_at:][:cookie_size]
    return X11Setup(bytes(untrusted[:6]), bytes(kind), bytes(cookie), size)


def proves(setup: X11Setup, *, cookie: bytes) -> bool:
    """Tell whether a client shows a cookie, in a time that tells nothing of it."""
    is_kind = setup.kind == COOKIE_KIND.encode()
    return hmac.compare_digest(setup.cookie, cookie) and is_kind


def with_cookie(setup: X11Setup, *, kind: str, cookie: bytes) -> bytes:
    """Return the same first words with another cookie."""
    order = _ORDERS[setup.head[0]]
    name = kind.encode("ascii")
    sizes = len(name).to_bytes(2, order) + len(cookie).to_bytes(2, order)
    return setup.head + sizes + bytes(2) + _filled(name) + _filled(cookie)


def _padded(size: int) -> int:
    return (size + 3) & ~3


def _filled(content: bytes) -> bytes:
    return content + bytes(_padded(len(content)) - len(content))
