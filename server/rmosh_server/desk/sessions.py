"""This user's sessions on this host: which there are, and which one somebody means."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from rmosh.errors import RmoshError
from rmosh.lazy_dataclass import dataclass
from rmosh_server.desk.places import Places, Unusable
from rmosh_server.desk.registry import CONTROL_SUFFIX, NO_SUCH_SESSION, Registry
from rmosh_server.desk.session_log import KeptLog, kept_logs
from rmosh_server.sockets.asking import ANSWER_TIMEOUT, Door, Unanswered, ask, ask_all

#: Fewest hex digits that may stand for a session id. Reason: shorter ones are more likely a slip than a choice.
MIN_PREFIX: Final = 4

#: What kind each fact is that is shown or reckoned with.
_KINDS: Final[dict[str, type | tuple[type, ...]]] = {
    "id": str, "name": str, "command": str, "title": str, "started": (int, float), "typed": (int, float), "size": list,
    "clients": list, "tunnel": bool, "dropped": dict, "unsent": int, "network": str,
}  # fmt: skip

#: How many detached sessions a login mentions by name.
_MENTIONED: Final = 3


class NoSession(RmoshError):
    """No session, or more than one, is meant; the message says which there are, and what to do.

    Attributes:
        hint: what to do.
        candidates: the sessions of which each may be meant.
    """

    def __init__(self, message: str, *, hint: str = "", candidates: "Sequence[LiveSession]" = ()) -> None:
        super().__init__(message)
        self.hint = hint
        self.candidates = candidates


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A session that answers.

    Attributes:
        door: where it is asked.
        facts: what it says of itself; `desk.py` has the fields.
    """

    door: Door
    facts: dict[str, Any]

    @property
    def session_id(self) -> str:
        """Its id, 16 hex digits."""
        return str(self.facts.get("id", ""))

    @property
    def name(self) -> str:
        """The user's name for it, "" for none."""
        return str(self.facts.get("name", ""))

    @property
    def label(self) -> str:
        """What people call it: its name, or else the first digits of its id."""
        return self.name or self.session_id[:8]

    @property
    def started(self) -> float:
        """When it was started, in seconds since 1970; 0.0 where it does not say."""
        return float(self.facts.get("started", 0.0))

    @property
    def typed(self) -> float:
        """When somebody last typed in it, in seconds since 1970; when it was started, where it does not say."""
        return float(self.facts.get("typed", self.started))

    def is_elsewhere(self, network: str) -> bool:
        """Whether its UDP port is in another network namespace than the one named: a container's, a VPN's."""
        its = str(self.facts.get("network", ""))
        return its not in ("", network) and network != ""

    @property
    def is_tunnel(self) -> bool:
        """Whether it has no terminal, so that nobody can be let in."""
        return bool(self.facts.get("tunnel"))

    @property
    def is_attached(self) -> bool:
        """Whether a client was heard of late."""
        return bool(self.facts.get("attached"))


@dataclass(frozen=True, slots=True)
class SilentSession:
    """A session that is alive, as the lock on its file says, and does not answer: stopped, or very far behind."""

    session_id: str
    name: str

    @property
    def label(self) -> str:
        """What people call it."""
        return self.name or self.session_id[:8]


