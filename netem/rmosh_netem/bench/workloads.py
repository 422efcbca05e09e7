"""The measurements where somebody types: each runs one tool through one link and returns its figures and samples."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from ..link import LinkModel
from ..link_model import Bursts
from .bulk_workloads import beside_a_stream, copy, forward, stream
from .editing_workloads import (
    edit_in_bash,
    edit_in_bash_confirmed,
    edit_in_vim,
    edit_in_vim_confirmed,
    replay_trace,
)
from .figures import AT_ONCE, Figure, latencies, milliseconds, percentile, share_below
from .flood_workloads import FLOODS
from .footprint_workloads import FOOTPRINTS
from .laboratory import Laboratory
from .measurement import PROMPT, Findings, Plan, Workload, roamed_host
from .painting_workloads import PAINTING
from .pty_session import PtySession
from .silent_typist import outage, silent_move, silent_roam, sleep
from .tools import Predict
from .typing import TypingResult, type_plan
from .typing_plans import echoed_lines, plain_letters, shell_lines

#: Rows of the screen that words are typed on: enough for some hundred keys without scrolling.
_TYPING_ROWS: Final = 48

#: A bad minute at a cell's edge: 0.6 s that lose nine in ten, after 4 s that lose nothing. Our choice.
_SPELLS: Final = Bursts(good=4.0, bad=0.6, loss_bad=0.9)

#: Seconds a flood runs before Ctrl-C is pressed: queues are full by then.
_FLOOD_BEFORE_INTERRUPT: Final = 2.0

#: Keys typed from each address.
_KEYS_PER_ROAM: Final = 10

#: Seconds without output after which a screen is looked at; looking any earlier would delay reading.
_QUIET: Final = 0.3

#: Seconds in which the program must stop after Ctrl-C; Mosh took 19 s at worst.
_STOP_TIMEOUT: Final = 60.0


def confirmed_keys(lab: Laboratory, plan: Plan) -> Findings:
    """Letters echoed by a far-side program, prediction off: what the protocol itself takes."""
    return _confirmed(lab, plan, spells=None)


def confirmed_keys_in_bursts(lab: Laboratory, plan: Plan) -> Findings:
    """The same on a link that is bad again and again, each direction by itself; the login crosses it as it is."""
    return _confirmed(lab, plan, spells=_SPELLS)


def _confirmed(lab: Laboratory, plan: Plan, *, spells: Bursts | None) -> Findings:
    with lab.session("echo") as session:
        session.watch_for("READY", timeout=plan.start_timeout)
        if spells is not None:
            lab.link.change(up=replace(plan.profile.up, bursts=spells), down=replace(plan.profile.down, bursts=spells))
        up, down = lab.link.wire_bytes()
        lab.link.begin_again()
        typed = type_plan(session, plain_letters(plan.keys, seed=plan.seed), patience=plan.patience)
        up_after, down_after = lab.link.wire_bytes()
    figures = latencies(typed.shown)
    figures["up_bytes_per_key"] = round((up_after - up) / plan.keys)
    figures["down_bytes_per_key"] = round((down_after - down) / plan.keys)
    figures["wrong_at_end"] = typed.wrong_at_end
    return Findings(figures, {"shown": typed.shown})


def typing_in_bash(lab: Laboratory, plan: Plan) -> Findings:
    """Words and Enter at a bash prompt, a pause after each Enter, prediction as it comes: what the user sees."""
    with lab.session("bash", predict=Predict.ADAPTIVE, rows=_TYPING_ROWS) as session:
        session.watch_for(PROMPT.strip(), timeout=plan.start_timeout)
        session.record_until(time.monotonic() + 1.0)
        keys = shell_lines(plan.keys, seed=plan.seed, prompt=PROMPT)
        lab.link.begin_again()
        return _displayed(type_plan(session, keys, patience=plan.patience))


def typing_in_cat(lab: Laboratory, plan: Plan) -> Findings:
    """Words and Enter that only the kernel echoes, without a pause, prediction as it comes."""
    with lab.session("cat", predict=Predict.ADAPTIVE, rows=_TYPING_ROWS) as session:
        session.watch_for("READY", timeout=plan.start_timeout)
        session.record_until(time.monotonic() + 1.0)
        keys = echoed_lines(plan.keys, seed=plan.seed)
        lab.link.begin_again()
        return _displayed(type_plan(session, keys, patience=plan.patience))


def interrupt_yes(lab: Laboratory, plan: Plan) -> Findings:
    """Ctrl-C out of `yes`: from the key to the line that the program has stopped."""
    return _interrupt(lab, plan, "yes", rows=24, columns=80)


def interrupt_colours(lab: Laboratory, plan: Plan) -> Findings:
    """Ctrl-C out of a flood of coloured 160x48 screens."""
    pages = lab.far_side.prepare_colours()
    return _interrupt(lab, plan, "colours", rows=pages.rows, columns=pages.columns)


def blackout(lab: Laboratory, plan: Plan) -> Findings:
    """Typing through a short blackout: from its end to the first and to the last key of it shown."""
    return _black_out(lab, plan, plan.blackout)


def long_blackout(lab: Laboratory, plan: Plan) -> Findings:
    """The same through a long one, in which tools begin to wait longer between their attempts."""
    return _black_out(lab, plan, plan.long_blackout)


def _black_out(lab: Laboratory, plan: Plan, seconds: float) -> Findings:
    count = int(seconds * 2) + 6  # two a second, until some seconds after it
    keys = plain_letters(count, seed=plan.seed, gaps=(0.4, 0.6))
    with lab.session("echo", rows=_TYPING_ROWS) as session:
        session.watch_for("READY", timeout=plan.start_timeout)
        session.record_until(time.monotonic() + 2.0)
        start = time.monotonic()  # before the link goes dead: no key can then be back before the end
        lab.link.blackout(seconds)
        typed = type_plan(session, keys, patience=60.0)
    end = start + seconds
    back = [
        None if shown is None else press + shown - end
        for press, shown in zip(typed.presses, typed.shown, strict=True)
        if press < end
    ]
    figures: dict[str, Figure] = {
        "first_ms": milliseconds(percentile(back, 0)),
        "all_ms": milliseconds(percentile(back, 1)),
        "wrong_at_end": typed.wrong_at_end,
    }
    timeline = {"pressed": _since(start, typed.presses), "shown": typed.shown, "outage": _since(start, [start, end])}
    return Findings(figures, {"back": back, **timeline})


def roam(lab: Laboratory, plan: Plan) -> Findings:
    """Letters as in `key`, with a new client address and port every ten keys: how long the path takes to follow."""
    return _roam(lab, plan, lambda number: lab.link.rebind(roamed_host(number)))


def roam_nat(lab: Laboratory, plan: Plan) -> Findings:
    """The same where only the NAT gives the client another port, of which its machine learns nothing."""
    return _roam(lab, plan, lambda number: lab.link.rebind())


def _roam(lab: Laboratory, plan: Plan, elsewhere: Callable[[int], None]) -> Findings:
    moved: list[float] = []

    def move(number: int) -> None:
        if number % _KEYS_PER_ROAM == _KEYS_PER_ROAM - 1:
            moved.append(time.monotonic())
            elsewhere(number // _KEYS_PER_ROAM)

    with lab.session("echo") as session:
        session.watch_for("READY", timeout=plan.start_timeout)
        keys = plain_letters(plan.keys, seed=plan.seed)
        lab.link.begin_again()
        start = time.monotonic()
        typed = type_plan(session, keys, patience=plan.patience, before_key=move)
    timeline = {"pressed": _since(start, typed.presses), "shown": typed.shown, "moved": _since(start, moved)}
    return Findings({**latencies(typed.shown), "wrong_at_end": typed.wrong_at_end}, timeline)


def switch(lab: Laboratory, plan: Plan) -> Findings:
    """Letters as in `key`, and every ten keys a firewall begins to eat all UDP, or lets it through again."""
    firewall = plan.profile.firewall

    def turn(number: int) -> None:
        lab.link.put_up(replace(firewall, blocked=number % 2 == 0))

    try:
        findings = _roam(lab, plan, turn)
    finally:
        lab.link.put_up(firewall)
    shown = findings.samples["shown"]
    first = shown[_KEYS_PER_ROAM - 1 :: _KEYS_PER_ROAM]
    figures = {"first_p50_ms": percentile(first, 0.5), "first_worst_ms": percentile(first, 1)}
    findings.figures |= {name: milliseconds(seconds) for name, seconds in figures.items()}
    return findings


def start_up(lab: Laboratory, plan: Plan) -> Findings:
    """From the command to a prompt, without and with the link: the difference in round trips."""
    rtt = plan.profile.mean_rtt
    lab.link.change(up=LinkModel(), down=LinkModel())
    near = [_time_to_prompt(lab, plan) for _ in range(plan.repeats)]
    lab.link.change(up=plan.profile.up, down=plan.profile.down)
    far = [_time_to_prompt(lab, plan) for _ in range(plan.repeats)]
    near_median, far_median = percentile(near, 0.5), percentile(far, 0.5)
    assert near_median is not None and far_median is not None
    round_trips = _in_round_trips(far_median - near_median, rtt)
    figures: dict[str, Figure] = {"ms": milliseconds(far_median), "undelayed_ms": milliseconds(near_median)}
    return Findings(figures | {"round_trips": round_trips}, {"far": list(far), "near": list(near)})


def _in_round_trips(seconds: float, rtt: float) -> float | None:
    """Return a difference in round trips; None where the machine's own noise is larger than what is asked."""
    return round(seconds / rtt, 1) if rtt >= 0.02 and seconds >= 0 else None


