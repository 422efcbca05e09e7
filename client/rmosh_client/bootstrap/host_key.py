"""Decides whether a host's key is to be trusted, asking the user where the settings say so."""

import os
import shlex
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from rmosh.errors import BootstrapError, Stage
from rmosh_client.bootstrap import known_hosts
from rmosh_client.bootstrap.known_hosts import Known, KnownKey, Text, fingerprint
from rmosh_client.bootstrap.known_hosts_command import SOURCE, ask_for_key, ask_for_order
from rmosh_client.bootstrap.patterns import pattern
from rmosh_client.bootstrap.prompts import Prompts, printable
from rmosh_client.bootstrap.public_keys import Certificate, can_be_read, rsa_bits
from rmosh_client.bootstrap.settings import HostKeyPolicy, SshSettings

_RULE: Final = "@" * 72


class HostKeyJudge:
    """Judges one host's keys and remembers the ones accepted.

    Attributes:
        known: what the known_hosts files say.
        key_changed: a changed key was let pass (StrictHostKeyChecking no): no password may be sent.
    """

    def __init__(self, settings: SshSettings, prompts: Prompts, *, say: Callable[[str], None]) -> None:
        self._settings = settings
        self._prompts = prompts
        self._say = say
        self._accepted: tuple[str, bytes] | None = None
        self.key_changed = False
        self._texts = known_hosts.read((*settings.user_known_hosts, *settings.global_known_hosts))
        # Which types of keys to ask for; the command is asked without a port here, as ssh does it.
        self.known: Known = self._look_up(self._asked_for_order(), settings.plain_name)

    def judge(self, *, key_type: str, blob: bytes, address: str) -> None:
        """Return where the key may be trusted.

        Raises:
            BootstrapError: it may not.
        """
        self._meet(key_type, blob)
        if self._settings.trusts_localhost and not self._settings.host_key_alias and _is_loopback(address):
            return
        if _holds(self.known.keys, blob):
            return
        if self.known.keys:
            self._changed(key_type, blob)
            return
        if _holds(self.known.keys_of_name, blob):
            return
        self._unknown(key_type, blob, address)
        self._accepted = (key_type, blob)

    def certificate_counts(self, certificate: Certificate, *, key: bytes, now: float) -> bool:
        """Return whether the host's certificate vouches for its key; else that is judged like any other.

        `now` is in seconds since 1970. Source: OpenSSH 10.6, sshconnect.c (check_host_key) and sshkey.c.

        Raises:
            BootstrapError: the key or the authority is revoked, or the key too short.
        """
        self._meet(certificate.key_type, key, certificate.authority)
        if not _holds(self.known.authorities + self.known.authorities_of_name, certificate.authority):
            return False
        fault = self._fault_of(certificate, now)
        if fault:
            self._say(f"rmosh: the host certificate of {self._settings.known_name} does not count: {fault}")
        return not fault

    def _fault_of(self, certificate: Certificate, now: float) -> str:
        name = self._settings.plain_name
        if certificate.signature not in self._settings.algorithms["certificate"]:
            return f"signed with {printable(certificate.signature)}, which CASignatureAlgorithms does not allow"
        if not certificate.is_hosts:
            return "it was made for a user"
        if now < certificate.valid_after:
            return "it is not valid yet"
        if now >= certificate.valid_before:
            return "it has expired"
        if not any(pattern(principal.lower()).fullmatch(name) for principal in certificate.principals):
            return f"it is not for {name}"
        return ""

    def remember(self) -> None:
        """Write an accepted key down; called once the host has proved that the key is its own."""
        if self._accepted is None or not self._settings.user_known_hosts:
            return
        (key_type, blob), self._accepted = self._accepted, None
        salt = os.urandom(known_hosts.SALT_BYTES) if self._settings.hash_known_hosts else None
        line = known_hosts.format_line(self._settings.known_name, key_type=key_type, blob=blob, salt=salt)
        file = Path(self._settings.user_known_hosts[0])
        try:
            known_hosts.append(file, line)
        except OSError as error:
            self._say(f"rmosh: cannot remember the key of {self._settings.known_name} in {file}: {error.strerror}")

    def _meet(self, key_type: str, blob: bytes, *authority: bytes) -> None:
        """Learn what is known of a host that shows this key; refuse one that is short or, as its authority, revoked."""
        self._check_length(blob)
        self.known = self._look_up(self._asked_for_key(key_type, blob), self._settings.known_name)
        for shown in (blob, *authority):
            if _holds(self.known.revoked, shown):
                raise self._revoked(shown)

    def _look_up(self, told: list[Text], asked_for: str) -> Known:
        """Return what the files know, and what a command has told of the name that it was asked for."""
        name, plain_name = self._settings.known_name, self._settings.plain_name
        written = known_hosts.look_up(name, self._texts, plain_name=plain_name, can_be_read=can_be_read)
        return written | known_hosts.look_up(asked_for, told, plain_name=asked_for, can_be_read=can_be_read)

    def _asked_for_order(self) -> list[Text]:
        words = self._settings.known_hosts_command
        return [(SOURCE, ask_for_order(words, self._settings.host))] if words else []

    def _asked_for_key(self, key_type: str, blob: bytes) -> list[Text]:
        words = self._settings.known_hosts_command
        name = self._settings.known_name
        return [(SOURCE, ask_for_key(words, name, key_type=key_type, blob=blob))] if words else []

    def _check_length(self, blob: bytes) -> None:
        bits, least = rsa_bits(blob), self._settings.rsa_bits
        if bits is not None and bits < least:
            raise BootstrapError(
                Stage.HOST_KEY,
                f"the RSA key of {self._settings.known_name} has {bits} bits, RequiredRSASize asks for {least};"
                " nothing was sent",
                hint="give the host another key: ssh-keygen -A creates those that are missing",
            )

    def _unknown(self, key_type: str, blob: bytes, address: str) -> None:
        policy, name = self._settings.host_key_policy, self._settings.known_name
        short, mark = _short_type(key_type), fingerprint(blob)
        if self._settings.asks_dns:
            raise BootstrapError(
                Stage.HOST_KEY,
                f"{name} is not in known_hosts, its {short} key is {mark}, and VerifyHostKeyDNS would have it looked up"
                " in DNS, which rmosh cannot do",
                hint="let ssh log in: rmosh --ssh ssh ...; or be asked: -o VerifyHostKeyDNS=no",
            )
        if not self._settings.user_known_hosts:
            raise BootstrapError(
                Stage.HOST_KEY,
                f"{name} is not in known_hosts, its {short} key is {mark}, and UserKnownHostsFile is none:"
                " nothing could remember it",
                hint="name a file: -o UserKnownHostsFile=~/.ssh/known_hosts",
            )
        if policy is HostKeyPolicy.REFUSE:
            raise BootstrapError(
                Stage.HOST_KEY,
                f"{name} is not in known_hosts, its {short} key is {mark}, and StrictHostKeyChecking is yes",
                hint="check the fingerprint and add the key, or connect with -o StrictHostKeyChecking=ask",
            )
        if policy is HostKeyPolicy.ASK and not self._user_trusts(name, short, mark, address):
            raise BootstrapError(
                Stage.HOST_KEY, f"the {short} key {mark} of {name} was not accepted", hint="nothing was sent to it"
            )
        if policy is not HostKeyPolicy.ASK:
            is_kept = self._settings.user_known_hosts[0] != os.devnull
            fate = "remembered" if is_kept else "taken unseen, and nothing remembers it"
            self._say(f"rmosh: {name} is new, its {short} key {mark} is {fate}")

    def _user_trusts(self, name: str, short: str, mark: str, address: str) -> bool:
        where = f" ({address})" if address and address not in name else ""
        question = (
            f"{name}{where} is not known yet: nothing proves that it is the right host.\n"
            f"Its {short} key has the fingerprint {mark}.\n"
            "Connect and remember this key (yes/no/fingerprint)? "
        )
        while True:
            answer = self._prompts.ask(question, echo=True)
            if answer is None:
                raise BootstrapError(
                    Stage.HOST_KEY,
                    f"{name} is not in known_hosts, its {short} key is {mark}, and nobody can be asked",
                    hint="connect once from a terminal, or use -o StrictHostKeyChecking=accept-new",
                )
            answer = answer.strip()
            if answer.lower() == "yes" or answer == mark:
                return True
            if answer.lower() == "no":
                return False
            question = "Type yes, no or the fingerprint you expect: "

    def _changed(self, key_type: str, blob: bytes) -> None:
        old = _most_alike(self.known.keys, key_type)
        self._say(self._warning(old, key_type, blob))
        if self._settings.host_key_policy is HostKeyPolicy.ACCEPT_ALL:
            self._say("rmosh: StrictHostKeyChecking is no: going on without any password")
            self.key_changed = True
            return
        raise BootstrapError(
            Stage.HOST_KEY,
            f"the key of {self._settings.known_name} is not the one in {old.place}; nothing was sent",
            hint=f"if the host was really set up anew: {self._how_to_forget(old)}",
        )

    def _how_to_forget(self, old: KnownKey) -> str:
        if old.file == SOURCE:
            return f"see to what the {SOURCE} prints"
        return f"ssh-keygen -f {shlex.quote(str(old.file))} -R '{self._settings.known_name}'"

    def _warning(self, old: KnownKey, key_type: str, blob: bytes) -> str:
        return "\n".join(
            (
                _RULE,
                f"WARNING: THE KEY OF {self._settings.known_name} HAS CHANGED".center(72).rstrip(),
                _RULE,
                "Somebody may be listening in: between you and the host, reading what you type.",
                "Or the host was set up anew. Ask its administrator before going on.",
                f"  expected  {_short_type(old.key_type):8} {fingerprint(old.blob)}",
                f"            from {old.place}",
                f"  received  {_short_type(key_type):8} {fingerprint(blob)}",
            )
        )

    def _revoked(self, blob: bytes) -> BootstrapError:
        place = next(key.place for key in self.known.revoked if key.blob == blob)
        return BootstrapError(
            Stage.HOST_KEY,
            f"the key {fingerprint(blob)} of {self._settings.known_name} is revoked in {place}; nothing was sent",
            hint="do not connect until the host's administrator has given it a new key",
        )


def _holds(keys: tuple[KnownKey, ...], blob: bytes) -> bool:
    return any(key.blob == blob for key in keys)


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _most_alike(keys: tuple[KnownKey, ...], key_type: str) -> KnownKey:
    return next((key for key in keys if key.key_type == key_type), keys[0])


def _short_type(key_type: str) -> str:
    """Return the family's name as people say it: ED25519, ECDSA, RSA."""
    name = key_type.removeprefix("sk-").removeprefix("ssh-").partition("@")[0]
    return name.partition("-")[0].upper()
