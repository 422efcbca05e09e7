"""A session with its screen, or our own standard streams: as ssh(1) of OpenSSH 9.2 decides about its terminal."""

import pytest

from rmosh_client.piping.wishes import NO_TERMINAL_HERE, PipedWish, StandardEnds, TerminalWish, piped_wish, wish_of

AT_TERMINAL = StandardEnds(input_is_terminal=True, output_is_terminal=True)
FROM_PIPE = StandardEnds(input_is_terminal=False, output_is_terminal=True)
INTO_PIPE = StandardEnds(input_is_terminal=True, output_is_terminal=False)
IN_SCRIPT = StandardEnds(input_is_terminal=False, output_is_terminal=False)
AUTO, NO, YES, FORCE = TerminalWish.AUTO, TerminalWish.NO, TerminalWish.YES, TerminalWish.FORCE


@pytest.mark.parametrize(
    ("options", "wish"),
    [("", AUTO), ("T", NO), ("t", YES), ("tt", FORCE), ("tT", NO), ("Tt", YES), ("Ttt", FORCE), ("ttt", FORCE)],
)
def test_the_last_option_counts_and_a_second_t_forces(options: str, wish: TerminalWish) -> None:
    assert wish_of(options) is wish


def test_options_come_before_the_configuration() -> None:
    assert wish_of("", FORCE) is FORCE
    assert wish_of("T", FORCE) is NO
    assert wish_of("t", FORCE) is YES


@pytest.mark.parametrize("wish", [AUTO, YES, FORCE])
@pytest.mark.parametrize("command", [(), ("htop",)])
def test_a_terminal_at_both_ends_shows_a_session(command: tuple[str, ...], wish: TerminalWish) -> None:
    assert piped_wish(command, wish, AT_TERMINAL) is None


@pytest.mark.parametrize("here", [FROM_PIPE, INTO_PIPE, IN_SCRIPT])
def test_a_command_in_a_pipe_has_our_streams_and_no_terminal(here: StandardEnds) -> None:
    assert piped_wish(("tar", "x v"), AUTO, here) == PipedWish("tar x v")


@pytest.mark.parametrize("here", [AT_TERMINAL, FROM_PIPE, INTO_PIPE, IN_SCRIPT])
def test_no_terminal_is_had_where_none_is_wanted(here: StandardEnds) -> None:
    assert piped_wish((), NO, here) == PipedWish("")


@pytest.mark.parametrize("here", [FROM_PIPE, IN_SCRIPT])
def test_a_shell_reads_a_script_that_comes_in(here: StandardEnds) -> None:
    assert piped_wish((), AUTO, here) == PipedWish("")


def test_a_shell_whose_output_goes_into_a_pipe_has_a_terminal() -> None:
    assert piped_wish((), AUTO, INTO_PIPE) == PipedWish("", has_terminal=True)


def test_a_terminal_can_be_had_for_input_alone_and_be_forced_without() -> None:
    assert piped_wish(("top",), YES, INTO_PIPE) == PipedWish("top", has_terminal=True)
    assert piped_wish(("top",), YES, FROM_PIPE) == PipedWish("top", remark=NO_TERMINAL_HERE)
    assert piped_wish(("top",), FORCE, FROM_PIPE) == PipedWish("top", has_terminal=True)


def test_no_input_is_as_one_from_nowhere() -> None:
    assert piped_wish(("make",), AUTO, AT_TERMINAL, reads_input=False) == PipedWish("make", reads_input=False)


@pytest.mark.parametrize("wish", [AUTO, YES, FORCE])
def test_a_subsystem_has_no_terminal(wish: TerminalWish) -> None:
    found = piped_wish(("sftp",), wish, AT_TERMINAL, is_subsystem=True)
    assert found is not None and found.is_subsystem and not found.has_terminal
