"""Answers what asyncssh asks during one login: is this host key right, what is the password."""

import time
from collections.abc import Callable, Sequence

import asyncssh

from rmosh.errors import BootstrapError, Malformed
from rmosh_client.bootstrap import host_certificate
from rmosh_client.bootstrap.host_key import HostKeyJudge
from rmosh_client.bootstrap.last_words import LastWords
from rmosh_client.bootstrap.letting_in import tell_when_let_in
from rmosh_client.bootstrap.offers import Offers
from rmosh_client.bootstrap.prompts import Prompts, printable
from rmosh_client.bootstrap.public_keys import read_certificate
from rmosh_client.bootstrap.session_bind import bind_session, hear_proof
from rmosh_client.bootstrap.settings import SshSettings
from rmosh_client.bootstrap.shortcuts import Shortcuts
from rmosh_client.bootstrap.stages import tell_ssh
from rmosh_client.forwarding.passed_on import LoginProof


class Dialogue(asyncssh.SSHClient):
    """Answers asyncssh's questions for one login; `direct` unless another SSH connection carries it.

    Attributes:
        host_key_checked: the host has shown a key that may be trusted.
        failure: why it may not; asyncssh itself only learns "no".
        proof: what it has proved itself with; None before that.
        offers: the keys that it was shown.

    Args:
        unusable: key files that were left out, and why: told before the first question, as that is why it is asked.
    """

    def __init__(
        self,
        settings: SshSettings,
        *,
        judge: HostKeyJudge,
        prompts: Prompts,
        say: Callable[[str], None],
        shortcuts: Shortcuts | None,
        direct: bool,
        agent: asyncssh.SSHAgentClient | None = None,
        unusable: Sequence[str] = (),
    ) -> None:
        self._settings = settings
        self._direct = direct
        self._agent = agent
        self._untold = list(unusable)
        self._judge = judge
        self._prompts = prompts
        self._say = say
        self._shortcuts = shortcuts
        self._questions: dict[str, int] = {}
        self._interactive_tries = 0
        self._was_challenged = False
        self._last_words = LastWords()
        self.offers = Offers()
        self.host_key_checked = False
        self.failure: BootstrapError | None = None
        self.proof: LoginProof | None = None

    @property
    def tried(self) -> tuple[str, ...]:
        """The methods that asked the user something, and how often."""
        return tuple(f"{count} x {method}" for method, count in self._questions.items())

    @property
    def took_shortcuts(self) -> bool:
        """Whether a broken connection may be a shortcut's fault."""
        return self._shortcuts is not None and self._shortcuts.taken

    @property
    def last_words(self) -> LastWords:
        """What the server said when it hung up."""
        return self._last_words

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        self._last_words.listen(conn)
        self.offers.listen(conn)
        host_certificate.judge_instead(conn, self._trusts_certificate)
        tell_when_let_in(conn, f"{self._settings.user}@{self._settings.alias}")
        hear_proof(conn, self._proved)
        if self._shortcuts is not None:
            self._shortcuts.install(conn)

    def _proved(self, proof: LoginProof) -> None:
        self.proof = proof
        if self._agent is not None:
            bind_session(self._agent, proof)

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        try:
            address = addr if self._direct else ""
            self._judge.judge(key_type=key.get_algorithm(), blob=key.public_data, address=address)
        except BootstrapError as error:
            self.failure = error
            return False
        self.host_key_checked = True
        tell_ssh(f"the host key of {self._settings.alias} is right: {key.get_algorithm()} {key.get_fingerprint()}")
        return True

    def _trusts_certificate(self, blob: bytes, key: bytes) -> bool:
        try:
            return self._judge.certificate_counts(read_certificate(blob), key=key, now=time.time())
        except BootstrapError as error:
            self.failure = error
            raise ValueError(str(error)) from error
        except Malformed as error:
            raise ValueError(str(error)) from error

    def begin_auth(self, username: str) -> None:
        self.host_key_checked = True
        self._judge.remember()
        if self._shortcuts is not None:
            self._shortcuts.begin_auth()

    def auth_banner_received(self, msg: str, lang: str) -> None:
        self._say(printable(msg).rstrip("\n"))

    def password_auth_requested(self) -> str | None:
        if not self._may_ask("password"):
            return None
        self._tell_if_wrong("password")
        self._count("password")
        return self._ask(f"Password for {self._settings.user}@{self._settings.alias}: ", echo=False)

    def kbdint_auth_requested(self) -> str | None:
        """Return "" to have it tried; a server that failed it without any question would do so again and again.

        Source: OpenSSH 9.2, sshconnect2.c, userauth_kbdint.
        """
        if not self._may_ask("keyboard-interactive") or self._interactive_tries >= self._settings.password_prompts:
            return None
        if self._interactive_tries and not self._was_challenged:
            return None
        self._tell_if_wrong("keyboard-interactive")
        self._interactive_tries += 1
        return ""

    def kbdint_challenge_received(
        self, name: str, instructions: str, lang: str, prompts: Sequence[tuple[str, bool]]
    ) -> list[str] | None:
        self._was_challenged = True
        for text in (name, instructions):
            if text.strip():
                self._say(printable(text).rstrip("\n"))
        if prompts:
            self._count("keyboard-interactive")
        answers = []
        for prompt, echo in prompts:
            question = f"({self._settings.user}@{self._settings.alias}) {printable(prompt)}"
            answer = self._ask(question, echo=echo)
            if answer is None:
                return None
            answers.append(answer)
        return answers

    def _may_ask(self, method: str) -> bool:
        if self._settings.batch or self._judge.key_changed or self.failure is not None:
            return False
        return self._questions.get(method, 0) < self._settings.password_prompts

    def _ask(self, question: str, *, echo: bool) -> str | None:
        while self._untold:
            self._say(f"rmosh: cannot use the key {self._untold.pop(0)}")
        try:
            return self._prompts.ask(question, echo=echo)
        except BootstrapError as error:
            self.failure = error
            return None

    def _tell_if_wrong(self, method: str) -> None:
        if self._questions.get(method):
            self._say("Permission denied, please try again.")

    def _count(self, method: str) -> None:
        self._questions[method] = self._questions.get(method, 0) + 1
