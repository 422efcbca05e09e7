"""What a far side's Python says of itself before it gets the server: which one it is, and what it was built without."""

import re
from typing import Final

from rmosh.errors import BootstrapError, Malformed, Stage
from rmosh.lazy_dataclass import dataclass
from rmosh_client.injection.archive import PACKINGS
from rmosh_client.injection.stage_one import NEEDED_MODULES, UNPACKING_MODULES, WANTED_MARK

#: The oldest Python that the server runs on.
OLDEST_PYTHON: Final = (3, 8)

#: Longest line. Reason: a mark, three numbers and a dozen names.
MAX_LINE_BYTES: Final = 512

_LINE: Final = re.compile(rf"{WANTED_MARK} python=(\d{{1,4}})\.(\d{{1,4}})\.(\d{{1,4}}) missing=([a-z0-9_,]*)\r?\n?")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The far side's Python.

    Attributes:
        python: its version.
        missing: modules that it lacks of those it was asked about.
    """

    python: tuple[int, int, int]
    missing: frozenset[str]

    def packing(self) -> str:
        """Return how the archive is packed for it."""
        return next(packing for packing in PACKINGS if UNPACKING_MODULES[packing] not in self.missing)

    def require_fit(self) -> None:
        """See that the server can run there.

        Raises:
            BootstrapError: it cannot; tells why, and what helps.
        """
        told = ".".join(map(str, self.python))
        if self.python < OLDEST_PYTHON:
            raise BootstrapError(
                Stage.SERVER_MISSING,
                f"rmosh-server is not installed there, and its python3 is {told}: 3.8 or newer can run it as it comes",
                hint="install rmosh on the host, or a newer python3",
            )
        lacking = [module for module in NEEDED_MODULES if module in self.missing]
        if lacking:
            raise BootstrapError(
                Stage.SERVER_MISSING,
                f"rmosh-server is not installed there, and its python3 ({told}) lacks {', '.join(lacking)}",
                hint="install all of Python on the host (package python3; python3-minimal is not enough), or rmosh",
            )


def parse_wanted(untrusted: bytes) -> Wanted:
    """Read the line with the mark.

    Raises:
        Malformed: it is not one.
    """
    told = _LINE.fullmatch(untrusted[: MAX_LINE_BYTES + 1].decode("ascii", "replace"))
    if told is None or len(untrusted) > MAX_LINE_BYTES:
        raise Malformed("the line does not tell of a Python that wants the server")
    major, minor, micro, missing = told.groups()
    return Wanted((int(major), int(minor), int(micro)), frozenset(filter(None, missing.split(","))))
