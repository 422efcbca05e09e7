"""The command line that starts rmosh-server on the far side, under whatever login shell runs it.

sshd hands the line to the user's login shell: sh, bash, zsh, fish, csh or anything else. Each of them agrees on
one thing only: single quotes around text without quotes, backslashes, `!` and newlines. So everything goes into one
such text for sh; what will not fit in, sh reads from its standard input. What it does first is to print a mark: where
that never comes, the account runs no command for us.
"""

import re
import shlex
from collections.abc import Sequence
from typing import Final

from rmosh.compression import Compression
from rmosh.errors import BootstrapError, Stage
from rmosh.hello import Hello, format_hello
from rmosh.lazy_dataclass import dataclass, replace
from rmosh_client.bootstrap.far_python import run_without_installed
from rmosh_client.bootstrap.request import Request
from rmosh_client.bootstrap.settings import SshSettings

#: Longest command line in bytes: Linux takes 131072 for one argument, other systems share 32 kB with all the rest.
_MAX_COMMAND: Final = 30_000

#: Bytes that are no text (surrogates here) are kept away too: asyncssh takes a line as UTF-8 alone.
_SAFE_IN_ANY_SHELL: Final = re.compile(r"[^'\\!\r\n\ud800-\udfff]*")

#: What double quotes of sh do not take as it is; single quotes are left to the login shell's line.
_LIVE_IN_DOUBLE_QUOTES: Final = set("$`\"\\'!\r\n")

#: A newline for sh on one line: what puts it into a variable (the last ones of an output are cut off), and where.
_NEWLINE_HERE: Final = '"$newline"'
_NEWLINE: Final = 'newline=$(printf "\\nx"); newline=${newline%x}; '

#: What stands before a line for sh on its standard input, and what has sh run that line, past others: a login script
#: may have left something there, and the line after it is the same again, or the first of two that are.
_RUN_PREFIX: Final = "RMOSH-RUN "
_RUN_WHAT_IS_READ: Final = (
    f'while IFS= read -r line; do case $line in "{_RUN_PREFIX}"*) read -r same;'
    f' eval "${{line#{_RUN_PREFIX}}}";; esac; done'
)

#: What sh prints first, on a line of its own.
SHELL_MARK: Final = "RMOSH-SHELL"
_SHOW_MARK: Final = f"echo; echo {SHELL_MARK}; "

#: Where sh says which server it has found.
SERVER_MARK: Final = "RMOSH-SERVER"
_SHOW_SERVER: Final = f'echo "{SERVER_MARK} $server"; '

#: Where people and their package managers (Homebrew, MacPorts, FreeBSD's, Entware) install programs; the PATH of a
#: shell that is not interactive often lacks them all. Source: sshd of macOS gives /usr/bin:/bin:/usr/sbin:/sbin.
_MORE_PLACES: Final = ("~/.local/bin", "~/bin", "/usr/local/bin", "/opt/homebrew/bin", "/opt/local/bin", "/opt/bin")

