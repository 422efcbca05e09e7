"""`rmosh-server` from an archive: what an installer would have seen to is checked before anything is promised."""

import sys
from importlib import import_module

from rmosh.errors import BootstrapError
from rmosh_server.process.deferred import defer

#: What begins with a session's secret.
_NEEDS_ENCRYPTION = {"new", "attach", "path"}


def main() -> int:
    """Do what the command line asks; return the exit status."""
    defer("inspect")
    try:
        if set(sys.argv[1:2]) & _NEEDS_ENCRYPTION:
            import_module("rmosh.transport.cryptography")  # which raises where there is no library
    except BootstrapError as error:
        from rmosh_server.command.complaints import print_error

        print_error(error)
        return 1
    from rmosh_server.cli import main as server

    return server()
