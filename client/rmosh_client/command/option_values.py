"""The values that options take, read from what was typed; each says what it takes where it cannot take that."""

import argparse
import math
import shlex

from rmosh.session_name import is_session_name
from rmosh.spans import parse_span
from rmosh_client.forwarding.specification import Flag, parse_forward


def tcp_port(text: str) -> int:
    """Read a port to connect to.

    Raises:
        ArgumentTypeError: it is none; so do all others here.
    """
    if not (_is_number(text) and 0 < int(text) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is not a TCP port (1 to 65535)")
    return int(text)


def kilobits(text: str) -> float:
    """Read how many Kbit/s at most."""
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if not 0 < rate < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of Kbit/s, such as 8000")
    return rate


def line_count(text: str) -> int:
    """Read how many lines."""
    if not _is_number(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of lines, such as 1000; 0 for none")
    return int(text)


def udp_ports(text: str) -> str:
    """Read a port, or the first and the last of several."""
    first, colon, last = text.partition(":")
    numbers = [first, last] if colon else [first]
    if not all(_is_number(number) and 0 < int(number) < 65536 for number in numbers):
        raise argparse.ArgumentTypeError(f"{text!r} is not N or N:M with ports from 1 to 65535")
    if colon and int(first) > int(last):
        raise argparse.ArgumentTypeError(f"{text!r} ends before it begins")
    return text


def session_name(text: str) -> str:
    """Read what a session is called; "" for nothing."""
    if text and not is_session_name(text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a session name: 1 to 64 letters, digits, - _ . @, with no dash first"
        )
    return text


def running_session_name(text: str) -> str:
    """Read which session is meant; it must be said."""
    if not text:
        raise argparse.ArgumentTypeError("'' is not a session name")
    return session_name(text)


def span(text: str) -> str:
    """Read a span of time, such as 3d; "" for none."""
    if text:
        try:
            parse_span(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None
    return text


def server_path(text: str) -> str | None:
    """Read where a host has a program, as a word for its shell; "none" for wherever it is found."""
    if not text or not text.isprintable() or text.startswith("-"):
        raise argparse.ArgumentTypeError(f"{text!r} is not the path of a program")
    return None if text == "none" else text


def command_line(text: str) -> str | None:
    """Read a command with its options; "none" for none."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a command: {str(error).lower()}") from None
    if not words or "\0" in text:
        raise argparse.ArgumentTypeError(f'{text!r} is not a command, such as "ssh -v"')
    return None if words == ["none"] else text


def folder(text: str) -> str | None:
    """Read the path of a folder, made where it is not there yet; "none" for none."""
    if not text or not text.isprintable():
        raise argparse.ArgumentTypeError(f"{text!r} is not the path of a folder")
    return None if text == "none" else text


def escape_key(text: str) -> str:
    """Read the name of a key.

    Raises:
        BootstrapError: no key is called so.
    """
    from rmosh_client.typing.escape import parse_escape_key

    parse_escape_key(text)
    return text


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10


def forward_text(flag: Flag, text: str) -> str:
    """Read what -L, -R or -D takes.

    Raises:
        BootstrapError: it is no forward; the hint shows the right form.
    """
    return parse_forward(flag, text).text
