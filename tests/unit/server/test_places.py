"""Where sessions are kept, and which directories are believed."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from rmosh_server.desk.places import TEMPORARY, Places, Unusable, check_private, is_shared, usual_places
from rmosh_server.desk.registration import register
from rmosh_server.desk.registry import Registry
from rmosh_server.desk.sessions import Sessions, status_of

SESSION = bytes.fromhex("0011223344556677")
OTHER = bytes.fromhex("8899aabbccddeeff")


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """Return a home's folder that is not there yet, and two directories for temporary files."""
    roots = (tmp_path / "tmp", tmp_path / "var")
    for root in roots:
        root.mkdir()
    return Places("", str(tmp_path / "home" / "state" / "rmosh" / "host"), tuple(map(str, roots)))


def own(root: str) -> str:
    return os.path.join(root, f"rmosh-{os.geteuid()}")


def test_a_session_goes_into_the_state_directory_and_is_found_there(places: Places) -> None:
    registration = register(places, SESSION)
    assert registration.entry.directory == places.state
    assert os.stat(places.state).st_mode & 0o777 == 0o700
    assert places.known() == [places.state]
    assert status_of(SESSION, places) == "alive"
    assert [door.name for door in Sessions(places).doors()] == [f"{SESSION.hex()}.sock"]
    registration.listener.close()
    registration.entry.end("ended exited 3\n")
    assert status_of(SESSION, places) == "ended exited 3"


def test_without_a_home_it_goes_into_a_temporary_directory_and_is_found_there(places: Places) -> None:
    homeless = replace(places, state="/proc/no/such/home")
    registration = register(homeless, SESSION)
    assert registration.entry.directory == own(places.temporary[0])
    assert status_of(SESSION, homeless) == "alive"
    again = register(homeless, OTHER)
    assert again.entry.directory == registration.entry.directory
    # The home is there again: sessions of both places are known.
    assert status_of(SESSION, places) == "alive"
    for registered in (registration, again):
        registered.listener.close()
        registered.entry.withdraw()


@pytest.mark.parametrize("squatter", ["file", "link", "open"])
def test_a_name_that_was_taken_is_left_for_one_that_nobody_guesses(places: Places, squatter: str) -> None:
    homeless = replace(places, state="")
    for root in places.temporary:
        if squatter == "file":
            Path(own(root)).write_text("")
        elif squatter == "link":
            Path(own(root)).symlink_to("/tmp")
        else:
            Path(own(root)).mkdir()
            Path(own(root)).chmod(0o777)
    registration = register(homeless, SESSION)
    directory = registration.entry.directory
    assert directory.startswith(own(places.temporary[0]) + "-")
    assert os.stat(directory).st_mode & 0o777 == 0o700
    assert homeless.known() == [directory]
    assert status_of(SESSION, homeless) == "alive"
    again = register(homeless, OTHER)
    assert again.entry.directory == directory
    for registered in (registration, again):
        registered.listener.close()
        registered.entry.withdraw()


def test_what_is_not_ours_alone_is_not_looked_into(places: Places) -> None:
    for mode in (0o755, 0o710, 0o701):
        planted = Path(f"{own(places.temporary[0])}-{mode:o}")
        planted.mkdir()
        Registry(str(planted.with_name("private"))).enter(SESSION).end("ended exited 0\n")
        (planted.with_name("private") / SESSION.hex()).rename(planted / SESSION.hex())
        planted.chmod(mode)
        planted.with_name("private").rename(planted.with_name(f"kept{mode:o}"))
    assert places.known() == []
    assert status_of(SESSION, places) == "unknown"


