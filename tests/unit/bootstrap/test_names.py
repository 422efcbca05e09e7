import pytest

from rmosh.errors import BootstrapError, Stage
from rmosh_client.bootstrap.names import check_names


@pytest.mark.parametrize(
    "destination",
    [
        "box",
        "me@box.example.org",
        "me@example.org@box",
        "192.0.2.1",
        "fe80::1%eth0",
        "EXAMPLE\\me@box",
        "Joe Blow@box",
        "host$@box",
        "me+tag@box_1",
        "bücher.example",
    ],
)
def test_names_that_people_have_are_names(destination: str) -> None:
    check_names(destination, ())


@pytest.mark.parametrize(
    "host", ["", "-oProxyCommand=x", *(f"a{char}b" for char in "'\"`$\\;&<>|(){} \t\n\r\0\x1b\x7f")]
)
def test_a_host_holds_nothing_that_a_shell_or_a_terminal_obeys(host: str) -> None:
    for destination in (host, f"me@{host}"):
        with pytest.raises(BootstrapError, match="not a host") as caught:
            check_names(destination, ())
        assert caught.value.stage is Stage.USAGE
    with pytest.raises(BootstrapError):
        check_names("box", (f"ProxyJump=gate,{host}",))


@pytest.mark.parametrize("user", ["-x", "a -x", "a\\", *(f"a{char}b" for char in "'\"`;&<>|(){}\n\r\0\x1b\x7f")])
def test_a_user_holds_nothing_that_a_shell_or_a_terminal_obeys(user: str) -> None:
    for destination, options in (
        (f"{user}@box", ()),
        ("box", (f"User={user}",)),
        ("box", (f"ProxyJump=ssh://{user}@gate:22",)),
    ):
        with pytest.raises(BootstrapError, match="is not a"):
            check_names(destination, options)


def test_no_jump_is_no_name() -> None:
    check_names("box", ("ProxyJump=none", "Port=22", "IdentityFile=/a b;c"))
