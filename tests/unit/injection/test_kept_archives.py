"""Archives in the user's cache: for nobody else, whole, and few."""

import os
from pathlib import Path

from rmosh_client.injection.kept_archives import MOST_KEPT, keep, kept


def test_what_is_kept_is_read_again_and_by_nobody_else(tmp_path: Path) -> None:
    environ = {"XDG_CACHE_HOME": str(tmp_path)}
    assert kept(environ, "one") is None
    keep(environ, "one", b"data")
    assert kept(environ, "one") == b"data"
    (file,) = (tmp_path / "rmosh" / "archives").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_what_was_changed_is_cut_off_or_leads_elsewhere_is_not_taken(tmp_path: Path) -> None:
    environ = {"XDG_CACHE_HOME": str(tmp_path)}
    keep(environ, "one", b"data")
    file = tmp_path / "rmosh" / "archives" / "one"
    whole = file.read_bytes()
    for content in (whole[:-1] + b"x", whole[:-1], whole[:10], b""):
        file.write_bytes(content)
        assert kept(environ, "one") is None
    file.write_bytes(whole)
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    assert kept(environ, "one") is None


def test_without_a_place_nothing_is_kept_and_nothing_fails(tmp_path: Path) -> None:
    keep({"XDG_CACHE_HOME": "/dev/null"}, "one", b"data")
    assert kept({"XDG_CACHE_HOME": "/dev/null"}, "one") is None


def test_the_oldest_go(tmp_path: Path) -> None:
    environ, folder = {"XDG_CACHE_HOME": str(tmp_path)}, tmp_path / "rmosh" / "archives"
    for number in range(2 * MOST_KEPT):
        keep(environ, str(number), b"data")
        os.utime(folder / str(number), (number, number))
    keep(environ, "newest", b"data")
    assert {path.name for path in folder.iterdir()} == {"newest", *map(str, range(MOST_KEPT + 1, 2 * MOST_KEPT))}
