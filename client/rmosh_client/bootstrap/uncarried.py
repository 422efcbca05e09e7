"""What an SSH configuration asks of a session and a session here has not: it is told at the login, by name."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from rmosh_client.bootstrap.option_table import OptionTable

#: Values by which a keyword asks for nothing. Source: what `ssh -G` of OpenSSH 9.2 prints where nothing is set.
_NOTHING: Final = frozenset({"", "no", "none", "false", "default", "auto"})

#: Longest value that is shown, in characters.
_LONGEST: Final = 40


def _is_set(value: str) -> bool:
    return value.lower() not in _NOTHING


def _is_another_key(value: str) -> bool:
    return value not in ("", "~")


#: Keyword -> when its value asks for something. Source: ssh_config(5) of OpenSSH 9.2.
_ASKS: Final[Mapping[str, Callable[[str], bool]]] = {
    "Tunnel": _is_set,
    "GSSAPIDelegateCredentials": _is_set,
    "LocalCommand": _is_set,
    "ForkAfterAuthentication": _is_set,
    "EscapeChar": _is_another_key,
    "VisualHostKey": _is_set,
    "HostbasedAuthentication": _is_set,
    "PKCS11Provider": _is_set,
}

#: What a session without a shell does all the same.
_OF_SHELLS: Final = frozenset({"ForkAfterAuthentication"})


def uncarried(table: OptionTable) -> tuple[str, ...]:
    """Return what is asked for in vain, as one would write it into the configuration."""
    return tuple(dict.fromkeys(_asked_in_vain(table)))


def _asked_in_vain(table: OptionTable) -> Iterator[str]:
    for keyword, asks in _ASKS.items():
        if keyword == "LocalCommand" and not table.flag("permitlocalcommand", default=False):
            continue
        values = table.many(keyword.lower()) or (table.first(keyword.lower()) or "",)
        if any(map(asks, values)):
            yield keyword


def told(names: tuple[str, ...], *, is_tunnel: bool = False) -> str:
    """Return the line that tells of them; "" for none."""
    names = tuple(name for name in names if not (is_tunnel and name in _OF_SHELLS))
    return f"rmosh: the SSH configuration asks for what rmosh does not do: {', '.join(names)}" if names else ""
