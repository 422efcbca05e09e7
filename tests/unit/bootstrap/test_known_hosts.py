import base64
import os
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh_client.bootstrap import known_hosts
from rmosh_client.bootstrap.known_hosts import Known, append, fingerprint, format_line, read, search
from rmosh_client.bootstrap.public_keys import can_be_read

BLOB = b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes(32)
KEY = f"ssh-ed25519 {base64.b64encode(BLOB).decode()}"
HOST_NAMES = st.from_regex(r"\A[a-z0-9][a-z0-9.\-]{0,30}\Z") | st.from_regex(r"\A\[[a-z0-9.:]{1,20}\]:[0-9]{1,5}\Z")


OTHER = f"ssh-ed25519 {base64.b64encode(BLOB[:-1] + bytes([1])).decode()}"


def look_up(name: str, *lines: str, plain_name: str = "box") -> Known:
    text = "".join(f"{line}\n" for line in lines)
    return known_hosts.look_up(name, [("file", text)], plain_name=plain_name, can_be_read=can_be_read)


def lines_of(keys: tuple[known_hosts.KnownKey, ...]) -> list[int]:
    return [key.line for key in keys]


def found(text: str, name: str) -> list[tuple[str, int]]:
    return [(marker, key.line) for marker, key in search(text, name, file="known_hosts")]


@given(text=st.text(), name=st.text())
def test_any_text_can_be_searched(text: str, name: str) -> None:
    assert all(marker in ("", "@cert-authority", "@revoked") for marker, _ in search(text, name, file="known_hosts"))


@pytest.mark.slow
@given(name=HOST_NAMES, salt=st.none() | st.binary(min_size=20, max_size=20), blob=st.binary(min_size=1))
def test_a_written_line_is_found_under_its_name_only(name: str, salt: bytes | None, blob: bytes) -> None:
    line = format_line(name, key_type="ssh-ed25519", blob=blob, salt=salt)
    [(marker, key)] = search(line, name, file="known_hosts")
    assert (marker, key.blob, key.place) == ("", blob, "known_hosts:1")
    assert search(line, name + "x", file="known_hosts") == []


@pytest.mark.parametrize(
    ("patterns", "name", "matches"),
    [
        ("a.example.org,b.example.org", "b.example.org", True),
        ("*.example.org", "a.example.org", True),
        ("*.example.org", "example.org", False),
        ("host?", "host1", True),
        ("*.example.org,!bad.example.org", "bad.example.org", False),
        ("!bad.example.org,*.example.org", "good.example.org", True),
        ("[box]:2222", "[box]:2222", True),
        ("[box]:2222", "box", False),
        ("[127.0.0.*]:*", "[127.0.0.1]:2222", True),
        ("Box", "box", True),
        ("|1|bad", "box", False),
        ("|1|????|????", "box", False),
        ("|2|AAAA|AAAA", "box", False),
    ],
)
def test_patterns_match_as_sshd_describes_them(patterns: str, name: str, matches: bool) -> None:
    assert bool(found(f"{patterns} {KEY}", name)) is matches


def test_comments_blank_lines_and_broken_lines_are_skipped() -> None:
    text = f"\n# box {KEY}\nbox\nbox ssh-ed25519\nbox ssh-ed25519 !!!\n@unknown box {KEY}\nbox {KEY} comment\n"
    assert found(text, "box") == [("", 7)]


def test_markers_tell_authorities_and_revoked_keys_apart() -> None:
    known = look_up("box", f"@revoked box {KEY}", f"@cert-authority * {KEY}", f"box {KEY}")
    assert (lines_of(known.revoked), lines_of(known.authorities), lines_of(known.keys)) == ([1], [2], [3])
    assert known.key_types == ("ssh-ed25519",)


@pytest.mark.parametrize(
    "plain", ["box", "other,box", "b?x", "*x", format_line("box", key_type="", blob=b"", salt=b"s").split()[0]]
)
def test_keys_of_the_plain_name_are_kept_apart_from_those_with_the_port(plain: str) -> None:
    known = look_up("[box]:2222", f"{plain} {OTHER}", f"[box]:2222 {KEY}")
    assert (lines_of(known.keys_of_name), lines_of(known.keys)) == ([1], [2])
    assert look_up("box", f"{plain} {KEY}").keys_of_name == ()


