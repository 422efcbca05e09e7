"""What a serving process runs, and nothing else does: `rmosh-server -S -m rmosh_server.serving DESCRIPTOR`."""

import os
import sys

from rmosh.lean_typing import stand_in_for_typing

stand_in_for_typing()  # before anything imports it

from rmosh_server.serving.kinds import main  # noqa: E402

main(int(sys.argv[1]))
os._exit(0)  # nothing is left to be said: taking the interpreter apart would be 15 ms of processor time
