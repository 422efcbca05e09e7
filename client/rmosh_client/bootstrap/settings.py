"""The SSH settings for one host, already evaluated; knows neither files nor the SSH library."""

import os
import pwd
import shlex
import socket
from collections.abc import Mapping
from enum import Enum
from fnmatch import fnmatchcase
from typing import Final, TypeVar

from rmosh.errors import BootstrapError, Stage
from rmosh.lazy_dataclass import dataclass
from rmosh_client.bootstrap.display_access import DisplayWish
from rmosh_client.bootstrap.expansion import Expansion, connection_hash, last_jump, tokens_of
from rmosh_client.bootstrap.forward_settings import forward_settings
from rmosh_client.bootstrap.option_table import OptionTable, seconds_of, unusable
from rmosh_client.bootstrap.uncarried import uncarried
from rmosh_client.forwarding.settings import ForwardSettings

#: SSH's port. Source: RFC 4253 section 4.
SSH_PORT: Final = 22

#: Tokens of a KnownHostsCommand that tell of the key a host has shown; `%%` waits with them. Source: ssh_config(5).
LATE_TOKENS: Final = frozenset("%fHIKt")

#: Seconds to wait for TCP where the configuration sets no ConnectTimeout: a phone's radio may take 10 to wake.
DEFAULT_CONNECT_TIMEOUT: Final = 30.0

#: Seconds from TCP connection to a checked host key: a link of 10 s round trips passes, a silent port does not.
DEFAULT_HANDSHAKE_TIMEOUT: Final = 45.0

#: Fewest bits of an RSA key. Source: ssh_config(5), RequiredRSASize.
DEFAULT_RSA_BITS: Final = 1024

#: How an authority may sign a host's certificate: not with SHA-1. Source: ssh_config(5), CASignatureAlgorithms.
DEFAULT_CERTIFICATE_SIGNATURES: Final = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "rsa-sha2-512",
    "rsa-sha2-256",
)

#: Seconds for which untrusted X11 programs are let through. Source: ssh_config(5), ForwardX11Timeout.
DEFAULT_X11_TIMEOUT: Final = 1200.0

#: Where xauth is unless the configuration says otherwise. Source: ssh_config(5), XAuthLocation, as packages build it.
DEFAULT_XAUTH: Final = "/usr/bin/xauth"

#: Password questions before giving up. Source: ssh_config(5), NumberOfPasswordPrompts.
DEFAULT_PASSWORD_PROMPTS: Final = 3

Value = TypeVar("Value")

_OFF: Final = ("no", "false")

_FAMILIES: Final = {"any": socket.AF_UNSPEC, "inet": socket.AF_INET, "inet6": socket.AF_INET6}


class HostKeyPolicy(Enum):
    """What to do about a host whose key is not known: ssh's StrictHostKeyChecking."""

    ASK = "ask"
    REFUSE = "yes"
    ACCEPT_NEW = "accept-new"
    ACCEPT_ALL = "no"


_POLICIES: Final = {
    "ask": HostKeyPolicy.ASK,
    "yes": HostKeyPolicy.REFUSE,
    "true": HostKeyPolicy.REFUSE,
    "accept-new": HostKeyPolicy.ACCEPT_NEW,
    "no": HostKeyPolicy.ACCEPT_ALL,
    "off": HostKeyPolicy.ACCEPT_ALL,
    "false": HostKeyPolicy.ACCEPT_ALL,
}


@dataclass(frozen=True, slots=True)
class AgentRule:
    """How a key that was opened goes to the agent: AddKeysToAgent.

    Attributes:
        asks: the user is asked before.
        confirms: the agent asks at each use.
        lifetime: seconds the agent keeps it; 0 for ever.
    """

    asks: bool
    confirms: bool
    lifetime: int


