"""An sshd at the server's end of a laboratory, so that there is something to log in to."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from ..addresses import SSH_PORT, Address
from ..sshd import Sshd
from . import plan
from .lab import Lab


@contextlib.contextmanager
def lab_sshd(lab: Lab) -> Iterator[Path]:
    """Run sshd; yield the ssh_config(5) file for clients that connect to `plan.SERVER_NAME`.

    Raises:
        Unavailable: there is no OpenSSH server here, or it does not start.
    """
    path = f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}"  # where rmosh-server is
    folder = lab.owner.folder / "sshd"
    lab.owner.make_traces()
    folder.mkdir(parents=True)
    listen = [Address(host, SSH_PORT) for host in (lab.server.ipv4, lab.server.ipv6) if host]
    relay = Address(plan.SERVER_NAME, SSH_PORT)
    with Sshd(folder, relay=relay, server_path=path, place=lab.server, listen=listen) as sshd:
        yield sshd.client_config
