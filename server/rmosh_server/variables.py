"""Names of environment variables that several files read or set."""

from typing import Final

#: Names the session that a program runs in, by its id in hex digits.
SESSION_VARIABLE: Final = "RMOSH_SESSION"
