"""What stands in the boxes that the escape key opens, as lines. Sans-IO."""

import textwrap
from collections.abc import Sequence
from typing import Final, NamedTuple

from rmosh.channels.newest.frames import Person
from rmosh.prediction import PredictionStatistics
from rmosh.session.status import LinkStatus, PathFigures
from rmosh_client.forwarding.figures import ForwardFigures
from rmosh_client.showing.company import person_name
from rmosh_client.showing.last_minute import LastMinute
from rmosh_client.typing.escape import EscapeKey


class OwnKey(NamedTuple):
    """What a key does after the escape key, in a word or two and in a line."""

    key: str
    short: str
    long: str


#: Rows and columns that a help of one line a key leaves to the screen around it. Reason: its margin at both sides.
_MARGIN: Final = 2

#: Columns that a line of bars takes with what stands before and after it.
_COLUMNS_FOR_BARS: Final = 60

_KEYS: Final = (
    OwnKey(".", "end", "end the session, or leave it to others who type in it"),
    OwnKey("d", "detach", "detach: leave the session running"),
    OwnKey("[", "history", "read the history: scroll, search, copy, save"),
    OwnKey("p", "guesses", "turn guesses off or on: keys shown before the host answers"),
    OwnKey("i", "figures", "show or hide the connection's figures"),
    OwnKey("t", "trace", "start or end a trace: a file that tells what went over the link"),
    OwnKey("!", "shell", "a shell on this machine; the session goes on meanwhile"),
    OwnKey("l", "log in", "log in again, where nothing gets through any more"),
    OwnKey("C", "forward", "forward a port, or end that: -L, -R, -D or -KL as ssh takes them"),
    OwnKey("#", "ports", "show or hide what is forwarded"),
    OwnKey("w", "people", "show or hide who is in the session"),
    OwnKey("Ctrl-Z", "suspend", "suspend rmosh"),
    OwnKey("?", "help", "show these keys; any key closes the list"),
)
_TUNNEL: Final = OwnKey("b", "tunnel", "the demo's tunnel: nothing gets through for 10 s")


def own_keys(key: EscapeKey, *, with_tunnel: bool = False) -> list[OwnKey]:
    """Return all keys that mean something after the escape key."""
    return [*_KEYS, *([_TUNNEL] if with_tunnel else []), OwnKey("^", "itself", f"send {key} itself")]


