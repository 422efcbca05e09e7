"""A session's stages in words, as `-v` tells them: 1 is SSH, 2 is UDP, as in the README's picture, 3 what follows."""

import sys
from typing import Final

#: The logger that they are told to.
STAGES: Final = "rmosh stages"


def tell_ssh(what: str) -> None:
    """Tell a step of the login."""
    _tell("rmosh: 1. ssh: %s", what)


def tell_udp(what: str) -> None:
    """Tell a step of the way to the first datagram that is answered."""
    _tell("rmosh: 2. udp: %s", what)


def tell_session(what: str) -> None:
    """Tell what happens after the first answer."""
    _tell("rmosh: 3. session: %s", what)


def tell_preference(name: str, value: object, source: str) -> None:
    """Tell what counts though nobody typed it, and which file or variable says so."""
    _tell("rmosh: %s is %s, says %s", name, value, source)


def _tell(text: str, *values: object) -> None:
    logging = sys.modules.get("logging")  # whoever hears it has loaded that, 1 MB of memory
    if logging is not None:
        logging.getLogger(STAGES).info(text, *values)
