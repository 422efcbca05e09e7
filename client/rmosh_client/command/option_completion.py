"""What Tab offers after `-o`: the names of ssh_config(5) that count for a session, and the values that they take.

Names are taken in any case, as ssh does; the lists of algorithms are the installed ssh's own.
"""

import subprocess
from collections.abc import Callable, Mapping, Sequence
from typing import Final

_SWITCH: Final = ("yes", "no")

#: Name -> its values, where those are few. Source: ssh_config(5) of OpenSSH 9.2.
_VALUES: Final[Mapping[str, Sequence[str]]] = {
    "AddKeysToAgent": ("yes", "no", "ask", "confirm"),
    "AddressFamily": ("any", "inet", "inet6"),
    "BatchMode": _SWITCH,
    "BindAddress": (),
    "CASignatureAlgorithms": (),
    "CertificateFile": (),
    "CheckHostIP": _SWITCH,
    "Ciphers": (),
    "ClearAllForwardings": _SWITCH,
    "Compression": _SWITCH,
    "ConnectTimeout": (),
    "DynamicForward": (),
    "ExitOnForwardFailure": _SWITCH,
    "GatewayPorts": _SWITCH,
    "GSSAPIAuthentication": _SWITCH,
    "GlobalKnownHostsFile": (),
    "HashKnownHosts": _SWITCH,
    "HostKeyAlgorithms": (),
    "HostKeyAlias": (),
    "HostName": (),
    "IdentitiesOnly": _SWITCH,
    "IdentityAgent": ("none", "SSH_AUTH_SOCK"),
    "IdentityFile": ("none",),
    "KbdInteractiveAuthentication": _SWITCH,
    "KexAlgorithms": (),
    "KnownHostsCommand": ("none",),
    "LocalForward": (),
    "MACs": (),
    "NoHostAuthenticationForLocalhost": _SWITCH,
    "NumberOfPasswordPrompts": (),
    "PasswordAuthentication": _SWITCH,
    "PermitRemoteOpen": ("any", "none"),
    "Port": (),
    "PreferredAuthentications": ("publickey", "keyboard-interactive", "password", "gssapi-with-mic"),
    "ProxyCommand": ("none",),
    "ProxyJump": ("none",),
    "PubkeyAcceptedAlgorithms": (),
    "PubkeyAuthentication": _SWITCH,
    "RemoteCommand": ("none",),
    "RemoteForward": (),
    "RequiredRSASize": (),
    "RevokedHostKeys": ("none",),
    "SendEnv": (),
    "SetEnv": (),
    "StreamLocalBindMask": (),
    "StreamLocalBindUnlink": _SWITCH,
    "StrictHostKeyChecking": ("yes", "no", "ask", "accept-new"),
    "UpdateHostKeys": (*_SWITCH, "ask"),
    "User": (),
    "UserKnownHostsFile": ("none",),
    "VerifyHostKeyDNS": (*_SWITCH, "ask"),
}

#: Names whose value is a list of algorithms.
_ALGORITHMS: Final = frozenset(name for name in _VALUES if name.endswith("Algorithms")) | {"Ciphers", "MACs"}

#: Seconds that ssh may take to tell its algorithms. Reason: 10 ms are usual, and a finger is on Tab.
_PATIENCE: Final = 1.0


def options_like(prefix: str, others: Mapping[str, Callable[[str], Sequence[str]]]) -> list[str]:
    """Return what may be typed after `-o` that begins so.

    Args:
        others: name -> what its values may be, from their beginning, where the caller knows.
    """
    typed, equals, value = prefix.partition("=")
    if not equals:
        begun = [name for name in _VALUES if name.lower().startswith(typed.lower())]
        return [f"{typed}{name[len(typed) :]}=" for name in begun]
    name = next((known for known in _VALUES if known.lower() == typed.lower()), "")
    if name in others:
        return [f"{typed}={word}" for word in others[name](value)]
    before, comma, last = value.rpartition(",") if name in _ALGORITHMS else ("", "", value)
    values = _algorithms(name) if name in _ALGORITHMS else _VALUES.get(name, ())
    return [f"{typed}={before}{comma}{word}" for word in values if word.startswith(last)]


def _algorithms(name: str) -> list[str]:
    """Ask the installed ssh; nothing where there is none."""
    try:
        told = subprocess.run(  # noqa: S603 - a name from the table above
            ["ssh", "-Q", name],  # noqa: S607 - the ssh that the user runs
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return told.stdout.decode("ascii", "replace").split()
