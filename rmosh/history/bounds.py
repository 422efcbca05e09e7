"""How much of what scrolled off is kept unless somebody wants another amount."""

from typing import Final

#: Lines. Reason: days of work, and at least five times what terminals keep themselves unless told otherwise.
DEFAULT_MAX_LINES: Final = 50_000

#: Bytes of packed blocks. Reason: 300 a line, twenty times what logs take.
DEFAULT_MAX_BYTES: Final = 16 * 1024 * 1024
