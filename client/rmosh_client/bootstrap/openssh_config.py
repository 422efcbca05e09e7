"""Evaluates the user's SSH configuration for a host: by asking `ssh -G`, else by a reader of our own.

`ssh -G` is the only reader that agrees with `ssh` in every Host, Match, Include and canonicalisation, and takes
4 ms. The second reader serves machines without an ssh command; it canonicalises no names.
"""

import os
import pwd
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from rmosh.errors import BootstrapError, Stage
from rmosh_client.bootstrap.config_files import CONFIG_FILES
from rmosh_client.bootstrap.expansion import CONNECTION_HASH_OPTION
from rmosh_client.bootstrap.names import check_names
from rmosh_client.bootstrap.option_table import OptionTable
from rmosh_client.bootstrap.prompts import printable
from rmosh_client.bootstrap.settings import SshSettings, settings_from
from rmosh_client.bootstrap.stages import tell_ssh

#: What `ssh -G` prints with its tokens expanded. Found out with OpenSSH 9.2.
_EXPANDED: Final = frozenset({"controlpath", "forwardagent", "identityagent", "remotecommand", "userknownhostsfile"})


def read_settings(
    destination: str,
    *,
    options: Sequence[str],
    config_file: str | None,
    environ: Mapping[str, str],
    command: Sequence[str] = (),
) -> SshSettings:
    """Return the settings for `[user@]host`; `options` (`Keyword=value`) come before any file.

    `command` is what `Match command` and `Match sessiontype` see. A `Match exec` is waited for, as ssh does: it may
    ask somebody to sign on.

    Raises:
        BootstrapError: the configuration is wrong, or the destination is not a host's name.
    """
    tell_ssh(f"reading {_files_in_words(config_file)}")
    table = read_options(destination, options=options, config_file=config_file, command=command)
    return settings_from(table, alias=destination.rpartition("@")[2], environ=environ)


def read_options(
    destination: str, *, options: Sequence[str], config_file: str | None, command: Sequence[str] = ()
) -> OptionTable:
    """Return what is set for `[user@]host`, as `read_settings` does, in the words of `ssh -G`.

    Raises:
        BootstrapError: the configuration is wrong, or the destination is not a host's name.
    """
    check_names(destination, options)
    user, _, host = destination.rpartition("@")
    if command:
        options = ("RemoteCommand=none", *options)  # ssh takes one of the two only
    try:
        return _ask_ssh(destination, options, config_file, command)
    except FileNotFoundError:
        return _read_ourselves(user, host, options, config_file, command)


def _files_in_words(config_file: str | None) -> str:
    """Return which files count, as far as they are there; others may be included by them."""
    if config_file is not None:
        return config_file
    there = [file for file in CONFIG_FILES if os.path.exists(os.path.expanduser(file))]
    return " and ".join(there) or "no SSH configuration, as there is none"


def _ask_ssh(
    destination: str, options: Sequence[str], config_file: str | None, remote_command: Sequence[str]
) -> OptionTable:
    command = ["ssh", "-G"]
    if config_file is not None:
        command += ["-F", config_file]
    command += ["-o", CONNECTION_HASH_OPTION]
    for option in options:
        command += ["-o", option]
    answer = subprocess.run(  # noqa: S603 - an argument vector, and the user's own words
        [*command, "--", destination, *remote_command], stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    if answer.returncode != 0:
        reason = answer.stderr.decode(errors="replace").strip() or f"exit status {answer.returncode}"
        raise BootstrapError(Stage.USAGE, f"ssh refuses {destination}: {printable(reason)}")
    return parse_evaluated(answer.stdout.decode(errors="replace"))


def parse_evaluated(text: str) -> OptionTable:
    """Read what `ssh -G` prints; one that leaves our own option's token as it was expands nothing."""
    values: dict[str, list[str]] = {}
    for line in text.splitlines():
        keyword, _, value = line.partition(" ")
        values.setdefault(keyword.lower(), []).append(value)
    expands = values.get("controlpath", []) != [CONNECTION_HASH_OPTION.partition("=")[2]]
    return OptionTable(values, expanded=_EXPANDED if expands else frozenset())


def _read_ourselves(
    user: str, host: str, options: Sequence[str], config_file: str | None, command: Sequence[str]
) -> OptionTable:
    from rmosh_client.bootstrap.spare_config import Target, read_without_ssh

    account = pwd.getpwuid(os.getuid())
    home = Path(account.pw_dir)
    files = [Path(config_file)] if config_file is not None else [Path(file).expanduser() for file in CONFIG_FILES]
    if config_file == "none":
        files = []
    elif config_file is not None and not files[0].is_file():
        raise BootstrapError(Stage.USAGE, f"there is no SSH configuration file {config_file}")
    there = [file for file in files if os.access(file, os.R_OK)]
    return read_without_ssh(Target(user, host, account.pw_name, command), options=options, files=there, home=home)
