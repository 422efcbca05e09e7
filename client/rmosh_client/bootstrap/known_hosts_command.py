"""Asks the user's KnownHostsCommand for lines as known_hosts has them. Source: ssh_config(5), KnownHostsCommand."""

import re
import subprocess
from base64 import b64encode
from collections.abc import Sequence
from typing import Final

from rmosh.errors import BootstrapError, Stage
from rmosh_client.bootstrap.known_hosts import fingerprint

#: How the command is named where a line of its output is shown.
SOURCE: Final = "KnownHostsCommand"

#: Seconds it may take; ssh waits for ever, but a user then sees nothing at all.
_TIMEOUT: Final = 60.0

_TOKEN: Final = re.compile("%(.)")


def ask_for_order(words: Sequence[str], host: str) -> str:
    """Return what the command knows before any key was shown: it decides which types of keys are asked for.

    Raises:
        BootstrapError: it failed; ssh gives up then too.
    """
    return _run(words, {"I": "ORDER", "H": host, "f": "NONE", "K": "NONE", "t": "NONE"})


def ask_for_key(words: Sequence[str], name: str, *, key_type: str, blob: bytes) -> str:
    """Return what the command knows of a host that has shown a key.

    Raises:
        BootstrapError: it failed.
    """
    shown = {"f": fingerprint(blob), "K": b64encode(blob).decode(), "t": key_type}
    return _run(words, shown | {"I": "HOSTNAME", "H": name})


def _run(words: Sequence[str], values: dict[str, str]) -> str:
    values = values | {"%": "%"}
    command = [_TOKEN.sub(lambda token: values[token[1]], word) for word in words]
    try:
        answer = subprocess.run(  # noqa: S603 - the user's own configuration, as an argument vector
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=_TIMEOUT, check=False
        )
    except OSError as error:
        raise _failed(f"cannot be run: {(error.strerror or str(error)).lower()}") from error
    except subprocess.TimeoutExpired:
        raise _failed(f"did not end within {_TIMEOUT:.0f} s") from None
    if answer.returncode != 0:
        raise _failed(f"failed with status {answer.returncode}")
    return answer.stdout.decode(errors="replace")


def _failed(how: str) -> BootstrapError:
    return BootstrapError(
        Stage.HOST_KEY,
        f"the KnownHostsCommand of the SSH configuration {how}; nothing was sent",
        hint="without its answer nobody can tell whether this is the right host: fix it or remove it",
    )
