"""Floods of output: the right end of them, and keys and Ctrl-C that never wait behind them."""

import random
import re
import time

import pytest

from rmosh_netem.link import LinkModel
from tests.e2e.pty_program import PtyProgram
from tests.e2e.session_host import PROMPT, Host, pump_for, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.sshd]

#: A slow mobile link: 256 kbit/s and 200 ms of round trip.
SLOW = LinkModel(delay=0.1, rate=256_000)


def test_flood_ends_with_its_last_lines(host: Host[PtyProgram]) -> None:
    program = host.shell()
    program.type("seq 1 300000\r")
    program.wait_for(lambda screen: screen.endswith(f"300000\n{PROMPT.rstrip()}"))
    assert program.screen.splitlines() == [str(number) for number in range(299978, 300001)] + [PROMPT.rstrip()]


@pytest.mark.parametrize(("flood", "flowing"), [("yes", "y\ny\ny\ny"), ("seq 100000000", "9\n")], ids=["yes", "seq"])
def test_control_c_stops_a_flood_over_a_slow_link_at_once(host: Host[PtyProgram], flood: str, flowing: str) -> None:
    program = host.shell(link=SLOW)
    program.type(f"{flood}\r")
    program.wait_for(flowing)
    sent = host.relay.counters()["down"]["bytes_sent"]
    wait_until(lambda: host.relay.counters()["down"]["bytes_sent"] > sent + 5000, "a busy link", pump=[program])
    pressed = time.monotonic()
    program.type("\x03")
    program.wait_for(lambda screen: "^C" in screen and screen.endswith(f"\n{PROMPT.rstrip()}"))
    took = time.monotonic() - pressed
    print(f"Ctrl-C took {took:.3f} s")
    assert took < 3.0


def test_keys_typed_during_a_flood_arrive_exactly(host: Host[PtyProgram]) -> None:
    seed = 20
    print(f"seed {seed}")
    rng = random.Random(seed)
    program = host.shell(link=SLOW)
    typed, taken = "", host.path("taken")
    program.type(f"stty -echo; yes & cat > {taken}; kill %1; wait; echo; echo do''ne\r")
    program.wait_for("y\ny\ny\ny")
    for _ in range(60):
        key = rng.choice("abcdefgh \r")
        typed += key
        program.type(key)
        pump_for(program, rng.uniform(0.0, 0.06))
    program.type("\r\x04")
    program.wait_for("done")
    assert taken.read_text() == (typed + "\r").replace("\r", "\n")


def test_a_flood_that_ends_its_session_is_over_soon_with_the_newest_lines_in_order_and_the_others_counted(
    host: Host[PtyProgram],
) -> None:
    ended = host.path("ended")
    program = host.open("box", "--", f"seq 1 300000; date +%s.%N > {ended}; exit 6")
    assert program.wait_exit() == 6
    took = time.time() - float(ended.read_text())
    print(f"over {took:.2f} s after the program")
    assert took < 10.0
    shown, left_out = 0, 0
    for line in program.scrollback.splitlines():
        if told := re.match(r"rmosh: ([\d,]+) lines skipped here", line):
            left_out += int(told[1].replace(",", ""))
            shown += int(told[1].replace(",", ""))
        elif line.isdigit():
            shown += 1
            assert int(line) == shown
    assert 0 < left_out < 300_000 - 24
    assert shown >= 300_000 - 24
