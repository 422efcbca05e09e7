"""Raw deflate of screen messages, used where it shrinks them, inflated to a bound.

The preset dictionary is the text of the base frame, which both sides have: what scrolls in or is
repainted mostly resembles what is on the screen. Measured on recorded screens, bytes of content
(redraws and scrolls: the mean), deflate level 6 for the last two columns:

                                   plain  level 1  level 6  level 9  static dict.  base frame
    ls -la --color, 160x48, first   4237     1012      926      919           879         926
    htop, 160x48, first             6481     1564     1420     1415          1351        1420
    htop, 160x48, a redraw           267      203      202      202           199         133
    vim, 160x48, a page down        1577      898      876      876           855         799
    less, 80x24, a page down        1368      720      694      694           678         626
    log, 80x24, first               1511      354      337      337           326         337
    log, one line scrolled            58       56       56       56            50          23
    prose, one line scrolled          63       60       60       60            52          40
    ls -l, one line scrolled          40       37       37       37            33          31
    one typed key                     10       10       10       10            10          10
    random 256-colour cells        52635    38701    38576    38576         38575       38576

All levels take 0.02 to 0.1 ms (1.4 for the random cells), the text of the base frame 0.1 ms at
80x24 and 0.4 at 160x48 on either side. A static dictionary (1520 bytes of English, paths and log
words) gains less where it matters, and prefers a language.
"""

import zlib
from typing import Final

from rmosh.errors import Malformed
from rmosh.screen.text import encoded_text
from rmosh.terminal.cells import Frame

#: Shortest content that is worth a try. Unit: bytes. Reason: below, deflate saves less than 10 bytes of a
#: datagram of 90 and costs the most, the base frame's text. Source: the scrolls measured above.
_MIN_DEFLATED: Final = 32

#: Deflate effort. Unit: zlib's, 1 to 9. Source: measured above.
_LEVEL: Final = 6

#: Raw deflate (no header, no checksum: datagrams are authenticated) with a window of 32 KiB. Source: RFC 1951.
_RAW: Final = -zlib.MAX_WBITS

#: Cells of the base frame that make the preset dictionary, its lowest rows. Unit: cells. Reason: 0.05 ms a
#: thousand on either side; all of 160x48. Source: measured.
_MAX_PRESET: Final = 8192


def deflated(content: bytes | bytearray, base: Frame) -> bytes | None:
    """Return the content deflated against the base frame; None where that does not shrink it."""
    if len(content) < _MIN_DEFLATED:
        return None
    deflater = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW, zdict=_preset(base))
    shrunk = deflater.compress(content) + deflater.flush()
    return shrunk if len(shrunk) < len(content) else None


def inflated(untrusted: bytes, base: Frame, *, limit: int) -> bytes:
    """Return the content that was deflated against the base frame, of at most `limit` bytes.

    Raises:
        Malformed: it is no deflate stream, ends early, goes on after its end, or is longer.
    """
    return _inflated(zlib.decompressobj(_RAW, zdict=_preset(base)), untrusted, limit=limit)


def inflated_plain(untrusted: bytes, *, limit: int) -> bytes:
    """Return content of at most `limit` bytes that was deflated by itself.

    Raises:
        Malformed: it is no deflate stream, ends early, goes on after its end, or is longer.
    """
    return _inflated(zlib.decompressobj(_RAW), untrusted, limit=limit)


def _inflated(inflater: "zlib._Decompress", untrusted: bytes, *, limit: int) -> bytes:
    try:
        content = inflater.decompress(untrusted, limit + 1)
    except zlib.error as error:
        raise Malformed(f"the content does not inflate: {error}") from error
    if len(content) > limit:
        raise Malformed(f"the content inflates to more than {limit} bytes")
    if not inflater.eof or inflater.unused_data:
        raise Malformed("the deflated content does not end where the message ends")
    return content


def _preset(base: Frame) -> bytes:
    """Return the text of the frame's lowest rows, without trailing blanks.

    Only the first code point of each cell: the bounds of a message never change that, so both
    sides get the same bytes even where the client was sent a cluster cut short.
    """
    rows = base.rows[-max(1, _MAX_PRESET // base.columns) :]
    lines = ["".join([cell.text[:1] for cell in row.cells]).rstrip(" ") for row in rows]
    return encoded_text("".join(lines))
