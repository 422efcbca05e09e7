import asyncio
import base64
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import asyncssh
import pytest
from asyncssh import SSHKeyPair
from hypothesis import given
from hypothesis import strategies as st

from rmosh_client.bootstrap import identities
from rmosh_client.bootstrap.file_keys import LockedKey
from rmosh_client.bootstrap.identities import Identities, _blob_of_openssh_key, gather_identities, is_ready
from rmosh_client.bootstrap.openssh_config import parse_evaluated
from rmosh_client.bootstrap.prompts import NobodyThere, NoPrompts, Prompts
from rmosh_client.bootstrap.settings import settings_from


class Answers:
    def __init__(self, *answers: str) -> None:
        self._answers = list(answers)
        self.asked = 0

    def ask(self, question: str, *, echo: bool) -> str | None:
        assert not echo
        self.asked += 1
        return self._answers.pop(0) if self._answers else None


@pytest.fixture
def key(tmp_path: Path) -> Callable[..., Path]:
    def make(name: str, passphrase: str = "", *options: str) -> Path:
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f", str(tmp_path / name)]
        subprocess.run([*command, *options], check=True)
        return tmp_path / name

    return make


def gather_all(*lines: str, prompts: Prompts | None = None) -> tuple[Identities, list[str]]:
    said: list[str] = []
    settings = settings_from(parse_evaluated("\n".join(lines)), alias="box", environ={})
    return asyncio.run(gather_identities(settings, prompts=prompts or Answers(), say=said.append)), said


def gather(*lines: str, prompts: Prompts | None = None) -> tuple[Sequence[SSHKeyPair], list[str]]:
    found, said = gather_all(*lines, prompts=prompts)
    return found.pairs, said


@given(data=st.binary(max_size=300))
def test_any_file_may_claim_to_be_a_key(data: bytes) -> None:
    blob = _blob_of_openssh_key(data)
    assert blob is None or len(blob) <= len(data)


def test_files_are_offered_in_the_order_of_the_settings(key: Callable[..., Path]) -> None:
    first, second = key("first"), key("second")
    pairs, _ = gather(f"identityfile {second}", f"identityfile {first}", "identityfile /nonexistent")
    assert [pair.get_comment() for pair in pairs] == ["second", "first"]
    assert all(is_ready(pair) for pair in pairs)


@pytest.mark.slow
@pytest.mark.parametrize("public_part", ["beside", "inside only"])
def test_locked_key_asks_when_it_signs_and_not_before(key: Callable[..., Path], public_part: str) -> None:
    locked = key("locked", "open sesame")
    if public_part == "inside only":
        locked.with_suffix(".pub").unlink()
    prompts = Answers("wrong", "open sesame")
    (pair,), _ = gather(f"identityfile {locked}", prompts=prompts)
    assert isinstance(pair, LockedKey)
    assert not is_ready(pair)
    assert prompts.asked == 0
    first, second = pair.sign(b"data"), pair.sign(b"data")
    assert first == second
    assert prompts.asked == 2


@pytest.mark.slow
def test_locked_key_gives_up_after_three_wrong_passphrases(key: Callable[..., Path]) -> None:
    prompts = Answers("a", "b", "c", "open sesame")
    (pair,), _ = gather(f"identityfile {key('locked', 'open sesame')}", prompts=prompts)
    with pytest.raises(ValueError, match="stays locked"):
        pair.sign(b"data")
    assert prompts.asked == 3


def test_a_key_that_waits_for_a_touch_is_left_out_where_nobody_looks(
    key: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"identityfile {key(name)}" for name in ("plain", "token")]
    comments = {pair.public_data: pair.get_comment() for pair in gather(*lines)[0]}
    monkeypatch.setattr(identities, "_is_token", lambda pair: comments[pair.public_data] == "token")
    assert [pair.get_comment() for pair in gather(*lines, prompts=NobodyThere())[0]] == ["plain"]
    assert len(gather(*lines, prompts=NoPrompts())[0]) == 2


def test_locked_key_is_left_out_in_batch_mode(key: Callable[..., Path]) -> None:
    assert gather(f"identityfile {key('locked', 'x' * 5)}", "batchmode yes") == ((), [])


