"""What a terminal said of itself, on its way to the host."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.errors import Malformed
from rmosh.hello import format_hello, format_traits, new_hello, parse_hello, parse_traits
from rmosh.traits import MAX_ATTRIBUTES, MAX_CELL, MAX_NAME, Traits, decode_traits, encode_traits

PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=MAX_NAME)
CELLS = st.tuples(st.integers(0, MAX_CELL), st.integers(0, MAX_CELL))
TRAITS = st.builds(
    Traits,
    keyboard_protocol=st.booleans(),
    key_modifiers=st.booleans(),
    direct_colour=st.booleans(),
    name=PRINTABLE,
    attributes=st.text("0123456789;", max_size=MAX_ATTRIBUTES),
    cell=CELLS,
)


@pytest.mark.slow
@given(TRAITS, st.binary(max_size=9))
def test_what_a_terminal_said_reads_back_whatever_a_later_version_adds(traits: Traits, more: bytes) -> None:
    assert decode_traits(encode_traits(traits) + more) == traits


@given(st.binary(max_size=120))
def test_arbitrary_bytes_raise_only_malformed(untrusted: bytes) -> None:
    try:
        traits = decode_traits(untrusted)
    except Malformed:
        return
    assert decode_traits(encode_traits(traits)) == traits


@pytest.mark.parametrize("name", ["a\x1b[2J", "é", "\x7f"])
def test_no_control_reaches_a_program_as_a_terminals_name(name: str) -> None:
    encoded = b"\0\0\0" + bytes([len(name.encode())]) + name.encode() + b"\0"
    with pytest.raises(Malformed):
        decode_traits(encoded)


@given(st.none() | TRAITS)
def test_the_hello_tells_it(traits: Traits | None) -> None:
    hello = new_hello(entropy=bytes(16), environment={"LANG": "de_DE.UTF-8"}, traits=traits)
    assert parse_hello(format_hello(hello).encode()).traits == traits
    assert parse_traits(format_traits(traits)) == traits


@pytest.mark.parametrize("untrusted", ["0", "00", "zz" * 5, "00" * 200, "FF" * 9])
def test_what_no_terminal_can_have_said_is_malformed(untrusted: str) -> None:
    with pytest.raises(Malformed):
        parse_traits(untrusted)