def help_lines(key: EscapeKey, *, rows: int, columns: int, with_tunnel: bool = False) -> list[str]:
    """Return the help box's lines for a screen of that size: where it is small, in few words, many to a line."""
    keys = own_keys(key, with_tunnel=with_tunnel)
    where = f"after Enter, type {key} and then" if key.is_printable else f"type {key} and then"
    told = [f"{each.key:<9}{each.long}" for each in keys]
    if len(told) + _MARGIN <= rows and max(map(len, told)) + _MARGIN <= columns:
        return ["", f"rmosh: {where}", "", *told, ""]
    short = [f"{each.key:<7}{each.short}" for each in keys]
    width = max(map(len, short)) + 2
    abreast = max(1, min(2, (columns - _MARGIN) // width))
    height = -(-len(short) // abreast)
    if height >= rows:
        return [where, *_flowing([f"{each.key} {each.short}" for each in keys], columns)]
    beside = [short[place::height] for place in range(height)]
    return [where, *("".join(each.ljust(width) for each in line).rstrip() for line in beside)]


def _flowing(pieces: Sequence[str], columns: int) -> list[str]:
    """Return lines that hold the pieces one after the other, none of them broken."""
    glued = ", ".join([piece.replace(" ", "\u00a0") for piece in pieces])
    return [line.replace("\u00a0", " ") for line in textwrap.wrap(glued, columns, break_on_hyphens=False)]


def people_lines(people: Sequence[Person]) -> list[str]:
    """Return the lines of the box that tells who is in the session."""
    if not people:
        return ["", "rmosh: only you are here", ""]
    return ["", "rmosh: who is here", "", *(_person_line(person) for person in people), ""]


def _person_line(person: Person) -> str:
    told = [f"{person.columns}x{person.rows}"]
    told += [word for word, holds in (("reads only", person.read_only), ("leads", person.leads)) if holds]
    name = "you" if person.is_you else person_name(person)
    return f"{name}: {', '.join(told)}"


def forward_lines(forwards: Sequence[ForwardFigures], *, adding_key: str) -> list[str]:
    """Return the lines of the box that tells what is forwarded.

    Args:
        adding_key: what one types to forward more; "" for nothing.
    """
    if not forwards:
        return ["", "rmosh: nothing is forwarded" + (f"; {adding_key} does" if adding_key else ""), ""]
    return ["", "rmosh: what is forwarded", "", *(_forward_line(figures) for figures in forwards), ""]


def _forward_line(figures: ForwardFigures) -> str:
    if not figures.is_listening:
        return f"{figures.forward}: does not listen"
    amounts = f"{_amount(figures.sent)} there, {_amount(figures.received)} back"
    return f"{figures.forward}: {figures.connections} open, {amounts}"


def connection_lines(
    status: LinkStatus,
    prediction: PredictionStatistics,
    last_minute: LastMinute,
    *,
    columns: int,
    why_no_udp: str = "",
    now: float,
) -> list[str]:
    """Return the connection box's lines, for a screen of so many columns.

    Of the server's end they tell what its packets' numbers and acknowledgements show: nothing is sent to know more.
    """
    contact = "never" if status.last_contact is None else f"{status.last_contact:.1f} s ago"
    ignored = [f"ignored       {status.datagrams_dropped}, repeated or not ours"]
    return [
        f"round trip    {_round_trip(status)}",
        *([f"  last minute {last_minute.round_trips(now=now)}"] if columns >= _COLUMNS_FOR_BARS else []),
        f"lost          {status.loss:.0%} lately",
        *([f"  last minute {last_minute.losses(now=now)}"] if columns >= _COLUMNS_FOR_BARS else []),
        f"path          {'inside SSH' if status.is_stream else status.path or 'none yet'}",
        *_both_paths(status, why_no_udp),
        f"last contact  {contact}",
        f"sent          {_amount(status.bytes_sent)} in {status.datagrams_sent} packets, {status.datagrams_lost} lost",
        f"received      {_amount(status.bytes_received)} in {_received(status)} packets",
        *(ignored if status.datagrams_dropped else []),
        f"a key         {_answered(prediction)}",
        f"keys guessed  {_predicted(prediction)}",
    ]


def _both_paths(status: LinkStatus, why_no_udp: str) -> list[str]:
    """Return what is known of UDP and of the path inside SSH, where there are both, or UDP does not go."""
    lines = []
    if status.udp is not None and status.udp.srtt is not None and not (status.is_stream and why_no_udp):
        since = f", {status.udp.arrived:.0f} s ago" if status.is_stream else ""
        lines.append(f"  by UDP      {_figures(status.udp)}{since}")
    elif status.is_stream or why_no_udp:
        lines.append(f"  by UDP      {why_no_udp or 'no answer'}")
    if status.stream is not None:
        lines.append(f"  inside SSH  {_figures(status.stream)}")
    return lines


def _figures(path: PathFigures) -> str:
    if path.srtt is None:
        return "no answer yet"
    round_trip = f"round trip {path.srtt * 1000:.0f} ms"
    return round_trip if path.delivery is None else f"{round_trip}, 9 of 10 within {path.delivery * 1000:.0f} ms"


def _received(status: LinkStatus) -> str:
    """Return how many packets came, of how many that left the server, as far as their numbers tell."""
    return f"{status.datagrams_received} of {max(status.datagrams_received, status.datagrams_sent_there)}"


def _round_trip(status: LinkStatus) -> str:
    if status.srtt is None:
        return "not yet measured"
    spread = 0.0 if status.rttvar is None else status.rttvar
    return f"{status.srtt * 1000:.0f} ms, ±{spread * 1000:.0f} ms"


def _answered(statistics: PredictionStatistics) -> str:
    wait = statistics.median_wait
    return "was not answered yet" if wait is None else f"is answered after {wait * 1000:.0f} ms"


def _predicted(statistics: PredictionStatistics) -> str:
    """Return how many keys were shown before they were answered; how many of those rightly, once one of them is."""
    if statistics.keys == 0:
        return "none yet"
    judged = statistics.confirmed + statistics.wrong
    right = f", {statistics.confirmed / judged:.0%} right" if judged and statistics.shown_at_once else ""
    return f"{statistics.shown_at_once / statistics.keys:.0%} of {statistics.keys}{right}"


def _amount(count: int) -> str:
    if count < 10_000:
        return f"{count} bytes"
    return f"{count / 1000:.0f} kB" if count < 10_000_000 else f"{count / 1e6:.0f} MB"
