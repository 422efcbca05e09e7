"""Starts a session with the system's ssh (`--ssh CMD`): ControlMaster, Kerberos, smart cards, anything it can do.

Knows nothing of asyncssh. The command is run as `CMD [-F file] [-o option]... -- host line`; it talks to the user
on the terminal itself. A machine that prints where the connection arrived stands in for the peer's address.
"""

import asyncio
import codecs
import contextlib
import io
import os
import shlex
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

from rmosh.errors import BootstrapError, Malformed, Stage
from rmosh.hello import Hello
from rmosh_client.bootstrap.addresses import addresses_by_name, name_from_here
from rmosh_client.bootstrap.announcement import Announced, AnnounceReader, Answer, parse_status, what_printed_it
from rmosh_client.bootstrap.asking import Asking
from rmosh_client.bootstrap.background import in_background
from rmosh_client.bootstrap.choice import SeveralMeant, with_choice
from rmosh_client.bootstrap.errand_output import ErrandOutput
from rmosh_client.bootstrap.exit_status import FAILED, signalled
from rmosh_client.bootstrap.login_channel import LoginChannel
from rmosh_client.bootstrap.missing_server import MissingServer
from rmosh_client.bootstrap.names import check_names
from rmosh_client.bootstrap.openssh_config import read_settings
from rmosh_client.bootstrap.passing_on import look_for_what_is_passed_on
from rmosh_client.bootstrap.prompts import NoPrompts, Prompts, TerminalPrompts, printable, say, say_nothing
from rmosh_client.bootstrap.quiet_login import NOT_NOW, QuietLogin
from rmosh_client.bootstrap.remote_command import CommandLine, new_command, status_command, with_remote_command
from rmosh_client.bootstrap.request import (
    Fate,
    Launch,
    PlainLogin,
    RawTerminal,
    Request,
    SessionStatus,
    Started,
    way_back,
)
from rmosh_client.bootstrap.settings import SshSettings
from rmosh_client.bootstrap.tries import announced, hello_from_here
from rmosh_client.bootstrap.uncarried import told
from rmosh_client.forwarding.settings import ForwardSettings
from rmosh_client.forwarding.specification import UDP_PREFIX, Flag
from rmosh_client.resolving.whereabouts import believable

#: Bytes read at once.
_CHUNK: Final = 8192

#: Most bytes kept of how a session fares. Reason: a login's own words before it, and some lines.
_MAX_STATUS: Final = 8192

#: Most bytes of standard error kept for an error message.
_MAX_STDERR: Final = 8192

#: How rmosh-server begins what it says, also in its place the line that looks for it.
_SERVER_SAYS: Final = "rmosh-server: "

#: Seconds for asking again; there is nobody to answer a question.
_ASK_TIMEOUT: Final = 60.0

#: What lets a line of ours run where the configuration has a RemoteCommand; ssh takes one of the two only.
_OUR_LINE: Final = "RemoteCommand=none"

#: What leaves forwarding to the session, which roams: this ssh would hold the ports, and lose them with its connection.
_FORWARDS_NOTHING: Final = "ClearAllForwardings=yes"

#: What keeps ssh from forwarding the agent and X11 itself, however it is told to: the session does.
_PASSES_NOTHING_ON: Final = ("-a", "-x")

#: What keeps the configuration's RequestTTY, which is the session's affair, from our line: its channel carries bytes.
_NO_TERMINAL: Final = "-T"


