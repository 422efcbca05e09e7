"""The first output after a login, an attach or a move comes at the link's pace: it does not trickle."""

from collections.abc import Callable

import pytest

from rmosh_netem.link import LinkModel
from tests.world.first_output import End, attach, command, grown_longer, later, moved

#: Seconds beyond one round trip that a command's session may last after its last line. Reason: less than anybody feels.
SPARE = 0.2

DELAYS = (0.005, 0.05, 0.15, 0.3)


@pytest.mark.parametrize("run", [command, later, moved, grown_longer])
@pytest.mark.parametrize("delay", DELAYS)
def test_a_command_of_16_kb_is_over_within_a_round_trip_of_its_last_line(
    run: Callable[[LinkModel, int], End], delay: float
) -> None:
    end = run(LinkModel(delay=delay, rate=20e6), 1)
    print(f"over {end.after:.3f} s after its last line")
    assert end.missing == 0
    assert end.after <= 2 * delay + SPARE


@pytest.mark.slow
@pytest.mark.parametrize("delay", DELAYS)
@pytest.mark.parametrize(("lines", "round_trips"), [(900, 4), (20_000, 12)])
def test_an_attach_has_its_screen_within_two_round_trips_and_its_scrollback_soon(
    lines: int, round_trips: int, delay: float
) -> None:
    link = LinkModel(delay=delay, rate=20e6)
    screen, whole = attach(link, lines, 2)
    at_the_links_speed = lines * 40 * 8 / 20e6
    print(f"screen after {screen:.3f} s, scrollback after {whole:.3f} s")
    assert screen <= 2 * 2 * delay + 0.01
    assert whole <= round_trips * 2 * delay + 2 * at_the_links_speed + 0.1


@pytest.mark.parametrize("delay", [0.05, 0.15])
def test_a_few_losses_bring_no_first_output_to_a_trickle(delay: float) -> None:
    ends = [command(LinkModel(delay=delay, rate=20e6, loss=0.05), seed) for seed in range(4)]
    print("over after", [f"{end.after:.3f}" for end in ends])
    assert max(end.missing for end in ends) == 0
    assert max(end.after for end in ends) <= 4 * 2 * delay + SPARE
