import pytest

from rmosh.errors import BootstrapError
from rmosh_client.bootstrap import host_certificate
from rmosh_client.bootstrap.algorithms import algorithm_options, host_key_algorithms
from rmosh_client.bootstrap.known_hosts import Known, KnownKey
from rmosh_client.bootstrap.openssh_config import parse_evaluated
from rmosh_client.bootstrap.settings import SshSettings, settings_from

CERTIFICATE = "ssh-ed25519-cert-v01@openssh.com"


def settings(*lines: str) -> SshSettings:
    return settings_from(parse_evaluated("\n".join(lines)), alias="box", environ={})


def key(key_type: str) -> KnownKey:
    return KnownKey(key_type, b"", "known_hosts", 1)


def test_names_that_are_not_supported_are_left_out_and_the_order_kept() -> None:
    options = algorithm_options(settings("ciphers aes256-ctr,made-up,aes128-ctr", "kexalgorithms curve25519-sha256"))
    assert options["encryption_algs"] == ["aes256-ctr", "aes128-ctr"]
    assert options["kex_algs"] == ["curve25519-sha256"]
    assert "mac_algs" not in options


#: `ssh -G`, kexalgorithms: OpenSSH 8.0, and what 9.2 puts before.
OPENSSH_8_0 = (
    "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,"
    "diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,"
    "diffie-hellman-group14-sha256,diffie-hellman-group14-sha1"
)
SNTRUP = "sntrup761x25519-sha512@openssh.com"


@pytest.mark.parametrize("listed", [OPENSSH_8_0, f"{SNTRUP},{OPENSSH_8_0}", f"{SNTRUP},curve25519-sha256"])
def test_an_exchange_is_post_quantum_also_beside_an_ssh_that_does_not_know_the_servers(listed: str) -> None:
    # OpenSSH 9.2 and a server of 10.6 agree on sntrup761, which asyncssh 2.24 lacks.
    assert algorithm_options(settings(f"kexalgorithms {listed}"))["kex_algs"][0] == "mlkem768x25519-sha256"


def test_an_exchange_stays_where_the_settings_have_it_and_out_of_a_list_that_was_cut_down() -> None:
    own = "curve25519-sha256,mlkem768x25519-sha256"
    assert algorithm_options(settings(f"kexalgorithms {own}"))["kex_algs"] == own.split(",")
    assert algorithm_options(settings("kexalgorithms ecdh-sha2-nistp384"))["kex_algs"] == ["ecdh-sha2-nistp384"]


def test_settings_that_allow_nothing_we_can_do_are_told() -> None:
    with pytest.raises(BootstrapError, match="none of the configured mac algorithms"):
        algorithm_options(settings("macs made-up"))


def test_sha1_signatures_are_made_only_where_they_are_allowed() -> None:
    allowed = algorithm_options(settings("pubkeyacceptedalgorithms rsa-sha2-256,ssh-rsa"))
    assert allowed["signature_algs"] == ["rsa-sha2-256", "ssh-rsa"]


def test_compression_is_used_only_where_asked_for() -> None:
    assert algorithm_options(settings())["compression_algs"] == ["none"]
    assert algorithm_options(settings("compression yes"))["compression_algs"][0] == "zlib@openssh.com"


def test_types_of_known_keys_are_asked_for_first() -> None:
    wanted = settings(f"hostkeyalgorithms {CERTIFICATE},ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-512,rsa-sha2-256")
    names = host_key_algorithms(wanted, Known(keys=(key("ssh-rsa"),)))
    assert names == ["rsa-sha2-512", "rsa-sha2-256", "ssh-ed25519", "ecdsa-sha2-nistp256"]


def test_certificates_are_asked_for_only_where_an_authority_is_known() -> None:
    wanted = settings(f"hostkeyalgorithms ssh-ed25519,{CERTIFICATE}")
    assert host_key_algorithms(wanted, Known()) == ["ssh-ed25519"]
    assert host_key_algorithms(wanted, Known(authorities=(key("ssh-ed25519"),))) == [CERTIFICATE, "ssh-ed25519"]


def test_the_order_of_the_settings_stands_where_their_best_type_is_known() -> None:
    # OpenSSH 9.2, order_hostkeyalgs.
    names = ["ecdsa-sha2-nistp256", "ssh-ed25519", "rsa-sha2-512"]
    known = Known(keys=(key("ssh-rsa"), key("ecdsa-sha2-nistp256")))
    assert host_key_algorithms(settings(f"hostkeyalgorithms {','.join(names)}"), known) == names


def test_certificates_come_after_known_keys_where_they_are_asked_for_a_revoked_authority() -> None:
    # OpenSSH 9.2: it refuses a host whose certificate a revoked authority has signed.
    wanted = settings(f"hostkeyalgorithms {CERTIFICATE},ssh-ed25519,rsa-sha2-512")
    known = Known(keys=(key("ssh-rsa"),), revoked=(key("ssh-ed25519"),))
    assert host_key_algorithms(wanted, known) == ["rsa-sha2-512", CERTIFICATE, "ssh-ed25519"]


def test_known_keys_come_before_what_an_authority_of_the_plain_name_may_vouch_for() -> None:
    # OpenSSH 9.2 and 10.6; the other way round the key of a certificate that does not count would be a changed one.
    wanted = settings(f"hostkeyalgorithms {CERTIFICATE},ssh-ed25519,rsa-sha2-512")
    known = Known(keys=(key("ssh-rsa"),), authorities_of_name=(key("ssh-ed25519"),))
    assert host_key_algorithms(wanted, known) == ["rsa-sha2-512", CERTIFICATE, "ssh-ed25519"]


def test_the_installed_asyncssh_shows_a_host_certificate_before_it_believes_it() -> None:
    assert host_certificate.fits()


def test_no_certificate_is_asked_for_where_nobody_could_judge_how_it_was_signed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = Known(authorities=(key("ssh-ed25519"),))
    assert CERTIFICATE in host_key_algorithms(settings(), known)
    monkeypatch.setattr(host_certificate, "fits", lambda: False)
    assert CERTIFICATE not in host_key_algorithms(settings(), known)


@pytest.mark.parametrize("names", [CERTIFICATE, "ssh-made-up"])
def test_settings_that_leave_no_type_of_host_key_are_told(names: str) -> None:
    with pytest.raises(BootstrapError, match="HostKeyAlgorithms leaves nothing"):
        host_key_algorithms(settings(f"hostkeyalgorithms {names}"), Known())
