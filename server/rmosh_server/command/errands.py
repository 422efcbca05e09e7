"""What `rmosh-server` does with sessions: list, attach, kill, detach, show the log."""

import json
import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rmosh.errors import BootstrapError, Stage
from rmosh.session_name import CHOICE_PREFIX, SESSION_VARIABLE
from rmosh_server.command.attaching import add_path, attach
from rmosh_server.command.hearing import await_hello, hear_hello
from rmosh_server.command.options import (
    AddPath,
    AttachSession,
    DetachClients,
    Errand,
    KillSession,
    ListSessions,
    ShowLog,
    TraceClients,
)
from rmosh_server.desk.places import Unusable, usual_places
from rmosh_server.desk.registry import RECORD_LIFETIME
from rmosh_server.desk.session_log import KeptLog, kept_logs, losses_in_words
from rmosh_server.desk.sessions import MIN_PREFIX, LiveSession, NoSession, Sessions, SilentSession

#: What the columns of the list are, and what stands between them.
_HEADINGS: Final = ("SESSION", "STARTED", "TYPED", "SIZE", "RUNNING", "CLIENTS")
_GAP: Final = "  "

#: What is said of a session that is there and says nothing.
_SILENT: Final = "does not answer"

#: Columns that a line of the list may have, as long as so much of a command is shown in it. Reason: 80, without the
#: five that its number takes where a client asks which session is meant.
_TABLE_WIDTH: Final = 75
_SHORTEST_COMMAND: Final = 12

#: What to do where there is no session to attach to.
_START_ONE: Final = "rmosh HOST starts one, rmosh -S NAME HOST one with a name"

#: Units of time for people, the longest first, in seconds.
_UNITS: Final = (("d", 86400.0), ("h", 3600.0), ("min", 60.0), ("s", 1.0))


def run_errand(wanted: Errand) -> int:
    """Do it, print what it gives and return the exit status.

    Raises:
        BootstrapError: it cannot be done.
    """
    places = usual_places(os.environ)
    sessions = Sessions(places)
    try:
        if isinstance(wanted, ListSessions):
            _list(sessions.alive(), sessions.silent, as_json=wanted.as_json)
        elif isinstance(wanted, AttachSession):
            attach(sessions, sessions.meant(wanted.session, remedy=_START_ONE), wanted.guest, hear_hello(wanted.guest))
        elif isinstance(wanted, AddPath):
            add_path(sessions, wanted.client, await_hello())
        elif isinstance(wanted, KillSession):
            _kill(sessions, sessions.meant(wanted.session))
        elif isinstance(wanted, TraceClients):
            _trace(sessions, wanted)
        elif isinstance(wanted, ShowLog):
            _show_log(sessions, _log_meant(kept_logs(places), wanted.session))
        else:
            _detach(sessions, wanted)
    except NoSession as problem:
        if isinstance(wanted, AttachSession) and problem.candidates:
            print(choice_lines(problem.candidates, now=time.time()), flush=True)
        raise BootstrapError(Stage.SERVER_FAILED, str(problem), hint=problem.hint) from problem
    except Unusable as problem:
        raise BootstrapError(Stage.SERVER_FAILED, str(problem)) from problem
    return 0


def _kill(sessions: Sessions, session: LiveSession) -> None:
    sessions.ask(session, {"do": "kill"})
    print(f"session {session.label} was ended", file=sys.stderr)


def _detach(sessions: Sessions, wanted: DetachClients) -> None:
    session = sessions.meant(wanted.session or os.environ.get(SESSION_VARIABLE, ""))
    answer = sessions.ask(session, {"do": "detach", "client": "all" if wanted.everyone else ""})
    count = answer.get("detached", 0)
    print(f"{count} client{'' if count == 1 else 's'} of {session.label} disconnected; it goes on", file=sys.stderr)


def _trace(sessions: Sessions, wanted: TraceClients) -> None:
    session = sessions.meant(wanted.session or os.environ.get(SESSION_VARIABLE, ""))
    files = sessions.ask(session, {"do": "trace", "on": not wanted.stop}).get("traces", [])
    for file in files:
        print(file)
    if not files:
        what = "no client was traced" if wanted.stop else "no client could be traced; rmosh-server log tells why"
        print(what, file=sys.stderr)


