"""The announce line and the hello that it answers: what is read, what is refused, which version is chosen."""

import contextlib
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh import PROTOCOL_VERSION, PROTOCOL_VERSIONS
from rmosh.announce import (
    MAX_ADDRESSES,
    MAX_LINE,
    Announce,
    format_announce,
    format_where,
    parse_announce,
    parse_where,
    split_announce,
    with_addresses,
    with_field,
)
from rmosh.errors import BootstrapError, Malformed, Stage
from rmosh.hello import MAX_HELLO, MAX_VERSIONS, choose_version, format_hello, new_hello, parse_hello

ANNOUNCE = Announce(PROTOCOL_VERSION, 60001, bytes(range(8)), bytearray(range(32)))
LINE = format_announce(ANNOUNCE)
HELLO = new_hello(entropy=bytes(range(16)))

KNOWN = {"port", "session", "secret", "arrival", "client-timeout", "software", "trace", "addresses", "stream"}
KEYS = st.from_regex(r"[a-z][a-z0-9-]{0,31}", fullmatch=True)
VALUES = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=20)


def altered(line: str) -> st.SearchStrategy[bytes]:
    """Lines near a good one: cut, with a byte replaced, with a word more."""
    data = line.encode()
    return st.one_of(
        st.integers(0, len(data)).map(lambda end: data[:end]),
        st.tuples(st.integers(0, len(data) - 1), st.integers(0, 255)).map(
            lambda at: data[: at[0]] + bytes([at[1]]) + data[at[0] + 1 :]
        ),
        st.binary(max_size=30).map(lambda more: data + b" " + more),
    )


@given(untrusted=st.binary(max_size=200) | altered(LINE))
def test_any_line_is_an_announce_line_or_malformed(untrusted: bytes) -> None:
    with contextlib.suppress(Malformed):
        announce = parse_announce(untrusted)
        assert parse_announce(format_announce(announce).encode()) == announce


@given(untrusted=st.binary(max_size=200) | altered(format_hello(HELLO)))
def test_any_line_is_a_hello_or_malformed(untrusted: bytes) -> None:
    with contextlib.suppress(Malformed):
        hello = parse_hello(untrusted)
        assert parse_hello(format_hello(hello).encode()) == hello


@pytest.mark.slow
@given(more=st.dictionaries(KEYS, VALUES, max_size=5), first=st.booleans())
def test_unknown_fields_mean_nothing_wherever_they_stand(more: dict[str, str], first: bool) -> None:
    unknown = {key: value for key, value in more.items() if key not in KNOWN}
    words = [f"{key}={value}" for key, value in unknown.items()]
    head, *known = LINE.split(" port=")
    line = " ".join([head, *words, "port=" + known[0]] if first else [LINE, *words])
    assert parse_announce(line.encode()) == ANNOUNCE


@given(more=st.dictionaries(KEYS, VALUES, max_size=5))
def test_unknown_fields_of_a_hello_mean_nothing(more: dict[str, str]) -> None:
    unknown = {key: value for key, value in more.items() if key not in {"nonce", "versions"}}
    line = " ".join([format_hello(HELLO), *[f"{key}={value}" for key, value in unknown.items()]])
    assert parse_hello(line.encode()) == HELLO


@pytest.mark.parametrize("word", LINE.split()[2:])
def test_every_known_field_is_needed_once_and_refused_twice(word: str) -> None:
    with pytest.raises(Malformed):
        parse_announce(LINE.replace(f" {word}", "").encode())
    with pytest.raises(Malformed, match="twice"):
        parse_announce(f"{LINE} {word}".encode())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("port=60001", "port=65536"),
        ("port=60001", "port=-1"),
        ("port=60001", "port=\uff16"),
        ("port=60001", "port="),
        ("session=00", "session=0"),
        ("session=00", "session=0G"),
        ("secret=A", "secret=*"),
        ("secret=A", "secret=AA"),
        (" session", "  session"),
        (" session", "\tsession"),
        (" port", " Port"),
        ("RMOSH-ANNOUNCE 2", "RMOSH-ANNOUNCE two"),
        ("RMOSH-ANNOUNCE 2", "RMOSH-ANNOUNCE"),
        ("RMOSH-ANNOUNCE 2", " RMOSH-ANNOUNCE 2"),
    ],
)
def test_malformed_fields_are_refused_and_never_repeated(old: str, new: str) -> None:
    assert old in LINE
    with pytest.raises(Malformed) as caught:
        parse_announce(LINE.replace(old, new).encode())
    assert "AAECAwQF" not in str(caught.value)


def test_arrival_is_an_address_or_the_line_is_malformed() -> None:
    assert parse_announce(with_field(LINE, "arrival", "fe80::1%eth0").encode()).arrival == "fe80::1%eth0"
    assert parse_announce(LINE.encode()).arrival == ""
    with pytest.raises(Malformed):
        parse_announce(with_field(LINE, "arrival", "$(reboot)").encode())


