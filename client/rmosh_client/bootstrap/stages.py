"""A session's stages in words, as `-v` tells them: 1 is SSH, 2 is UDP, as in the README's picture, 3 what follows."""

import logging
from typing import Final

#: Where they are told; nobody hears it without -v.
STAGES: Final = logging.getLogger("rmosh stages")


def tell_ssh(what: str) -> None:
    """Tell a step of the login."""
    STAGES.info("rmosh: 1. ssh: %s", what)


def tell_udp(what: str) -> None:
    """Tell a step of the way to the first datagram that is answered."""
    STAGES.info("rmosh: 2. udp: %s", what)


def tell_session(what: str) -> None:
    """Tell what happens after the first answer."""
    STAGES.info("rmosh: 3. session: %s", what)


def tell_preference(name: str, value: object, source: str) -> None:
    """Tell what counts though nobody typed it, and which file or variable says so."""
    STAGES.info("rmosh: %s is %s, says %s", name, value, source)
