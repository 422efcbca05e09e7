"""Raw deflate of screen messages, used where it shrinks them, inflated to a bound.

The preset dictionary is the text of the base frame, which both sides have: what scrolls in or is
repainted mostly resembles what is on the screen. Measured, bytes of content (mean of 24 to 200
messages for the scrolls), deflate level 6 but for the second column:

    80x24 unless said             plain  level 1  level 6  static dictionary  base frame
    ls -la --color, 160x48         4444     1016      935         880              935
    htop 160x48, first             6721     1539     1415        1348             1415
    htop 160x48, redraws 1-7        267      208      202         201              130
    vim, coloured code, page down  2389     1006      935         909              856
    less, page down                1464      734      703         688              635
    log page, first                1511      354      337         326              337
    log, one line scrolled           58        -       56          50               23
    text, one line scrolled          66        -       61          52               41
    one typed key                    10        -        -           -                -
    random 256-colour cells       52633    41654    41512       41519            41512

Levels 6 and 9 differ by 1 % at most, all take 0.03 to 0.1 ms (1.4 ms for the random cells). A
static dictionary (1520 bytes of English, paths, log words) gains less and prefers a language.
"""

import zlib
from typing import Final

from rmosh.errors import Malformed
from rmosh.screen.text import encoded_text
from rmosh.terminal.cells import Frame

#: Shortest content that is worth a try. Unit: bytes. Reason: below, deflate saves less than 10 bytes of a
#: datagram of 90. Source: the scrolls measured above.
_MIN_DEFLATED: Final = 40

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
    inflater = zlib.decompressobj(_RAW, zdict=_preset(base))
    try:
        content = inflater.decompress(untrusted, limit)
    except zlib.error as error:
        raise Malformed(f"the content does not inflate: {error}") from error
    if not inflater.eof or inflater.unused_data:
        raise Malformed(f"the deflated content does not end where the message ends, or exceeds {limit} bytes")
    return content


def _preset(base: Frame) -> bytes:
    """Return the text of the frame's lowest rows, without trailing blanks.

    Only the first code point of each cell: the bounds of a message never change that, so both
    sides get the same bytes even where the client was sent a cluster cut short.
    """
    rows = base.rows[-max(1, _MAX_PRESET // base.columns) :]
    lines = ["".join([cell.text[:1] for cell in row.cells]).rstrip(" ") for row in rows]
    return encoded_text("".join(lines))
