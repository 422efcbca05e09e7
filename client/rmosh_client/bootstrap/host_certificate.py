"""Lets us judge a host certificate instead of asyncssh.

It does not tell how one was signed, takes one that names nobody for good everywhere, knows no patterns in names, and
ends the login where one does not fit, although the plain key in it may be known.

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


def judge_instead(connection: asyncssh.SSHClientConnection, trusts: Callable[[bytes, bytes], bool]) -> None:
    """Have `trusts(certificate, key)` say whether a certificate counts; where not, its key is shown as a plain one.

    `trusts` raises ValueError where neither may be believed. asyncssh has checked the signature by then.
    """
    inner: Any = connection
    if not hasattr(inner, _METHOD):
        return

    def validate(host: str, addr: str, port: int, cert: Any) -> Any:
        if trusts(cert.public_data, cert.key.public_data):
            return cert.key
        if inner._owner is None or not inner._owner.validate_host_public_key(host, addr, port, cert.key):
            raise ValueError("Host key is not trusted")
        return cert.key

    setattr(inner, _METHOD, validate)