def test_a_stream_is_offered_by_one_word_or_the_line_is_malformed() -> None:
    offered = replace(ANNOUNCE, stream=True)
    assert format_announce(offered).endswith(" stream=yes")
    assert parse_announce(format_announce(offered).encode()) == offered
    assert not parse_announce(LINE.encode()).stream
    with pytest.raises(Malformed):
        parse_announce(with_field(LINE, "stream", "no").encode())


def test_a_hello_tells_that_its_client_can_go_on_in_the_channel() -> None:
    hello = new_hello(entropy=bytes(range(16)), stream=True)
    assert format_hello(hello) == f"{format_hello(HELLO)} stream=yes"
    assert parse_hello(format_hello(hello).encode()) == hello
    assert not parse_hello(format_hello(HELLO).encode()).stream


@pytest.mark.parametrize("word", ["agent", "x11"])
def test_a_hello_tells_what_its_client_passes_on(word: str) -> None:
    hello = replace(HELLO, agent=word == "agent", x11=word == "x11")
    assert format_hello(hello).endswith(f" {word}=yes")
    assert parse_hello(format_hello(hello).encode()) == hello
    assert not getattr(parse_hello(f"{format_hello(HELLO)} {word}=no".encode()), word)


def test_addresses_are_numeric_and_few_or_the_line_is_malformed() -> None:
    told = ("203.0.113.5", "2001:db8::5")
    assert parse_announce(with_addresses(LINE, told).encode()).addresses == told
    assert parse_announce(LINE.encode()).addresses == ()
    nine = ",".join(f"203.0.113.{number}" for number in range(9))
    for wrong in ("example.org", "fe80::1%eth0", "203.0.113.5,", ",", "203.0.113.5;", nine, "1" * 46):
        with pytest.raises(Malformed):
            parse_announce(with_field(LINE, "addresses", wrong).encode())


def test_as_many_addresses_are_told_as_a_line_holds() -> None:
    told = tuple(f"2001:db8:1111:2222:3333:4444:5555:{number:x}" for number in range(0x1000, 0x100C))
    assert parse_announce(with_addresses(LINE, told).encode()).addresses == told[:MAX_ADDRESSES]
    full = with_field(LINE, "trace", "/" + "x" * 511)
    full = with_field(full, "more", "x" * (MAX_LINE - len(full) - 60))
    assert parse_announce(with_addresses(full, told).encode()).addresses == told[:1]
    assert with_addresses(full + "x" * 30, told) == full + "x" * 30


def test_a_host_tells_where_it_is_in_a_line_of_its_own() -> None:
    told = ("203.0.113.5", "2001:db8::5")
    assert parse_where(format_where(told)) == told
    assert parse_where(format_where(())) == ()


@given(st.text(max_size=100) | st.text(max_size=100).map(lambda text: f"RMOSH-WHERE addresses={text}"))
def test_any_such_line_is_read_or_refused(untrusted: str) -> None:
    with contextlib.suppress(Malformed):
        assert len(parse_where(untrusted)) <= MAX_ADDRESSES


@pytest.mark.parametrize("timeout", [1.0, 14 * 86400.0, 999_999 * 604_800.0, math.inf])
def test_the_time_a_silent_client_is_kept_is_told(timeout: float) -> None:
    announce = replace(ANNOUNCE, client_timeout=timeout)
    assert parse_announce(format_announce(announce).encode()) == announce


@pytest.mark.parametrize("word", ["never", "-1", "1.5", "1" * 13])
def test_no_other_time_is_read(word: str) -> None:
    with pytest.raises(Malformed):
        parse_announce(with_field(LINE, "client-timeout", word).encode())


def test_every_version_tells_its_number_and_the_nonce() -> None:
    line = split_announce(b"RMOSH-ANNOUNCE 31 what-is-this=1 nonce=abc\n")
    assert (line.version, line.nonce) == (31, "abc")


def test_neither_secret_nor_nonce_is_shown() -> None:
    assert HELLO.nonce not in repr(HELLO)
    assert "AAECAwQF" not in repr(parse_announce(LINE.encode()))


@pytest.mark.slow
@given(
    nonce=st.binary(min_size=16, max_size=16),
    versions=st.sets(st.integers(1, 99999), min_size=1, max_size=16),
    environment=st.dictionaries(
        st.sampled_from(["LANG", "LANGUAGE"]) | st.from_regex(r"\ALC_[A-Z]{1,20}\Z"),
        st.from_regex(r"\A[A-Za-z0-9_.:@-]{1,64}\Z"),
        max_size=20,
    ),
)
def test_hello_arrives_as_it_was_said(nonce: bytes, versions: set[int], environment: dict[str, str]) -> None:
    said = new_hello(entropy=nonce, environment=environment)
    hello = replace(said, versions=tuple(sorted(versions)))
    assert len(hello.locale) == min(len(environment), 16)
    assert parse_hello(format_hello(hello).encode() + b"\n") == hello


@given(within=st.text() | st.from_regex(r"\A[0-9a-f]{16}\Z"))
def test_the_session_that_a_client_runs_in_is_told_if_it_is_one(within: str) -> None:
    hello = new_hello(entropy=bytes(16), within=within)
    assert parse_hello(format_hello(hello).encode()) == hello
    is_one = len(within) == 16 and set(within) <= set("0123456789abcdef")
    assert hello.within == (within if is_one else "")


