"""Which of several sessions is meant: the host offers those that may be, and the user takes one by its number."""

import re
from collections.abc import Sequence
from typing import Final

from rmosh.errors import BootstrapError, Malformed, Stage
from rmosh.lazy_dataclass import dataclass, replace
from rmosh.session_name import CHOICE_PREFIX
from rmosh_client.bootstrap.prompts import Prompts, printable
from rmosh_client.bootstrap.request import Request

#: Most sessions that are offered. Reason: two digits; who has more names the one that is meant.
MAX_OFFERS: Final = 99

#: Longest description that is shown, in characters. Reason: two lines of a usual window.
_MAX_WORDS: Final = 160

#: How often a number that was not offered is asked about again.
_TRIES: Final = 3

_OFFER: Final = re.compile(rb"%s ([0-9a-f]{16}) (.+)" % CHOICE_PREFIX.encode(), re.DOTALL)


@dataclass(frozen=True, slots=True)
class Offer:
    """A session that may be meant: its id, 16 hexadecimal digits, and what the host says of it."""

    session_id: str
    words: str


class SeveralMeant(BootstrapError):
    """Any of several sessions may be meant; without a choice that is a failure like others."""

    def __init__(self, failure: BootstrapError, offers: Sequence[Offer]) -> None:
        super().__init__(failure.stage, str(failure), hint=failure.hint)
        self.offers = offers


def parse_offer(untrusted: bytes) -> Offer:
    """Read one line by which a host offers a session.

    Raises:
        Malformed: it is no such line.
    """
    found = _OFFER.fullmatch(untrusted.rstrip(b"\r"))
    if found is None:
        raise Malformed("an offered session has an id of 16 hexadecimal digits and words about it, this line has not")
    return Offer(
        found[1].decode("ascii"), " ".join(printable(found[2].decode(errors="replace")).split("\n"))[:_MAX_WORDS]
    )


def with_choice(request: Request, several: SeveralMeant, prompts: Prompts) -> Request:
    """Return the request for the session that the user takes of those that may be meant.

    Raises:
        BootstrapError: none is taken.
    """
    return replace(request, wish=replace(request.wish, attach_to=choose(several, request.destination, prompts)))


def choose(several: SeveralMeant, host: str, prompts: Prompts) -> str:
    """Return the id of the session that the user takes.

    Raises:
        BootstrapError: none is.
    """
    offers = several.offers
    listed = "\n".join(f"{number:>3}  {offer.words}" for number, offer in enumerate(offers, start=1))
    question = f"{len(offers)} sessions on {printable(host)}:\n{listed}\nwhich one? [1-{len(offers)}] "
    for _ in range(_TRIES):
        answer = prompts.ask(question, echo=True)
        if not answer:
            raise several
        if answer.strip().isdecimal() and 1 <= int(answer) <= len(offers):
            return offers[int(answer) - 1].session_id
        question = f"a number from 1 to {len(offers)}, or nothing to leave: "
    raise BootstrapError(Stage.USAGE, "none of the sessions was chosen", hint=several.hint)