WORKLOADS: Final[dict[str, Workload]] = {
    "key": confirmed_keys,
    "burst": confirmed_keys_in_bursts,
    "bash": typing_in_bash,
    "cat": typing_in_cat,
    "edit": edit_in_bash,
    "edit-confirmed": edit_in_bash_confirmed,
    "vim": edit_in_vim,
    "vim-confirmed": edit_in_vim_confirmed,
    "trace": replay_trace,
    **FLOODS,
    "yes": interrupt_yes,
    "colours": interrupt_colours,
    "blackout": blackout,
    "long-blackout": long_blackout,
    "roam": roam,
    "roam-nat": roam_nat,
    "switch": switch,
    "silent-roam": silent_roam,
    "silent-move": silent_move,
    "outage": outage,
    "sleep": sleep,
    "start": start_up,
    **PAINTING,
    **FOOTPRINTS,
    "stream": stream,
    "cp": copy,
    "forward": forward,
    "busy": beside_a_stream,
}

#: What only a `StreamingTool` does.
STREAMING_ONLY: Final[Sequence[str]] = ("stream", "cp", "forward", "busy")


def _since(start: float, times: Sequence[float]) -> list[float | None]:
    """Return times as seconds since `start`: what a timeline is drawn of."""
    return [round(when - start, 6) for when in times]