@given(environment=st.dictionaries(st.text(), st.text()))
def test_a_hello_can_be_read_whatever_the_environment_holds(environment: dict[str, str]) -> None:
    hello = new_hello(entropy=bytes(16), environment=environment | {"LC_ALL": "C,LD_PRELOAD=x", "TOKEN": "hush"})
    assert parse_hello(format_hello(hello).encode()) == hello
    assert "LC_ALL" not in dict(hello.locale)


@pytest.mark.parametrize(
    ("attach", "told"),
    [("rmosh attach -p 2222 café", "rmosh attach -p 2222 café"), ("a\x1b", ""), ("x" * 385, ""), ("\udcff", "")],
)
def test_a_hello_tells_how_to_attach_where_that_is_short_and_plain(attach: str, told: str) -> None:
    hello = new_hello(entropy=bytes(16), attach=attach)
    assert parse_hello(format_hello(hello).encode()) == hello
    assert hello.attach == told


@pytest.mark.parametrize(
    "line",
    [
        "RMOSH-HELLO",
        "RMOSH-HELLO versions=2",
        f"RMOSH-HELLO versions=2 nonce={HELLO.nonce} within=0123",
        f"RMOSH-HELLO versions=2 nonce={HELLO.nonce} within=../../etc/passwd0",
        f"RMOSH-HELLO nonce={HELLO.nonce}",
        f"RMOSH-HELLO nonce={HELLO.nonce} versions=",
        f"RMOSH-HELLO nonce={HELLO.nonce} versions=2,",
        f"RMOSH-HELLO nonce={HELLO.nonce} versions=0",
        f"RMOSH-HELLO nonce={HELLO.nonce} versions={','.join(['2'] * (MAX_VERSIONS + 1))}",
        f"RMOSH-HELLO nonce={HELLO.nonce}0 versions=2",
        f"RMOSH-HELLO nonce={HELLO.nonce} nonce={HELLO.nonce} versions=2",
        f"RMOSH-HELLO nonce={HELLO.nonce} versions=2 word",
        f"RMOSH-HELLO nonce={HELLO.nonce} versions=2 x={'x' * MAX_HELLO}",
        f"RMOSH-HELLO nonce={HELLO.nonce} versions=2 attach=cm1vc2g",
        f"RMOSH-HELLO nonce={HELLO.nonce} versions=2 attach=cm0bWzJK",
        f"RMOSH-HELLO nonce={HELLO.nonce} versions=2 attach={'eHh4' * 129}",
        f"RMOSH-HELLO nonce={HELLO.nonce} versions=2 attach=Y2Fm6Q==",
        f"RMOSH-HELLO nonce={HELLO.nonce} versions=2 locale=LANG",
        f"RMOSH-HELLO nonce={HELLO.nonce} versions=2 locale=LANG=",
        f"RMOSH-HELLO nonce={HELLO.nonce} versions=2 locale=LANG=C,",
        f"RMOSH-HELLO nonce={HELLO.nonce} versions=2 locale=LANG=../../C",
        f"RMOSH-HELLO nonce={HELLO.nonce} versions=2 locale=LD_PRELOAD=x",
        f"RMOSH-HELLO nonce={HELLO.nonce} versions=2 locale=LOCPATH=x",
        f"RMOSH-HELLO nonce={HELLO.nonce} versions=2 locale={','.join(f'LC_{chr(65 + i)}=C' for i in range(17))}",
        f"hello RMOSH-HELLO nonce={HELLO.nonce} versions=2",
    ],
)
def test_malformed_hellos_are_refused(line: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_hello(line.encode())
    assert HELLO.nonce not in str(caught.value)


@pytest.mark.parametrize(
    ("offered", "spoken", "chosen"),
    [((2,), (2,), 2), ((2, 3), (2,), 2), ((2,), (2, 3), 2), ((2, 3), (2, 3), 3), ((3, 2, 2), (2, 4), 2)],
)
def test_the_highest_common_version_is_chosen(offered: tuple[int, ...], spoken: tuple[int, ...], chosen: int) -> None:
    assert choose_version(offered, spoken=spoken) == chosen


@pytest.mark.parametrize(
    ("offered", "spoken", "older"), [((3, 4), (2,), "this host"), ((2,), (3, 4), "there"), ((), (2,), "there")]
)
def test_without_a_common_version_both_are_told_and_who_is_to_update(
    offered: tuple[int, ...], spoken: tuple[int, ...], older: str
) -> None:
    with pytest.raises(BootstrapError) as caught:
        choose_version(offered, spoken=spoken)
    assert caught.value.stage is Stage.VERSION
    assert all(str(version) in str(caught.value) for version in (*offered, *spoken))
    assert older in caught.value.hint


def test_this_release_speaks_the_version_of_its_document() -> None:
    assert PROTOCOL_VERSIONS == (PROTOCOL_VERSION,) == (2,)