@dataclass(frozen=True, slots=True)
class SshSettings:
    """One hop of the way: where it is, how to trust it and how to prove oneself to it.

    Attributes:
        alias: the host as typed.
        host: the name or address to connect to.
        algorithms: allowed names in order of preference by kind: `kex`, `cipher`, `mac`,
            `host key`, `signature`, `certificate` (how an authority may sign one of a host).
        connect_timeout, handshake_timeout: seconds for TCP, and from there to a checked host key.
        connection_attempts: how often TCP is tried, one second apart.
        proxy_passes_socket: the proxy command does not carry the connection, it passes one on (ProxyUseFdpass).
        known_hosts_command: words of a command that knows hosts' keys too, without `LATE_TOKENS` expanded.
        asks_dns: VerifyHostKeyDNS wants an unknown key looked up in DNS.
        trusts_localhost: NoHostAuthenticationForLocalhost.
        rsa_bits: fewest bits of an RSA key, the host's or the user's.
        agent: path of the agent's socket; empty when there is none.
        forwarded_agent: path of the agent that programs there may use; None where they may use none, empty where there
            is none.
        display: how they may use the display; None where they may not.
        agent_rule: how keys that are opened are added to it; None where they are not.
        environment: what SendEnv and SetEnv give.
        methods: authentication methods that may be tried.
        preferred_methods: their order; empty for the usual one.
        forwarding: what is to be forwarded, and how.
        uncarried: what is asked of a session that a session here has not.
    """

    alias: str
    host: str
    port: int
    user: str
    family: int
    bind_address: str
    connect_timeout: float
    handshake_timeout: float
    connection_attempts: int
    proxy_jump: str
    proxy_command: str
    proxy_passes_socket: bool
    host_key_alias: str
    host_key_policy: HostKeyPolicy
    hash_known_hosts: bool
    user_known_hosts: tuple[str, ...]
    global_known_hosts: tuple[str, ...]
    known_hosts_command: tuple[str, ...]
    asks_dns: bool
    trusts_localhost: bool
    rsa_bits: int
    identity_files: tuple[str, ...]
    certificate_files: tuple[str, ...]
    identities_only: bool
    agent: str
    forwarded_agent: str | None
    display: DisplayWish | None
    agent_rule: AgentRule | None
    methods: frozenset[str]
    preferred_methods: tuple[str, ...]
    password_prompts: int
    batch: bool
    compression: bool
    algorithms: Mapping[str, tuple[str, ...]]
    environment: Mapping[str, str]
    remote_command: str
    forwarding: ForwardSettings
    uncarried: tuple[str, ...]

    @property
    def known_name(self) -> str:
        """The name known_hosts files this host under. Source: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT."""
        if self.host_key_alias:
            return self.host_key_alias.lower()
        host = self.host.lower()
        return host if self.port == SSH_PORT else f"[{host}]:{self.port}"

    @property
    def plain_name(self) -> str:
        """The same without the port, where older entries may be."""
        return (self.host_key_alias or self.host).lower()


def settings_from(table: OptionTable, *, alias: str, environ: Mapping[str, str]) -> SshSettings:
    """Build one host's settings from its evaluated options.

    Raises:
        BootstrapError: an option has a value that cannot be honoured.
    """
    _refuse_what_guards(table)
    local_user = pwd.getpwuid(os.getuid()).pw_name
    host, user = table.text("hostname", alias), table.text("user", local_user)
    port = int(table.number("port", SSH_PORT))
    host_key_alias = table.text("hostkeyalias").lower()
    known_as = host_key_alias or alias
    tokens = tokens_of(alias=alias, known_as=known_as, host=host, port=port, user=user, local_user=local_user)
    jump = last_jump(table.text("proxyjump"))
    expand = Expansion(tokens | {"j": jump, "C": connection_hash(table, tokens, jump)}, environ)
    return SshSettings(
        alias=alias,
        host=host,
        port=port,
        user=user,
        family=_choose(table, "addressfamily", _FAMILIES, socket.AF_UNSPEC),
        bind_address=table.text("bindaddress"),
        connect_timeout=table.seconds("connecttimeout", DEFAULT_CONNECT_TIMEOUT) or DEFAULT_CONNECT_TIMEOUT,
        handshake_timeout=table.seconds("connecttimeout", DEFAULT_HANDSHAKE_TIMEOUT) or DEFAULT_HANDSHAKE_TIMEOUT,
        proxy_jump=table.text("proxyjump"),
        proxy_command=expand.tokens_only(table.text("proxycommand")),
        proxy_passes_socket=table.flag("proxyusefdpass", default=False),
        host_key_alias=host_key_alias,
        host_key_policy=_choose(table, "stricthostkeychecking", _POLICIES, HostKeyPolicy.ASK),
        hash_known_hosts=table.flag("hashknownhosts", default=False),
        user_known_hosts=expand.listed(table, "userknownhostsfile"),
        global_known_hosts=tuple(map(expand.from_home, table.files("globalknownhostsfile"))),
        known_hosts_command=_known_hosts_command(table, expand),
        asks_dns=table.text("verifyhostkeydns", "no").lower() not in ("no", "false"),
        trusts_localhost=table.flag("nohostauthenticationforlocalhost", default=False),
        rsa_bits=int(table.number("requiredrsasize", DEFAULT_RSA_BITS)),
        identity_files=expand.all(table.many("identityfile")),
        certificate_files=expand.all(table.many("certificatefile")),
        identities_only=table.flag("identitiesonly", default=False),
        agent=_agent_socket(table, expand, environ),
        forwarded_agent=_forwarded_agent(table, expand, environ),
        display=_display(table, expand),
        agent_rule=_agent_rule(table),
        connection_attempts=max(1, int(table.number("connectionattempts", 1))),
        methods=_methods(table),
        preferred_methods=table.names("preferredauthentications"),
        password_prompts=int(table.number("numberofpasswordprompts", DEFAULT_PASSWORD_PROMPTS)),
        batch=table.flag("batchmode", default=False),
        compression=table.flag("compression", default=False),
        algorithms={
            "kex": table.names("kexalgorithms"),
            "cipher": table.names("ciphers"),
            "mac": table.names("macs"),
            "host key": table.names("hostkeyalgorithms"),
            "signature": table.names("pubkeyacceptedalgorithms"),
            "certificate": table.names("casignaturealgorithms") or DEFAULT_CERTIFICATE_SIGNATURES,
        },
        environment=_environment(table, environ),
        remote_command=expand.value(table, "remotecommand"),
        forwarding=forward_settings(table, expand),
        uncarried=uncarried(table),
    )


