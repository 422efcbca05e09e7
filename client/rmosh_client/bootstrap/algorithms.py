"""Which of the configured algorithm names go to asyncssh, and in what order host key types are asked for."""

from typing import Final

from asyncssh.compression import get_compression_algs
from asyncssh.encryption import get_default_encryption_algs, get_encryption_algs
from asyncssh.kex import get_default_kex_algs, get_kex_algs
from asyncssh.mac import get_default_mac_algs, get_mac_algs
from asyncssh.public_key import get_certificate_algs, get_default_public_key_algs, get_public_key_algs

from rmosh.errors import BootstrapError, Stage
from rmosh_client.bootstrap import host_certificate
from rmosh_client.bootstrap.known_hosts import Known
from rmosh_client.bootstrap.public_keys import CERTIFICATE_SUFFIX
from rmosh_client.bootstrap.settings import SshSettings

#: Signature algorithms of the key type ssh-rsa. Source: RFC 8332.
_RSA_SIGNATURES: Final = ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa")

#: The post-quantum exchange that OpenSSH (since 9.9) and asyncssh have in common.
_POST_QUANTUM: Final = "mlkem768x25519-sha256"

#: How names of post-quantum exchanges begin. Source: OpenSSH 10.6, `ssh -Q kex`.
_POST_QUANTUM_FAMILIES: Final = ("mlkem", "sntrup")

#: What every default list of OpenSSH has held since 7.3, and hardly one that was written by hand to allow less.
_IN_EVERY_DEFAULT: Final = frozenset(
    {
        "curve25519-sha256@libssh.org",
        "ecdh-sha2-nistp256",
        "ecdh-sha2-nistp384",
        "ecdh-sha2-nistp521",
        "diffie-hellman-group-exchange-sha256",
        "diffie-hellman-group16-sha512",
        "diffie-hellman-group18-sha512",
        "diffie-hellman-group14-sha256",
    }
)


def usual(keyword: str) -> tuple[str, ...]:
    """Return what counts where a keyword of the configuration is not set; empty for one that names no algorithms."""
    keys = [*get_certificate_algs(), *get_default_public_key_algs()]
    names = {
        "kexalgorithms": get_default_kex_algs(),
        "ciphers": get_default_encryption_algs(),
        "macs": get_default_mac_algs(),
        "hostkeyalgorithms": keys,
        "pubkeyacceptedalgorithms": keys,
    }
    return tuple(name.decode() for name in names.get(keyword, ()))


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
        argument: _usable(kind, wanted, supported)
        for argument, (kind, supported) in kinds.items()
        if (wanted := _exchanges(settings) if kind == "kex" else settings.algorithms.get(kind, ()))
    }
    # An idle bootstrap gains nothing from compression: honoured only where the settings insist.
    names = ["zlib@openssh.com", "zlib", "none"] if settings.compression else ["none"]
    supported_compression = {name.decode() for name in get_compression_algs()}
    return chosen | {"compression_algs": [name for name in names if name in supported_compression]}


def _exchanges(settings: SshSettings) -> tuple[str, ...]:
    """Return the configured exchanges, a post-quantum one before an older ssh's own ones.

    The session's secret travels inside: who records the login and can read it later reads the session too.
    """
    wanted = settings.algorithms.get("kex", ())
    if _POST_QUANTUM in wanted:
        return wanted
    if set(wanted) >= _IN_EVERY_DEFAULT or any(name.startswith(_POST_QUANTUM_FAMILIES) for name in wanted):
        return (_POST_QUANTUM, *wanted)
    return wanted


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
    """Return host key algorithms, those of known keys and authorities first, so that such a key is what comes.

    Certificates are asked for only where known_hosts has an authority for this host, or a revoked one: any other
    certificate is worth no more than the plain key in it, which can at least be remembered.
    Source of the order: OpenSSH 9.2, sshconnect2.c, order_hostkeyalgs.

    Raises:
        BootstrapError: the settings leave none.
    """
    supported = [name.decode() for name in get_public_key_algs() + get_certificate_algs()]
    wanted = settings.algorithms.get("host key") or usual("hostkeyalgorithms")
    are_judged = known.authorities or known.authorities_of_name or known.revoked
    takes_certificates = are_judged and host_certificate.fits()
    allowed = [name for name in wanted if name in supported and (takes_certificates or not _is_certified(name))]
    if not allowed:
        raise BootstrapError(
            Stage.HOST_KEY,
            f"HostKeyAlgorithms leaves nothing to ask {settings.alias} for: {', '.join(wanted)}",
            hint="certificates need an @cert-authority line for the host in known_hosts; else allow plain keys",
        )
    if _is_known(wanted[0], known):
        return allowed
    first = [name for name in allowed if _is_known(name, known) or (known.authorities and _is_certified(name))]
    return first + [name for name in allowed if name not in first]


def _is_certified(algorithm: str) -> bool:
    return algorithm.endswith(CERTIFICATE_SUFFIX)


def _is_known(algorithm: str, known: Known) -> bool:
    plain = algorithm.removesuffix(CERTIFICATE_SUFFIX)
    return ("ssh-rsa" if plain in _RSA_SIGNATURES else plain) in known.key_types
