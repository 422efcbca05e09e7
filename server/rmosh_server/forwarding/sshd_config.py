"""What sshd's configuration says, line by line, and for whom: `sshd_rules.py` knows what the lines mean.

The first line of a keyword that counts is its value: of those in Match blocks that match first, then of the others.
Whether some blocks match cannot be known from here; then each line counts that might be the one.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Final

from rmosh.lazy_dataclass import dataclass

#: How deep files may include others. Source: OpenSSH's servconf.c, SERVCONF_MAX_DEPTH.
MOST_INCLUDES: Final = 16

#: A word of a line; quotes keep blanks together.
_WORD: Final = re.compile(r'"([^"]*)"?|([^\s"]+)')
_LINE: Final = re.compile(r"\s*([A-Za-z0-9]+)(?:\s*=\s*|\s+|$)(.*)")


@dataclass(frozen=True, slots=True)
class SshdLogin:
    """Whom Match blocks are about.

    Attributes:
        user: the account's name.
        groups: asked only where a block is about groups; LDAP may have to be.
        address, local_address, local_port: of the SSH connection; "" where that is not known.
    """

    user: str
    groups: Callable[[], Sequence[str]]
    address: str = ""
    local_address: str = ""
    local_port: str = ""


@dataclass(frozen=True, slots=True)
class SshdLine:
    """One line.

    Attributes:
        keyword: as it is spelled there.
        counts: whether it counts for a login; None where that cannot be known.
        is_matched: it stands in a Match block.
    """

    keyword: str
    words: tuple[str, ...]
    path: str
    number: int
    counts: bool | None = True
    is_matched: bool = False

    @property
    def shown(self) -> str:
        """Where it stands and what it says, for people."""
        return f"{self.path} line {self.number} ({' '.join((self.keyword, *self.words))})"


#: Returns the text of a file, None where it cannot be read.
Read = Callable[[str], "str | None"]

#: Returns the files that a pattern stands for, in order.
Find = Callable[[str], Sequence[str]]


def lines_for(path: str, login: SshdLogin, *, read: Read, find: Find) -> list[SshdLine]:
    """Return the lines of a file, and of those that it includes, which count for a login or might."""
    return list(_lines(path, login, read, find, depth=0, counts=True, is_matched=False))


def deciding(lines: Sequence[SshdLine], keyword: str) -> tuple[list[SshdLine], bool]:
    """Return the lines of which each may be the value of a keyword, and whether none may be too."""
    may_decide = []
    for is_matched in (True, False):
        for line in lines:
            if line.keyword.lower() == keyword and line.is_matched is is_matched:
                may_decide.append(line)
                if line.counts:
                    return may_decide, False
    return may_decide, True


def _lines(
    path: str, login: SshdLogin, read: Read, find: Find, *, depth: int, counts: bool | None, is_matched: bool
) -> Iterator[SshdLine]:
    around = counts
    for number, text in enumerate((read(path) or "").splitlines(), start=1):
        found = _LINE.match(text)
        if found is None:
            continue
        keyword, words = found[1], _words(found[2])
        if keyword.lower() == "match":
            counts, is_matched = _both(around, _matches(words, login)), True
        elif keyword.lower() == "include" and depth < MOST_INCLUDES:
            for pattern in words:
                for included in find(pattern):
                    yield from _lines(
                        included, login, read, find, depth=depth + 1, counts=counts, is_matched=is_matched
                    )
        elif counts is not False:
            yield SshdLine(keyword, words, path, number, counts, is_matched)


def _words(text: str) -> tuple[str, ...]:
    words = []
    for found in _WORD.finditer(text):
        if found[2] is not None and found[2].startswith("#"):
            break
        words.append(found[1] if found[2] is None else found[2])
    return tuple(words)


def _both(one: bool | None, other: bool | None) -> bool | None:
    """Return whether both hold; None where that cannot be known."""
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _matches(words: Sequence[str], login: SshdLogin) -> bool | None:
    """Tell whether the criteria of a Match line fit; None where that cannot be known."""
    fits: bool | None = True
    left = [part for word in words for part in word.split("=", 1)]
    while left:
        criterion = left.pop(0).lower()
        if criterion == "all":
            continue
        if criterion == "invalid-user":
            return False
        fits = _both(fits, _criterion(criterion, left.pop(0) if left else "", login))
    return fits


def _criterion(criterion: str, patterns: str, login: SshdLogin) -> bool | None:
    if criterion == "user":
        return _is_listed([login.user], patterns)
    if criterion == "group":
        return _is_listed(login.groups(), patterns)
    # A host's name is its address unless UseDNS says otherwise, which then cannot be known.
    known = {"address": login.address, "localaddress": login.local_address, "localport": login.local_port}
    value = known.get(criterion, "")
    if not value:
        return None
    return _is_listed([value], patterns, _is_address)


def _is_listed(values: Sequence[str], patterns: str, matches: "Callable[[str, str], bool] | None" = None) -> bool:
    """Tell whether a value fits a list of patterns of which those with ! exclude. Source: ssh_config(5), PATTERNS."""
    is_listed = False
    for pattern in patterns.split(","):
        if any((matches or _fits)(value, pattern.removeprefix("!")) for value in values):
            if pattern.startswith("!"):
                return False
            is_listed = True
    return is_listed


def _fits(value: str, pattern: str) -> bool:
    return fnmatchcase(value, pattern.replace("[", "[[]"))


def _is_address(value: str, pattern: str) -> bool:
    import ipaddress  # 0.2 MB, for the few configurations that ask for addresses

    try:
        return ipaddress.ip_address(value.partition("%")[0]) in ipaddress.ip_network(pattern, strict=False)
    except ValueError:
        return _fits(value, pattern)
