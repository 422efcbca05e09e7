"""What a word of `rmosh cp` means, as scp of OpenSSH 9.2 takes it."""

import pytest

from rmosh_client.copying.places import CopyPlace, place_of


@pytest.mark.parametrize(
    ("word", "host", "path"),
    [
        ("file", "", "file"),
        ("host:file", "host", "file"),
        ("me@host:/etc/passwd", "me@host", "/etc/passwd"),
        ("host:", "host", "."),
        ("host:~", "host", "."),
        ("host:~/x", "host", "x"),
        ("~/x", "", "~/x"),
        ("./a:b", "", "./a:b"),
        ("/tmp/a:b", "", "/tmp/a:b"),
        (":file", "", ":file"),
        ("host:a:b", "host", "a:b"),
        ("[::1]:file", "::1", "file"),
        ("me@[fe80::1%eth0]:/x", "me@fe80::1%eth0", "/x"),
        ("[abc", "", "[abc"),
        ("[a/b]:c", "", "[a/b]:c"),
    ],
)
def test_a_word_is_a_file_here_or_on_a_host(word: str, host: str, path: str) -> None:
    assert place_of(word) == CopyPlace(host, path.encode())


def test_any_bytes_are_a_path() -> None:
    assert place_of("host:\udcff").path == b"\xff"
