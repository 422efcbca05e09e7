"""The wishes for sessions on this host: the administrator's /etc/rmosh/server.toml, then the user's own file.

client_timeout = "14d"     # forget a client that was not heard for so long: it attaches anew, the session goes on
idle_timeout = "30d"       # end a session that no client was at for so long; without it, it is kept
history_lines = 50000      # keep so many of the lines that scrolled off
history_bytes = 16777216   # ... and no more of them than take so many bytes of memory, packed
screen_checksums = true    # let programs ask for checksums of the screen (DECRQCRA), as terminal tests do
port_range = "60000:61000" # UDP ports to listen on, each session on one
bind = "192.0.2.7"         # listen for UDP at this address alone; "0.0.0.0" for all of IPv4
public_address = ["198.51.100.4"]  # where clients outside reach this host, if it does not know itself
public_port = "50000:51000"        # ... and by which ports; as many as port_range has
allow_tcp_forwarding = "local"     # ports: true, false, "local" (-L, -D, -W alone) or "remote" (-R alone)
allow_stream_local_forwarding = false   # sockets by their path, the same
permit_open = ["db.example:5432"]  # connect to these alone; * for any host or port
permit_listen = ["localhost:*"]    # listen at these alone
gateway_ports = "clientspecified"  # others than this host reach listeners: false, this, or true for always
allow_agent_forwarding = false     # forward no agent
x11_forwarding = false             # forward no display
shared_port = false        # a port for each session, though `rmosh-server port` keeps one for all; or that one's socket
fork_server = false        # have a process of its own from the start for each session, which takes more memory

A mistake in a file is told at the login and keeps nobody out. What it may have closed stays closed all the same: see
`narrowing.py`, which also says what a user may still wish where the administrator has said something.
"""

import os
from collections.abc import Mapping
from typing import Any, Final

from rmosh.lazy_dataclass import dataclass, field
from rmosh.near_words import nearest
from rmosh.settings_file import MAX_FILE_BYTES, check_kind, no_setting, parse_settings, told
from rmosh_server.command.host_settings import HostSettings
from rmosh_server.command.narrowing import SETTINGS, narrowed

#: The administrator's file.
ADMIN_FILE: Final = "/etc/rmosh/server.toml"

#: Where the user's is, below $XDG_CONFIG_HOME or ~/.config. Source: XDG Base Directory Specification.
SERVER_FILE: Final = os.path.join("rmosh", "server.toml")


@dataclass(slots=True)
class _File:
    """What a file says: what was understood, and what was not."""

    path: str
    understood: dict[str, Any] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)
    is_readable: bool = True


def read_settings(environment: Mapping[str, str], home: str, *, admin_file: str = ADMIN_FILE) -> HostSettings:
    """Read both files; what one says wrongly is as without it, unless it may have closed something."""
    admin = _read(admin_file)
    if not admin.is_readable:  # it may have said anything
        _close(admin, SETTINGS)
    directory = environment.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    user = _read(os.path.join(directory, SERVER_FILE))
    return narrowed(
        admin.understood,
        user.understood,
        admin_file=admin_file,
        remarks=(*told(admin.path, admin.mistakes), *told(user.path, user.mistakes)),
        user_file=user.path,
    )


def _read(path: str) -> _File:
    file = _File(path)
    try:
        with open(path, "rb", opener=_without_waiting) as opened:
            check_kind(os.fstat(opened.fileno()).st_mode)
            values = parse_settings(opened.read(MAX_FILE_BYTES + 1))
    except OSError as error:
        if _is_missing(path, error):
            return file
        return _File(path, mistakes=[error.strerror or str(error)], is_readable=False)
    except ValueError as error:
        return _File(path, mistakes=[str(error)], is_readable=False)
    for name, value in values.items():
        _take(file, name, value)
    return file


def _is_missing(path: str, error: OSError) -> bool:
    """Whether there is no such file: a link that leads nowhere, and a folder that is none, were meant to hold one."""
    if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return False
    folder = os.path.dirname(path)
    return not os.path.lexists(path) and (os.path.isdir(folder) or not os.path.lexists(folder))


def _take(file: _File, name: str, value: object) -> None:
    if name not in SETTINGS:
        file.mistakes.append(no_setting(name, SETTINGS))
        meant = nearest(name, SETTINGS)
        if meant:
            _close(file, (meant,))
        return
    try:
        file.understood[name] = SETTINGS[name].read(value)
    except ValueError as error:
        file.mistakes.append(f"{name}: {error}")
        _close(file, (name,))


def _close(file: _File, names: Mapping[str, object] | tuple[str, ...]) -> None:
    """Have what a mistake may have restricted be as narrow as it can be, unless the file says it elsewhere."""
    for name in names:
        if SETTINGS[name].if_mistaken is not None:
            file.understood.setdefault(name, SETTINGS[name].if_mistaken)


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)
