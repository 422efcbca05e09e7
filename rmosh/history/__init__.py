"""Lines that scrolled off: as bytes, and as many of them kept as somebody may want to see. Knows no datagrams.

How much is kept unless somebody wants another amount stands here, for those who need no more than that.
"""

from typing import Final

#: Lines. Reason: days of work, and at least five times what terminals keep themselves unless told otherwise.
DEFAULT_MAX_LINES: Final = 50_000

#: Bytes of packed blocks. Reason: 300 a line, twenty times what logs take.
DEFAULT_MAX_BYTES: Final = 16 * 1024 * 1024
