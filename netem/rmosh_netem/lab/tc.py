"""The kernel's own netem in the place of ours: builds tc(8) commands from link models. Knows no namespaces.

What tc-netem(8) has no word for is refused rather than left out in silence.
"""

from dataclasses import fields
from typing import Final

from ..errors import Unavailable
from ..link import LinkModel

#: Packets that may be under way at once, where no queue bounds them; tc's own 1000 would drop on long fast links.
_NO_LIMIT: Final = 100_000

#: Settings that tc-netem(8) has words for.
_KNOWN: Final = frozenset({"delay", "jitter", "reorder", "loss", "duplicate", "corrupt", "rate", "queue"})

#: Bytes of a packet that tc's queue, counted in packets, takes for full.
_FULL_PACKET: Final = 1500


def netem_command(model: LinkModel, *, device: str) -> list[str]:
    """Return the words after `tc` that put a model on the way out of a device.

    tc's jitter is even around its delay and always reorders.

    Raises:
        Unavailable: netem has no word for something in the model.
    """
    _require_expressible(model)
    limit = _NO_LIMIT if model.rate is None else max(1, model.queue // _FULL_PACKET)
    words = ["qdisc", "replace", "dev", device, "root", "netem", "limit", str(limit)]
    words += ["delay", _microseconds(model.delay + model.jitter / 2)]
    if model.jitter:
        words.append(_microseconds(model.jitter / 2))
    for name in ("loss", "duplicate", "corrupt"):
        share = getattr(model, name)
        if share:
            words += [name, f"{share * 100:g}%"]
    if model.rate is not None:
        words += ["rate", f"{round(model.rate)}bit"]
    return words


def blackout_command(*, device: str) -> list[str]:
    """Return the words after `tc` that let nothing out of a device."""
    return ["qdisc", "replace", "dev", device, "root", "netem", "loss", "100%"]


def _require_expressible(model: LinkModel) -> None:
    perfect = LinkModel()
    wrong = [
        each.name
        for each in fields(model)
        if each.name not in _KNOWN and getattr(model, each.name) != getattr(perfect, each.name)
    ]
    if model.jitter and not model.reorder:
        wrong.append("jitter without reorder")
    if wrong:
        raise Unavailable(f"the kernel's netem does not know {' and '.join(wrong)}: use --backend tun")


def _microseconds(seconds: float) -> str:
    return f"{round(seconds * 1e6)}us"
