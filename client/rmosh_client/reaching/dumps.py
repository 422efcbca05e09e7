"""Nobody reads this process's memory: no core dump of it is written, and no debugger of the same user's looks into it.

What it starts (ssh, a proxy command) keeps the user's own limits.
"""

import contextlib
import resource
from collections.abc import Iterator


class CoreLimit:
    """The limit on core dumps, which children would inherit: 0 but for when some are started."""

    def __init__(self) -> None:
        self._usual = resource.getrlimit(resource.RLIMIT_CORE)

    @contextlib.contextmanager
    def lowered(self) -> Iterator[None]:
        """Have no core dump written while this is open."""
        _, hard = self._usual
        resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_CORE, self._usual)

    @contextlib.contextmanager
    def lifted(self) -> Iterator[None]:
        """Be as usual again while this is open, for what is started."""
        now = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, self._usual)
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_CORE, now)