def _displayed(typed: TypingResult) -> Findings:
    figures: dict[str, Figure] = {"at_once_percent": share_below(typed.shown, AT_ONCE)}
    figures |= latencies(typed.shown)
    figures |= {"wrong_cells": typed.wrong_cells, "wrong_at_end": typed.wrong_at_end}
    return Findings(figures, {"shown": typed.shown})


def _interrupt(lab: Laboratory, plan: Plan, script: str, *, rows: int, columns: int) -> Findings:
    stopped: list[float | None] = []
    with lab.session(script, rows=rows, columns=columns) as session:
        for turn in range(1, plan.repeats + 1):
            session.watch_for(f"ready-{turn}.", timeout=plan.start_timeout)
            session.type(b"\r")
            session.record_until(time.monotonic() + _FLOOD_BEFORE_INTERRUPT + plan.profile.mean_rtt)
            stopped.append(_stop(session, turn))
            if stopped[-1] is None:
                break
            session.type(b"\r")
    figures: dict[str, Figure] = {"p50_ms": milliseconds(percentile(stopped, 0.5))}
    figures |= {"worst_ms": milliseconds(percentile(stopped, 1)), "never": stopped.count(None)}
    return Findings(figures, {"stopped": stopped})


def _stop(session: PtySession, turn: int) -> float | None:
    press = session.type(b"\x03")
    session.record_until_quiet(quiet=_QUIET, at_most=_STOP_TIMEOUT)
    wanted = f"stopped-{turn}."
    seen = session.watch(
        lambda when, screen: when > press and any(wanted in row for row in screen.display), timeout=_STOP_TIMEOUT
    )
    return None if seen is None else seen - press


def _time_to_prompt(lab: Laboratory, plan: Plan) -> float:
    with lab.session("bash", predict=Predict.ADAPTIVE) as session:
        return session.watch_for(PROMPT.strip(), timeout=plan.start_timeout) - session.started
