"""Lets us judge a host certificate before asyncssh does: it does not tell how one was signed.

asyncssh has no public way to this. Where the installed version looks different, `fits` says so, and no certificate is
asked for: the host then shows its plain key.
"""

import inspect
from collections.abc import Callable
from typing import Any, Final

import asyncssh
from asyncssh.connection import SSHConnection

_METHOD: Final = "_validate_openssh_host_certificate"
_PARAMETERS: Final = ["self", "host", "addr", "port", "cert"]


def fits() -> bool:
    """Whether the installed asyncssh has the internal that is wrapped."""
    method = getattr(SSHConnection, _METHOD, None)
    return method is not None and list(inspect.signature(method).parameters) == _PARAMETERS


def judge_first(connection: asyncssh.SSHClientConnection, judge: Callable[[Any], None]) -> None:
    """Show each host certificate to `judge` first, which raises ValueError against it."""
    validate = getattr(connection, _METHOD, None)
    if validate is None:
        return

    def judged(host: str, addr: str, port: int, cert: Any) -> Any:
        judge(cert)
        return validate(host, addr, port, cert)

    setattr(connection, _METHOD, judged)