@pytest.mark.slow
def test_old_pem_key_without_a_public_part_asks_at_once(key: Callable[..., Path]) -> None:
    locked = key("old", "open sesame", "-t", "rsa", "-m", "PEM")
    locked.with_suffix(".pub").unlink()
    (pair,), _ = gather(f"identityfile {locked}", prompts=Answers("open sesame"))
    assert not isinstance(pair, LockedKey)


def test_certificates_come_first(key: Callable[..., Path], tmp_path: Path) -> None:
    authority, certified, plain = key("authority"), key("certified"), key("plain")
    subprocess.run(["ssh-keygen", "-q", "-s", authority, "-I", "me", "-n", "me", f"{certified}.pub"], check=True)
    pairs, _ = gather(f"identityfile {plain}", f"identityfile {certified}")
    assert [pair.has_cert for pair in pairs] == [True, False, False]
    assert pairs[0].get_algorithm().startswith("ssh-ed25519-cert")


def test_key_that_others_can_read_is_left_out_with_a_word(key: Callable[..., Path]) -> None:
    open_key = key("open")
    open_key.chmod(0o640)
    pairs, said = gather(f"identityfile {open_key}")
    assert pairs == ()
    assert "chmod 600" in said[0]


def without_type(file: Path) -> Path:
    """Give an OpenSSH key file a type that nobody knows yet, as a newer ssh-keygen does."""
    lines = file.read_text().splitlines()
    content = base64.b64decode("".join(lines[1:-1])).replace(b"ssh-ed25519", b"ssh-ed99999")
    file.write_text("\n".join([lines[0], base64.b64encode(content).decode(), lines[-1], ""]))
    file.with_suffix(".pub").unlink()
    return file


@pytest.mark.parametrize("passphrase", ["", "open sesame"])
def test_key_of_an_unknown_type_is_left_out_without_a_word_or_a_question(
    key: Callable[..., Path], passphrase: str
) -> None:
    # Seen with a key of ssh-keygen -t mldsa44-ed25519 (OpenSSH 10.6).
    file, prompts = without_type(key("future", passphrase)), Answers("open sesame")
    found, said = gather_all(f"identityfile {file}", prompts=prompts)
    assert (found.pairs, said, prompts.asked) == ((), [], 0)
    assert found.unusable[0].startswith(f"{file} (")


def test_broken_key_file_is_left_out_and_told_of_where_nobody_is_let_in(tmp_path: Path) -> None:
    file = tmp_path / "broken"
    file.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n")
    file.chmod(0o600)
    found, said = gather_all(f"identityfile {file}")
    assert (found.pairs, said) == ((), [])
    assert found.unusable[0].startswith(f"{file} (")


def test_what_was_taken_for_a_key_is_told_of_where_nobody_is_let_in(tmp_path: Path, key: Callable[..., Path]) -> None:
    # OpenSSH 9.2: Load key "...": error in libcrypto, before it asks for a password.
    text, folder, missing = tmp_path / "notes", tmp_path / "folder", tmp_path / "missing"
    text.write_text("no key\n")
    folder.mkdir()
    public = key("alone").with_suffix(".pub")
    found, said = gather_all(*(f"identityfile {file}" for file in (text, public, folder, missing)))
    assert (found.pairs, said) == ((), [])
    assert found.unusable == (
        f"{text} (no private key is in it)", f"{public} (no private key is in it)", f"{folder} (it cannot be read)"
    )  # fmt: skip


def test_no_key_is_looked_for_where_keys_are_switched_off(key: Callable[..., Path]) -> None:
    assert gather(f"identityfile {key('key')}", "pubkeyauthentication false") == ((), [])


def test_agent_that_is_gone_is_no_failure(tmp_path: Path) -> None:
    assert gather(f"identityagent {tmp_path / 'gone'}") == ((), [])


@pytest.mark.slow
def test_signature_of_a_locked_key_is_the_keys_own(key: Callable[..., Path]) -> None:
    locked = key("locked", "open sesame")
    (pair,), _ = gather(f"identityfile {locked}", prompts=Answers("open sesame"))
    public = asyncssh.read_public_key(f"{locked}.pub")
    assert public.verify(b"data", pair.sign(b"data"))
