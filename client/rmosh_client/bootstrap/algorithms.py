"""Which of the configured algorithm names go to asyncssh, and in what order host key types are asked for."""

from typing import Final

from asyncssh.compression import get_compression_algs
from asyncssh.encryption import get_encryption_algs
from asyncssh.kex import get_kex_algs
from asyncssh.mac import get_mac_algs
from asyncssh.public_key import get_certificate_algs, get_default_public_key_algs, get_public_key_algs

from rmosh.errors import BootstrapError, Stage

from . import host_certificate
from .known_hosts import Known
from .settings import SshSettings

_CERTIFICATE: Final = "-cert-v01@openssh.com"

#: Signature algorithms of a key type that has several, strongest first. Source: RFC 8332.
_RSA_SIGNATURES: Final = ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa")


def algorithm_options(settings: SshSettings) -> dict[str, list[str]]:
    """Return asyncssh's arguments for what the settings allow; nothing where they leave it open.

    Raises:
        BootstrapError: the settings allow only what asyncssh cannot do.
    """
    kinds = {
        "kex_algs": ("kex", get_kex_algs()),
        "encryption_algs": ("cipher", get_encryption_algs()),
        "mac_algs": ("mac", get_mac_algs()),
        "signature_algs": ("signature", get_public_key_algs()),
    }
    chosen = {
        argument: _usable(kind, settings.algorithms.get(kind, ()), supported)
        for argument, (kind, supported) in kinds.items()
        if settings.algorithms.get(kind)
    }
    # An idle bootstrap gains nothing from compression: honoured only where the settings insist.
    names = ["zlib@openssh.com", "zlib", "none"] if settings.compression else ["none"]
    supported_compression = {name.decode() for name in get_compression_algs()}
    return chosen | {"compression_algs": [name for name in names if name in supported_compression]}


def _usable(kind: str, wanted: tuple[str, ...], supported: list[bytes]) -> list[str]:
    usable = [name for name in wanted if name.encode() in supported]
    if not usable:
        raise BootstrapError(
            Stage.CONNECT,
            f"none of the configured {kind} algorithms is supported: {', '.join(wanted)}",
            hint="allow another one, or let ssh log in: rmosh --ssh ssh ...",
        )
    return usable


def host_key_algorithms(settings: SshSettings, known: Known) -> list[str]:
    """Return host key algorithms, those of known keys first, so that a known key is what the server shows.

    Certificates are asked for only where an authority vouches for this host: any other certificate is worth no
    more than the plain key in it, which can at least be remembered.
    """
    supported = [name.decode() for name in get_public_key_algs() + get_certificate_algs()]
    usual = settings.algorithms.get("host key") or tuple(
        name.decode() for name in [*get_certificate_algs(), *get_default_public_key_algs()]
    )
    allowed = [name for name in usual if name in supported]
    plain = [name for name in allowed if not name.endswith(_CERTIFICATE)]
    wanted = known.authorities and host_certificate.fits()
    certificates = [name for name in allowed if name.endswith(_CERTIFICATE)] if wanted else []
    preferred = [name for name in plain if any(_signs_with(key, name) for key in known.key_types)]
    return certificates + preferred + [name for name in plain if name not in preferred]


def _signs_with(key_type: str, algorithm: str) -> bool:
    return algorithm == key_type or (key_type == "ssh-rsa" and algorithm in _RSA_SIGNATURES)