class Sessions:
    """The sessions of this user on this host.

    Attributes:
        silent: those that did not answer when they were last asked how they are.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self.silent: list[SilentSession] = []

    def doors(self) -> list[Door]:
        """Return where sessions can be asked that are alive, whether they answer or not.

        Raises:
            Unusable: the directory that was chosen is not ours alone, so it cannot be believed.
        """
        doors = []
        for directory, registry in _registries(self._places):
            try:
                doors += [Door(directory, control) for control in registry.controls()]
            except Unusable:
                if self._places.chosen:
                    raise
        return doors

    def alive(self, *, patience: float = ANSWER_TIMEOUT, but: Collection[Door] = ()) -> list[LiveSession]:
        """Return all that answer within so many seconds, the oldest first; those at some doors are not asked.

        Raises:
            Unusable: the directory that was chosen is not ours alone, so it cannot be believed.
        """
        self.silent = []
        doors = [door for door in self.doors() if door not in but]
        if not doors:
            return []
        answers = ask_all(doors, {"do": "describe"}, patience=patience)
        found = [
            LiveSession(door, _sound(answer))
            for door, answer in zip(doors, answers, strict=True)
            if not isinstance(answer, Unanswered) and "error" not in answer
        ]
        silent = [
            door
            for door, answer in zip(doors, answers, strict=True)
            if isinstance(answer, Unanswered) and answer.is_silent
        ]
        if silent:
            self.silent = _named(silent, kept_logs(self._places))
        return sorted(found, key=lambda session: session.started)

    def ask(self, session: LiveSession, question: dict[str, Any], *, passing: Sequence[int] = ()) -> dict[str, Any]:
        """Ask a session something, and pass it descriptors.

        Raises:
            NoSession: it does not answer any more, or refuses.
        """
        answer = ask(session.door, question, passing=passing)
        if isinstance(answer, Unanswered):
            raise NoSession(f"session {session.label} is there, but {answer.reason}", hint="try again")
        if "error" in answer:
            raise NoSession(f"session {session.label} refuses: {answer['error']}", hint="does it have another version?")
        return answer

    def meant(self, wanted: str, *, remedy: str = "", patience: float = ANSWER_TIMEOUT) -> LiveSession:
        """Return the session of a name, or of the beginning of a name or an id.

        Args:
            wanted: "" for the only one, or the only one nobody is at.
            remedy: what to do where there is none.
            patience: seconds that sessions may take to answer.

        Raises:
            NoSession: there is none, or more than one, or it does not answer.
            Unusable: the directory that was chosen cannot be believed.
        """
        alive = self.alive(patience=patience)
        found = _choose(alive, wanted)
        if len(found) == 1:
            return found[0]
        if found:
            names = listed_in_words(sorted(session.label for session in found))
            what = f"{wanted!r} may be any of {names}" if wanted else f"there are {len(found)} sessions: {names}"
            raise NoSession(what, hint="name one of them; rmosh ls HOST says more about them", candidates=found)
        for silent in self.silent:
            if wanted in ("", silent.name) or _is_prefix(wanted, silent.session_id):
                raise NoSession(f"session {silent.label} does not answer", hint="try again; its process may be stopped")
        raise NoSession(self._absence(alive, wanted), hint="rmosh ls HOST says more about them" if alive else remedy)

    def _absence(self, alive: list[LiveSession], wanted: str) -> str:
        missing = f"there is no session {wanted!r}" if wanted else "there is no session"
        endings = [ended for _, registry in _registries(self._places) for ended in registry.endings()]
        for ended in sorted(endings, key=lambda ended: ended.ended_at, reverse=True):
            if wanted in ("", ended.name) or _is_prefix(wanted, ended.session_id):
                missing += f" any more: {ended.name or ended.session_id[:8]} {_told(ended.kind, ended.value)}"
                break
        if alive:
            are = "there is" if len(alive) == 1 else "there are"
            missing += f"; {are} {listed_in_words([session.label for session in alive])}"
        if self.silent:
            does = "does" if len(self.silent) == 1 else "do"
            missing += f"; {listed_in_words([session.label for session in self.silent])} {does} not answer"
        return missing


def _named(doors: Sequence[Door], logs: Sequence[KeptLog]) -> list[SilentSession]:
    """Return the sessions at doors where nobody answers, with the names that their logs tell."""
    names = {log.session_id: log.name for log in logs}
    ids = [door.name.removesuffix(CONTROL_SUFFIX) for door in doors]
    return [SilentSession(session_id, names.get(session_id, "")) for session_id in ids]


def _registries(places: Places) -> list[tuple[str, Registry]]:
    """Return the directories that sessions may be in, and what tells of each."""
    return [
        (directory, Registry(directory, cleans=not places.is_of_another_host(directory)))
        for directory in places.known()
    ]


def _sound(facts: dict[str, Any]) -> dict[str, Any]:
    """Return what a session says of itself without what it cannot mean: it may be of another version."""
    sound: dict[str, Any] = {
        name: value for name, value in facts.items() if isinstance(value, _KINDS.get(name, object))
    }
    if "clients" in sound:
        sound["clients"] = [client for client in sound["clients"] if isinstance(client, dict)]
    return sound


def status_of(session_id: bytes, places: Places) -> str:
    """Tell how a session is: `alive`, `ended KIND VALUE` or `unknown`.

    Raises:
        Unusable: the directory that was chosen is not ours alone, so it cannot be believed.
    """
    found = (registry.status(session_id) for _, registry in _registries(places))
    return next((status for status in found if status != NO_SUCH_SESSION), NO_SUCH_SESSION)


def tell_of_detached(alive: list[LiveSession], *, attach: str = "") -> str:
    """Return a line about the sessions that nobody is at, "" without any.

    Args:
        attach: what the user types to attach to one; "" where that is not known.
    """
    alone = [session for session in alive if not (session.is_attached or session.is_tunnel)]
    if not alone:
        return ""
    told = ", ".join(
        f"{session.label} ({session.facts.get('command') or 'no program'})" for session in alone[:_MENTIONED]
    )
    more = f" and {len(alone) - _MENTIONED} more" if len(alone) > _MENTIONED else ""
    one = alone[0].label
    back = f"`{attach or 'rmosh attach HOST'} {one}` gets back to {one if len(alone) > 1 else 'it'}"
    return f"{len(alone)} detached session{'s' * (len(alone) > 1)}: {told}{more}; {back}"


def _choose(alive: list[LiveSession], wanted: str) -> list[LiveSession]:
    if not wanted:
        alive = [session for session in alive if not session.is_tunnel]
        alone = [session for session in alive if not session.is_attached]
        return alone if len(alone) == 1 else alive
    named = [session for session in alive if session.name == wanted]
    return named or [
        session for session in alive if session.name.startswith(wanted) or _is_prefix(wanted, session.session_id)
    ]


def listed_in_words(names: Sequence[str]) -> str:
    """Return names as a sentence has them: a, b and c."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _is_prefix(wanted: str, session_id: str) -> bool:
    return len(wanted) >= MIN_PREFIX and session_id.startswith(wanted.lower())


def _told(kind: str, value: int) -> str:
    if kind == "exited":
        return f"ended with status {value}"
    return f"was ended by signal {value}" if kind in ("signalled", "server_stopped") else "ended"
