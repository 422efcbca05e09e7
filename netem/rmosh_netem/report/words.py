"""What the page says in words: each workload's title and method, each figure's name. Unknown ones keep their own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Wording:
    """How a workload is explained.

    Attributes:
        title: of its section.
        method: what was done and timed, for a reader who has not seen the bench.
        reading: how to read its figures; empty where it has none.
    """

    title: str
    method: str
    reading: str = ""


_CURVES: Final = (
    "A point on a curve says which share of the keys was there within that time: the further left, the faster. Beside"
    " each name stands its median. A curve that ends below 100 % had keys that never came."
)

WORDINGS: Final[Mapping[str, Wording]] = {
    "key": Wording(
        "Keys confirmed by the far side",
        "Letters are typed at a fluent pace; a program on the far side echoes each. Prediction is off, so a key counts"
        " once its echo has crossed the link and stands on the screen. No tool can be faster than one round trip.",
        _CURVES,
    ),
    "burst": Wording(
        "Keys confirmed in bad minutes",
        "The same on a link that loses nine packets in ten for 0.6 s, about every 4.6 s and each way by itself.",
        _CURVES,
    ),
    "bash": Wording(
        "Keys as displayed, typing at a bash prompt",
        "Words and Enter at a real bash prompt, a pause after each Enter. Prediction is on as by default: a key counts"
        " once its letter stands on the screen, guessed or confirmed. Under 10 ms feels immediate.",
        _CURVES,
    ),
    "cat": Wording(
        "Keys as displayed, typing into cat",
        "Words and Enter that only the far side's kernel echoes, with no pause between lines. Prediction is on: a key"
        " counts once its letter stands on the screen, guessed or confirmed.",
        _CURVES,
    ),
    "edit": Wording(
        "Keys as displayed, editing at a bash prompt",
        "Words, corrections, arrows, insertions mid-line, kills, Tab, history and wrapped lines at a real bash prompt."
        " Prediction is on: a key counts once all that it changes stands on the screen, guessed or confirmed.",
        _CURVES,
    ),
    "edit-confirmed": Wording(
        "Keys confirmed, editing at a bash prompt",
        "The same editing with prediction off: a key counts once the far side's answer stands on the screen.",
        _CURVES,
    ),
    "vim": Wording(
        "Keys as displayed, typing in vim",
        "Text and commands in vim, a program that paints its own screen. Prediction is on: a key counts once what it"
        " does stands on the screen, guessed or confirmed.",
        _CURVES,
    ),
    "vim-confirmed": Wording(
        "Keys confirmed, typing in vim",
        "The same keys in vim with prediction off: a key counts once the far side's answer stands on the screen.",
        _CURVES,
    ),
    "trace": Wording(
        "Keys as displayed, a recorded typist",
        "Keys that somebody recorded, typed at their own rhythm at a real bash prompt. Prediction is on: a key counts"
        " once what it does stands on the screen, guessed or confirmed.",
        _CURVES,
    ),
    "blackout": Wording(
        "Through a blackout",
        "The link goes dead in both directions while somebody keeps typing two keys a second. Timed from the moment it"
        " works again: until the first, and until the last of the keys typed meanwhile stands on the screen.",
        "Each line is a key, from the tick when it was typed to the dot when it was shown; nothing crosses the link in"
        " the shaded time. The nearer the wall of dots stands to its end, the shorter the wait.",
    ),
    "long-blackout": Wording(
        "Through a long blackout",
        "The same, for so long that a tool may have begun to try less often.",
        "Each line is a key, from the tick when it was typed to the dot when it was shown; nothing crosses the link in"
        " the shaded time.",
    ),
    "roam": Wording(
        "Roaming while typing",
        "Letters echoed by the far side, prediction off, and every ten keys the client has a new address and port, as"
        " when a laptop changes networks. Timed for each key until its echo stands on the screen.",
        "Each mark is a key, the higher the slower; at a dashed line the client got a new address and port.",
    ),
    "roam-nat": Wording(
        "A NAT forgets while typing",
        "The same where only a NAT on the way gives the client another port, of which the client's machine learns"
        " nothing.",
        "Each mark is a key, the higher the slower; at a dashed line the NAT forgot.",
    ),
    "switch": Wording(
        "A firewall that comes and goes while typing",
        "Letters echoed by the far side, prediction off, and every ten keys a firewall begins to eat all UDP, or lets"
        " it through again. Timed for each key until its echo stands on the screen.",
        "Each mark is a key, the higher the slower; at a dashed line the firewall came or went.",
    ),
    "silent-roam": Wording(
        "Roaming while only the far side talks",
        "A NAT forgets the client's port while nobody types and the far side prints numbers. Timed until the next"
        " number printed is on the screen.",
    ),
    "silent-move": Wording(
        "Moving while only the far side talks",
        "The client gets another address while nobody types and the far side prints numbers. Timed until the next"
        " number printed is on the screen.",
    ),
    "outage": Wording(
        "An outage with nobody typing",
        "The link is dead, one line is printed meanwhile on the far side, nobody types. Timed from the end of the"
        " outage until that line is on the screen.",
    ),
    "sleep": Wording(
        "After the client slept",
        "The client is stopped as a closed laptop would be, and continued. Timed until its screen is up to date, and"
        " until a key is answered.",
    ),
    "start": Wording(
        "Starting a session",
        "From the command to a prompt, over the link and without it; the difference is given in round trips.",
    ),
    "flood": Wording(
        "A flood of output",
        "A log of 20 MB is printed: how long the far side's command takes, when its end is on the user's terminal, and"
        " when nothing more comes: the scrollback is whole (mosh has none).",
    ),
    "coloured": Wording(
        "A flood of coloured output",
        "The same of lines that have a coloured word each; and the processor time that the server takes for it.",
    ),
    "coloured-cjk": Wording(
        "A flood of coloured Chinese output",
        "The same of Chinese words, 20 MB of UTF-8.",
    ),
    "yes": Wording(
        "Ctrl-C out of yes",
        "The far side floods the screen with lines; Ctrl-C is pressed. Timed until the screen says that it stopped.",
    ),
    "colours": Wording(
        "Ctrl-C out of coloured screens",
        "The far side floods a 160x48 screen with coloured cells; Ctrl-C is pressed. Timed until the screen says that"
        " it stopped.",
    ),
    "repaint": Wording(
        "Repainting a large screen",
        "Each key repaints a coloured 160x48 screen whole. Timed until the screen is right cell by cell.",
        _CURVES,
    ),
    "page": Wording(
        "A page of 960 pairs of colours",
        "Each key paints a 160x48 screen where every word has a foreground and a background of its own, of the 256."
        " Timed until the screen is right cell by cell.",
        _CURVES,
    ),
    "true-colours": Wording(
        "A page of 1920 colours of 24 bits",
        "The same in colours of 24 bits, none of which comes twice.",
        _CURVES,
    ),
    "picture": Wording(
        "A picture of half blocks",
        "Each key paints a picture on a 400x100 screen, two pixels of 24-bit colour a cell. Timed until the screen is"
        " right cell by cell.",
        _CURVES,
    ),
    "stream": Wording(
        "A stream of bytes",
        "Zeros go through `host cat /dev/zero`, and through `cat /dev/zero | host ...`; counted from the first byte on,"
        " the start included.",
    ),
    "cp": Wording(
        "Copying a file",
        "A file of random bytes is copied to the far side and back, by scp and by rmosh cp: from the command line to"
        " the prompt, the login included.",
    ),
    "forward": Wording(
        "Connections through -L",
        "Small answers are fetched through a forward, a connection each and one after the other: timed from connecting"
        " to the last byte. Then one large answer.",
    ),
    "busy": Wording(
        "Keys beside a stream",
        "Letters are typed and Ctrl-C is pressed, first alone, then while the session's own -L carries an endless"
        " download. Prediction is off.",
        _CURVES,
    ),
    "idle": Wording(
        "At rest",
        "A session where nothing happens: bytes and packets on the wire, processor time and wake-ups a second, memory.",
    ),
    "agent": Wording(
        "A coding agent's screen",
        "Ten times a second a 160x48 screen is erased and written whole, most of its cells as they were. Counted over"
        " some time: processor time, wake-ups and packets a second.",
    ),
    "each-second": Wording("A screen written each second", "The same screen once a second."),
    "memory": Wording(
        "Memory",
        "Each end's proportional memory (PSS) after a login; then that of many sessions' servers at once, what they"
        " were forked from included, divided by their number.",
    ),
    "exit": Wording("Leaving", "From Enter on `exit` at the far side's prompt until the local one can come."),
}

#: Workloads whose samples are keys shown, with prediction off.
CONFIRMED: Final = ("key", "burst", "busy")

#: Workloads whose samples are keys shown, with prediction on.
DISPLAYED: Final = ("bash", "edit", "cat", "trace", "vim")

_FIGURES: Final[Mapping[str, str]] = {
    "at_once_percent": "shown within 10 ms, % of keys",
    "p50_ms": "median, ms",
    "p90_ms": "90th percentile, ms",
    "p99_ms": "99th percentile, ms",
    "worst_ms": "worst, ms",
    "first_ms": "first key back, ms",
    "all_ms": "all keys back, ms",
    "consistent_ms": "screen up to date, ms",
    "answer_ms": "key answered, ms",
    "ms": "to a prompt, ms",
    "undelayed_ms": "to a prompt without the link, ms",
    "round_trips": "round trips",
    "alone_p50_ms": "median without the stream, ms",
    "alone_p99_ms": "99th percentile without the stream, ms",
    "alone_stop_ms": "Ctrl-C without the stream, ms",
    "stop_ms": "Ctrl-C (the slowest), ms",
    "stream_mb_s": "the stream meanwhile, MB/s",
    "large_mb_s": "the large answer, MB/s",
    "down_mb_s": "down, MB/s",
    "up_mb_s": "up, MB/s",
    "put_s": "to the far side, s",
    "get_s": "from there, s",
    "wall_s": "the far side's command, s",
    "end_s": "its end on the terminal, s",
    "whole_s": "the scrollback whole, s",
    "up_bytes_s": "bytes a second up",
    "down_bytes_s": "bytes a second down",
    "up_packets_s": "packets a second up",
    "down_packets_s": "packets a second down",
    "client_cpu_ms_s": "client processor time, ms a second",
    "server_cpu_ms_s": "server processor time, ms a second",
    "client_wake_ups_s": "client wake-ups a second",
    "server_wake_ups_s": "server wake-ups a second",
    "server_busy_s": "server processor time meanwhile, s",
    "client_mb": "client memory (PSS), MB",
    "server_mb": "server memory (PSS), MB",
    "each_server_mb": "each server's of many sessions, MB",
    "up_bytes_per_key": "bytes a key up",
    "down_bytes_per_key": "bytes a key down",
    "bytes_each": "bytes a screen",
    "server_pss_mb": "server memory (PSS), MB",
    "server_rss_mb": "server memory (RSS), MB",
    "client_rss_mb": "client memory (RSS), MB",
    "client_pss_mb": "client memory (PSS), MB",
    "client_cpu_s": "client processor time, s",
    "server_cpu_s": "server processor time, s",
    "wrong_cells": "cells shown wrongly",
    "wrong_at_end": "cells wrong in the end",
    "never": "never shown",
}

#: Endings of figures where less is better and a ratio makes sense, but for speeds.
_RATIO_ENDINGS: Final = ("_ms", "_s", "_mb", "_per_key", "bytes_each", "round_trips")

_UNITS: Final[Mapping[str, str]] = {"ms": "ms", "s": "s", "mb": "MB", "percent": "%"}


def wording(workload: str) -> Wording:
    """Return a workload's words; an unknown one gets its name as title."""
    return WORDINGS.get(workload) or Wording(
        workload.replace("-", " ").replace("_", " ").capitalize(),
        "A workload that this report has no words for; the figures are as the bench wrote them.",
    )


def figure_label(name: str) -> str:
    """Return a figure's name for readers, its unit at the end."""
    if name in _FIGURES:
        return _FIGURES[name]
    stem, _, unit = name.rpartition("_")
    if stem and unit in _UNITS:
        return f"{stem.replace('_', ' ')}, {_UNITS[unit]}"
    return name.replace("_", " ")


def is_predicted(workload: str, figures: Iterable[Mapping[str, object]]) -> bool:
    """Say whether keys could show before the far side confirmed them; the bench then counts those shown at once."""
    return not workload.endswith("confirmed") and any("at_once_percent" in each for each in figures)


def has_ratio(name: str) -> bool:
    """Say whether dividing two tools' figures of this name tells a reader something."""
    return name == "ms" or (name.endswith(_RATIO_ENDINGS) and not is_speed(name))


def is_speed(name: str) -> bool:
    """Say whether a figure is bytes a second that a user gets: more is better."""
    return name.endswith("_mb_s")


def figure_order(name: str) -> int:
    """Return where a figure stands in a table: known ones first, in their order."""
    names = list(_FIGURES)
    return names.index(name) if name in names else len(names)
