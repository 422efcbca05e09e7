"""Raw deflate of screen messages, used where it shrinks them and tells nothing, inflated to a bound.

Deflate is short where texts agree. So a listener who has a say in what is printed beside a secret could guess it letter
by letter from sizes (CRIME and BREACH, 2012 and 2013), padded or not, whether the two texts are in one message or one
is a dictionary for the other. Therefore a sender deflates layout alone unless it is told otherwise: styles, lengths and
places of the cells; their text is carried as it is. Bytes of a message, made-up and recorded screens:

                                    nothing  layout     all   all, and the
                                                              screen before
    one typed key, 80x24                 12      12      12              12
    log, 80x24, one line scrolled        70      70      70              24
    log, 80x24, first                  1489    1461     399             398
    prose, 80x24, a page down          1422    1392     818             767
    python, 160x48, a page redrawn     1422    1380     720             653
    ls -la --color, 160x48, first      2827    2606     828             827
    ps aux, 160x48, first              4649    4361    1175            1174
    process table, 160x48, a redraw    1865    1327     751             740
    random cells of 256 styles        29434   18203   17940           17940

So what is typed costs the same and a line that scrolls in 46 bytes more, 6 ms at 64 kbit/s; a page two to four times as
much, 0.1 to 0.4 s there and 25 ms at most at 1 Mbit/s. Lines of history that no screen showed take two to four times as
much as well, 59 bytes a log line instead of 15, behind all else. Deflate takes 0.02 to 0.1 ms, 1.4 for the random
cells.
"""

import zlib
from typing import Final

from rmosh.compression import Compression
from rmosh.errors import Malformed

#: Shortest content that is worth a try. Unit: bytes. Reason: below, deflate saves less than 10 bytes of some 90.
_MIN_DEFLATED: Final = 32

#: Deflate effort. Unit: zlib's, 1 to 9. Source: tests/benchmarks/chosen_numbers.py, deflate-effort: 1 takes a tenth
#: more bytes, 9 saves nothing.
_LEVEL: Final = 6

#: Raw deflate (no header, no checksum: datagrams are authenticated) with a window of 32 KiB. Source: RFC 1951.
_RAW: Final = -zlib.MAX_WBITS

#: Window and memory of what is deflated, by its length in bytes: zlib's bits and level. Reason: a shorter one finds all
#: in a window of 512 bytes, 262 of which zlib keeps to itself, and has 10 KB made ready instead of 268: 3 us instead of
#: 44, a tenth of the time that a small change costs. Source: zlib.h, deflateInit2; our own measurement.
_LONGEST_SHORT: Final = 250
_SHORT: Final = (-9, 4)
_LONG: Final = (_RAW, zlib.DEF_MEM_LEVEL)

#: Most bytes of a stored block. Source: RFC 1951 section 3.2.4.
_MAX_STORED: Final = 0xFFFF


def deflated(content: bytes | bytearray, *, texts_end: int, compression: Compression) -> bytes | None:
    """Return the content deflated as far as it may be; None where that does not shrink it.

    Args:
        texts_end: how many bytes at its beginning hold all text that is in it.
    """
    if compression is Compression.NOTHING or len(content) < _MIN_DEFLATED:
        return None
    carried = texts_end if compression is Compression.LAYOUT else 0
    rest = content[carried:]
    deflater = zlib.compressobj(_LEVEL, zlib.DEFLATED, *(_SHORT if len(rest) <= _LONGEST_SHORT else _LONG))
    shrunk = _stored(content[:carried]) + deflater.compress(rest) + deflater.flush()
    return shrunk if len(shrunk) < len(content) else None


def _stored(content: bytes | bytearray) -> bytes:
    """Return deflate blocks that carry bytes as they are; others must follow. Source: RFC 1951 section 3.2.4."""
    blocks = bytearray()
    for start in range(0, len(content), _MAX_STORED):
        piece = content[start : start + _MAX_STORED]
        blocks += b"\0" + len(piece).to_bytes(2, "little") + (len(piece) ^ _MAX_STORED).to_bytes(2, "little") + piece
    return bytes(blocks)


def inflated(untrusted: bytes, *, limit: int) -> bytes:
    """Return content of at most `limit` bytes that was deflated.

    Raises:
        Malformed: it is no deflate stream, ends early, goes on after its end, or is longer.
    """
    inflater = zlib.decompressobj(_RAW)
    try:
        content = inflater.decompress(untrusted, limit + 1)
    except zlib.error as error:
        raise Malformed(f"the content does not inflate: {error}") from error
    if len(content) > limit:
        raise Malformed(f"the content inflates to more than {limit} bytes")
    if not inflater.eof or inflater.unused_data:
        raise Malformed("the deflated content does not end where the message ends")
    return content
