"""Homes of the tests' own for sessions, which then read no start-up file of whoever runs the tests.

rmosh-server takes the home from the account, whatever its sshd sets; the `sitecustomize.py` beside this has a Python
take $HOME for it.
"""

import os
import shlex
import sys
from pathlib import Path

#: Variables with which a Python takes $HOME for its account's home.
VARIABLES = {"PYTHONPATH": os.pathsep.join(filter(None, (str(Path(__file__).parent), os.environ.get("PYTHONPATH"))))}

_EXPORTED = shlex.join("=".join(each) for each in VARIABLES.items())

#: Lines of sh that run rmosh-server like that, with the script's own arguments.
SERVER = f'export {_EXPORTED}\nexec {sys.executable} -m rmosh_server "$@"'


def write_server(script: Path) -> Path:
    """Write an rmosh-server whose sessions are at home in $HOME; return it."""
    script.write_text(f"#!/bin/sh\n{SERVER}\n")
    script.chmod(0o755)
    return script
