"""PATH_CHALLENGE and PATH_RESPONSE of one endpoint: what was asked on a path is answered on that path, alone."""

from rmosh.transport.frames import PATH_CHALLENGE, PATH_RESPONSE, PathChallenge, PathResponse
from rmosh.transport.path import Path
from rmosh.transport.routes import Routes
from rmosh.transport.traffic import Load

#: Most challenges that are answered at once, the newest of them. Source: PROTOCOL.md, Paths.
_MOST_ANSWERS = 4


class PathFrames:
    """The answers that are owed, and the challenges that are due."""

    def __init__(self, routes: Routes) -> None:
        self._routes = routes
        self._answers: list[tuple[Path, bytes]] = []

    def take_challenge(self, challenge: PathChallenge, source: Path) -> None:
        """Owe an answer."""
        self._answers.append((source, PATH_RESPONSE.encode(PathResponse(challenge.data))))
        del self._answers[:-_MOST_ANSWERS]

    def due(self, *, now: float) -> list[tuple[Path, Load]]:
        """Return what is to be said now, each with the one path it goes to; nobody waits to hear of its fate."""
        challenge = self._routes.challenge(now=now)
        if challenge is None and not self._answers:
            return []
        frames, self._answers = self._answers, []
        if challenge is not None:
            path, token = challenge
            frames.append((path, PATH_CHALLENGE.encode(PathChallenge(token))))
        return [(path, Load(frame, elicits_ack=False)) for path, frame in frames]
