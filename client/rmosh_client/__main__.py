"""The entry point of the command `rmosh`, the same as `python -m rmosh_client`."""

import os
from typing import NoReturn

from rmosh_client import bytecode


def main() -> NoReturn:
    """Run the command and end the process."""
    bytecode.keep_bytecode(os.environ, bytecode.__spec__.cached if bytecode.__spec__ else None)
    from rmosh_client.command.cli import run_command  # only now: it imports nearly everything

    run_command()


if __name__ == "__main__":
    main()
