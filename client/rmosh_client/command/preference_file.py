"""The user's file of habits: ~/.config/rmosh/client.toml, for all hosts at its top, and below for some.

predict = "always"

[host."*.example.org !dev.example.org"]   # patterns as after Host in ssh_config(5), held against the host as typed
server = "/opt/rmosh/bin/rmosh-server"

The first of several sections that fit and have a setting counts, as with ssh; what stands at the top comes last.
"""

import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from rmosh.lazy_dataclass import dataclass
from rmosh.near_words import nearest
from rmosh.settings_file import MAX_FILE_BYTES, check_kind, no_setting, parse_settings, told
from rmosh_client.bootstrap.patterns import matches

#: Where the file is, below $XDG_CONFIG_HOME or ~/.config. Source: XDG Base Directory Specification.
PREFERENCES_FILE: Final = os.path.join("rmosh", "client.toml")

#: The table that holds a section for each list of patterns.
_HOSTS: Final = "host"

#: What helps where there is something else.
_REMEDY: Final = f'write [{_HOSTS}."*.example.org"], and settings below it'


@dataclass(frozen=True, slots=True)
class PreferenceFile:
    """What the file says.

    Attributes:
        everywhere: at its top.
        sections: patterns of hosts, and what is for them, in the file's order.
    """

    path: str
    everywhere: Mapping[str, object]
    sections: Sequence[tuple[str, Mapping[str, object]]] = ()

    def values_for(self, host: str) -> dict[str, object]:
        """Return what it says of one host, by the name that was typed."""
        values = dict(self.everywhere)
        for patterns, section in reversed(self.sections):
            if fits(host, patterns):
                values.update(section)
        return values


def read_file(
    environ: Mapping[str, str], readers: Mapping[str, Callable[[object], object]]
) -> tuple[PreferenceFile, list[str]]:
    """Return what the file says, if there is one, and what to tell the user of its mistakes.

    Args:
        readers: for each setting what reads its value, or raises ValueError.
    """
    folder = environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    path = os.path.join(folder, PREFERENCES_FILE)
    try:
        values = parse_settings(_content(path))
    except FileNotFoundError:
        return PreferenceFile(path, {}), []
    except OSError as error:
        return PreferenceFile(path, {}), told(path, [error.strerror or str(error)])
    except ValueError as error:
        return PreferenceFile(path, {}), told(path, [str(error)])
    mistakes: list[str] = []
    hosts = values.pop(_HOSTS, {})
    if not isinstance(hosts, dict):
        mistakes.append(f"{_HOSTS}: {_REMEDY}")
        hosts = {}
    everywhere = _understood(values, readers, None, mistakes)
    sections = []
    for patterns, section in hosts.items():
        if isinstance(section, dict):
            sections.append((patterns, _understood(section, readers, patterns, mistakes)))
        else:
            mistakes.append(f"{_heading(patterns)} is no section: {_REMEDY}")
    return PreferenceFile(path, everywhere, sections), told(path, mistakes)


def _content(path: str) -> bytes:
    """Read the file, unless others may have written it: it names programs to run.

    Raises:
        OSError: it cannot be read.
        ValueError: it may be another's, or is no file.
    """
    with open(path, "rb", opener=_without_waiting) as opened:
        status = os.fstat(opened.fileno())
        check_kind(status.st_mode)
        if status.st_uid not in (0, os.getuid()) or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise ValueError(
                "others may write to it, or it is another user's: chown and chmod go-w make it yours alone"
            )
        return opened.read(MAX_FILE_BYTES + 1)


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def _understood(
    values: Mapping[str, object],
    readers: Mapping[str, Callable[[object], object]],
    patterns: str | None,
    mistakes: list[str],
) -> dict[str, object]:
    where = f"{_heading(patterns)} " if patterns is not None else ""
    understood = {}
    for name, value in values.items():
        if name in readers:
            try:
                understood[name] = readers[name](value)
            except ValueError as error:
                mistakes.append(f"{where}{name}: {error}")
        elif isinstance(value, dict):
            mistakes.append(_no_section(patterns, [name, *_lone_tables(value)]))
        else:
            mistakes.append(where + no_setting(name, readers))
    return understood


def _heading(patterns: str) -> str:
    return f"[{_HOSTS}.{patterns!r}]"


def _no_section(patterns: str | None, names: Sequence[str]) -> str:
    """Return what is wrong with a table: TOML takes the dots of a host's name for tables within tables."""
    if patterns is not None:
        written, meant = [_HOSTS, patterns, *names], [patterns, *names]
    else:
        misspelt = len(names) > 1 and nearest(names[0], [_HOSTS])
        written, meant = list(names), list(names[1:] if misspelt else names)
    return f"there is no section {'.'.join(written)!r}, did you mean {_heading('.'.join(meant))}?"


def _lone_tables(table: Mapping[str, object]) -> Iterator[str]:
    """Yield the names of tables that are alone, each in the one before."""
    while len(table) == 1:
        ((name, inner),) = table.items()
        if not isinstance(inner, dict):
            return
        yield name
        table = inner


def fits(host: str, patterns: str) -> bool:
    """Tell whether a list of patterns takes a host: one does, and none with a ! before it. Source: ssh_config(5)."""
    return matches(re.split(r"[\s,]+", patterns.strip()), host)