def _log_meant(logs: Sequence[KeptLog], wanted: str) -> KeptLog:
    """Return the log of a session, of several the one written to last.

    Raises:
        NoSession: there is none.
    """
    here = os.environ.get(SESSION_VARIABLE, "")
    for name in filter(None, (wanted, "" if wanted else here)):
        exact = [log for log in logs if name in (log.name, log.session_id)]
        logs = exact or [log for log in logs if log.is_of(name, least=MIN_PREFIX)]
    if not logs:
        what = f"there is no log of a session {wanted!r}" if wanted else "there is no log of a session"
        raise NoSession(what, hint=f"logs are kept for {RECORD_LIFETIME / 86400:.0f} days after the end")
    return logs[0]


def _show_log(sessions: Sessions, log: KeptLog) -> None:
    for line in log.lines:
        print(line)
    found = [session for session in sessions.alive() if session.session_id == log.session_id]
    if found:
        facts = found[0].facts
        losses = losses_in_words(facts.get("dropped", {}), failed_sends=facts.get("unsent", 0))
        print(f"it is alive; {losses or 'no datagrams were dropped or refused'}")
    elif not log.tells_the_end:
        print("it said nothing more: its server was killed, or the host went down")


def _list(alive: Sequence[LiveSession], silent: Sequence[SilentSession], *, as_json: bool) -> None:
    if as_json:
        print(list_as_json(alive, silent))
    elif alive or silent:
        print(list_as_table(alive, silent, now=time.time()))
    else:
        print("no sessions", file=sys.stderr)  # a program that counts lines counts none


def list_as_json(alive: Sequence[LiveSession], silent: Sequence[SilentSession] = ()) -> str:
    """Return sessions as programs read them, an array of objects."""
    told = [_with_named_sizes(session.facts) for session in alive]
    told += [{"id": session.session_id, "name": session.name, "answers": False} for session in silent]
    return json.dumps(told, indent=1)


def _with_named_sizes(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a session or a client of it says of itself, whatever that is, with the sides of each size named."""
    named = dict(facts)
    if isinstance(size := facts.get("size"), list) and len(size) == 2:
        named["size"] = {"columns": size[1], "rows": size[0]}
    if "clients" in facts:
        named["clients"] = [_with_named_sizes(client) for client in facts["clients"]]
    return named


def list_as_table(alive: Sequence[LiveSession], silent: Sequence[SilentSession] = (), *, now: float) -> str:
    """Return sessions as people read them, a line each; `now` in seconds since 1970."""
    unanswered = [(session.label, "-", "-", "-", "-", _SILENT) for session in silent]
    rows = _fitted([_HEADINGS, *(_row(session, now=now) for session in alive), *unanswered])
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS) - 1)]
    return "\n".join(
        _GAP.join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip()
        for row in rows
    )


def _fitted(rows: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return rows with commands cut where lines would be wider than a terminal."""
    command = _HEADINGS.index("RUNNING")
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    others = sum(widths) - widths[command] + len(_GAP) * (len(widths) - 1)
    room = max(_TABLE_WIDTH - others, _SHORTEST_COMMAND)
    return [(*row[:command], row[command][:room], *row[command + 1 :]) for row in rows]


def choice_lines(candidates: Sequence[LiveSession], *, now: float) -> str:
    """Return what lets the client offer sessions for a choice: of each its id, and its line for people."""
    _, *rows = list_as_table(candidates, now=now).splitlines()
    told = zip(candidates, rows, strict=True)
    return "\n".join(["", *(f"{CHOICE_PREFIX} {session.session_id} {row}" for session, row in told)])


def _row(session: LiveSession, *, now: float) -> tuple[str, ...]:
    facts = session.facts
    columns_by_rows = "x".join(str(number) for number in reversed(facts.get("size", []))) or "-"
    running = _without_folder(str(facts.get("command") or "")) or str(facts.get("title") or "-")
    started, typed = _ago(now - session.started), _ago(now - session.typed)
    return session.label, started, typed, columns_by_rows, running, _clients(facts)


def _without_folder(command: str) -> str:
    program, blank, arguments = command.partition(" ")
    return program.rpartition("/")[2] + blank + arguments


def _clients(facts: Mapping[str, Any]) -> str:
    clients: Iterable[Mapping[str, Any]] = facts.get("clients", [])
    told = [_client(client) for client in clients if client.get("here")]
    return ", ".join(told) or "detached"


def _client(client: Mapping[str, Any]) -> str:
    name = str(client.get("name") or "?")
    return f"{name} (read-only)" if client.get("read_only") else name


def _ago(seconds: float) -> str:
    for unit, length in _UNITS:
        if seconds >= length:
            return f"{seconds / length:.0f} {unit} ago"
    return "just now"