async def start_with_ssh(
    request: Request, ssh: str, asking: Asking, prompts: Prompts | None = None
) -> Launch | PlainLogin:
    """Log in with the command line `ssh`, start a server and return where it listens.

    Where the account runs no command, what is returned logs in once more, without one.

    Raises:
        BootstrapError: with the stage that failed.
    """
    reading = asyncio.wrap_future(in_background(partial(_read_settings, request)))
    traits = await asking.traits()
    settings = await reading
    asking.make_way()
    if missing := told(settings.uncarried, is_tunnel=request.is_tunnel):
        say(missing)
    if _has_forwards(ssh):
        say("rmosh: --ssh forwards nothing; give -L, -R and -D to rmosh itself: they move with the session then")
    passed_on = await look_for_what_is_passed_on(request, settings, say=say)
    hello = hello_from_here(settings.environment, traits, request, ssh=ssh, passed_on=passed_on)
    wanted = with_remote_command(request, settings)

    async def run_line(line: CommandLine) -> Answer:
        return await _ask_for_session(request, ssh, line, hello)

    async def asked_for(wanted: Request) -> Announced | None:
        return await announced(await run_line(new_command(wanted, hello)), wanted, request.destination, run_line)

    try:
        announced_there = await asked_for(wanted)
    except SeveralMeant as several:
        wanted = with_choice(wanted, several, NoPrompts() if settings.batch else prompts or TerminalPrompts())
        announced_there = await asked_for(wanted)
    if announced_there is None:
        return _PlainSession(request, ssh)
    announce, channel = announced_there.announce, announced_there.channel
    addresses = await asyncio.wrap_future(in_background(partial(addresses_by_name, settings, announce.arrival)))

    back = way_back(wanted, announce.session_id, ssh=ssh)
    name, forwarding = name_from_here(settings), settings.forwarding.with_more(request.forwarding)
    claimed = believable(announce.addresses, addresses, family=settings.family)
    started = Started(
        announce, addresses, back, name, settings.family, forwarding, passed_on=passed_on, claimed=claimed
    )
    return Launch(started, _LeftAlone(), channel)


async def _ask_for_session(request: Request, ssh: str, line: CommandLine, hello: Hello) -> Answer:
    process = await spawn_with_ssh(request, ssh, line)
    stderr = _Stderr(process)
    try:
        reader = await _until_announced(process, request, hello)
    except BaseException:
        end_ssh(process)
        raise
    if reader.line is not None:
        stderr.hush()
        return Answer(hello, reader, channel=_channel(process, hello, reader))
    status = await process.wait()
    await stderr.ended()
    if status == FAILED or not reader.shell_ran:
        stderr.show_all()
    if status == FAILED:
        raise BootstrapError(
            Stage.CONNECT, f"`{ssh}` could not log in to {request.destination}", hint="its own message is above"
        )
    return Answer(hello, reader, status if status >= 0 else None, stderr.kept)


def _channel(process: Process, hello: Hello, reader: AnnounceReader) -> LoginChannel | None:
    if process.stdin is None or process.stdout is None:
        return None
    return LoginChannel(process.stdout, process.stdin, hello.nonce, reader.behind, partial(end_ssh, process))


class _LeftAlone:
    """The login of an ssh that ends by itself, as the command that it runs does, or stays for others to use."""

    async def end(self) -> None:
        pass


class _PlainSession:
    """The same ssh without a command of ours, for an account that runs none."""

    def __init__(self, request: Request, ssh: str) -> None:
        self._request = request
        self._ssh = ssh

    async def run(self, terminal: RawTerminal, read_keys: Callable[[], bytes | None]) -> int:
        """Let ssh have the terminal until it ends, as `PlainLogin` says; it reads the keys itself."""
        options = [_OUR_LINE] if self._request.command else []
        forwards = [word for flag, text in _known_to_ssh(self._request.forwarding) for word in (flag, text)]
        words = [*_ssh_words(self._ssh, self._request, *options), *forwards, "-t", "--", self._request.destination]
        process = await _spawn([*words, *self._request.command], stdin=None, stdout=None, stderr=None)
        status = await process.wait()
        return status if status >= 0 else signalled(-status)


def _known_to_ssh(wanted: ForwardSettings) -> Iterator[tuple[str, str]]:
    for flag, texts in wanted.by_flag():
        yield from ((flag.value, text) for text in texts if not text.startswith(UDP_PREFIX))