_SEARCH: Final = (
    f'places="$PATH:{":".join(_MORE_PLACES).replace("~", "$HOME")}"; server=$(PATH=$places; command -v rmosh-server)'
)
_NOT_FOUND: Final = f'{{ echo "rmosh-server: not found in $PATH, {", ".join(_MORE_PLACES)}" >&2; exit 127; }}'


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A line for the login shell, and what the program that it runs reads first from its standard input.

    Attributes:
        stays_open: more may follow there.
    """

    text: str
    standard_input: bytes = b""
    stays_open: bool = False


def with_remote_command(request: Request, settings: SshSettings) -> Request:
    """Return the request with the RemoteCommand of the configuration, whole, where it names no command itself."""
    if request.command or request.is_tunnel or not settings.remote_command:
        return request
    return replace(request, command=(settings.remote_command,))


def new_command(request: Request, hello: Hello) -> CommandLine:
    """Return what runs `rmosh-server new`, or `attach`; both read a hello and announce where to go on.

    Raises:
        BootstrapError: it would be longer than systems allow.
    """
    line = for_any_shell(_new_script(request), first=_SHOW_MARK)
    stays_open = hello.stream or may_want_more(request)
    return replace(line, standard_input=line.standard_input + hello_input(hello), stays_open=stays_open)


def new_command_in_python(request: Request, hello: Hello) -> CommandLine:
    """Return the same for an account whose login shell is Python.

    Raises:
        BootstrapError: it would be longer than systems allow.
    """
    script = _SHOW_MARK + _new_script(request)
    line = _bounded(f"import os; os.execvp('sh', ['sh', '-c', {script!a}])")
    return CommandLine(line, hello_input(hello), stays_open=hello.stream or may_want_more(request))


def _new_script(request: Request) -> str:
    return _run_server(request, server_words(request))


def server_words(request: Request) -> list[str]:
    """Return what `rmosh-server` is run with for a session: `new` or `attach`, and how."""
    wish = request.wish
    if wish.attach_to is None:
        return _new_arguments(request)
    return ["attach", *_guest_arguments(request), *([wish.attach_to] if wish.attach_to else [])]


def hello_input(hello: Hello) -> bytes:
    """Return the hello twice: a login script that reads a line (`read answer`) takes the first."""
    return 2 * f"{format_hello(hello)}\n".encode("ascii")


def _new_arguments(request: Request) -> list[str]:
    if request.is_tunnel:
        return ["new", "--tunnel", "--hello", "--client", request.wish.client, "--port", request.udp_ports]
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


def errand_command(request: Request, arguments: Sequence[str]) -> CommandLine:
    """Return what runs `rmosh-server` with other arguments, such as `ls`.

    Raises:
        BootstrapError: it would be longer than systems allow.
    """
    return _errand(request, arguments)


def path_command(request: Request, client: bytes, hello: Hello) -> CommandLine:
    """Return what has the session of a client go on in the channel; it reads a hello too.

    Raises:
        BootstrapError: it would be longer than systems allow.
    """
    line = for_any_shell(_run_server(request, ["path", "--hello", client.hex()]))
    return replace(line, standard_input=line.standard_input + hello_input(hello), stays_open=True)


def status_command(request: Request, session_id: bytes) -> CommandLine:
    """Return what asks what became of a session."""
    return _errand(request, ["status", session_id.hex()])


def _errand(request: Request, arguments: Sequence[str]) -> CommandLine:
    line = for_any_shell(_run_server(request, arguments), first="" if request.server else _SHOW_MARK)
    return replace(line, stays_open=may_want_more(request))


def may_want_more(request: Request) -> bool:
    """Whether the far side may ask for the server itself."""
    return request.server is None and request.sends_server


def _run_server(request: Request, arguments: Sequence[str]) -> str:
    """Return a script that runs it with these words."""
    words = " ".join([_quoted(word) for word in arguments])
    server = request.server
    if server is None:
        missing = run_without_installed(
            not_found=_NOT_FOUND, shows=_SHOW_SERVER, sends=request.sends_server, keep_as=request.keep_server_as
        )
        script = f'set -- {words}; {_SEARCH} && {{ {_SHOW_SERVER}exec "$server" "$@"; }}; {missing}'
    elif server.startswith("~/"):
        script = f'exec "$HOME"/{_quoted(server[2:])} {words}'
    else:
        script = f"exec {_quoted(server)} {words}"
    return (_NEWLINE if _NEWLINE_HERE in script else "") + script


def _quoted(word: str) -> str:
    """Return a word for sh, without single quotes where that is possible, and on one line."""
    quoted = shlex.quote(word)
    if quoted == word or set(word) & _LIVE_IN_DOUBLE_QUOTES:
        return _NEWLINE_HERE.join([shlex.quote(part) for part in word.split("\n")])
    return f'"{word}"'


def for_any_shell(script: str, *, first: str = "") -> CommandLine:
    """Return what any login shell runs as `sh -c`: a script of one line, and another before it.

    Args:
        script: sh reads it from its standard input if it would need quotes that not all shells have. A login script
            that reads a line takes the first of two.

    Raises:
        BootstrapError: the script holds a NUL or is too long.
    """
    if "\0" in script:
        raise BootstrapError(Stage.USAGE, "a command cannot hold a NUL character")
    if _SAFE_IN_ANY_SHELL.fullmatch(script):
        return CommandLine(_bounded(f"sh -c '{first}{script}'"))
    told = _bounded(f"{_RUN_PREFIX}{script}\n")
    return CommandLine(f"sh -c '{first}{_RUN_WHAT_IS_READ}'", 2 * told.encode(errors="surrogateescape"))


def _bounded(line: str) -> str:
    if len(line.encode(errors="surrogateescape")) > _MAX_COMMAND:
        raise BootstrapError(
            Stage.USAGE,
            f"the command takes {len(line)} bytes on the way, at most {_MAX_COMMAND} are safe",
            hint="put it into a script on the host",
        )
    return line
