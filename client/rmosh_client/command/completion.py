"""What Tab offers after `rmosh`, in bash, zsh and fish: options, hosts, and sessions that run on a host.

The one door to argcomplete, which is loaded only when a shell asks.
"""

import argparse
import getpass
import glob
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from rmosh.errors import BootstrapError, Stage
from rmosh.session_name import is_session_name
from rmosh_client.bootstrap.quiet_login import QuietLogin
from rmosh_client.command.option_completion import options_like
from rmosh_client.command.parsers import INSTEAD_OF_A_HOST, SHELLS

#: Set by the shell's side of argcomplete; its value tells how many words the command is.
VARIABLE: Final = "_ARGCOMPLETE"

#: Seconds that a host may take to tell its sessions. Reason: somebody waits with a finger on Tab.
_PATIENCE: Final = 3.0

#: Most bytes of an SSH configuration that are read for its hosts.
_MAX_CONFIG: Final = 1 << 20

#: Most configurations that are read, and how deep one may include another. Source of the depth: OpenSSH, readconf.c.
_MAX_FILES: Final = 64
_MAX_DEPTH: Final = 16

_LINE: Final = re.compile(r"^[ \t]*(host|user|include)[ \t=]+(.*)$", re.IGNORECASE | re.MULTILINE)

#: Where argcomplete's script for zsh shows what there is; where there is nothing, zsh knows files best: it keeps a ~.
_ZSH_SHOWS: Final = '_describe "${words[1]}" completions "${nosort[@]}" "${nospace[@]}"'
_ZSH_SHOWS_OR_FILES: Final = f"if (( ${{#completions}} )); then {_ZSH_SHOWS}; else _files; fi"

#: Destinations of options whose value is a file here.
_FILES: Final = ("i", "F", "E", "trace")


def script(shell: str) -> str:
    """Return what a shell must run to complete `rmosh`.

    Raises:
        BootstrapError: there is nothing for that shell.
    """
    if shell not in SHELLS:
        raise BootstrapError(
            Stage.USAGE, f"there is no completion for {shell!r}", hint=f"choose from {', '.join(SHELLS)}"
        )
    from argcomplete.shell_integration import shellcode

    return str(shellcode(["rmosh"], shell=shell)).replace(_ZSH_SHOWS, _ZSH_SHOWS_OR_FILES)


def complete(parser_of: Callable[[str], argparse.ArgumentParser]) -> None:
    """Answer the shell that asks and end the process; does nothing where none asks.

    Args:
        parser_of: the parser of `rmosh host` (""), or of what a word instead of the host does.
    """
    if VARIABLE not in os.environ:
        return
    from argcomplete.finders import CompletionFinder

    class Finder(CompletionFinder):
        """Answers bash as bash takes it: a word that has an @ in it is replaced from the @ on, not after it."""

        def quote_completions(self, completions: list[str], prequote: str, last_break: int | None) -> list[str]:
            if last_break is not None and all(word[last_break : last_break + 1] == "@" for word in completions):
                last_break -= 1
            return list(super().quote_completions(completions, prequote, last_break))

    words = os.environ.get("COMP_LINE", "").split(" ")
    word = words[1] if len(words) > 2 and words[1] in INSTEAD_OF_A_HOST else ""
    if word:
        os.environ[VARIABLE] = "2"
    parser = parser_of(word)
    for action in parser._actions:
        if action.dest in _COMPLETERS:
            action.completer = _COMPLETERS[action.dest]  # type: ignore[attr-defined]
        elif action.dest in _FILES and os.environ.get("_ARGCOMPLETE_SHELL") == "zsh":
            action.completer = _nothing  # type: ignore[attr-defined]
        elif action.dest == "host":
            action.completer = _hosts if word else _hosts_and_words  # type: ignore[attr-defined]
        elif action.dest == "files":
            action.completer = _files_and_hosts  # type: ignore[attr-defined]
    Finder()(parser, always_complete_options=False)


def _nothing(**_: Any) -> list[str]:
    """What is for the far side to know."""
    return []


def _hosts_and_words(prefix: str, **asked: Any) -> dict[str, str]:
    """Return them with what each does, which zsh and fish show beside it."""
    words = {word: what for word, what in INSTEAD_OF_A_HOST.items() if word.startswith(prefix)}
    return dict.fromkeys(_hosts(prefix, **asked), "Log in.") | words


def _files_and_hosts(prefix: str, **asked: Any) -> list[str]:
    """Return what `rmosh cp` may copy: files here, and hosts with the colon that a file there follows."""
    begin = prefix.rpartition("/")[2]
    before = prefix[: len(prefix) - len(begin)]
    try:
        names = [entry.name + "/" * entry.is_dir() for entry in os.scandir(os.path.expanduser(before) or ".")]
    except OSError:
        names = []
    hidden = begin.startswith(".")
    files = [before + name for name in names if name.startswith(begin) and (hidden or not name.startswith("."))]
    return files if "/" in prefix or ":" in prefix else [*files, *(f"{host}:" for host in _hosts(prefix, **asked))]


