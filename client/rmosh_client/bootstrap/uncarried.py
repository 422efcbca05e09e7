"""What an SSH configuration asks of a session and a session here has not: it is told at the login, by name."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from rmosh_client.bootstrap.option_table import OptionTable
from rmosh_client.bootstrap.prompts import printable

#: Values by which a keyword asks for nothing. Source: what `ssh -G` of OpenSSH 9.2 prints where nothing is set.
_NOTHING: Final = frozenset({"", "no", "none", "false", "default", "auto"})

#: Longest value that is shown, in characters.
_LONGEST: Final = 40


def _is_set(value: str) -> bool:
    return value.lower() not in _NOTHING


def _wants_no_terminal(value: str) -> bool:
    return value.lower() in ("no", "false")


def _wants_no_shell(value: str) -> bool:
    return value.lower() in ("none", "subsystem")


def _is_another_key(value: str) -> bool:
    return value not in ("", "~")


#: Keyword -> when its value asks for something. Source: ssh_config(5) of OpenSSH 9.2.
_ASKS: Final[Mapping[str, Callable[[str], bool]]] = {
    "LocalForward": _is_set,
    "RemoteForward": _is_set,
    "DynamicForward": _is_set,
    "ForwardAgent": _is_set,
    "ForwardX11": _is_set,
    "Tunnel": _is_set,
    "GSSAPIDelegateCredentials": _is_set,
    "LocalCommand": _is_set,
    "SessionType": _wants_no_shell,
    "StdinNull": _is_set,
    "ForkAfterAuthentication": _is_set,
    "RequestTTY": _wants_no_terminal,
    "EscapeChar": _is_another_key,
    "VisualHostKey": _is_set,
    "HostbasedAuthentication": _is_set,
    "PKCS11Provider": _is_set,
}

#: Keywords whose value tells which of several is meant: the port that listens, and how.
_NAMED_BY_VALUE: Final = frozenset({"LocalForward", "RemoteForward", "DynamicForward", "SessionType"})


def uncarried(table: OptionTable) -> tuple[str, ...]:
    """Return what is asked for in vain, as one would write it into the configuration."""
    return tuple(dict.fromkeys(_asked_in_vain(table)))


def _asked_in_vain(table: OptionTable) -> Iterator[str]:
    for keyword, asks in _ASKS.items():
        if keyword == "LocalCommand" and not table.flag("permitlocalcommand", default=False):
            continue
        values = table.many(keyword.lower()) or (table.first(keyword.lower()) or "",)
        for value in filter(asks, values):
            which = printable(value).lstrip("= ").split(" ")[0][:_LONGEST]
            yield f"{keyword} {which}" if keyword in _NAMED_BY_VALUE else keyword


def told(names: tuple[str, ...]) -> str:
    """Return the line that tells of them; "" for none."""
    return f"rmosh: the SSH configuration asks for what rmosh does not do: {', '.join(names)}" if names else ""