def test_a_pattern_that_covers_the_port_too_is_no_plain_name() -> None:
    assert lines_of(look_up("[box]:2222", f"* {KEY}").keys) == [1]


def test_types_of_the_plain_name_are_not_asked_for_on_another_port() -> None:
    # OpenSSH 9.2 and 10.6: its key is as unknown as any, unless it is the one that comes.
    assert look_up("[box]:2222", f"box {KEY}").key_types == ()


def test_an_authority_or_a_revocation_counts_with_and_without_the_port() -> None:
    lines = (f"@cert-authority box {KEY}", f"@revoked [box]:2222 {KEY}", f"@revoked box {OTHER}")
    known = look_up("[box]:2222", *lines, f"@cert-authority * {KEY}")
    assert (lines_of(known.authorities), lines_of(known.authorities_of_name)) == ([4], [1, 4])
    assert lines_of(known.revoked) == [2, 3]


@pytest.mark.parametrize(
    "key",
    [
        "ssh-mldsa44-ed25519 AAAAE3NzaC1tbGRzYTQ0LWVkMjU1MTkAAAAA",
        KEY[:-8],
        KEY.replace("ssh-ed25519", "ssh-rsa"),
        "ssh-ed25519 AAAA",
        "2048 35 123456789",
    ],
)
def test_a_key_that_cannot_be_read_counts_for_nothing(key: str) -> None:
    assert look_up("box", f"box {key}") == Known()


def test_files_that_cannot_be_read_know_nobody(tmp_path: Path) -> None:
    assert [text for _, text in read([str(tmp_path / "missing"), str(tmp_path)])] == ["", ""]


def test_a_line_is_appended_on_a_line_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "ssh" / "known_hosts"
    append(file, "first\n")
    with file.open("a") as opened:
        opened.write("no newline")
    append(file, "last\n")
    assert file.read_text() == "first\nno newline\nlast\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_ssh_keygen_finds_a_hashed_line_and_shows_the_same_fingerprint(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    append(file, format_line("[box]:2222", key_type="ssh-ed25519", blob=BLOB, salt=os.urandom(20)))
    command = ["ssh-keygen", "-l", "-F", "[box]:2222", "-f", str(file)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert fingerprint(BLOB) in shown


def test_salt_is_as_long_as_the_digest() -> None:
    assert len(base64.b64decode(known_hosts._hashed(b"salt", "name").split("|")[3])) == known_hosts.SALT_BYTES


@pytest.mark.parametrize("after", ["x", ",box", "="])
def test_a_hashed_name_that_something_follows_is_none(after: str) -> None:
    # OpenSSH 9.2 and 10.6.
    hashed = known_hosts._hashed(os.urandom(known_hosts.SALT_BYTES), "box")
    assert found(f"{hashed} {KEY}", "box") == [("", 1)]
    assert found(f"{hashed}{after} {KEY}", "box") == []


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        (f"box {KEY}\r\n", True),
        (f"\t box\t {KEY} \t\r\n", True),
        (f"box {KEY}\x0b\n", True),
        (f"box {KEY}=\n", False),
        (f"# by x\x0bbox {KEY}\n", False),
        (f"# by x\x85box {KEY}\n", False),
        (f"# by x\u2028box {KEY}\n", False),
        (f"# by x\rbox {KEY}\n", False),
        (f"box\x0b{KEY}\n", False),
        (f"box\u00a0{KEY}\n", False),
        (f'"box" {KEY}\n', False),
    ],
)
def test_lines_end_and_words_part_where_ssh_sees_it(text: str, is_found: bool, tmp_path: Path) -> None:
    # OpenSSH 9.2 and 10.6: a line ends at \n alone, words at blanks and tabs.
    file = tmp_path / "known_hosts"
    file.write_bytes(text.encode())
    [(_, back)] = read([str(file)])
    assert bool(found(back, "box")) is is_found