def _refuse_what_guards(table: OptionTable) -> None:
    """Refuse what guards a host's key or the way to it, where rmosh could only leave it out."""
    if table.text("revokedhostkeys"):
        raise BootstrapError(
            Stage.HOST_KEY,
            f"RevokedHostKeys is set to {table.text('revokedhostkeys')}, which rmosh cannot read",
            hint="mark the keys @revoked in known_hosts, or let ssh log in: rmosh --ssh ssh ...",
        )
    if table.text("bindinterface"):
        raise BootstrapError(
            Stage.CONNECT,
            f"BindInterface is set to {table.text('bindinterface')}, and rmosh cannot keep a session to one interface",
            hint="rmosh moves between networks: use ssh where it must not, or allow it with -o BindInterface=none",
        )


def _agent_socket(table: OptionTable, expand: Expansion, environ: Mapping[str, str]) -> str:
    default = environ.get("SSH_AUTH_SOCK", "")
    value = table.first("identityagent")
    if value is None or value == "SSH_AUTH_SOCK":
        return default
    if value.lower() == "none":
        return ""
    if value.startswith("$") and not value.startswith("${"):
        return environ.get(value[1:], "")
    return value if "identityagent" in table.expanded else expand.path(value)


def _forwarded_agent(table: OptionTable, expand: Expansion, environ: Mapping[str, str]) -> str | None:
    """Return the agent that is forwarded: the login's, or one that is named. Source: ssh_config(5), ForwardAgent."""
    value = table.text("forwardagent", "no")
    if value.lower() in _OFF:
        return None
    if value.lower() in ("yes", "true"):
        return _agent_socket(table, expand, environ)
    if value.startswith("$") and not value.startswith("${"):
        return environ.get(value[1:], "")
    return value if "forwardagent" in table.expanded else expand.path(value)


def _display(table: OptionTable, expand: Expansion) -> DisplayWish | None:
    if not table.flag("forwardx11", default=False):
        return None
    return DisplayWish(
        trusted=table.flag("forwardx11trusted", default=False),
        lasts=table.seconds("forwardx11timeout", DEFAULT_X11_TIMEOUT),
        xauth=expand.from_home(table.text("xauthlocation", DEFAULT_XAUTH)),
    )


def _agent_rule(table: OptionTable) -> AgentRule | None:
    words = table.text("addkeystoagent", "no").lower().split()
    if words in ([], ["no"], ["false"]):
        return None
    times = [word for word in words if word[0].isdecimal()]
    return AgentRule(asks="ask" in words, confirms="confirm" in words, lifetime=sum(map(seconds_of, times)))


def _known_hosts_command(table: OptionTable, expand: Expansion) -> tuple[str, ...]:
    """Return the command's words; each is expanded by itself, so that no value makes two of one."""
    value = table.text("knownhostscommand")
    try:
        words = shlex.split(value)
    except ValueError:
        raise unusable("knownhostscommand", value) from None
    if words and not words[0].startswith("/"):
        raise BootstrapError(
            Stage.USAGE,
            f"KnownHostsCommand is set to {value}, which is not an absolute path",
            hint="ssh runs only a path that begins with /",
        )
    return tuple(expand.all_but(LATE_TOKENS, word) for word in words)


def _methods(table: OptionTable) -> frozenset[str]:
    switches = {
        "publickey": "pubkeyauthentication",
        "password": "passwordauthentication",
        "keyboard-interactive": "kbdinteractiveauthentication",
        "gssapi-with-mic": "gssapiauthentication",
    }
    allowed = {method for method, keyword in switches.items() if table.text(keyword, "yes").lower() not in _OFF}
    wanted = table.names("preferredauthentications")
    return frozenset(allowed.intersection(wanted) if wanted else allowed)


def _environment(table: OptionTable, environ: Mapping[str, str]) -> dict[str, str]:
    """What the remote may see of our environment: what SendEnv and SetEnv say, the locale like all the rest."""
    patterns = [pattern for value in table.many("sendenv") for pattern in value.split()]
    sent = {name: value for name, value in environ.items() if any(fnmatchcase(name, pattern) for pattern in patterns)}
    pairs = (value.partition("=") for value in table.many("setenv"))
    return sent | {name: value for name, separator, value in pairs if separator}


def _choose(table: OptionTable, keyword: str, choices: Mapping[str, Value], default: Value) -> Value:
    value = table.text(keyword).lower()
    if not value:
        return default
    if value not in choices:
        raise unusable(keyword, value)
    return choices[value]
