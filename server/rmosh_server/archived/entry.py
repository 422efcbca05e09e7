"""`rmosh-server` from an archive: what an installer would have seen to is checked before anything is promised."""

import sys
from importlib import import_module
from typing import Final

from rmosh.errors import BootstrapError

#: What starts a session, whose process could not say any more what it lacks.
_NEEDS_ENCRYPTION: Final = "new"


def main(payload: bytes) -> int:
    """Do what the command line asks; return the exit status.

    Args:
        payload: all that was sent, unpacked; it keeps that first where it is told `--keep NAME`.
    """
    if sys.argv[1:2] == ["--keep"]:
        from rmosh_server.archived.compiled_beside import CompiledBeside
        from rmosh_server.archived.keeping import keep_and_tell

        path = keep_and_tell(payload, *sys.argv[2:3])
        if path:
            __spec__.loader.beside = CompiledBeside(path, payload)  # type: ignore[union-attr]
        del sys.argv[1:3]
    try:
        if sys.argv[1:2] == [_NEEDS_ENCRYPTION]:
            import_module("rmosh.transport.cryptography")  # which raises where there is no library
    except BootstrapError as error:
        from rmosh_server.command.complaints import print_error

        print_error(error)
        return 1
    from rmosh_server.cli import main as server

    return server()
