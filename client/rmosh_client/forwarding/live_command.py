"""What is typed in a session to begin a forward, or to end one. Source: ssh(1), ESCAPE CHARACTERS, ~C."""

import re
from typing import Final

from rmosh.errors import BootstrapError, Stage
from rmosh.lazy_dataclass import dataclass
from rmosh_client.forwarding.specification import Flag, Forward, Place, parse_forward, parse_listener

_COMMAND: Final = re.compile(r"\s*-?(K?)([LRD])\s*(.*?)\s*", re.DOTALL)

#: What may be typed, as an error shows it.
FORMS: Final = "-L [bind:]port:host:hostport, -R ..., -D [bind:]port, or -KL, -KR, -KD [bind:]port to end one"


@dataclass(frozen=True, slots=True)
class EndForward:
    """One that listens shall listen no more."""

    flag: Flag
    listen: Place

    def __str__(self) -> str:
        return f"-K{self.flag.value[1:]} {self.listen}"


def parse_live_command(text: str) -> Forward | EndForward:
    """Read a line; the dash and the blank may be left out, as with ssh.

    Raises:
        BootstrapError: it is none.
    """
    match = _COMMAND.fullmatch(text)
    if match is None:
        raise BootstrapError(Stage.USAGE, f"{text.strip()!r} is no forward", hint=FORMS)
    ends, letter, specification = match.groups()
    flag = Flag(f"-{letter}")
    return EndForward(flag, parse_listener(flag, specification)) if ends else parse_forward(flag, specification)
