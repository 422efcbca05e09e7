"""An ssh-agent, an account and an rmosh-server of the tests' own."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Agent:
    """An ssh-agent of the test's own.

    Attributes:
        questions: a file that is there once the agent has asked whether a key may be used; it takes that as a yes.
    """

    environment: dict[str, str]
    questions: Path

    def add(self, key: Path, *options: str, passphrase: str = "") -> None:
        answer = key.parent / "answer"
        answer.write_text(f"#!/bin/sh\necho '{passphrase}'\n")
        answer.chmod(0o755)
        env = os.environ | self.environment | {"SSH_ASKPASS": str(answer), "SSH_ASKPASS_REQUIRE": "force"}
        subprocess.run(["ssh-add", "-q", *options, str(key)], env=env, check=True, stdin=subprocess.DEVNULL)


@dataclass(frozen=True)
class Account:
    name: str
    password: str
    home: Path

    def authorize(self, key: Path) -> None:
        """Let a key in, where sshd looks as this user: AuthorizedKeysFile has to say .ssh/authorized_keys."""
        (self.home / ".ssh").mkdir()
        shutil.copy(f"{key}.pub", self.home / ".ssh" / "authorized_keys")
        for path in (self.home / ".ssh", self.home / ".ssh" / "authorized_keys"):
            shutil.chown(path, self.name)


#: What a stand-in for rmosh-server says to a client, in sh: its announce line, bound to the hello as the real one's.
ANSWER_HELLO = (
    "read -r hello; arrival=${SSH_CONNECTION% *}; echo; echo RMOSH-ANNOUNCE 2 port=60001 session=0123456789abcdef"
    f" secret={'A' * 43}= arrival=${{arrival##* }} nonce=${{hello##*nonce=}}"
)


@dataclass(frozen=True)
class Announcer:
    """A stand-in for rmosh-server that only announces and notes how it was called."""

    script: Path
    notes: Path

    def seen(self) -> str:
        return self.notes.read_text()
