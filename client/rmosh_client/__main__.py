"""The entry point of the command `rmosh`, the same as `python -m rmosh_client`."""

import os
import signal
from typing import NoReturn

from rmosh_client import bytecode


def main() -> NoReturn:
    """Run the command and end the process; Ctrl-C ends it without a word of Python's as long as it loads."""
    is_heeded = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_heeded:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    bytecode.keep_bytecode(os.environ, bytecode.__spec__.cached if bytecode.__spec__ else None)
    from rmosh_client.loading import collecting_nothing  # only now: its bytecode is kept there as well

    with collecting_nothing():
        from rmosh_client.command.cli import run_command  # which imports nearly everything

    if is_heeded:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    run_command()


if __name__ == "__main__":
    main()
