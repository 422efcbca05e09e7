"""Choosing a UTF-8 locale for the shell: the client's where this host has it, else one that this host has.

Everything rmosh shows is UTF-8, so a program that believes in another character set would draw garbage.
"""

import contextlib
import locale
from collections.abc import Callable, Mapping
from typing import Final

#: Tried in this order where the wanted locale is missing or not UTF-8. Reason: C.UTF-8 is in glibc >= 2.35, musl and
#: Debian's older glibc; Red Hat's older ones spell it C.utf8; en_US.UTF-8 is what the BSDs and macOS always have.
FALLBACKS: Final = ("C.UTF-8", "C.utf8", "en_US.UTF-8")


def locale_exists(name: str) -> bool:
    """Tell whether this host can use a locale."""
    before = locale.setlocale(locale.LC_CTYPE, None)
    try:
        locale.setlocale(locale.LC_CTYPE, name)
    except (locale.Error, UnicodeEncodeError):  # a name of bytes that are no text
        return False
    with contextlib.suppress(locale.Error):  # the host may have lost the one in force, by an upgrade
        locale.setlocale(locale.LC_CTYPE, before)
    return True


def with_utf8_locale(environment: Mapping[str, str], *, exists: Callable[[str], bool]) -> dict[str, str]:
    """Return the environment with locale variables that exist and a UTF-8 character type."""
    chosen = {name: value for name, value in environment.items() if not _is_locale(name) or (value and exists(value))}
    if _is_utf8(_character_type(chosen)):
        return chosen
    wanted = _character_type(environment)
    fallback = _utf8_variant(wanted, exists)
    chosen.pop("LC_ALL", None)
    chosen.setdefault("LANG", fallback)
    chosen["LC_CTYPE"] = fallback
    return chosen


def _is_locale(name: str) -> bool:
    return name == "LANG" or name.startswith("LC_")


def _character_type(environment: Mapping[str, str]) -> str:
    """Return the locale in force for LC_CTYPE, by POSIX's order of precedence; "" where none is set."""
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        if environment.get(name):
            return environment[name]
    return ""


def _is_utf8(name: str) -> bool:
    charset = name.partition("@")[0].partition(".")[2]
    return charset.lower().replace("-", "") == "utf8"


def _utf8_variant(name: str, exists: Callable[[str], bool]) -> str:
    """Return the UTF-8 locale nearest to one that will not do: the same language where possible."""
    language = name.partition("@")[0].partition(".")[0]
    same_language = (f"{language}.UTF-8",) if language not in ("", "C", "POSIX") else ()
    return next(filter(exists, same_language + FALLBACKS), FALLBACKS[0])
