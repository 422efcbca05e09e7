"""Logs in over SSH, hop by hop; the one place that holds an asyncssh connection."""

import asyncio
import contextlib
import re
import socket
from collections.abc import Callable
from typing import Final

import asyncssh

from rmosh.errors import BootstrapError, Stage
from rmosh.lazy_dataclass import dataclass
from rmosh_client.bootstrap.agent_additions import add_used_keys
from rmosh_client.bootstrap.algorithms import algorithm_options, host_key_algorithms
from rmosh_client.bootstrap.dialogue import Dialogue
from rmosh_client.bootstrap.early_command import EarlyCommand
from rmosh_client.bootstrap.host_key import HostKeyJudge
from rmosh_client.bootstrap.identities import Identities, gather_identities
from rmosh_client.bootstrap.patience import said_if_long
from rmosh_client.bootstrap.prompts import NoPrompts, Prompts, printable
from rmosh_client.bootstrap.remote_process import RemoteCommand
from rmosh_client.bootstrap.route import Route
from rmosh_client.bootstrap.settings import SshSettings
from rmosh_client.bootstrap.shortcuts import Shortcuts
from rmosh_client.bootstrap.stages import tell_ssh
from rmosh_client.forwarding.passed_on import LoginProof

#: Seconds from the login's success to the answer about a command sent early: slow PAM modules take a few.
_EARLY_TIMEOUT: Final = 15.0

#: Seconds that a connection gets to say that it closes.
_PARTING: Final = 1.0

#: What OpenSSH says in place of its version to who is turned away. Source: OpenSSH 10.6, sshd.c and srclimit.c.
_TURNS_AWAY: Final = re.compile(r"Not allowed at this time|Exceeded MaxStartups")

#: Longest answer of a server that is not SSH shown to the user, in characters.
_MAX_SHOWN: Final = 500


class LoginBroken(BootstrapError):
    """The connection broke after shortcuts were taken: worth another try without them."""


@dataclass(frozen=True, slots=True)
class Login:
    """An open SSH connection to the target, where a command runs, and the connections it runs through.

    Attributes:
        proof: what the target has proved itself with, as far as that is to be had.
    """

    connection: asyncssh.SSHClientConnection
    process: "asyncssh.SSHClientProcess[bytes]"
    through: tuple[asyncssh.SSHClientConnection, ...] = ()
    proof: LoginProof | None = None

    def close(self) -> None:
        """Start closing; the event loop finishes it in the background."""
        for connection in (self.connection, *reversed(self.through)):
            connection.close()

    async def end(self) -> None:
        """Close it and wait until it is, as `OpenLogin` says."""
        self.close()
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.connection.wait_closed(), _PARTING)


async def log_in(
    route: Route,
    command: RemoteCommand,
    *,
    prompts: Prompts,
    say: Callable[[str], None],
    shortcuts: bool = True,
) -> Login:
    """Open SSH along the route and run a command at its end.

    Raises:
        BootstrapError: at the stages connect, host key and authentication, or server failed where no command may run.
    """
    early = EarlyCommand(command) if shortcuts else None
    passed: list[asyncssh.SSHClientConnection] = []
    proof = None
    try:
        for settings in route.hops:
            last = settings is route.target
            hop = _Hop(settings, prompts=prompts, say=say, shortcuts=shortcuts, early=early if last else None)
            passed.append(await hop.connect(through=passed[-1] if passed else None, stream=route.stream))
            proof = hop.proof
        *through, connection = passed
        process = await _running(connection, command, early, route.target)
        return Login(connection, process, tuple(through), proof)
    except BaseException:
        for connection in reversed(passed):
            connection.abort()
        route.stream.close()
        raise


async def _running(
    connection: asyncssh.SSHClientConnection,
    command: RemoteCommand,
    early: EarlyCommand | None,
    settings: SshSettings,
) -> "asyncssh.SSHClientProcess[bytes]":
    if early is None or early.process is None:
        starting, failure = command.start(connection, hurried=early is not None), BootstrapError
    else:
        starting, failure = asyncio.wait_for(early.process, _EARLY_TIMEOUT), LoginBroken
    try:
        return await starting
    except (asyncssh.Error, OSError, asyncio.TimeoutError) as error:
        reason = printable(str(error)).lower() or "no answer"
        raise failure(
            Stage.SERVER_FAILED,
            f"{settings.alias} lets nobody run a command: {reason}",
            hint="check ForceCommand and the account's shell there",
        ) from error


