"""The hello: what a client says first, on the standard input of the command that announces a session to it.

Only whoever reads that input knows its nonce, so an announce line that repeats the nonce answers this hello and is no
login script's, no other process's. It is never in argv or the environment, which others can read. It also tells which
versions of the protocol the client speaks, from which the server chooses, and the user's language, where the client may
tell: servers often refuse such variables of SSH, and on a command line others would read them. What the user types to
attach is there for advice that can be typed as it is printed.
"""

import re
from binascii import b2a_base64
from collections.abc import Mapping, Sequence
from typing import Final

from rmosh import PROTOCOL_VERSIONS
from rmosh.announce import parse_fields
from rmosh.errors import BootstrapError, Malformed, Stage
from rmosh.lazy_dataclass import dataclass, field
from rmosh.traits import Traits, decode_traits, encode_traits

#: What a hello starts with.
HELLO_PREFIX: Final = "RMOSH-HELLO"

#: Length of a nonce in bytes; 128 bits are never guessed.
NONCE_BYTES: Final = 16

#: Longest hello in characters; ours have at most 1,871 but for `attach`, which is told where it fits.
MAX_HELLO: Final = 2048

#: Most versions that a hello may name. Reason: far more than anybody will speak at once.
MAX_VERSIONS: Final = 16

#: Most variables of the user's language in a hello. Source: locale(7) has 13 of them, gettext two more.
MAX_LOCALE: Final = 16

#: Longest command that attaches, in bytes. Reason: some options with files, and a host; in base64 it is a third more.
MAX_ATTACH: Final = 384

_LOCALE_NAME: Final = re.compile(r"LANG|LANGUAGE|LC_[A-Z]{1,20}")
_LOCALE_VALUE: Final = re.compile(r"[A-Za-z0-9_.:@-]{1,64}")
_TERMINAL: Final = re.compile(r"([0-9a-f]{2}){5,128}")
#: What the words say for a trace, a stream, streams, an agent and a display; without them there is none.
_YES: Final = "yes"

_SESSION: Final = re.compile(r"[0-9a-f]{16}")
_NONCE: Final = re.compile(r"[0-9a-f]{32}")
_VERSIONS: Final = re.compile(rf"[1-9][0-9]{{0,4}}(,[1-9][0-9]{{0,4}}){{0,{MAX_VERSIONS - 1}}}")


@dataclass(frozen=True, slots=True)
class Hello:
    """What the client says of itself.

    Attributes:
        nonce: to be repeated in the announce line; 32 hexadecimal digits.
        versions: of the protocol that it speaks.
        locale: names and values of the variables that tell the user's language.
        traits: what the user's terminal said of itself so far; None where nobody asked it.
        within: id of the session that the client runs in, 16 hexadecimal digits; "" where it runs in none.
        attach: the user's command that attaches to sessions of this host, without one's name; "" where none is told.
        trace: the client writes a trace, and the server shall too.
        stream: the client can go on with datagrams where it said the hello.
        streams: it speaks streams of bytes beside the terminal.
        agent, x11: it will take connections to its agent, or to its display.
    """

    nonce: str = field(repr=False)
    versions: tuple[int, ...] = PROTOCOL_VERSIONS
    locale: tuple[tuple[str, str], ...] = ()
    traits: Traits | None = None
    within: str = ""
    attach: str = ""
    trace: bool = False
    stream: bool = False
    streams: bool = False
    agent: bool = False
    x11: bool = False


def new_hello(
    *,
    entropy: bytes,
    environment: Mapping[str, str] | None = None,
    traits: Traits | None = None,
    within: str = "",
    attach: str = "",
    trace: bool = False,
    stream: bool = False,
    streams: bool = False,
    agent: bool = False,
    x11: bool = False,
) -> Hello:
    """Return a fresh hello from NONCE_BYTES bytes of entropy.

    Of the environment that the user lets the host know it takes what tells the language.

    Args:
        within: what the client's own environment has for SESSION_VARIABLE; nothing where that names no session.
        attach: told where it is short and plain enough.
    """
    within = within if _SESSION.fullmatch(within) else ""
    locale = sorted(pair for pair in (environment or {}).items() if _is_locale(*pair))
    return Hello(
        entropy[:NONCE_BYTES].hex(),
        locale=tuple(locale[:MAX_LOCALE]),
        traits=traits,
        within=within,
        attach=_plain(attach),
        trace=trace,
        stream=stream,
        streams=streams,
        agent=agent,
        x11=x11,
    )


def format_traits(traits: Traits | None) -> str:
    """Return what a terminal said of itself in hexadecimal, "" where nobody tells."""
    return "" if traits is None else encode_traits(traits).hex()


