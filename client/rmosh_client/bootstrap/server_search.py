"""What a host says while it looks for rmosh-server and, where that is missing, for a Python that can run one."""

import contextlib
import re
from typing import Final

from rmosh.announce import KEPT_PREFIX, NOT_KEPT_PREFIX
from rmosh.errors import BootstrapError, Malformed, Stage
from rmosh.lazy_dataclass import dataclass
from rmosh_client.bootstrap.far_python import ASKED_MARK, DAMAGED_MARK, PYTHON_MARK, STAND_IN, STATUS
from rmosh_client.bootstrap.prompts import printable
from rmosh_client.bootstrap.remote_command import SERVER_MARK, SHELL_MARK
from rmosh_client.bootstrap.stages import tell_ssh
from rmosh_client.injection.stage_one import WANTED_MARK
from rmosh_client.injection.wanted import Wanted, parse_wanted

#: What the script ends with where nothing helps; as sh does.
NOT_FOUND: Final = 127

#: Most Pythons that are told of, and characters of what one said: the last line of a traceback is worth reading.
_MAX_PYTHONS: Final = 8
_MAX_SAID: Final = 160

_PYTHON: Final = re.compile(rf"{PYTHON_MARK} ([^:]{{1,200}}):(.*?)(?: {STATUS}(\d{{1,3}}))?", re.DOTALL)
_VERSION_AND_LACKS: Final = re.compile(r"(\d{1,3}\.\d{1,3})(\S{0,20})((?: [a-z0-9_]{1,40})*)")

_TO_INSTALL: Final = "pipx install . in a checkout of rmosh"


@dataclass(frozen=True, slots=True)
class UnfitPython:
    """A Python there that will not do, and why; all safe to print.

    Attributes:
        status: None where it said more than was read.
    """

    path: str
    status: int | None
    said: str

    @property
    def is_old(self) -> bool:
        told = _VERSION_AND_LACKS.fullmatch(self.said)
        return told is not None and tuple(map(int, told[1].split("."))) < (3, 8)

    @property
    def lacks(self) -> str:
        told = _VERSION_AND_LACKS.fullmatch(self.said)
        return "" if told is None else ", ".join(told[3].split())

    def __str__(self) -> str:
        told = _VERSION_AND_LACKS.fullmatch(self.said)
        if self.said == STAND_IN:
            return f"{self.path} only offers to install one"
        if self.is_old and told is not None:
            return f"{self.path} is {told[1]}{told[2]}"
        if self.lacks and told is not None:
            return f"{self.path} ({told[1]}{told[2]}) lacks {self.lacks}"
        if self.status is None:
            return f"{self.path} says more than a Python would"
        return f"{self.path} ends with status {self.status}" + (f": {self.said}" if self.said else "")


class ServerSearch:
    """Takes the lines of the far side that are meant for us.

    Attributes:
        shell_ran: sh has run our command, whatever came of it.
        server: the one that it runs, printable; "" where none was found.
        wanted: the Python that wants the server sent; None where none does.
        missed_it: that Python came after our input had ended: it is worth another try.
        asked: the Python that was asked last whether it will do, printable.
        unfit: the Pythons that will not do.
        damaged: a kept server that was left alone, printable; "" where none was.
        kept: where a sent server has kept itself; "" where it has not.
        not_kept: why it could not; "" where it could.
    """

    def __init__(self) -> None:
        self.shell_ran = False
        self.server = ""
        self.wanted: Wanted | None = None
        self.missed_it = False
        self.asked = ""
        self.unfit: list[UnfitPython] = []
        self.damaged = ""
        self.kept = ""
        self.not_kept = ""

    def take(self, untrusted: bytes) -> bool:
        """Take a line; return whether it is one of these."""
        mark, _, rest = untrusted.rstrip(b"\r").partition(b" ")
        told = printable(rest.decode(errors="replace"))
        if mark == SHELL_MARK.encode() and not rest:
            self.shell_ran = True
        elif mark == SERVER_MARK.encode():
            self.server = told
            tell_ssh(f"running {told}")
        elif mark == WANTED_MARK.encode():
            with contextlib.suppress(Malformed):
                self.wanted = self.wanted or parse_wanted(untrusted)
        elif mark == ASKED_MARK.encode():
            self.asked = told[:_MAX_SAID]
        elif mark == DAMAGED_MARK.encode():
            self.damaged = told[:_MAX_SAID]
        elif mark == PYTHON_MARK.encode():
            self._take_python(printable(untrusted.decode(errors="replace")))
        elif mark == KEPT_PREFIX.encode():
            self.kept = told
        elif mark == NOT_KEPT_PREFIX.encode():
            self.not_kept = told
        else:
            return False
        return True

    def _take_python(self, line: str) -> None:
        parts = _PYTHON.fullmatch(line)
        if parts is not None and len(self.unfit) < _MAX_PYTHONS:
            status = None if parts[3] is None else int(parts[3])
            self.unfit.append(UnfitPython(parts[1], status, parts[2].strip()[-_MAX_SAID:]))

    @property
    def asks(self) -> str:
        """The Python that has not answered yet; "" where none is asked any more."""
        answered = self.wanted or self.server or any(python.path == self.asked for python in self.unfit)
        return "" if answered else self.asked

    def failure(self, host: str, status: int | None, said: str, *, may_send: bool) -> BootstrapError | None:
        """Return the error for a host where no server is and none could be sent to; None where that is not so.

        Args:
            status: of the command.
            said: by the script, where it looked.
            may_send: the user has not refused that.
        """
        if status != NOT_FOUND or not self.shell_ran or self.server or self.wanted:
            return None
        if self.damaged:
            hint = "without --no-inject rmosh sends another, and --install repairs it"
            return BootstrapError(
                Stage.SERVER_MISSING, f"the rmosh-server on {host} is damaged: {self.damaged}", hint=hint
            )
        missing = f"{host} has no rmosh-server" + (f" ({said.removeprefix('rmosh-server: ')})" if said else "")
        if not may_send:
            hint = (
                f"without --no-inject rmosh sends one; or install it there ({_TO_INSTALL}), or name it: --server PATH"
            )
            return BootstrapError(Stage.SERVER_MISSING, missing, hint=hint)
        why, remedy = self._why_none_could_be_sent()
        hint = f"{remedy}; or install rmosh there ({_TO_INSTALL}), or say where it is: --server PATH"
        return BootstrapError(Stage.SERVER_MISSING, f"{missing}, and {why}", hint=hint)

    def _why_none_could_be_sent(self) -> tuple[str, str]:
        told = "; ".join(map(str, self.unfit))
        if not self.unfit:
            return "no python3 to run one that is sent", "install python3 there, 3.8 or newer"
        if any(python.said == STAND_IN for python in self.unfit):
            return f"no python3 that runs one: {told}", "run `xcode-select --install` there"
        if any(python.lacks and not python.is_old for python in self.unfit):
            return (
                f"its python3 is built without what one needs: {told}",
                "install all of Python there (Debian: python3, not python3-minimal)",
            )
        if any(python.is_old for python in self.unfit):
            return f"its python3 is too old to run one: {told}", "install Python 3.8 or newer there"
        return f"its python3 does not run: {told}", "mend it there"