class _Hop:
    """The login at one host.

    Attributes:
        proof: what it has proved itself with; None where that is not to be had.
    """

    def __init__(
        self,
        settings: SshSettings,
        *,
        prompts: Prompts,
        say: Callable[[str], None],
        shortcuts: bool,
        early: EarlyCommand | None,
    ) -> None:
        self._settings = settings
        self._prompts: Prompts = NoPrompts() if settings.batch else prompts
        self._say = say
        self._judge = HostKeyJudge(settings, self._prompts, say=say)
        self._shortcuts = shortcuts
        self._early = early
        self.proof: LoginProof | None = None

    async def connect(
        self, *, through: asyncssh.SSHClientConnection | None, stream: socket.socket
    ) -> asyncssh.SSHClientConnection:
        identities = await gather_identities(self._settings, prompts=self._prompts, say=self._say)
        dialogue = Dialogue(
            self._settings,
            judge=self._judge,
            prompts=self._prompts,
            say=self._say,
            shortcuts=self._chosen_shortcuts(identities),
            direct=through is None,
            agent=identities.agent,
            unusable=identities.unusable,
        )
        settings = self._settings
        count = len(identities.pairs)
        tell_ssh(f"{count} key{'s' * (count != 1)} to offer to {settings.host} port {settings.port}")
        connecting = asyncio.ensure_future(self._connect(dialogue, identities, through, stream))
        guard = asyncio.get_running_loop().call_later(
            self._settings.handshake_timeout, lambda: dialogue.host_key_checked or connecting.cancel()
        )
        slow = f"rmosh: waiting for the SSH server of {settings.host} port {settings.port} to answer ..."
        try:
            with said_if_long(self._say, slow, is_over=lambda: dialogue.host_key_checked):
                connection = await connecting
            self.proof = dialogue.proof
            await add_used_keys(
                identities,
                self._settings.agent_rule,
                by_key=not dialogue.tried,
                prompts=self._prompts,
                say=self._say,
            )
            return connection
        except asyncio.CancelledError:
            if not dialogue.host_key_checked and connecting.cancelled() and guard.when() <= _now():
                raise self._silent(dialogue.last_words.before_version) from None
            raise
        except (asyncssh.Error, OSError, ValueError) as error:
            raise dialogue.failure or self._explained(error, dialogue, identities) from error
        finally:
            guard.cancel()
            identities.close()

    def _chosen_shortcuts(self, identities: Identities) -> Shortcuts | None:
        order = [method for method in _methods_in_order(self._settings) if method != "gssapi-with-mic"]
        return Shortcuts(identities.pairs, self._early) if self._shortcuts and order[:1] == ["publickey"] else None

    async def _connect(
        self,
        dialogue: Dialogue,
        identities: Identities,
        through: asyncssh.SSHClientConnection | None,
        stream: socket.socket,
    ) -> asyncssh.SSHClientConnection:
        settings = self._settings
        known = self._judge.known
        return await asyncssh.connect(
            settings.host,
            settings.port,
            config=None,
            sock=None if through else stream,
            tunnel=through,
            proxy_command=None,
            client_factory=lambda: dialogue,
            username=settings.user,
            client_keys=list(identities.pairs) or None,
            agent_path=None,
            known_hosts=([], [], []),  # all keys and certificates are judged by us (`Dialogue`)
            host_key_alias=settings.host_key_alias or None,
            server_host_key_algs=host_key_algorithms(settings, known),
            preferred_auth=_methods_in_order(settings),
            public_key_auth="publickey" in settings.methods,
            password_auth="password" in settings.methods,
            kbdint_auth="keyboard-interactive" in settings.methods,
            gss_auth="gssapi-with-mic" in settings.methods,
            gss_kex=False,
            host_based_auth=False,
            connect_timeout=None,
            login_timeout=0,
            encoding=None,
            **algorithm_options(settings),
        )

    def _silent(self, words: str) -> BootstrapError:
        return BootstrapError(
            Stage.CONNECT,
            f"{self._settings.host} port {self._settings.port} accepts connections but does not speak SSH:"
            f" no handshake within {self._settings.handshake_timeout:.0f} s"
            + (f'; it says "{words}"' if words else ""),
            hint="check the port; the host may also be overloaded or behind a captive portal",
        )

    def _hung_up_first(self, words: str) -> BootstrapError:
        """Return the error for a server that hung up before it told its version."""
        where = f"{self._settings.host} port {self._settings.port}"
        if _TURNS_AWAY.fullmatch(words):
            return _turned_away(self._settings.alias, words)
        if words:
            hint = "check the port: what answers there is no SSH server, or turns callers away in words of its own"
            return BootstrapError(Stage.CONNECT, f'{where} does not speak SSH: it says "{words}"', hint=hint)
        return BootstrapError(
            Stage.CONNECT,
            f"{where} hung up without a word of SSH",
            hint="check the port; SSH servers also do this under too many logins, or to addresses that they block",
        )

    def _explained(self, error: Exception, dialogue: Dialogue, identities: Identities) -> BootstrapError:
        host, user = self._settings.alias, self._settings.user
        reason = str(error) or type(error).__name__
        if isinstance(error, asyncssh.PermissionDenied):
            return self._denied(dialogue, identities)
        if isinstance(error, asyncssh.HostKeyNotVerifiable):
            return BootstrapError(
                Stage.HOST_KEY, f"the host key of {host} cannot be read: {printable(reason)}; nothing was sent"
            )
        if isinstance(error, asyncssh.ChannelOpenError):
            return BootstrapError(
                Stage.CONNECT,
                f"the jump host cannot reach {self._settings.host} port {self._settings.port}: {printable(reason)}",
                hint="check the name as the jump host sees it, and that it allows forwarding (AllowTcpForwarding)",
            )
        if isinstance(error, asyncssh.KeyExchangeFailed):
            return BootstrapError(
                Stage.CONNECT,
                f"{host} and rmosh share no algorithm: {printable(reason)}",
                hint="let the system's ssh log in: rmosh --ssh ssh ...",
            )
        words = dialogue.last_words
        if not words.speaks_ssh and words.listens and not dialogue.host_key_checked:
            return self._hung_up_first(words.before_version)
        if words.reason and dialogue.host_key_checked:
            return _hung_up(f"{user}@{host}", words.reason, keys=len(identities.pairs))
        if dialogue.tried and isinstance(error, ConnectionError | asyncssh.ConnectionLost):
            return BootstrapError(
                Stage.AUTHENTICATION,
                f"{host} hung up during a question: the time or the tries that it allows a login are used up",
                hint="log in again and answer sooner (see the server's LoginGraceTime and MaxAuthTries)",
            )
        stage = Stage.AUTHENTICATION if dialogue.host_key_checked else Stage.CONNECT
        return (LoginBroken if dialogue.took_shortcuts else BootstrapError)(
            stage,
            f"the SSH connection to {user}@{host} broke during the {stage.value} stage:"
            f" {printable(reason)[:_MAX_SHOWN].lower()}",
            hint="try again; `ssh -v` to the same host may show more",
        )

    def _denied(self, dialogue: Dialogue, identities: Identities) -> BootstrapError:
        settings = self._settings
        at_hand, shown = len(identities.pairs), dialogue.offers.count
        count = at_hand if shown is None else shown
        keys = [f"{count} key{'s' * (count != 1)}"] if count else []
        why = "none of the keys at hand can be used there" if at_hand else "there is no key"
        why = why if "publickey" in settings.methods else "keys are not allowed"
        tried = " and ".join([*keys, *dialogue.tried]) or f"nothing, as {why}"
        if self._judge.key_changed:
            hint = "passwords are not sent to a host whose key has changed"
        elif settings.batch:
            hint = "BatchMode allows no questions: load a key into ssh-agent"
        elif dialogue.tried:
            hint = "check the user name and the password (Caps Lock, the keyboard's layout), or log in with a key: -i"
        else:
            hint = "check the user name, `ssh-add -l` for the agent's keys, and -i for the right key file"
        return BootstrapError(
            Stage.AUTHENTICATION,
            f"permission denied for {settings.user}@{settings.alias}: tried {tried}"
            + "".join(f"; cannot use the key {key}" for key in identities.unusable)
            + "".join(f"; a key did not sign: {printable(reason).lower()}" for reason in dialogue.offers.failures),
            hint=hint,
        )


def _turned_away(host: str, words: str) -> BootstrapError:
    return BootstrapError(
        Stage.CONNECT,
        f'{host} hung up before any login: it says "{words}"',
        hint="wait a minute: SSH servers block an address for a while after failed logins, longer each time"
        " more, and turns callers away while too many are logging in; does something else listen there, check the port",
    )


def _hung_up(who: str, words: str, *, keys: int) -> BootstrapError:
    """A server that says why it ends a login would say so again: no shortcut was wrong."""
    return BootstrapError(
        Stage.AUTHENTICATION,
        f'{who} ended the login: it says "{words}"',
        hint=f"{keys} keys were there to offer; name the right one: -i FILE -o IdentitiesOnly=yes"
        if keys > 1
        else "`ssh -v` to the same host may tell more",
    )


def _methods_in_order(settings: SshSettings) -> list[str]:
    """Return authentication methods, strongest first unless the settings name an order."""
    usual = ("gssapi-with-mic", "publickey", "keyboard-interactive", "password")
    wanted = settings.preferred_methods or usual
    return [method for method in wanted if method in usual and method in settings.methods]


def _now() -> float:
    return asyncio.get_running_loop().time()
