"""Frames: what is encoded reads back, and nothing that arrives raises anything but Malformed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.errors import Malformed, UsageError
from rmosh.transport.erasure import MAX_MESSAGE_BYTES, BlockLayout
from rmosh.transport.frame_codec import FRAME_TYPES, decode_frames, elicits_ack, encode_frame
from rmosh.transport.frames import (
    Ack,
    Close,
    CloseKind,
    Colours,
    Echo,
    Frame,
    History,
    HistoryKept,
    HistoryShown,
    HistoryWant,
    Input,
    Padding,
    PathChallenge,
    PathResponse,
    People,
    Person,
    Ping,
    Screen,
    ScreenAck,
    Window,
)
from rmosh.transport.header import MAX_PACKET_NUMBER
from rmosh.wire import MAX_VARINT, encode_varint

VARINTS = st.integers(0, MAX_VARINT)
CHALLENGES = st.binary(min_size=8, max_size=8)


@st.composite
def acks(draw: st.DrawFn) -> Ack:
    """Ranges from two numbers each, newest first, at least one number apart."""
    edges = draw(st.lists(st.integers(0, MAX_PACKET_NUMBER // 2), min_size=2, max_size=66, unique=True))
    edges = sorted((2 * edge for edge in edges[: len(edges) // 2 * 2]), reverse=True)
    ranges = zip(edges[1::2], edges[0::2], strict=True)
    return Ack(tuple(ranges), draw(st.integers(0, 10**9)) / 1_000_000)


@st.composite
def screens(draw: st.DrawFn) -> Screen:
    size = draw(st.integers(1, 300))
    length = draw(st.integers(size, min(16_384 * size, MAX_MESSAGE_BYTES)))
    blocks = BlockLayout.of(length, size).block_count
    number = draw(st.integers(1, MAX_VARINT))
    return Screen(
        number,
        number - draw(st.integers(1, number)),
        length,
        size,
        draw(st.integers(0, blocks - 1)),
        draw(st.integers(0, 255)),
        draw(st.binary(min_size=size, max_size=size)),
    )


@st.composite
def histories(draw: st.DrawFn) -> History:
    data = draw(st.binary(min_size=1, max_size=60))
    length = draw(st.integers(len(data), 65535))
    offset = draw(st.integers(0, length - len(data)))
    return History(draw(st.integers(0, MAX_VARINT - 256)), draw(st.integers(1, 256)), length, offset, data)


@st.composite
def wants(draw: st.DrawFn) -> HistoryWant:
    start = draw(VARINTS)
    return HistoryWant(draw(VARINTS), draw(VARINTS), start, draw(st.integers(0, MAX_VARINT - start)))


FRAMES: st.SearchStrategy[Frame] = st.one_of(
    histories(),
    st.builds(HistoryShown, st.integers(0, MAX_VARINT - 256), st.integers(1, 256), st.integers(1, MAX_VARINT)),
    st.builds(HistoryKept, VARINTS, VARINTS, VARINTS, VARINTS),
    wants(),
    st.just(Ping()),
    acks(),
    st.builds(PathChallenge, CHALLENGES),
    st.builds(PathResponse, CHALLENGES),
    st.builds(Close, st.sampled_from(CloseKind), st.integers(0, 65535), st.text(max_size=64)),
    st.builds(Input, st.integers(0, MAX_VARINT - 50), st.binary(min_size=1, max_size=50)),
    st.builds(Window, VARINTS, st.integers(1, 1000), st.integers(1, 1000)),
    screens(),
    st.builds(ScreenAck, VARINTS),
    st.builds(
        lambda values: Colours(tuple(sorted(values.items()))),
        st.dictionaries(st.integers(0, 18), st.integers(0, 0xFFFFFF)),
    ),
    st.builds(
        People,
        VARINTS,
        st.lists(
            st.builds(
                Person,
                st.text(max_size=10),
                st.integers(1, 1000),
                st.integers(1, 1000),
                st.booleans(),
                st.booleans(),
                st.booleans(),
            ),
            max_size=16,
        ).map(tuple),
    ),
    st.builds(Echo, VARINTS, st.integers(0, 65535).map(lambda age: age / 1000)),
)


def varints(*values: int) -> bytes:
    return b"".join(map(encode_varint, values))


@given(st.lists(FRAMES, min_size=1, max_size=6), st.integers(0, 50))
def test_what_was_encoded_reads_back(frames: list[Frame], padding: int) -> None:
    if padding:
        frames.append(Padding(padding))
    assert decode_frames(b"".join(map(encode_frame, frames))) == frames


@given(st.binary(max_size=200))
def test_arbitrary_bytes_raise_only_malformed(untrusted: bytes) -> None:
    try:
        frames = decode_frames(untrusted)
    except Malformed:
        return
    assert frames == decode_frames(b"".join(map(encode_frame, frames)))


@given(FRAMES, st.integers(0), st.binary(min_size=1, max_size=9))
def test_mutated_frames_raise_only_malformed(frame: Frame, place: int, patch: bytes) -> None:
    encoded = encode_frame(frame)
    place %= len(encoded)
    for untrusted in (encoded[:place] + patch + encoded[place + len(patch) :], encoded[:place] + patch):
        try:
            frames = decode_frames(untrusted)
        except Malformed:
            continue
        assert frames == decode_frames(b"".join(map(encode_frame, frames)))


@given(FRAMES)
def test_a_frame_cut_short_is_malformed(frame: Frame) -> None:
    encoded = encode_frame(frame)
    for length in range(len(encoded)):
        with pytest.raises(Malformed):
            decode_frames(encoded[:length])


def test_an_empty_datagram_is_malformed() -> None:
    with pytest.raises(Malformed, match="at least one frame"):
        decode_frames(b"")


@pytest.mark.parametrize("code", sorted(set(range(256)) - {frame_type.code for frame_type in FRAME_TYPES}))
def test_an_unknown_or_reserved_type_spoils_the_datagram(code: int) -> None:
    with pytest.raises(Malformed, match=f"frame type {code:#04x} is unknown"):
        decode_frames(bytes([1, code, 1]))


def test_an_ack_is_laid_out_as_in_quic() -> None:
    """Source: RFC 9000 section 19.3: packets 9-11 and 2-4 received, 5-8 missing, 25 ms late."""
    ack = Ack(((9, 12), (2, 5)), 0.025)
    assert encode_frame(ack) == b"\x02" + varints(11, 25_000, 1, 2, 3, 2)
    assert ack.largest == 11


@pytest.mark.parametrize(
    "fields",
    [
        varints(MAX_PACKET_NUMBER + 1, 0, 0, 0),
        varints(5, 0, 0, 6),
        varints(5, 0, 1, 0, 4, 0),
        varints(5, 0, 1, 0, 0, 4),
        varints(5, 0, 1, 5, 0, 0),
        varints(200, 0, 33, 0, *[0, 0] * 33),
        varints(5, 0, 1, 0, MAX_VARINT, MAX_VARINT),
    ],
)
def test_an_ack_out_of_bounds_is_malformed(fields: bytes) -> None:
    with pytest.raises(Malformed):
        decode_frames(b"\x02" + fields)


@pytest.mark.parametrize(
    "encoded",
    [
        b"\x05\x05" + varints(0, 0),
        b"\x05\x00" + varints(65536, 0),
        b"\x05\x00" + varints(0, 257) + b"a" * 257,
        b"\x05\x00" + varints(0, 1) + b"\xff",
        b"\x08" + varints(0, 0),
        b"\x08" + varints(MAX_VARINT, 1) + b"a",
        b"\x09" + varints(0, 0, 80),
        b"\x09" + varints(0, 24, 1001),
        b"\x0a" + varints(0, 1, 1, 1, 0, 0) + b"a",
        b"\x0a" + varints(1, 0, 1, 1, 0, 0) + b"a",
        b"\x0a" + varints(1, 2, 1, 1, 0, 0) + b"a",
        b"\x0a" + varints(1, 1, 0, 1, 0, 0) + b"a",
        b"\x0a" + varints(1, 1, 4_194_305, 300, 0, 0) + b"a" * 300,
        b"\x0a" + varints(1, 1, 16_385, 1, 0, 0) + b"a",
        b"\x0a" + varints(1, 1, 1, 0, 0, 0),
        b"\x0a" + varints(1, 1, 1, 2, 0, 0) + b"aa",
        b"\x0a" + varints(1, 1, 1, 1, 1, 0) + b"a",
        b"\x0a" + varints(1, 1, 1, 1, 0, 256) + b"a",
        b"\x0c" + varints(0, 65536),
        b"\x0d" + varints(1 << 19),
        b"\x0d" + varints(3) + b"12345",
    ],
    ids=bytes.hex,
)
def test_a_value_out_of_bounds_is_malformed(encoded: bytes) -> None:
    with pytest.raises(Malformed):
        decode_frames(encoded)


@pytest.mark.parametrize(
    "frame",
    [
        Padding(0),
        Padding(65508),
        Ack((), 0.0),
        Ack(((1, 1),), 0.0),
        Ack(((-1, 2),), 0.0),
        Ack(((5, 6), (3, 5)), 0.0),
        Ack(((1, 2),), -0.1),
        Ack(((0, MAX_PACKET_NUMBER + 2),), 0.0),
        Ack(tuple((number, number + 1) for number in range(66, -1, -2)), 0.0),
        PathChallenge(b"1234567"),
        PathResponse(b"123456789"),
        Close(CloseKind.EXITED, 65536),
        Input(0, b""),
        Input(MAX_VARINT, b"a"),
        Window(0, 0, 80),
        Window(0, 24, 1001),
        Screen(5, 5, 1, 1, 0, 0, b"a"),
        Screen(5, -1, 1, 1, 0, 0, b"a"),
        Screen(5, 4, 2, 2, 0, 0, b"a"),
        Screen(5, 4, 1, 1, 1, 0, b"a"),
        Screen(5, 4, 1, 1, 0, 256, b"a"),
        Screen(5, 4, 1, 2, 0, 0, b"aa"),
        ScreenAck(-1),
        Echo(0, -1.0),
        Colours(((19, 0),)),
        Colours(((1, 0), (0, 0))),
        Colours(((0, 0x1000000),)),
    ],
    ids=repr,
)
def test_our_own_values_out_of_bounds_are_refused(frame: Frame) -> None:
    with pytest.raises(UsageError):
        encode_frame(frame)


def test_a_long_close_message_is_cut_between_characters() -> None:
    (close,) = decode_frames(encode_frame(Close(CloseKind.FAILED, 0, "ä" * 128 + "ö")))
    assert close == Close(CloseKind.FAILED, 0, "ä" * 128)
    (close,) = decode_frames(encode_frame(Close(CloseKind.FAILED, 0, "a" + "ä" * 200)))
    assert close == Close(CloseKind.FAILED, 0, "a" + "ä" * 127)


def test_a_close_message_from_a_file_name_that_is_not_utf_8_can_be_sent() -> None:
    (close,) = decode_frames(encode_frame(Close(CloseKind.FAILED, 0, "no \udcff")))
    assert close == Close(CloseKind.FAILED, 0, "no ?")


def test_an_old_echo_is_told_as_the_oldest() -> None:
    assert decode_frames(encode_frame(Echo(1, 500.0))) == [Echo(1, 65.535)]


def test_a_run_of_padding_is_one_frame_of_its_length() -> None:
    encoded = encode_frame(Padding(3))
    assert encoded == bytes(3)
    assert decode_frames(bytes(65476)) == [Padding(65476)]
    assert decode_frames(b"\x01" + encoded + b"\x01") == [Ping(), Padding(3), Ping()]


def test_a_datagram_is_acknowledged_for_all_but_padding_and_answers() -> None:
    silent = {type(frame) for frame in (Padding(), Ack(((0, 1),), 0.0), ScreenAck(0), Echo(0, 0.0))}
    assert {frame_type.shape for frame_type in FRAME_TYPES if not frame_type.eliciting} == silent
    assert elicits_ack(Ping())
    assert not elicits_ack(Padding())
