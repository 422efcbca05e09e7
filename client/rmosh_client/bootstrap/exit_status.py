"""What commands exit with: ours, ssh, and what ended by a signal."""

from typing import Final

#: Exit status of a failure of ssh's or of our own, and of what ended without one. Source: ssh(1), EXIT STATUS.
FAILED: Final = 255

#: What a shell adds to a signal's number for an exit status. Source: POSIX, "Exit Status for Commands".
_SIGNALLED: Final = 128


def signalled(number: int) -> int:
    """Return the exit status of what a signal has ended."""
    return _SIGNALLED + number
