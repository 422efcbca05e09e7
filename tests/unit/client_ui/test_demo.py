"""The demo's words: what it explains, its meter, the shells it starts and how to go on from it."""

import contextlib
import os
import select
import shutil
import time
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from rmosh.errors import BootstrapError
from rmosh.prediction import PredictionStatistics
from rmosh_client.demo.demonstration import GOOD_FOR, Demo
from rmosh_client.demo.going_on import how_to_go_on
from rmosh_client.demo.host import DemoHost
from rmosh_client.demo.meter import TUNNEL, DemoMeter
from rmosh_client.demo.session import BadLink, explanation, write_session
from rmosh_client.typing.escape import EscapeKey, parse_escape_key
from rmosh_server.shell.pty import open_pty
from rmosh_server.systems.program import Program
from tests.patience import PATIENCE
from tests.unit.client_ui.client_ui_status import HEALTHY

LINK = BadLink(delay=0.15, loss=0.05, roam=5.0)
TYPED = PredictionStatistics(keys=43, shown_at_once=41, waits=deque([0.3, 0.31, 0.9]))


def meter_line(meter: DemoMeter, *, columns: int, keys: PredictionStatistics = TYPED, now: float = 100.0) -> str:
    return meter.line(replace(HEALTHY, srtt=0.31, loss=0.06), keys, columns=columns, now=now)


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        (120, " 310 ms there and back, 6% lost, moved 14 times; 41 of 43 keys shown before the host knew them"),
        (80, " 310 ms there and back, 6% lost, moved 14 times; 41 of 43 keys shown at once"),
        (60, " 310 ms, 6% lost, moved 14 times; 41 of 43 keys at once"),
        (40, " 310 ms, 6% lost; 41 of 43 keys at once"),
        (12, " 310 ms, 6% "),
    ],
)
def test_the_meter_says_as_much_as_fits(columns: int, line: str) -> None:
    meter = DemoMeter()
    meter.moves = 14
    assert meter_line(meter, columns=columns) == line


def test_the_meter_counts_no_keys_before_the_first_and_the_seconds_of_a_tunnel() -> None:
    meter = DemoMeter()
    nothing_typed = PredictionStatistics()
    assert meter_line(meter, columns=80, keys=nothing_typed) == " 310 ms there and back, 6% lost"
    meter.enter_tunnel(now=100.0)
    told = " in a tunnel for 7 s more, nothing gets through; 41 of 43 keys shown at once"
    assert meter_line(meter, columns=80, now=103.0) == told
    assert "tunnel" not in meter_line(meter, columns=80, now=100.0 + TUNNEL)


def test_a_link_that_was_not_measured_yet_is_not_told_of() -> None:
    told = DemoMeter().line(replace(HEALTHY, srtt=None), PredictionStatistics(), columns=80, now=1.0)
    assert told == " measuring the link"


class Host:
    """The far side of a demo, which moves each time it is asked."""

    is_bad = False

    def await_ready(self) -> str:
        return "config"

    def worsen(self) -> None:
        self.is_bad = True

    def new_moves(self) -> int:
        return 1


def demo_of(host: Host, *, rows: int, has_meter: bool) -> Demo:
    return Demo(cast(DemoHost, host), command="", rows=rows, columns=80, has_meter=has_meter)


def test_without_a_meter_the_link_is_bad_at_once_and_the_end_tells_no_figures() -> None:
    host = Host()
    demo = demo_of(host, rows=24, has_meter=False)
    assert demo.request().rows == 24
    assert host.is_bad
    assert demo.farewell() == how_to_go_on()


@pytest.mark.parametrize(("loss", "roam", "eventful"), [(0.0, 0.0, False), (0.01, 0.0, True), (0.0, 5.0, True)])
def test_a_link_with_nothing_but_delay_has_no_events_to_tell_of(loss: float, roam: float, eventful: bool) -> None:
    assert BadLink(delay=0.15, loss=loss, roam=roam).is_eventful == eventful


def test_the_link_gets_bad_once_the_shell_had_the_time_to_start() -> None:
    host = Host()
    demo = demo_of(host, rows=23, has_meter=True)
    assert demo.line(HEALTHY, TYPED, columns=80, now=7.0) == " a good link, for a moment"
    assert not host.is_bad
    assert "moved once" in demo.line(HEALTHY, TYPED, columns=80, now=7.0 + GOOD_FOR)
    assert host.is_bad
    assert "moved twice" in demo.line(HEALTHY, TYPED, columns=80, now=8.0)


def test_figures_tell_of_keys_moves_and_tunnels() -> None:
    meter = DemoMeter()
    meter.moves = 8
    meter_line(meter, columns=80)
    meter.enter_tunnel(now=100.0)
    meter.enter_tunnel(now=104.0)
    told = "41 of 43 keys shown at once, the host's answers 310 ms later; 8 moves and"
    assert meter.figures(now=109.0) == f"{told} 9 s of tunnel survived."
    assert meter.figures(now=200.0) == f"{told} 14 s of tunnel survived."


def test_figures_of_a_session_in_which_nothing_happened_claim_nothing() -> None:
    assert DemoMeter().figures(now=1.0) == "0 of 0 keys shown at once."


