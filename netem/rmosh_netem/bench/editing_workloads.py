"""The measurements where somebody edits: in bash, in vim, or as a user has recorded."""

import time
from collections.abc import Sequence

from .figures import AT_ONCE, Figure, latencies, share_below
from .keystrokes import editing_in_bash, editing_in_vim, read_trace
from .laboratory import Laboratory
from .measurement import PROMPT, Findings, Plan
from .staged_typing import Rehearsal, rehearse, type_staged
from .tools import Predict
from .typing_plans import Keystroke

#: What shows that a far-side script is ready for keys.
_READY = {"edit": PROMPT.strip(), "vim": "line 1"}

#: The recorded keys are typed at bash's prompt.
_TRACE_SCRIPT = "edit"


def edit_in_bash(lab: Laboratory, plan: Plan, predict: Predict = Predict.ADAPTIVE) -> Findings:
    """Words, corrections, kills, completion, history and wrapped lines at a bash prompt: what the user sees."""
    return _edit(lab, plan, "edit", editing_in_bash(plan.keys, seed=plan.seed), predict)


def edit_in_vim(lab: Laboratory, plan: Plan, predict: Predict = Predict.ADAPTIVE) -> Findings:
    """Text, moves and deletions in vim: what the user sees."""
    return _edit(lab, plan, "vim", editing_in_vim(plan.keys, seed=plan.seed), predict)


def edit_in_vim_confirmed(lab: Laboratory, plan: Plan) -> Findings:
    """The same without prediction: when the far side has confirmed each key."""
    return edit_in_vim(lab, plan, Predict.NEVER)


def edit_in_bash_confirmed(lab: Laboratory, plan: Plan) -> Findings:
    """The same without prediction: when the far side has confirmed each key."""
    return edit_in_bash(lab, plan, Predict.NEVER)


def replay_trace(lab: Laboratory, plan: Plan) -> Findings:
    """Keys that a user has recorded, at a bash prompt."""
    assert plan.trace is not None
    return _edit(lab, plan, _TRACE_SCRIPT, read_trace(plan.trace), Predict.ADAPTIVE)


def _edit(lab: Laboratory, plan: Plan, script: str, keys: Sequence[Keystroke], predict: Predict) -> Findings:
    rehearsal = _rehearsed(lab, plan, script, tuple(keys))
    lab.far_side.prepare_texts()
    with lab.session(script, predict=predict) as session:
        session.watch_for(_READY[script], timeout=plan.start_timeout)
        session.record_until(time.monotonic() + 1.0 + plan.profile.mean_rtt)
        lab.link.begin_again()
        typed = type_staged(session, keys, rehearsal, patience=plan.patience)
    figures: dict[str, Figure] = {"at_once_percent": share_below(typed.shown, AT_ONCE)}
    figures |= latencies(typed.shown)
    figures |= {"wrong_cells": typed.wrong_cells, "wrong_at_end": typed.wrong_at_end}
    return Findings(figures, {"pressed": list(typed.pressed), "shown": typed.shown})


def _rehearsed(lab: Laboratory, plan: Plan, script: str, keys: tuple[Keystroke, ...]) -> Rehearsal:
    """Return what the keys do here, where no link is: rehearsed once for all tools and links."""
    known = lab.far_side.rehearsals
    if (script, keys) not in known:
        lab.far_side.prepare_texts()
        with lab.rehearsal(script) as here:
            here.watch_for(_READY[script], timeout=plan.start_timeout)
            known[script, keys] = rehearse(here, keys)
    return known[script, keys]