def test_a_directory_in_which_no_socket_can_be_made_is_passed_over(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rmosh_server.desk import registration as module
    from rmosh_server.sockets.unix_sockets import listen

    def listen_but_not_in_the_home(directory: str, name: str) -> object:
        if directory == places.state:
            raise OSError(95, "Operation not supported")
        return listen(directory, name)

    monkeypatch.setattr(module, "listen", listen_but_not_in_the_home)
    registration = register(places, SESSION)
    assert registration.entry.directory == own(places.temporary[0])
    assert os.listdir(places.state) == []
    registration.listener.close()
    registration.entry.withdraw()


def test_where_nothing_serves_the_first_reason_is_told() -> None:
    with pytest.raises(Unusable, match="/proc/no/home: "):
        register(Places("", "/proc/no/home", ("/proc/a", "/proc/b")), SESSION)
    with pytest.raises(Unusable, match="can be written to"):
        register(Places("", "", ()), SESSION)


def test_a_directory_that_the_user_chose_is_the_only_one(tmp_path: Path) -> None:
    places = usual_places({"RMOSH_RUNTIME_DIR": str(tmp_path / "x"), "HOME": str(tmp_path)})
    assert list(places.usable()) == places.known() == [str(tmp_path / "x")]
    (tmp_path / "x").write_text("")
    with pytest.raises(Unusable, match="not a directory"):
        register(places, SESSION)
    with pytest.raises(Unusable, match="not a directory"):
        Sessions(places).alive()


def test_the_state_directory_has_one_folder_a_host(tmp_path: Path) -> None:
    state = usual_places({"HOME": str(tmp_path)}).state
    assert Path(state).parent == tmp_path / ".local" / "state" / "rmosh"
    assert os.uname().nodename[:8] in Path(state).name
    other = usual_places({"HOME": "/nowhere", "XDG_STATE_HOME": str(tmp_path / "s")}).state
    assert Path(other).parent == tmp_path / "s" / "rmosh"
    assert usual_places({"HOME": str(tmp_path), "XDG_STATE_HOME": "relative"}).state == state


def test_without_a_home_there_is_no_state_directory(tmp_path: Path) -> None:
    assert usual_places({}).state == ""
    assert usual_places({"HOME": str(tmp_path / "gone")}).state == ""
    assert usual_places({"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "gone" / "state")}).state == ""
    assert usual_places({"HOME": "relative"}).state == ""
    assert set(TEMPORARY) >= set(usual_places({"TMPDIR": "/no/such"}).temporary)


def test_a_temporary_directory_in_which_others_can_move_things_is_not_used(tmp_path: Path) -> None:
    for mode, serves in ((0o1777, True), (0o755, True), (0o777, False), (0o775, False)):
        tmp_path.chmod(mode)
        assert (str(tmp_path) in usual_places({"TMPDIR": str(tmp_path)}).temporary) is serves
    tmp_path.chmod(0o700)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a directory to somebody else")
def test_nothing_is_made_in_the_home_of_another(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, -1)
    assert usual_places({"HOME": str(tmp_path)}).state == ""
    with pytest.raises(Unusable, match="belongs to user id 12345"):
        check_private(str(tmp_path))


@pytest.mark.parametrize(
    ("kind", "shared"),
    [("ext4", False), ("btrfs", False), ("tmpfs", False), ("overlay", False), ("nfs", True), ("nfs4", True),
     ("cifs", True), ("fuse.sshfs", True), ("9p", True), ("fuseblk", False), ("afs", True)],
)  # fmt: skip
def test_a_home_on_a_file_server_is_told_from_a_local_one(tmp_path: Path, kind: str, shared: bool) -> None:
    device = tmp_path.stat().st_dev
    mounts = (
        "22 28 0:21 / /sys rw,nosuid - sysfs sysfs rw\n"
        f"31 28 {os.major(device)}:{os.minor(device)} / /home rw shared:1 - {kind} server:/home rw\n"
    )
    assert is_shared(str(tmp_path), mounts) is shared
    assert not is_shared(str(tmp_path), "")


def test_sessions_of_a_container_that_shares_the_home_are_known_and_nothing_is_removed_there(places: Places) -> None:
    other = replace(places, state=f"{os.path.dirname(places.state)}/container-01234567")
    registered = register(other, SESSION)
    dead = Path(other.state, OTHER.hex())
    for left in (dead, dead.with_suffix(".sock")):
        left.touch(mode=0o600)
        os.utime(left, (1.0, 1.0))
    assert status_of(SESSION, places) == "alive"
    assert status_of(OTHER, places) == "unknown"
    assert [door.name for door in Sessions(places).doors()] == [f"{SESSION.hex()}.sock"]
    assert dead.exists()
    assert dead.with_suffix(".sock").exists()
    assert [door.name for door in Sessions(other).doors()] == [f"{SESSION.hex()}.sock"]
    assert not dead.exists()
    assert not dead.with_suffix(".sock").exists()
    assert next(iter(places.usable())) == places.state
    registered.listener.close()
    registered.entry.withdraw()


def test_a_folder_of_another_host_that_is_not_ours_alone_is_not_believed(places: Places) -> None:
    other = replace(places, state=f"{os.path.dirname(places.state)}/container-01234567")
    registered = register(other, SESSION)
    os.chmod(other.state, 0o755)
    assert Sessions(places).doors() == []
    registered.listener.close()
    registered.entry.withdraw()
