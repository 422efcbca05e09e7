"""PROTOCOL.md's grammar and the code agree on what hellos, announce lines and offers of sessions are."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rmosh
from rmosh.announce import Announce, format_announce, parse_announce, with_field
from rmosh.datagram_stream import DatagramStream, framed, opening_line
from rmosh.hello import MAX_HELLO, Hello, format_hello, new_hello, parse_hello
from rmosh.session_name import CHOICE_PREFIX
from rmosh.traits import Traits
from rmosh_client.bootstrap.choice import parse_offer
from tests.unit.transport.abnf import Grammar

DOCUMENT = (Path(rmosh.__file__).parent / "PROTOCOL.md").read_text(encoding="utf-8")
GRAMMAR = Grammar(DOCUMENT.split("```abnf\n", 1)[1].split("```", 1)[0])

#: The same, knowing no word but those that it names.
KNOWN_WORDS = Grammar(DOCUMENT.split("```abnf\n", 1)[1].split("```", 1)[0].replace("            / word\n", ""))


def words_of(rule: str) -> dict[str, str]:
    """Return the keys that a rule names, and what may stand behind each, as a regular expression."""
    alternatives = re.findall(r'%s"([a-z-]+)=" (.+?)(?= / %s"[a-z-]+="| / word$)', GRAMMAR.rules[rule])
    return {key: GRAMMAR.pattern(value) for key, value in alternatives}


@st.composite
def lines(draw: st.DrawFn, rule: str, head: str, needed: set[str], without: set[str]) -> bytes:
    values = words_of(rule)
    chosen = needed | draw(st.sets(st.sampled_from(sorted(set(values) - without))))
    words = [
        f"{key}={draw(st.from_regex(values[key], fullmatch=True))}" for key in draw(st.permutations(sorted(chosen)))
    ]
    return " ".join([head, *words]).encode("ascii") + draw(st.sampled_from([b"\n", b"\r\n"]))


# What TERMINAL holds, and what base64 says, are no grammar's business; the next test has them.
@pytest.mark.slow
@settings(max_examples=50)
@given(lines("hello-word", "RMOSH-HELLO", {"versions", "nonce"}, {"terminal", "attach"}))
def test_every_hello_of_the_grammar_is_read(line: bytes) -> None:
    assert GRAMMAR.allows("hello", line)
    if len(line) <= MAX_HELLO:
        assert parse_hello(line).nonce


@given(
    st.dictionaries(st.sampled_from(["LANG", "LANGUAGE", "LC_ALL", "LC_X"]), st.sampled_from(["C", "de_DE.UTF-8"])),
    st.none() | st.builds(Traits, direct_colour=st.booleans(), name=st.sampled_from(["", "XTerm(412)"])),
    st.sampled_from(["", "0123456789abcdef"]),
    st.text(max_size=40),
    st.lists(st.booleans(), min_size=5, max_size=5),
)
def test_every_hello_that_is_said_is_of_the_grammar(
    locale: dict[str, str], traits: Traits | None, within: str, attach: str, offers: list[bool]
) -> None:
    hello = new_hello(entropy=bytes(16), environment=locale, traits=traits, within=within, attach=attach)
    trace, stream, streams, agent, x11 = offers
    hello = replace(hello, trace=trace, stream=stream, streams=streams, agent=agent, x11=x11)
    assert KNOWN_WORDS.allows("hello", f"{format_hello(hello)}\n".encode("ascii"))


@pytest.mark.slow
@given(lines("told-word", "RMOSH-ANNOUNCE 2", {"port", "session", "secret"}, set()))
def test_every_announce_line_of_the_grammar_is_read(line: bytes) -> None:
    assert GRAMMAR.allows("announce", line)
    announced = parse_announce(re.sub(rb"port=[0-9]+", b"port=65535", line))
    assert (announced.port, len(announced.session_id), len(announced.secret)) == (65535, 8, 32)


@given(
    st.builds(
        Announce,
        st.integers(1, 99999),
        st.integers(0, 65535),
        st.binary(min_size=8, max_size=8),
        st.binary(min_size=32, max_size=32).map(bytearray),
        client_timeout=st.just(float("inf")) | st.integers(0, 10**11).map(float),
        trace=st.sampled_from(["", "/home/me/.local/state/rmosh/box/traces/x.sqlog"]),
        stream=st.booleans(),
        streams=st.booleans(),
    )
)
def test_every_announce_line_that_is_told_is_of_the_grammar(announce: Announce) -> None:
    line = with_field(format_announce(announce), "arrival", "2001:db8::1%eth0")
    line = with_field(with_field(line, "software", rmosh.__version__), "nonce", "0a" * 16)
    assert KNOWN_WORDS.allows("announce", f"{line}\n".encode("ascii"))


@given(st.from_regex(f"(?:{GRAMMAR.pattern(GRAMMAR.rules['opening'])})", fullmatch=True))
def test_every_opening_of_the_grammar_begins_a_stream(line: str) -> None:
    stream = DatagramStream(behind=opening_line(line.split()[1]))
    assert stream.feed(line.encode("ascii") + framed(b"first")) == [b"first"]


@given(st.from_regex(f"(?:{GRAMMAR.pattern(GRAMMAR.rules['choice'])})", fullmatch=True))
def test_every_offer_of_the_grammar_is_read(line: str) -> None:
    offer = parse_offer(line.encode("latin-1").removesuffix(b"\n"))
    assert line.startswith(f"{CHOICE_PREFIX} {offer.session_id} ")


def test_a_key_of_a_later_version_is_a_word_of_the_grammar_and_means_nothing() -> None:
    line = format_hello(Hello("0a" * 16))
    assert GRAMMAR.allows("hello", f"{line} later-key=1\n".encode("ascii"))
    assert not KNOWN_WORDS.allows("hello", f"{line} later-key=1\n".encode("ascii"))
    assert parse_hello(f"{line} later-key=1\n".encode("ascii")) == Hello("0a" * 16)