def _is_locale(name: str, value: str) -> bool:
    return _LOCALE_NAME.fullmatch(name) is not None and _LOCALE_VALUE.fullmatch(value) is not None


def format_hello(hello: Hello) -> str:
    """Return the line, without its newline."""
    line = f"{HELLO_PREFIX} versions={','.join(map(str, hello.versions))} nonce={hello.nonce}"
    if hello.traits is not None:
        line += f" terminal={format_traits(hello.traits)}"
    if hello.within:
        line += f" within={hello.within}"
    for name in ("trace", "stream", "streams", "agent", "x11"):
        if getattr(hello, name):
            line += f" {name}={_YES}"
    locale = ",".join(f"{name}={value}" for name, value in hello.locale)
    if locale:
        line += f" locale={locale}"
    attach = f" attach={b2a_base64(hello.attach.encode(), newline=False).decode()}" if hello.attach else ""
    return line + attach if len(line + attach) <= MAX_HELLO else line


def parse_hello(untrusted: bytes) -> Hello:
    """Read one line; fields that are unknown mean nothing.

    Raises:
        Malformed: it is not a hello; the message never repeats the line.
    """
    if len(untrusted) > MAX_HELLO:
        raise Malformed(f"a hello has at most {MAX_HELLO} characters, this line has {len(untrusted)}")
    prefix, _, rest = untrusted.decode("ascii", "replace").rstrip("\r\n").partition(" ")
    if prefix != HELLO_PREFIX:
        raise Malformed("the line is not a hello")
    fields = parse_fields(rest)
    nonce, versions = fields.get("nonce", ""), fields.get("versions", "")
    within = fields.get("within", "")
    if within and _SESSION.fullmatch(within) is None:
        raise Malformed("the session that a hello is said in is 16 hexadecimal digits, this is not")
    if not is_nonce(nonce) or _VERSIONS.fullmatch(versions) is None:
        raise Malformed("a hello has a nonce of 32 hexadecimal digits and a list of versions, this one has not")
    return Hello(
        nonce,
        tuple(map(int, versions.split(","))),
        _parse_locale(fields.get("locale", "")),
        parse_traits(fields.get("terminal", "")),
        within,
        _parse_attach(fields.get("attach", "")),
        fields.get("trace") == _YES,
        fields.get("stream") == _YES,
        fields.get("streams") == _YES,
        agent=fields.get("agent") == _YES,
        x11=fields.get("x11") == _YES,
    )


def _parse_attach(untrusted: str) -> str:
    from base64 import b64decode  # which most servers do without

    try:
        text = b64decode(untrusted, validate=True).decode()
    except ValueError as error:
        raise Malformed("the hello's command that attaches is no base64 of a text") from error
    if _plain(text) != text:
        raise Malformed("the hello's command that attaches is too long, or cannot be printed")
    return text


def _plain(text: str) -> str:
    """Return a line that anybody may be shown, "" instead of any other."""
    return text if len(text.encode(errors="replace")) <= MAX_ATTACH and text.isprintable() else ""


def parse_traits(untrusted: str) -> Traits | None:
    """Read what a terminal said of itself, in hexadecimal; None for "", where nobody tells.

    Raises:
        Malformed: it is something else.
    """
    if not untrusted:
        return None
    if _TERMINAL.fullmatch(untrusted) is None:
        raise Malformed("what a terminal said of itself is 10 to 256 hexadecimal digits, this is not")
    return decode_traits(bytes.fromhex(untrusted))


def _parse_locale(untrusted: str) -> tuple[tuple[str, str], ...]:
    words = untrusted.split(",") if untrusted else []
    pairs = [(name, value) for name, _, value in (word.partition("=") for word in words)]
    if len(pairs) > MAX_LOCALE or not all(_is_locale(*pair) for pair in pairs):
        raise Malformed("the hello's locale is no list of variables that tell a language")
    return tuple(pairs)


def is_nonce(text: str) -> bool:
    """Tell whether a text is what a hello may have for its nonce."""
    return _NONCE.fullmatch(text) is not None


def choose_version(offered: Sequence[int], *, spoken: Sequence[int] = PROTOCOL_VERSIONS) -> int:
    """Return the highest version that both ends speak.

    Raises:
        BootstrapError: there is none.
    """
    common = set(offered) & set(spoken)
    if common:
        return max(common)
    older = "there" if max(offered, default=0) < max(spoken) else "on this host"
    raise BootstrapError(
        Stage.VERSION,
        f"the client speaks version {_listed(offered)} of the rmosh protocol, this server version {_listed(spoken)}",
        hint=f"update the rmosh {older}",
    )


def _listed(versions: Sequence[int]) -> str:
    return " and ".join(map(str, sorted(set(versions)))) or "none"
