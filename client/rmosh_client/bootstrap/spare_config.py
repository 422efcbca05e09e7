"""Reads an SSH configuration where no ssh command is: asyncssh's reader with the options it leaves out."""

import socket
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from asyncssh.config import ConfigParseError, SSHClientConfig

from rmosh.errors import BootstrapError, Stage

from .option_table import OptionTable

#: Options that matter here and that asyncssh's reader skips.
_ADDED: Final = (
    "AddKeysToAgent",
    "BatchMode",
    "BindInterface",
    "ConnectionAttempts",
    "DynamicForward",
    "ForwardX11",
    "HashKnownHosts",
    "KnownHostsCommand",
    "LocalCommand",
    "LocalForward",
    "NoHostAuthenticationForLocalhost",
    "NumberOfPasswordPrompts",
    "PermitLocalCommand",
    "RemoteForward",
    "RequiredRSASize",
    "RevokedHostKeys",
    "StrictHostKeyChecking",
    "VerifyHostKeyDNS",
)

#: What OpenSSH looks for where no IdentityFile is set. Source: ssh_config(5), IdentityFile.
_IDENTITY_FILES: Final = ("id_rsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk")

_FAMILY_NAMES: Final[dict[object, str]] = {
    socket.AF_UNSPEC: "any",
    socket.AF_INET: "inet",
    socket.AF_INET6: "inet6",
}

#: Lists that `ssh -G` prints on one line.
_ONE_LINE_LISTS: Final = ("userknownhostsfile", "globalknownhostsfile")

_GLOBAL_KNOWN_HOSTS: Final = "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2"


#: Options whose value is all that follows, blanks and all.
_WHOLE_LINES: Final = frozenset(
    {"addkeystoagent", "dynamicforward", "knownhostscommand", "localcommand", "localforward", "remoteforward"}
)


class _Reader(SSHClientConfig):
    """asyncssh's reader, with a few more keywords; file names are expanded by our own settings."""

    _percent_expand = set()  # noqa: RUF012 - declared so by asyncssh
    _no_split = SSHClientConfig._no_split | _WHOLE_LINES
    _handlers = SSHClientConfig._handlers | {name.lower(): (name, SSHClientConfig._set_string) for name in _ADDED}


def read_without_ssh(
    *, user: str, host: str, options: Sequence[str], files: Sequence[Path], home: Path, local_user: str
) -> OptionTable:
    """Return the evaluated options; `options` win over `files`, earlier files over later ones.

    Raises:
        BootstrapError: an option or a file is wrong.
    """
    with tempfile.NamedTemporaryFile("w", prefix="rmosh-options-") as given:
        given.writelines(f"{option.replace('=', ' ', 1)}\n" for option in options)
        given.flush()
        paths = [Path(given.name), *files]
        try:
            read = _Reader.load(None, paths, False, False, False, local_user, user or (), host, ())
        except (ConfigParseError, OSError, UnicodeDecodeError) as error:
            raise BootstrapError(Stage.USAGE, f"cannot read the SSH configuration: {error}") from error
    values = {keyword: _printed(keyword, read.get(name)) for keyword, (name, _) in _Reader._handlers.items()}
    known = {keyword: value for keyword, value in values.items() if value is not None}
    return OptionTable(_defaults(home) | known)


def _defaults(home: Path) -> dict[str, list[str]]:
    ssh = home / ".ssh"
    return {
        "identityfile": [str(ssh / name) for name in _IDENTITY_FILES],
        "userknownhostsfile": [f"{ssh / 'known_hosts'} {ssh / 'known_hosts2'}"],
        "globalknownhostsfile": [_GLOBAL_KNOWN_HOSTS],
    }


def _printed(keyword: str, value: object) -> list[str] | None:
    """Return an option's value as `ssh -G` would print it; None where it is not set."""
    if value is None:
        return None
    if keyword == "addressfamily":
        return [_FAMILY_NAMES[value]]
    if keyword in _ONE_LINE_LISTS and isinstance(value, list):
        return [" ".join(value)]
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    if isinstance(value, list):
        return [str(item) for item in value]
    return [str(value)]