def test_a_python_that_cannot_be_started_again_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "python3"))
    with pytest.raises(BootstrapError, match=r"could not be started: No such file or directory: .*python3"):
        DemoHost(tmp_path, LINK)


@pytest.mark.parametrize(("rows", "columns"), [(39, 120), (23, 80), (9, 40), (4, 20)])
def test_the_explanation_is_in_lines_that_fit_and_leaves_room_for_the_prompt(rows: int, columns: int) -> None:
    lines = explanation(LINK, EscapeKey(), rows=rows, columns=columns, has_meter=True).splitlines()
    assert max(map(len, lines)) < columns
    assert columns < 40 or len(lines) <= rows - 3
    text = " ".join(" ".join(lines).split())
    for wanted in ("150 ms each way", "5 %", "`yes`", "Ctrl-C", "Ctrl-^", "p:", "b:", "?:", "`exit`"):
        assert wanted in text


def test_a_link_that_never_moves_or_delays_is_not_said_to() -> None:
    text = explanation(BadLink(delay=0.0, loss=0.0, roam=0.0), EscapeKey(), rows=40, columns=80, has_meter=True)
    assert "address" not in text
    assert "packets" not in text
    assert "each way" not in text
    assert "ssh you would wait" not in text


def test_a_demo_without_a_meter_tells_of_none_and_long_times_are_told_in_seconds() -> None:
    link = BadLink(delay=2.5, loss=0.0, roam=0.5)
    text = " ".join(explanation(link, EscapeKey(), rows=40, columns=80, has_meter=False).split())
    assert "made up for you: 2.5 s each way, and this end gets a new address every 500 ms." in text
    assert "you would wait 5 s for each" in text
    assert "last line" not in text
    assert link.prompt.startswith("[demo: 2.5 s, ")


@pytest.mark.parametrize(
    ("typed", "told"),
    [("^^", "Ctrl-^ (that is Ctrl and 6), then p"), ("~", "~ (after Enter), then p"), ("^B", "Ctrl-B, then p")],
)
@pytest.mark.parametrize("rows", [40, 9])
def test_the_explanation_names_the_users_own_escape_key(typed: str, told: str, rows: int) -> None:
    text = explanation(LINK, parse_escape_key(typed), rows=rows, columns=80, has_meter=True)
    assert told in " ".join(text.split())
    assert typed == "^^" or "Ctrl-^" not in text
    assert "then p" not in explanation(LINK, parse_escape_key("none"), rows=rows, columns=80, has_meter=True)


def first_words(command: str, *, shell: str, home: Path, until: str) -> str:
    """Return what a shell writes in a terminal until it is at its prompt."""
    environment = {
        "HOME": str(home),
        "SHELL": shell,
        "TERM": "dumb",
        "PATH": os.environ["PATH"],
        "LC_ALL": "C.UTF-8",
    }
    said, deadline = b"", time.monotonic() + PATIENCE
    with contextlib.closing(open_pty(rows=24, columns=80)) as terminal:
        number = terminal.start(Program("/bin/sh", ("sh", "-c", command)), environment)
        while until.encode() not in said and time.monotonic() < deadline:
            select.select([terminal], [], [], 0.1)
            said += terminal.read()
    os.waitpid(number, 0)
    return said.decode(errors="replace")


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "dash"])
def test_every_shell_explains_and_says_where_it_is(shell: str, tmp_path: Path) -> None:
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"{shell} is not installed (apt install {shell})")
    home, directory = tmp_path / "home", tmp_path / "the demo's"
    home.mkdir()
    directory.mkdir()
    for name in (".bashrc", ".zshrc"):
        (home / name).write_text("PS1=overruled; PROMPT_COMMAND='PS1=again'; precmd() { PROMPT=again; }\n")
    command = write_session(directory, LINK, EscapeKey(), rows=23, columns=80, has_meter=True)
    said = first_words(command, shell=found, home=home, until=LINK.prompt.rstrip())
    assert "Three things to try" in said
    assert LINK.prompt.rstrip() in said
    assert not [file.name for file in home.iterdir() if "history" in file.name]


def test_any_other_shell_explains_and_is_the_accounts(tmp_path: Path) -> None:
    shell = tmp_path / "elvish"
    shell.write_text("#!/bin/sh\npwd\necho own shell: $1\n")
    shell.chmod(0o755)
    said = first_words(
        write_session(tmp_path, LINK, EscapeKey(), rows=23, columns=80, has_meter=True),
        shell=str(shell),
        home=tmp_path,
        until="own shell",
    )
    assert "Three things to try" in said
    assert "own shell: -i" in said
    assert os.getcwd() in said.splitlines()


def test_the_way_to_a_host_is_this_rmosh_and_nothing_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["a checkout/.venv/bin/rmosh", "demo"])
    assert "    'a checkout/.venv/bin/rmosh' HOST\n" in how_to_go_on()
    (tmp_path / "rmosh").touch(mode=0o755)
    assert "    rmosh HOST\n" in how_to_go_on()
    assert "install" not in how_to_go_on()
