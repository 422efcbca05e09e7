"""The command line that starts rmosh-server on the far side, under whatever login shell runs it.

sshd hands the line to the user's login shell: sh, bash, zsh, fish, csh or anything else. Each of them agrees on
one thing only: single quotes around text without quotes, backslashes, `!` and newlines. So everything goes into one
such text for sh; what will not fit in is written in octal and brought back by printf. What sh does first is to print a
mark: where it never comes, the account runs no command for us.
"""

import re
import shlex
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from rmosh.compression import Compression
from rmosh.errors import BootstrapError, Stage
from rmosh.hello import Hello, format_hello

from .request import Request
from .settings import SshSettings

#: Longest command line in bytes: Linux takes 131072 for one argument, other systems share 32 kB with all the rest.
_MAX_COMMAND: Final = 30_000

_SAFE_IN_ANY_SHELL: Final = re.compile(r"[^'\\!\r\n]*")

#: What sh prints first, on a line of its own.
SHELL_MARK: Final = "RMOSH-SHELL"

#: Where people install programs of their own; a non-interactive shell's PATH often lacks both.
_SEARCH: Final = (
    'server=$(PATH="$PATH:$HOME/.local/bin:$HOME/bin"; command -v rmosh-server)'
    ' || { echo "rmosh-server: not found in $PATH, ~/.local/bin, ~/bin" >&2; exit 127; }'
)


def with_remote_command(request: Request, settings: SshSettings) -> Request:
    """Return the request with the RemoteCommand of the configuration, whole, where it names no command itself."""
    if request.command or not settings.remote_command:
        return request
    return replace(request, command=(settings.remote_command,))


def new_command(request: Request) -> str:
    """Return the line that runs `rmosh-server new`, or `attach`; both read a hello and announce where to go on.

    Raises:
        BootstrapError: it would be longer than systems allow.
    """
    return for_any_shell(_new_script(request))


def new_command_in_python(request: Request) -> str:
    """Return the same for an account whose login shell is Python.

    Raises:
        BootstrapError: it would be longer than systems allow.
    """
    return _bounded(f"import os; os.execvp('sh', ['sh', '-c', {_new_script(request)!a}])")


def _new_script(request: Request) -> str:
    wish = request.wish
    if wish.attach_to is not None:
        arguments = ["attach", *_guest_arguments(request), *([wish.attach_to] if wish.attach_to else [])]
    else:
        arguments = _new_arguments(request)
    return f"echo; echo {SHELL_MARK}; {_run_server(request.server, arguments)}"


def hello_input(hello: Hello) -> bytes:
    """Return the whole standard input of that command.

    The hello is there twice: a login script that reads a line (`read answer`) takes the first.
    """
    return 2 * f"{format_hello(hello)}\n".encode("ascii")


def _new_arguments(request: Request) -> list[str]:
    arguments = ["new", *_guest_arguments(request), "--port", request.udp_ports]
    if request.wish.name:
        arguments += ["--name", request.wish.name, "--or-attach"]
    if request.wish.idle_timeout:
        arguments += ["--idle-timeout", request.wish.idle_timeout]
    if request.command:
        arguments += ["--", *request.command]
    return arguments


def _guest_arguments(request: Request) -> list[str]:
    arguments = ["--hello", "--rows", str(request.rows), "--columns", str(request.columns)]
    wish = request.wish
    if wish.client:
        arguments += ["--client", wish.client]
    if wish.read_only:
        arguments.append("--read-only")
    if wish.detach_others:
        arguments.append("--detach-others")
    if wish.compression is not Compression.LAYOUT:  # what every server does unasked
        arguments += ["--compress", wish.compression.value]
    if wish.obscures_typing:
        arguments.append("--obscure-typing")
    return arguments


def errand_command(request: Request, arguments: Sequence[str]) -> str:
    """Return the line that runs `rmosh-server` with other arguments, such as `ls`.

    Raises:
        BootstrapError: it would be longer than systems allow.
    """
    return for_any_shell(_run_server(request.server, arguments))


def status_command(request: Request, session_id: bytes) -> str:
    """Return the line that asks what became of a session."""
    return for_any_shell(_run_server(request.server, ["status", session_id.hex()]))


def _run_server(server: str | None, arguments: Sequence[str]) -> str:
    words = shlex.join(arguments)
    if server is None:
        return f'{_SEARCH}; exec "$server" {words}'
    if server.startswith("~/"):
        return f'exec "$HOME"/{shlex.quote(server[2:])} {words}'
    return f"exec {shlex.quote(server)} {words}"


def for_any_shell(script: str) -> str:
    """Return a line that any login shell runs as `sh -c script`.

    Raises:
        BootstrapError: the script holds a NUL or is too long.
    """
    if "\0" in script:
        raise BootstrapError(Stage.USAGE, "a command cannot hold a NUL character")
    if _SAFE_IN_ANY_SHELL.fullmatch(script):
        line = f"sh -c '{script}'"
    else:
        octal = "".join(f"\\{byte:03o}" for byte in script.encode(errors="surrogateescape"))
        line = f"""sh -c 'eval "$(printf "{octal}")"'"""
    return _bounded(line)


def _bounded(line: str) -> str:
    if len(line.encode(errors="surrogateescape")) > _MAX_COMMAND:
        raise BootstrapError(
            Stage.USAGE,
            f"the command takes {len(line)} bytes on the way, at most {_MAX_COMMAND} are safe",
            hint="put it into a script on the host",
        )
    return line