def _has_forwards(ssh: str) -> bool:
    """Tell whether a command line wants its own ssh to forward something, which the login's ssh is not let do."""
    return any(word.startswith(tuple(flag.value for flag in Flag)) for word in shlex.split(ssh)[1:])


def _read_settings(request: Request) -> SshSettings:
    return read_settings(
        request.destination,
        options=request.ssh_options,
        config_file=request.config_file,
        environ=os.environ,
        command=request.command,
    )


def _ssh_words(ssh: str, request: Request, *options: str) -> list[str]:
    check_names(request.destination, request.ssh_options)
    words = shlex.split(ssh)
    if not words:
        raise BootstrapError(Stage.USAGE, "--ssh needs a command", hint='--ssh ssh, or --ssh "ssh -v"')
    if request.config_file is not None:
        words += ["-F", request.config_file]
    for option in (*options, *request.ssh_options):
        words += ["-o", option]
    return words


async def spawn_with_ssh(
    request: Request, ssh: str, line: CommandLine, *options: str, stderr: int | None = PIPE
) -> Process:
    """Start ssh with a remote command line, its outputs to be read.

    Raises:
        BootstrapError: it cannot be run.
    """
    options = (_OUR_LINE, _FORWARDS_NOTHING, *options)
    words = [
        *_ssh_words(ssh, request, *options),
        *_PASSES_NOTHING_ON,
        _NO_TERMINAL,
        "--",
        request.destination,
        line.text,
    ]
    process = await _spawn(words, stdin=PIPE if line.standard_input or line.stays_open else DEVNULL, stderr=stderr)
    _give_input(process, line)
    return process


async def _spawn(
    words: Sequence[str], *, stdin: int | None = DEVNULL, stdout: int | None = PIPE, stderr: int | None = PIPE
) -> Process:
    try:
        return await asyncio.create_subprocess_exec(*words, stdin=stdin, stdout=stdout, stderr=stderr)
    except OSError as error:
        raise BootstrapError(
            Stage.CONNECT,
            f"cannot run {words[0]}: {(error.strerror or str(error)).lower()}",
            hint="check --ssh, RMOSH_SSH, or ssh in client.toml",
        ) from error


def _give_input(process: Process, line: CommandLine) -> None:
    """Give ssh what the remote command reads first, as fast as it takes it; nobody waits for that."""
    if process.stdin is None or process.stdin.is_closing():  # ssh that has ended already says why
        return
    with contextlib.suppress(ConnectionError):
        process.stdin.write(line.standard_input)
        if not line.stays_open:
            process.stdin.close()


async def _until_announced(process: Process, request: Request, hello: Hello) -> AnnounceReader:
    """Read on while ssh lives: it may be waiting for the user, so there is no time limit."""
    assert process.stdout is not None
    host, reader = request.destination, AnnounceReader(hello)
    missing = MissingServer(request, host, hello, say=say)
    try:
        while reader.line is None and (data := await process.stdout.read(_CHUNK)):
            reader.feed(data)
            missing.await_shell(process.stdin)
            await missing.answer(reader.search, process.stdin, partial(_left, process))
    except Malformed as error:
        raise BootstrapError(
            Stage.ANNOUNCE, f"what {host} printed cannot be read: {error}", hint=what_printed_it(request)
        ) from error
    finally:
        missing.stop()
    return reader


def _left(process: Process) -> int:
    """Return how many bytes ssh has not taken yet."""
    return 0 if process.stdin is None else process.stdin.transport.get_write_buffer_size()


