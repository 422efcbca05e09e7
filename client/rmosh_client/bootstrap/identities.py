"""The keys to offer a host, in ssh's order: certificates, the agent's, then files; locked files ask when used."""

import base64
import binascii
import copy
import os
import stat
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import asyncssh

from rmosh.lazy_dataclass import dataclass
from rmosh_client.bootstrap.file_keys import LockedKey, OpenKey
from rmosh_client.bootstrap.prompts import NobodyThere, Prompts, printable
from rmosh_client.bootstrap.public_keys import rsa_bits
from rmosh_client.bootstrap.settings import SshSettings

_OPENSSH_MAGIC: Final = b"openssh-key-v1\0"

#: Largest key file read, in bytes; an RSA key of 16384 bits takes 13 kB.
_MAX_KEY_FILE: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Identities:
    """Key pairs in the order to offer them.

    Attributes:
        agent: to be closed after the login.
        unusable: key files that are left out, each with the reason: of use where no key lets the user in.
    """

    pairs: tuple[asyncssh.SSHKeyPair, ...]
    agent: asyncssh.SSHAgentClient | None = None
    unusable: tuple[str, ...] = ()

    def close(self) -> None:
        if self.agent is not None:
            self.agent.close()


async def gather_identities(settings: SshSettings, *, prompts: Prompts, say: Callable[[str], None]) -> Identities:
    """Return the keys that the settings allow; what cannot be read is left out."""
    if "publickey" not in settings.methods:
        return Identities(())
    agent, held = await _ask_agent(settings.agent)
    listed: list[asyncssh.SSHKeyPair] = []
    unusable: list[str] = []
    for file in map(Path, settings.identity_files):
        try:
            listed += _from_file(file, held, settings=settings, prompts=prompts, say=say)
        except asyncssh.KeyImportError as error:
            unusable.append(f"{file} ({printable(str(error)).lower()})")
    in_order = _in_order(listed, held, only_listed=settings.identities_only)
    if isinstance(prompts, NobodyThere):
        in_order = [pair for pair in in_order if not _is_token(pair)]
    plain = [pair for pair in in_order if _is_long_enough(pair, settings.rsa_bits, say)]
    return Identities(_without_repeats([*_certified(plain, settings), *plain]), agent, tuple(unusable))


def _is_long_enough(pair: asyncssh.SSHKeyPair, least: int, say: Callable[[str], None]) -> bool:
    bits = rsa_bits(pair.key_public_data)
    if bits is None or bits >= least:
        return True
    name = printable(pair.get_comment() or "without a name")
    say(f"rmosh: the RSA key {name} has {bits} bits, RequiredRSASize asks for {least}: it is not used")
    return False


def _without_repeats(pairs: Sequence[asyncssh.SSHKeyPair]) -> tuple[asyncssh.SSHKeyPair, ...]:
    first: dict[tuple[bytes, bytes], asyncssh.SSHKeyPair] = {}
    for pair in pairs:
        first.setdefault((pair.algorithm, pair.public_data), pair)
    return tuple(first.values())


def is_ready(pair: asyncssh.SSHKeyPair) -> bool:
    """Whether a signature costs the user nothing: no passphrase, no touch, no confirmation."""
    return pair.get_key_type() == "local" and not isinstance(pair, LockedKey) and not _is_token(pair)


def _is_token(pair: asyncssh.SSHKeyPair) -> bool:
    return pair.get_algorithm().startswith("sk-")


async def _ask_agent(
    path: str,
) -> tuple[asyncssh.SSHAgentClient | None, Sequence[asyncssh.SSHKeyPair]]:
    if not path:
        return None, ()
    try:
        agent = await asyncssh.connect_agent(path)
        return agent, tuple(await agent.get_keys())
    except (OSError, ValueError, asyncssh.Error):
        return None, ()


def _in_order(
    listed: Sequence[asyncssh.SSHKeyPair], held: Sequence[asyncssh.SSHKeyPair], *, only_listed: bool
) -> list[asyncssh.SSHKeyPair]:
    """Agent keys that are also listed, other agent keys, files. Source: ssh_config(5), IdentityFile."""
    blobs = {pair.public_data for pair in listed}
    others = [] if only_listed else [pair for pair in held if pair.public_data not in blobs]
    in_agent = [pair for pair in listed if pair.get_key_type() == "agent"]
    in_files = [pair for pair in listed if pair.get_key_type() != "agent"]
    return [*in_agent, *others, *in_files]


