"""Sockets of fork servers that were killed: nobody else takes the place of one of another version, or another login."""

import contextlib
import os
from typing import Final

from rmosh_server.fork_server.asking import is_there
from rmosh_server.sockets.unix_sockets import identity_of, remove_socket

#: What the name of a fork server's socket ends with, in the directory of its user's sessions; while it is made, a
#: process's id follows.
FORKS_SUFFIX: Final = ".forks"


def remove_left_behind(directory: str) -> None:
    """Remove the sockets in a directory that no process has any more."""
    with contextlib.suppress(OSError):
        for name in os.listdir(directory):
            path = os.path.join(directory, name)
            if FORKS_SUFFIX in name:
                identity = identity_of(path)
                if not is_there(path):
                    remove_socket(path, identity)