def _controls(prefix: str, **_: Any) -> list[str]:
    from rmosh_client.command.control import CONTROL_WORDS  # which only this needs of what logs in

    return [word for word in CONTROL_WORDS if word.startswith(prefix)]


def _jumps(prefix: str, **asked: Any) -> list[str]:
    before, comma, last = prefix.rpartition(",")
    return [before + comma + host for host in _hosts(last, **asked)]


def _hosts(prefix: str, *, parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    user, at, wanted = prefix.rpartition("@")
    hosts = dict.fromkeys(_configured("host", parsed_args))
    return [user + at + host for host in hosts if host.startswith(wanted)]


def _users(prefix: str, *, parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    users = dict.fromkeys([getpass.getuser(), *_configured("user", parsed_args)])
    return [user for user in users if user.startswith(prefix)]


def _options(prefix: str, **asked: Any) -> list[str]:
    values = {"ProxyJump": _jumps, "HostName": _hosts, "HostKeyAlias": _hosts, "User": _users}
    return options_like(prefix, {option: partial(offer, **asked) for option, offer in values.items()})


def _configured(keyword: str, parsed_args: argparse.Namespace) -> Iterator[str]:
    """Return the names after Host or User, in the user's configuration, or that of -F, and in what it includes."""
    chosen = getattr(parsed_args, "F", None)
    config = Path(os.path.expanduser(chosen)) if chosen else Path.home() / ".ssh" / "config"
    return _configured_in(config, keyword, set())


def _configured_in(config: Path, wanted: str, seen: set[Path], depth: int = 0) -> Iterator[str]:
    """Return the same for one file; `seen` are those read before."""
    if config in seen or len(seen) >= _MAX_FILES or depth > _MAX_DEPTH:
        return
    seen.add(config)
    try:
        with config.open(encoding="utf-8", errors="replace") as opened:
            text = opened.read(_MAX_CONFIG)
    except OSError:
        return
    for keyword, value in _LINE.findall(text):
        words = _words(value)
        if keyword.lower() == wanted:
            yield from (name for name in words if not set(name) & set('*?!"%') and not name.startswith("-"))
        elif keyword.lower() == "include":
            for file in _included(words):
                yield from _configured_in(file, wanted, seen, depth + 1)


def _words(value: str) -> list[str]:
    try:
        return shlex.split(value, comments=True)
    except ValueError:
        return value.split()


def _included(patterns: Sequence[str]) -> Iterator[Path]:
    """Return the files that an Include names, beside ~/.ssh/config unless it says where. Source: ssh_config(5)."""
    for pattern in patterns:
        where = Path.home() / ".ssh" / os.path.expanduser(pattern)
        yield from (Path(name) for name in sorted(glob.iglob(str(where))))


def _sessions(prefix: str, parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    """Ask the host, without a question to the user; nothing where it does not tell in time."""
    host = getattr(parsed_args, "host", None)
    if not host:
        return []
    given = (("-F", "F"), ("--server", "server"), ("-p", "p"), ("-l", "l"), ("-J", "J"))
    chosen = [(option, getattr(parsed_args, name, None)) for option, name in given]
    options = [word for option, value in chosen if value for word in (option, str(value))]
    words = [sys.executable, "-m", "rmosh_client", "ls", "--json", "--no-inject", "-o", "BatchMode=yes", *options, host]
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    login = QuietLogin(host, *options)
    try:
        with login.begun() as may_log_in:
            if not may_log_in:
                return []
            login.was_refused = True
            answer = subprocess.run(  # noqa: S603 - ourselves
                words, env=environment, capture_output=True, timeout=_PATIENCE, check=True, stdin=subprocess.DEVNULL
            ).stdout
            login.was_refused = False
    except (OSError, subprocess.SubprocessError):
        return []
    return [name for name in _session_names(answer) if name.startswith(prefix)]


def _session_names(untrusted: bytes) -> list[str]:
    """Read what a host tells of its sessions; a name that is none may be an option by which a shell runs something."""
    try:
        told = json.loads(untrusted)
        names = [str(session.get("name") or session.get("id", "")[:8]) for session in told]
    except (ValueError, RecursionError, AttributeError, TypeError):
        return []
    return [name for name in names if is_session_name(name)]


#: Destination of an option or a word -> what may be there.
_COMPLETERS: Final[dict[str, Callable[..., list[str]]]] = {
    "session": _sessions,
    "S": _sessions,
    "J": _jumps,
    "control": _controls,
    "command": _nothing,
    "l": _users,
    "o": _options,
}