def _from_file(
    file: Path,
    held: Sequence[asyncssh.SSHKeyPair],
    *,
    settings: SshSettings,
    prompts: Prompts,
    say: Callable[[str], None],
) -> list[asyncssh.SSHKeyPair]:
    """Return the agent's key that the file names, else the one in it.

    Raises:
        asyncssh.KeyImportError: what is in it cannot be used.
    """
    public = _public_part(file)
    if public is not None:
        in_agent = [pair for pair in held if pair.public_data == public.public_data]
        if in_agent:
            return in_agent
    data = _read(file)
    if data is None:
        if file.exists():
            raise asyncssh.KeyImportError("it cannot be read")
        return []
    if b"PRIVATE KEY" not in data:
        raise asyncssh.KeyImportError("no private key is in it")
    if _open_to_others(file):
        say(f"rmosh: the private key {file} can be read by others and is not used; chmod 600 {file}")
        return []
    try:
        return [OpenKey(file, asyncssh.import_private_key(data))]
    except asyncssh.KeyEncryptionError:
        pass
    except asyncssh.KeyImportError as error:
        if not str(error).startswith("Passphrase"):
            raise
    if settings.batch:
        return []
    if public is None:
        if _blob_of_openssh_key(data) is not None:
            raise asyncssh.KeyImportError("unknown type of key")
        return _unlock_now(file, prompts)
    return [LockedKey(file, public, prompts=prompts, tries=settings.password_prompts)]


def _unlock_now(file: Path, prompts: Prompts) -> list[asyncssh.SSHKeyPair]:
    """An old PEM key without a public part beside it: there is nothing to offer before it is open."""
    passphrase = prompts.ask(f"Passphrase for the key {file}: ", echo=False)
    try:
        return [OpenKey(file, asyncssh.read_private_key(file, passphrase))] if passphrase else []
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
        return []


def _certified(pairs: Sequence[asyncssh.SSHKeyPair], settings: SshSettings) -> list[asyncssh.SSHKeyPair]:
    """Return each pair whose key a certificate file names, once for each certificate."""
    files = [*settings.certificate_files, *(f"{name}-cert.pub" for name in settings.identity_files)]
    certified = []
    for name in dict.fromkeys(files):
        try:
            certificate = asyncssh.read_certificate(name)
        except (OSError, asyncssh.KeyImportError):
            continue
        for pair in pairs:
            if pair.public_data == certificate.key.public_data:
                with_certificate = copy.copy(pair)
                with_certificate.set_certificate(certificate)
                certified.append(with_certificate)
                break
    return certified


def _public_part(file: Path) -> asyncssh.SSHKey | None:
    """Return the public key beside a private key, in its place, or from its unencrypted head."""
    for candidate in (Path(f"{file}.pub"), file):
        data = _read(candidate)
        if data is None or b"PRIVATE KEY" in data:
            continue
        try:
            return asyncssh.import_public_key(data)
        except asyncssh.KeyImportError:
            continue
    data = _read(file)
    blob = _blob_of_openssh_key(data) if data is not None else None
    if blob is None:
        return None
    (size,) = struct.unpack_from(">I", blob)
    try:
        return asyncssh.import_public_key(blob[4 : 4 + size] + b" " + base64.b64encode(blob) + b"\n")
    except asyncssh.KeyImportError:
        return None


def _blob_of_openssh_key(data: bytes) -> bytes | None:
    """Return the public blob of an OpenSSH private key. Source: OpenSSH, PROTOCOL.key."""
    lines = [line for line in data.splitlines() if not line.startswith(b"-----")]
    try:
        content = base64.b64decode(b"".join(lines), validate=True)
        if not content.startswith(_OPENSSH_MAGIC):
            return None
        offset = len(_OPENSSH_MAGIC)
        for _ in ("cipher", "kdf", "kdf options"):
            offset += 4 + int(struct.unpack_from(">I", content, offset)[0])
        offset += 4
        (size,) = struct.unpack_from(">I", content, offset)
        blob = content[offset + 4 : offset + 4 + size]
        return blob if size >= 4 and len(blob) == size else None
    except (binascii.Error, struct.error):
        return None


def _read(file: Path) -> bytes | None:
    try:
        with file.open("rb") as opened:
            return opened.read(_MAX_KEY_FILE)
    except OSError:
        return None


def _open_to_others(file: Path) -> bool:
    status = file.stat()
    return status.st_uid == os.getuid() and bool(stat.S_IMODE(status.st_mode) & 0o077)
