"""Private keys in files: open ones, and ones under a passphrase that is asked for when the server wants a signature."""

from pathlib import Path

import asyncssh

from rmosh_client.bootstrap.prompts import Prompts


class FileKey(asyncssh.SSHKeyPair):
    """A key pair whose private part is in a file.

    Attributes:
        file: where.
        used: the private key, once it has signed.
    """

    _key_type = "local"

    def __init__(self, file: Path, public: asyncssh.SSHKey) -> None:
        super().__init__(
            public.algorithm,
            public.algorithm,
            public.sig_algorithms,
            public.sig_algorithms,
            public.public_data,
            public.get_comment_bytes(),
            use_executor=public.use_executor,
        )
        self.file = file
        self.used: asyncssh.SSHKey | None = None

    def sign(self, data: bytes) -> bytes:
        """Sign.

        Raises:
            ValueError: the key cannot be had; the login goes on with the next one.
        """
        if self.used is None:
            self.used = self._private()
        return self.used.sign(data, self.sig_algorithm)

    def _private(self) -> asyncssh.SSHKey:
        raise NotImplementedError


class OpenKey(FileKey):
    """One that nothing keeps from being used."""

    def __init__(self, file: Path, private: asyncssh.SSHKey) -> None:
        super().__init__(file, private)
        self._key = private

    def _private(self) -> asyncssh.SSHKey:
        return self._key


class LockedKey(FileKey):
    """One under a passphrase."""

    def __init__(self, file: Path, public: asyncssh.SSHKey, *, prompts: Prompts, tries: int) -> None:
        super().__init__(file, public)
        self._prompts = prompts
        self._tries = tries

    def _private(self) -> asyncssh.SSHKey:
        for _ in range(self._tries):
            passphrase = self._prompts.ask(f"Passphrase for the key {self.file}: ", echo=False)
            if not passphrase:
                break
            try:
                return asyncssh.read_private_key(self.file, passphrase)
            except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
                continue
        raise ValueError(f"the key {self.file} stays locked")
