import os
import pwd
import shutil
import subprocess
from pathlib import Path
from types import EllipsisType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.errors import BootstrapError
from rmosh_client.bootstrap.option_table import OptionTable
from rmosh_client.bootstrap.spare_config import Target, read_without_ssh
from rmosh_client.bootstrap.spare_lines import lines

LOCAL_USER = pwd.getpwuid(os.getuid()).pw_name


def evaluated(
    text: str,
    *,
    user: str = "",
    host: str = "box",
    options: tuple[()] = (),
    command: tuple[()] | tuple[str, str] = (),
    home: Path = Path("/nonexistent"),
) -> OptionTable:
    file = home / "config"
    file.parent.mkdir(exist_ok=True, parents=True)
    file.write_bytes(text.encode())
    target = Target(user, host, LOCAL_USER, command)
    return read_without_ssh(target, options=options, files=[file], home=home)


@given(text=st.text(alphabet=st.sampled_from("ab \t\"'\\#=\r\n") | st.characters()))
def test_any_text_can_be_parted_into_words(text: str) -> None:
    for line in lines(text):
        try:
            line.words()
        except ValueError as error:
            assert "quote" in str(error)


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        ('a "b c" d', ["a", "b c", "d"]), ("'b c'd", ["b cd"]), (r"b\ c", ["b c"]), (r'"b\"c"', ['b"c']),
        (r'"b\ c"', [r"b\ c"]), ("a # b", ["a"]), ("a#b", ["a#b"]), ('"#a"', ["#a"]), ('""', [""]), (r"a\b", [r"a\b"]),
    ],
)  # fmt: skip
def test_words_are_parted_as_ssh_does_it(rest: str, words: list[str]) -> None:
    # OpenSSH 9.2, argv_split.
    [line] = lines(f"\tIdentityFile = {rest} \r")
    assert (line.keyword, line.words()) == ("identityfile", words)


@pytest.mark.skipif(shutil.which("ssh") is None, reason="what ssh -G itself prints is what counts")
@pytest.mark.parametrize(
    "text",
    [
        "Host box\n Port 1\nHost *\n Port 2", "Host b* !box\n Port 1\nHost ?ox\n Port 2", "HOST=box\nport=3 # c",
        "Host BOX\n Port 1", "Host other\n Include {home}/inc/*\nPort 5", "Include {home}/inc/*\nPort 5",
        "Match host box,x\n Port 1", "Match !host=box\n Port 1", "HostName %h.test\nMatch host *.test\n Port 7",
        "HostName x\nMatch originalhost box exec \"test %n-%h-%r = box-x-me\"\n Port 4", "Match exec false\n Port 4",
        "Match final host box\n Port 6\nPort 8", "Match final\n HostName late\n Port 6", "Match !final\n Port 6",
        "Match user !root,* localuser *\n Port 1", "Match all\n Port 1", 'IdentityFile "/a b"\nIdentityFile /c',
        "IdentityFile /a\nHost box\nIdentityFile /a", "SendEnv A B*\nSendEnv -B* C", 'SetEnv A="x y" B=z\nSetEnv C=1',
        "ProxyJump a\nProxyCommand b", "ProxyCommand none\nProxyJump a", 'ProxyCommand "/a b" %h # all of it',
        "UserKnownHostsFile /a /b\nConnectTimeout 1m30", "BatchMode yes\r\nBatchMode no\r\n", "User else\nPort 22",
    ],
)  # fmt: skip
def test_what_counts_is_what_counts_for_ssh(text: str, tmp_path: Path) -> None:
    # Whatever ssh is installed; found with OpenSSH 9.2: no difference in 900 random configurations.
    (tmp_path / "inc").mkdir()
    (tmp_path / "inc" / "a").write_text("Host nobody\nPort 9\n")
    (tmp_path / "inc" / "b").write_text("IdentityFile /from/b\nHost box\nUser of-b\n")
    text = text.replace("{home}", str(tmp_path))
    ours = evaluated(text, user="me", home=tmp_path)
    words = ["ssh", "-G", "-F", str(tmp_path / "config"), "me@box"]
    printed = subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()
    for keyword in {line.keyword for line in lines(text + "\nHostName x\nIdentityFile x\n")} - {
        "host",
        "match",
        "include",
    }:
        theirs = [line.partition(" ")[2] for line in printed if line.partition(" ")[0] == keyword]
        if keyword == "hostname":
            assert ours.text(keyword, "box") == theirs[0]
        elif keyword in ("connecttimeout", "port"):
            assert ours.seconds(keyword, 22) == float(theirs[0])
        elif keyword not in ("identityfile",) or "IdentityFile" in text:
            assert list(ours.many(keyword)) == [value for value in theirs if value != "none"], keyword


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("command uname*", True), ("command ''", False), ("sessiontype exec", True), ("sessiontype shell", False),
        ("tagged ''", True), ("tagged x", False),
    ],
)  # fmt: skip
def test_a_command_is_seen_by_match(condition: str, holds: bool, tmp_path: Path) -> None:
    # As `ssh -G` of OpenSSH 10.6; 9.2 knows none of these conditions.
    read = evaluated(f"Match {condition}\n Port 7\n", command=("uname", "-a"), home=tmp_path)
    assert read.number("port", 22) == (7 if holds else 22)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("aes256-ctr", ("aes256-ctr",)),
        ("+3des-cbc", (..., "3des-cbc")),
        ("^aes256-ctr,aes128-ctr", ("aes256-ctr", "aes128-ctr", ...)),
        ("-*gcm*,chacha*", ("aes256-ctr", "aes192-ctr", "aes128-ctr")),
    ],
)
def test_algorithms_are_added_to_the_usual_ones_taken_away_or_put_first(
    value: str, expected: tuple[str | EllipsisType, ...], tmp_path: Path
) -> None:
    # ssh_config(5) of OpenSSH 9.2, Ciphers.
    names = evaluated(f"Ciphers {value}\n", home=tmp_path).names("ciphers")
    wanted = [name for name in expected if name is not ...]
    kept = names if ... not in expected else names[-1:] if expected[0] is ... else names[: len(wanted)]
    assert list(kept) == wanted
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("Match localnetwork 10.0.0.0/8\n", "line 1: Match localnetwork cannot be decided"),
        ("\nPort\n", "line 2: port has no value"),
        ("Match host\n", "line 1: Match host has no value"),
        ('IdentityFile "/a\n', "line 1: a quote is never closed"),
        ("Include config\n", "too many files include one another"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text: str, complaint: str, tmp_path: Path) -> None:
    (tmp_path / ".ssh").symlink_to(tmp_path)
    with pytest.raises(BootstrapError, match=complaint):
        evaluated(text, home=tmp_path)
