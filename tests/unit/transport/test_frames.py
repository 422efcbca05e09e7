"""Frames: what is encoded reads back, and nothing that arrives raises anything but Malformed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmosh.channels.closing.frames import Close, CloseKind
from rmosh.channels.echo.frames import Echo
from rmosh.channels.history.frames import History, HistoryCleared, HistoryKept, HistoryShown, HistoryWant
from rmosh.channels.input.frames import Input, InputLimit
from rmosh.channels.newest.frames import MAX_READS, Colours, People, Person, Reads, Terminal, Window
from rmosh.channels.screen.frames import ScreenAck, ScreenSymbol
from rmosh.channels.streams.frames import StreamData, StreamGivenUp, StreamLimit, StreamReset, StreamsLimit
from rmosh.channels.streams.policy import LARGEST_WINDOW
from rmosh.errors import Malformed, UsageError
from rmosh.session.channels import FRAMES
from rmosh.traits import Traits
from rmosh.transport.erasure import MAX_MESSAGE_BYTES, BlockLayout
from rmosh.transport.frame_type import OPTIONAL, OPTIONAL_SILENT, WireFrame
from rmosh.transport.frames import Ack, AckMayWait, KeyShare, Padding, PathChallenge, PathResponse, Ping, Skipped
from rmosh.transport.header import MAX_PACKET_NUMBER
from rmosh.wire import MAX_VARINT, Reader, encode_varint

VARINTS = st.integers(0, MAX_VARINT)
WORDS = st.text(max_size=40).filter(str.isprintable)
CHALLENGES = st.binary(min_size=8, max_size=8)


@st.composite
def acks(draw: st.DrawFn) -> Ack:
    """Ranges from two numbers each, newest first, at least one number apart."""
    edges = draw(st.lists(st.integers(0, MAX_PACKET_NUMBER // 2), min_size=2, max_size=66, unique=True))
    edges = sorted((2 * edge for edge in edges[: len(edges) // 2 * 2]), reverse=True)
    ranges = zip(edges[1::2], edges[0::2], strict=True)
    return Ack(tuple(ranges), draw(st.integers(0, 10**9)) / 1_000_000)


@st.composite
def screens(draw: st.DrawFn) -> ScreenSymbol:
    size = draw(st.integers(1, 300))
    length = draw(st.integers(size, min(16_384 * size, MAX_MESSAGE_BYTES)))
    blocks = BlockLayout.of(length, size).block_count
    number = draw(st.integers(1, MAX_VARINT))
    return ScreenSymbol(
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


#: Each type of frame, but for runs of padding.
OF_TYPE: dict[type[WireFrame], st.SearchStrategy[WireFrame]] = {
    History: histories(),
    HistoryShown: st.builds(
        HistoryShown, st.integers(0, MAX_VARINT - 256), st.integers(1, 256), st.integers(1, MAX_VARINT)
    ),
    HistoryCleared: st.builds(
        HistoryCleared, st.integers(0, MAX_VARINT - 1000), st.integers(1, 1000), st.integers(0, 2)
    ),
    HistoryKept: st.builds(HistoryKept, VARINTS, VARINTS, VARINTS, VARINTS),
    HistoryWant: wants(),
    Ping: st.just(Ping()),
    AckMayWait: st.just(AckMayWait()),
    Ack: acks(),
    PathChallenge: st.builds(PathChallenge, CHALLENGES),
    PathResponse: st.builds(PathResponse, CHALLENGES),
    KeyShare: st.builds(KeyShare, st.integers(1, MAX_VARINT), st.binary(min_size=32, max_size=32)),
    Close: st.builds(Close, st.sampled_from(CloseKind), st.integers(0, 65535), st.text(max_size=64)),
    Input: st.builds(Input, st.integers(0, MAX_VARINT - 50), st.binary(min_size=1, max_size=50)),
    Window: st.builds(Window, VARINTS, st.integers(1, 1000), st.integers(1, 1000)),
    ScreenSymbol: screens(),
    ScreenAck: st.builds(ScreenAck, VARINTS),
    Colours: st.builds(
        lambda values: Colours(tuple(sorted(values.items()))),
        st.dictionaries(st.integers(0, 18), st.integers(0, 0xFFFFFF)),
    ),
    Terminal: st.builds(
        lambda direct, name, cell: Terminal(Traits(direct_colour=direct, name=name, cell=(cell, cell))),
        st.booleans(),
        st.text("abc(1.2)", max_size=9),
        st.integers(0, 1000),
    ),
    People: st.builds(
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
    Reads: st.builds(Reads, st.integers(0, MAX_READS)),
    StreamData: st.builds(
        StreamData, VARINTS, st.integers(0, MAX_VARINT - 50), st.binary(min_size=1, max_size=50), st.booleans()
    ),
    StreamLimit: st.builds(StreamLimit, VARINTS, VARINTS, st.integers(0, LARGEST_WINDOW)),
    StreamsLimit: st.builds(StreamsLimit, VARINTS, VARINTS),
    StreamGivenUp: st.builds(
        StreamGivenUp, VARINTS, st.sampled_from([1, 3]), VARINTS, st.builds(StreamReset, st.integers(0, 65535), WORDS)
    )
    | st.builds(StreamGivenUp, VARINTS, st.just(2), st.just(0), st.builds(StreamReset, st.integers(0, 65535), WORDS)),
    InputLimit: st.builds(InputLimit, VARINTS),
    Echo: st.builds(Echo, VARINTS, st.integers(0, 65535).map(lambda age: age / 1000)),
}
ANY_FRAME = st.one_of(*OF_TYPE.values())


def varints(*values: int) -> bytes:
    return b"".join(map(encode_varint, values))


KNOWN = {frame_type.code for frame_type in FRAMES.types}
UNKNOWN_OPTIONAL = sorted(set(OPTIONAL) - KNOWN)


def again(frames: list[WireFrame]) -> list[WireFrame]:
    """Return what those frames read as once they were sent on; a skipped one is not."""
    sent_on = b"".join([FRAMES.encode(frame) for frame in frames if not isinstance(frame, Skipped)])
    return FRAMES.decode(sent_on) if sent_on else []


def known(frames: list[WireFrame]) -> list[WireFrame]:
    return [frame for frame in frames if not isinstance(frame, Skipped)]


def optional(code: int, fields: bytes) -> bytes:
    return bytes([code]) + encode_varint(len(fields)) + fields


def test_every_frame_type_is_made_up_here() -> None:
    assert {*OF_TYPE, Padding} == {kind.shape for kind in FRAMES.types}


@given(st.lists(ANY_FRAME, min_size=1, max_size=6), st.integers(0, 50))
def test_what_was_encoded_reads_back(frames: list[WireFrame], padding: int) -> None:
    if padding:
        frames.append(Padding(padding))
    assert FRAMES.decode(b"".join(map(FRAMES.encode, frames))) == frames


@given(st.binary(max_size=200))
def test_arbitrary_bytes_raise_only_malformed(untrusted: bytes) -> None:
    try:
        frames = FRAMES.decode(untrusted)
    except Malformed:
        return
    assert _joined(known(frames)) == again(frames)


@given(ANY_FRAME, st.integers(0), st.binary(min_size=1, max_size=9))
def test_mutated_frames_raise_only_malformed(frame: WireFrame, place: int, patch: bytes) -> None:
    encoded = FRAMES.encode(frame)
    place %= len(encoded)
    for untrusted in (encoded[:place] + patch + encoded[place + len(patch) :], encoded[:place] + patch):
        try:
            frames = FRAMES.decode(untrusted)
        except Malformed:
            continue
        assert _joined(known(frames)) == again(frames)


@given(ANY_FRAME)
def test_a_frame_cut_short_is_malformed(frame: WireFrame) -> None:
    encoded = FRAMES.encode(frame)
    for length in range(len(encoded)):
        with pytest.raises(Malformed):
            FRAMES.decode(encoded[:length])


def test_an_empty_datagram_is_malformed() -> None:
    with pytest.raises(Malformed, match="at least one frame"):
        FRAMES.decode(b"")


@given(
    st.lists(st.tuples(st.sampled_from(UNKNOWN_OPTIONAL), st.binary(max_size=200)) | ANY_FRAME, min_size=1, max_size=8)
)
def test_frames_of_optional_channels_that_are_unknown_are_passed_over(
    said: list[tuple[int, bytes] | WireFrame],
) -> None:
    encoded = [optional(*each) if isinstance(each, tuple) else FRAMES.encode(each) for each in said]
    frames = FRAMES.decode(b"".join(encoded))
    assert frames == [Skipped(each[0]) if isinstance(each, tuple) else each for each in said]
    assert [FRAMES.elicits_ack(frame) for frame in frames if isinstance(frame, Skipped)] == [
        each[0] not in OPTIONAL_SILENT for each in said if isinstance(each, tuple)
    ]


@given(st.sampled_from(UNKNOWN_OPTIONAL), st.binary(max_size=70))
def test_an_unknown_frame_cut_short_is_malformed(code: int, fields: bytes) -> None:
    encoded = optional(code, fields)
    for length in range(len(encoded)):
        with pytest.raises(Malformed):
            FRAMES.decode(encoded[:length])


@pytest.mark.slow
@given(ANY_FRAME.filter(lambda frame: FRAMES.encode(frame)[0] in OPTIONAL), st.binary(min_size=1, max_size=9))
def test_a_known_optional_frame_fills_its_length_exactly(frame: WireFrame, more: bytes) -> None:
    code, fields = FRAMES.encode(frame)[0], _fields_of(frame)
    assert FRAMES.decode(optional(code, fields)) == [frame]
    if not isinstance(frame, History | Terminal):  # these reach to the end, whatever that is
        with pytest.raises(Malformed, match="left over"):
            FRAMES.decode(optional(code, fields + more))
    if fields:
        with pytest.raises(Malformed):
            FRAMES.decode(optional(code, b""))


def _fields_of(frame: WireFrame) -> bytes:
    reader = Reader(FRAMES.encode(frame)[1:])
    return reader.counted_bytes(limit=65507)


def _joined(frames: list[WireFrame]) -> list[WireFrame]:
    """Return the frames as they read once nothing stands between two runs of padding."""
    joined: list[WireFrame] = []
    for frame in frames:
        last = joined[-1] if joined else None
        if isinstance(frame, Padding) and isinstance(last, Padding):
            joined[-1] = Padding(last.length + frame.length)
        else:
            joined.append(frame)
    return joined


#: Source: written out from PROTOCOL.md's table by hand.
BYTES: list[tuple[WireFrame, str]] = [
    (Colours(((16, 0xFFFFFF), (17, 0))), "400a80030000ffffff000000"),
    (People(1, (Person("me", 24, 80, False, True, True),)), "4109010102" + "6d65" + "18405006"),
    (
        Terminal(Traits(True, False, True, "st", "1;2", (17, 8))),
        "420a" + "051108" + "02" + b"st".hex() + "03" + b"1;2".hex(),
    ),
    (Reads(0b11111), "43011f"),
    (InputLimit(65536), "44048001" + "0000"),
    (History(64, 1, 5, 0, b"hello"), "480a40400105" + "00" + b"hello".hex()),
    (HistoryShown(7, 2, 9), "4903070209"),
    (HistoryKept(0, 0, 300, 0), "4a050000412c00"),
    (HistoryWant(1, 1000, 0, 0), "4b050143e80000"),
    (HistoryCleared(64, 24, 2), "4c0440401802"),
    (AckMayWait(), "6000"),
]


@pytest.mark.parametrize(("frame", "encoded"), BYTES, ids=repr)
def test_frames_of_optional_channels_keep_their_bytes(frame: WireFrame, encoded: str) -> None:
    assert FRAMES.encode(frame).hex() == encoded


def test_of_each_frame_of_an_optional_channel_the_bytes_are_kept() -> None:
    assert {type(frame) for frame, _ in BYTES} == {kind.shape for kind in FRAMES.types if kind.code in OPTIONAL}


@pytest.mark.parametrize(("code", "eliciting"), [(0x40, True), (0x5F, True), (0x60, False), (0x7F, False)])
def test_the_code_of_an_optional_frame_tells_whether_it_elicits_an_ack(code: int, eliciting: bool) -> None:
    assert FRAMES.elicits_ack(Skipped(code)) is eliciting


def test_every_known_optional_frame_elicits_an_ack_as_its_code_tells() -> None:
    for frame_type in FRAMES.types:
        if frame_type.code in OPTIONAL:
            assert frame_type.eliciting is (frame_type.code not in OPTIONAL_SILENT)


@pytest.mark.parametrize("code", sorted(set(range(256)) - set(OPTIONAL) - KNOWN))
def test_an_unknown_or_reserved_type_spoils_the_datagram(code: int) -> None:
    with pytest.raises(Malformed, match=f"frame type {code:#04x} is unknown"):
        FRAMES.decode(bytes([1, code, 1]))


def test_an_ack_is_laid_out_as_in_quic() -> None:
    """Source: RFC 9000 section 19.3: packets 9-11 and 2-4 received, 5-8 missing, 25 ms late."""
    ack = Ack(((9, 12), (2, 5)), 0.025)
    assert FRAMES.encode(ack) == b"\x02" + varints(11, 25_000, 1, 2, 3, 2)
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
        FRAMES.decode(b"\x02" + fields)


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
        optional(0x40, varints(1 << 19)),
        optional(0x40, varints(3) + b"12345"),
        optional(0x48, varints(0, 1, 5, 0)),
        optional(0x48, varints(0, 1, 5, 1) + b"hello"),
        optional(0x48, varints(0, 0, 5, 0) + b"hello"),
        optional(0x4C, varints(0, 0, 2)),
        optional(0x4C, varints(0, 1001, 2)),
        optional(0x4C, varints(0, 1, 3)),
        optional(0x4C, varints(MAX_VARINT, 1, 2)),
        b"\x48" + varints(65508) + bytes(65508),
    ],
    ids=bytes.hex,
)
def test_a_value_out_of_bounds_is_malformed(encoded: bytes) -> None:
    with pytest.raises(Malformed):
        FRAMES.decode(encoded)


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
        ScreenSymbol(5, 5, 1, 1, 0, 0, b"a"),
        ScreenSymbol(5, -1, 1, 1, 0, 0, b"a"),
        ScreenSymbol(5, 4, 2, 2, 0, 0, b"a"),
        ScreenSymbol(5, 4, 1, 1, 1, 0, b"a"),
        ScreenSymbol(5, 4, 1, 1, 0, 256, b"a"),
        ScreenSymbol(5, 4, 1, 2, 0, 0, b"aa"),
        ScreenAck(-1),
        Echo(0, -1.0),
        Colours(((19, 0),)),
        Reads(1 << 32),
        Colours(((1, 0), (0, 0))),
        Colours(((0, 0x1000000),)),
    ],
    ids=repr,
)
def test_our_own_values_out_of_bounds_are_refused(frame: WireFrame) -> None:
    with pytest.raises(UsageError):
        FRAMES.encode(frame)


def test_a_long_close_message_is_cut_between_characters() -> None:
    (close,) = FRAMES.decode(FRAMES.encode(Close(CloseKind.FAILED, 0, "ä" * 128 + "ö")))
    assert close == Close(CloseKind.FAILED, 0, "ä" * 128)
    (close,) = FRAMES.decode(FRAMES.encode(Close(CloseKind.FAILED, 0, "a" + "ä" * 200)))
    assert close == Close(CloseKind.FAILED, 0, "a" + "ä" * 127)


def test_a_close_message_from_a_file_name_that_is_not_utf_8_can_be_sent() -> None:
    (close,) = FRAMES.decode(FRAMES.encode(Close(CloseKind.FAILED, 0, "no \udcff")))
    assert close == Close(CloseKind.FAILED, 0, "no ?")


def test_an_old_echo_is_told_as_the_oldest() -> None:
    assert FRAMES.decode(FRAMES.encode(Echo(1, 500.0))) == [Echo(1, 65.535)]


def test_a_run_of_padding_is_one_frame_of_its_length() -> None:
    encoded = FRAMES.encode(Padding(3))
    assert encoded == bytes(3)
    assert FRAMES.decode(bytes(65476)) == [Padding(65476)]
    assert FRAMES.decode(b"\x01" + encoded + b"\x01") == [Ping(), Padding(3), Ping()]


def test_a_datagram_is_acknowledged_for_all_but_padding_and_answers() -> None:
    silent = {type(frame) for frame in (Padding(), Ack(((0, 1),), 0.0), AckMayWait(), ScreenAck(0), Echo(0, 0.0))}
    assert {frame_type.shape for frame_type in FRAMES.types if not frame_type.eliciting} == silent
    assert FRAMES.elicits_ack(Ping())
    assert not FRAMES.elicits_ack(Padding())