class _Stderr:
    """Shows ssh's messages until the session begins: after that the screen is not ours to write on.

    What rmosh-server says waits, from its first line on: the error at the end says it.
    """

    def __init__(self, process: Process) -> None:
        assert process.stderr is not None
        self._stream = process.stderr
        self._shows = True
        self._unshown = ""
        self._at_line_start = True
        self._task = asyncio.ensure_future(self._copy())
        self.kept = b""

    async def _copy(self) -> None:
        text = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")("replace"), translate=True)
        while data := await self._stream.read(_CHUNK):
            self.kept = (self.kept + data)[-_MAX_STDERR:]
            self._show(text.decode(data))
        self._show(text.decode(b"", final=True))
        if not self._unshown.startswith(_SERVER_SAYS):
            self.show_all()

    def _show(self, untrusted: str) -> None:
        self._unshown = (self._unshown + untrusted)[-_MAX_STDERR:]
        place = _server_words_at(self._unshown, at_line_start=self._at_line_start)
        self._print(self._unshown[:place])
        self._unshown = self._unshown[place:]

    def show_all(self) -> None:
        """Show what waits."""
        self._print(self._unshown)
        self._unshown = ""

    def _print(self, untrusted: str) -> None:
        """Print what could not steer the terminal: the far side's words are among ssh's own."""
        if untrusted and self._shows:
            self._at_line_start = untrusted.endswith("\n")
            sys.stderr.write(printable(untrusted))
            sys.stderr.flush()

    def hush(self) -> None:
        self._shows = False

    async def ended(self) -> None:
        await self._task


def _server_words_at(text: str, *, at_line_start: bool) -> int:
    """Return where the first line begins that is rmosh-server's, or may become so; the text's length for nowhere."""
    start = 0 if at_line_start else text.find("\n") + 1
    while at_line_start or start:
        line, newline, _ = text[start:].partition("\n")
        if line.startswith(_SERVER_SAYS) or (line and not newline and _SERVER_SAYS.startswith(line)):
            return start
        if not newline:
            break
        start += len(line) + 1
    return len(text)


def end_ssh(process: Process) -> None:
    """End an ssh that still runs."""
    if process.returncode is None:
        process.terminate()


async def ask_for_fate_with_ssh(request: Request, ssh: str, session_id: bytes) -> SessionStatus:
    """Run ssh without a question to anyone and ask what became of a session."""
    line = status_command(request, session_id)
    process: Process | None = None
    login = QuietLogin(request.destination, *request.ssh_options, request.config_file)
    try:
        with login.begun() as may_log_in:
            if not may_log_in:
                return NOT_NOW
            process = await spawn_with_ssh(request, ssh, line, "BatchMode=yes", stderr=DEVNULL)
            answer = await asyncio.wait_for(_said_until_it_ends(process, request), _ASK_TIMEOUT)
            login.was_refused = process.returncode == FAILED
            return parse_status(answer)
    except asyncio.TimeoutError:
        return SessionStatus(Fate.UNREACHABLE, reason=f"no answer within {_ASK_TIMEOUT:.0f} s")
    except BootstrapError as error:
        return SessionStatus(Fate.UNREACHABLE, reason=str(error))
    finally:
        if process is not None:
            end_ssh(process)


async def fate_with_ssh(request: Request, ssh: str, session_id: bytes, *options: str) -> SessionStatus:
    """Run ssh with these options and ask what became of a session.

    Raises:
        BootstrapError: nobody tells.
    """
    process = await spawn_with_ssh(request, ssh, status_command(request, session_id), *options, stderr=DEVNULL)
    try:
        return parse_status(await asyncio.wait_for(_said_until_it_ends(process, request), _ASK_TIMEOUT))
    except asyncio.TimeoutError:
        raise BootstrapError(Stage.SERVER_FAILED, f"no answer within {_ASK_TIMEOUT:.0f} s") from None
    finally:
        end_ssh(process)


async def _said_until_it_ends(process: Process, request: Request) -> bytes:
    assert process.stdout is not None
    told = ErrandOutput(MissingServer(request, request.destination, None, say=say_nothing), limit=_MAX_STATUS)
    said = await told.read(process.stdout, process.stdin)
    await process.wait()
    return said
