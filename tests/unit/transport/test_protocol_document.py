"""PROTOCOL.md and the code say the same."""

import re
from pathlib import Path
from random import Random

import pytest

import rmosh
from rmosh import announce, hello
from rmosh.announce import SECRET_BYTES, SESSION_ID_BYTES
from rmosh.channels.closing import frames as closing_frames
from rmosh.channels.closing import policy as closing_policy
from rmosh.channels.echo.frames import MAX_ECHO_AGE
from rmosh.channels.history import frames as history_frames
from rmosh.channels.history import policy as history_policy
from rmosh.channels.history import receiver as history_receiver
from rmosh.channels.input import policy as input_policy
from rmosh.channels.newest import frames as newest_frames
from rmosh.channels.screen import assembly, kept_frames
from rmosh.channels.screen import policy as screen_policy
from rmosh.channels.streams import frames as streams_frames
from rmosh.channels.streams import policy as streams_policy
from rmosh.datagram_stream import MAX_DATAGRAM
from rmosh.forwarding import answers, first_message, requests
from rmosh.forwarding.records import RecordKind
from rmosh.history import line_codec
from rmosh.session import policy as session_policy
from rmosh.session.channels import CHANNELS, FRAMES
from rmosh.transport import (
    connection_ids,
    erasure,
    frames,
    header,
    keys,
    policy,
    replay,
    sealing,
    traffic,
)
from rmosh.transport.packet_protection import PacketProtection
from rmosh.wire import MAX_VARINT

LIMITS = sealing.EPOCH_LIMITS
DOCUMENT = (Path(rmosh.__file__).parent / "PROTOCOL.md").read_text(encoding="utf-8")


def table(section: str) -> list[list[str]]:
    """Return the cells of a section's table, without its head."""
    text = DOCUMENT.split(f"## {section}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def frame_rows() -> dict[str, list[str]]:
    return {row[1]: row for row in table("Frames")}


def sentence(text: str) -> str:
    """Return the document's text from `text` on, its lines joined; fails where it is not there."""
    joined = " ".join(DOCUMENT.split())
    assert text in joined, f"PROTOCOL.md does not say: {text}"
    return joined[joined.index(text) :]


def test_the_title_tells_the_version() -> None:
    assert DOCUMENT.startswith(f"# The rmosh protocol, version {rmosh.PROTOCOL_VERSION}\n")


def test_every_frame_type_is_listed_with_its_code_name_and_whether_it_elicits_an_ack() -> None:
    written = [
        (int(code, 16), name, elicits == "yes")
        for code, name, elicits, fields in table("Frames")
        if fields != "reserved"
    ]
    assert written == [(kind.code, kind.name, kind.eliciting) for kind in FRAMES.types]


def test_reserved_codes_are_free() -> None:
    used = {kind.code for kind in FRAMES.types}
    reserved = [row[0].split("-") for row in table("Frames") if row[3] == "reserved"]
    assert reserved
    assert all(not used & set(range(int(first, 16), int(last, 16) + 1)) for first, last in reserved)


def test_frame_names_are_the_names_of_their_classes() -> None:
    for kind in FRAMES.types:
        assert kind.name.replace("_", "").lower() == kind.shape.__name__.lower()


def test_the_datagram_table_has_the_codes_offsets_and_sizes() -> None:
    assert [(offset, size) for offset, size, *_ in table("Datagram")] == [
        ("0", str(header.CONNECTION_ID_BYTES)),
        (str(header.EPOCH_OFFSET), str(header.EPOCH_BYTES)),
        (str(header.NUMBER_OFFSET), str(header.NUMBER_BYTES)),
        (str(header.HEADER_BYTES), "n"),
        (f"{header.HEADER_BYTES}+n", str(header.TAG_BYTES)),
    ]


@pytest.mark.parametrize(
    ("name", "bound"),
    [
        ("ACK", f"further ranges (varint, 0-{frames.MAX_FURTHER_RANGES})"),
        ("PATH_CHALLENGE", f"{frames.CHALLENGE_BYTES} bytes"),
        ("PATH_RESPONSE", f"{frames.CHALLENGE_BYTES} bytes"),
        ("KEY_SHARE", f"{frames.SHARE_BYTES} bytes"),
        ("CLOSE", f"signal number, 0-{closing_frames.MAX_CLOSE_VALUE})"),
        ("CLOSE", f"message length (varint, 0-{closing_frames.MAX_CLOSE_MESSAGE})"),
        (
            "CLOSE",
            ", ".join(f"{kind.value} {kind.name.lower().replace('_', ' ')}" for kind in closing_frames.CloseKind),
        ),
        ("INPUT", f"length (varint, 1-{MAX_DATAGRAM})"),
        ("WINDOW", f"rows (varint, 1-{newest_frames.MAX_WINDOW}), columns (varint, 1-{newest_frames.MAX_WINDOW})"),
        ("SCREEN_SYMBOL", f"L (varint, 1 to {erasure.MAX_MESSAGE_BYTES:,})"),
        ("SCREEN_SYMBOL", f"ceil(L / S) at most {erasure.MAX_MESSAGE_SYMBOLS:,})"),
        ("SCREEN_SYMBOL", f"symbol (varint, 0-{erasure.MAX_SYMBOL})"),
        ("ECHO", f"milliseconds (varint, 0-{MAX_ECHO_AGE};"),
        ("PEOPLE", f"how many clients (varint, 0-{newest_frames.MAX_PEOPLE})"),
        ("HISTORY", f"number of lines (varint, 1-{history_frames.MAX_HISTORY_LINES})"),
        ("HISTORY", f"block length L (varint, 1-{history_frames.MAX_HISTORY_BLOCK})"),
        ("HISTORY_SHOWN", f"number of lines (varint, 1-{history_frames.MAX_HISTORY_LINES})"),
        ("HISTORY_CLEARED", f"number of lines (varint, 1-{newest_frames.MAX_WINDOW})"),
        ("PEOPLE", f"name (varint length 0-{newest_frames.MAX_PERSON_NAME}, UTF-8)"),
    ],
)
def test_the_frame_table_tells_the_codes_bounds(name: str, bound: str) -> None:
    assert bound in frame_rows()[name][3]


@pytest.mark.parametrize(
    "text",
    [
        f"a {8 * SESSION_ID_BYTES}-bit session id and a {SECRET_BYTES}-byte secret",
        f"hello, at most {hello.MAX_HELLO} bytes",
        f"announce, at most {announce.MAX_LINE} bytes",
        f"1 to {hello.MAX_VERSIONS} numbers up to 99999",
        f"{hello.NONCE_BYTES} fresh random bytes",
        f"up to {input_policy.INPUT_WINDOW:,} bytes beyond the offset of ECHO",
        f"at most {input_policy.INPUT_WINDOW_MAX:,} bytes beyond what the PTY took",
        f"at most {hello.MAX_LOCALE} `NAME=VALUE`",
        f"A datagram has {header.OVERHEAD_BYTES + 1} to {MAX_DATAGRAM:,} bytes.",
        f"additional data = the {header.HEADER_BYTES} header bytes",
        f"XORed with the first {header.HEADER_BYTES - header.EPOCH_OFFSET} bytes of BLAKE2b-256",
        f"data = bytes {header.HEADER_BYTES} to {header.HEADER_BYTES + header.SAMPLE_BYTES - 1} of the datagram",
        f"the first {header.CONNECTION_ID_BYTES} bytes of `BLAKE2b-256(key = id key(d), data = i)`",
        f"more than {connection_ids.IDS_AHEAD} beyond the newest i",
        f"from {connection_ids.IDS_BEHIND} before the newest i they heard to {connection_ids.IDS_AHEAD} after it",
        f"after 2^{LIMITS.packets.bit_length() - 1} packets or {LIMITS.seconds:.0f} seconds",
        f"forgets the previous epoch's key {sealing.PREVIOUS_KEY_SECONDS:.0f} seconds later",
        f"at most {policy.MAX_CANDIDATES} others that the newest datagrams came from",
        f"at most {policy.AMPLIFICATION} times the bytes that came from there, IP and UDP headers counted as"
        f" {policy.WIRE_HEADERS} bytes",
        f"until {policy.CANDIDATE_LIFETIME:.0f} seconds after it was heard there",
        f"its first {policy.MAX_FILLERS} datagrams there with one of PADDING alone, {policy.FLOOR_MTU} bytes long",
        f"of the {replay.REPLAY_WINDOW} newest packet numbers",
        f"B = ceil(K / {erasure.MAX_SOURCES}) blocks",
        f"the {assembly.MAX_INCOMPLETE} newest incomplete messages at most",
        f"in *blocks* of at most {line_codec.MAX_BLOCK_LINES} lines, {line_codec.MAX_BLOCK_RUNS:,} runs and",
        f"and {line_codec.MAX_BLOCK:,} bytes when inflated",
        f"pieces of at most {history_receiver.MAX_LONG_LINES} such lines",
        f"A line has at most {line_codec.MAX_LINE_LENGTH:,} code points",
        f"a request's at most {first_message.MAX_REQUEST:,}, an answer's at most"
        f" {first_message.MAX_ANSWER_TO_REQUEST:,}",
        f"text of at most {answers.MAX_ANSWER_TEXT:,} bytes",
        f"holds {assembly.MAX_HELD_BYTES // 2**20} MiB for them at most",
        f"as many as {kept_frames.MAX_KEPT_BYTES // 2**20} MiB of memory hold",
        f"An end may have opened {streams_policy.MOST_STREAMS:,} streams",
        f"On one stream {streams_policy.FIRST_WINDOW:,} bytes may be sent",
        f"on all together {streams_policy.WINDOW_IN_ALL:,}, and",
        f"more than {streams_policy.MOST_PIECES:,} pieces of one stream or"
        f" {streams_policy.MOST_PIECES_IN_ALL:,} of all",
        f"how many more may be sent (varint, 0 to {streams_policy.LARGEST_WINDOW:,})",
        f"length * 2 (varint, 1 to {2 * MAX_DATAGRAM + 1:,})",
        f"code (varint, 0-{streams_frames.MAX_RESET_CODE}), reason (varint length 0-{streams_frames.MAX_RESET_REASON}",
        f"up to {streams_policy.CARRIED_WHOLE} bytes of up to {streams_policy.FEW_STREAMS} streams: each time whole",
        f"no further than a {1 / streams_policy.SHARE_UNREAD:.0f}th",
    ],
)
def test_the_prose_tells_the_codes_numbers(text: str) -> None:
    assert sentence(text)


@pytest.mark.parametrize(
    "text",
    [
        f"It knows at most {policy.MAX_CLIENT_PATHS}, and gives up the oldest",
        f"more than {policy.OLD_PATH_GRACE:.0f} second after the adding",
        f"After {policy.PATH_WANTED_AFTER} seconds and a probe timeout of silence it opens fresh sockets, and again"
        f" every {policy.PATH_WANTED_AGAIN:.0f} seconds",
        f"every {1000 * policy.CHALLENGE_INTERVAL:.0f} ms a PATH_CHALLENGE with {frames.CHALLENGE_BYTES} random bytes",
        f"not heard within {session_policy.FIRST_CONTACT_TIMEOUT:.0f} seconds of its announce line",
        f"by the server within {1000 * policy.MAX_ACK_DELAY:.0f} ms",
        f"{1000 * policy.MAX_ACK_DELAY:.0f} ms at most, or until {policy.MOST_UNTOLD} packets are to be acknowledged",
        f"the {1 + frames.MAX_FURTHER_RANGES} newest ranges at most",
        f"where more than {policy.RANGES_WORTH_FORGETTING} ranges remain",
        f"may be acknowledged up to {1000 * policy.ACK_WAIT_GRANTED:.0f} ms later",
        f"while at least {screen_policy.STEADY_FRAMES} frames have followed each other within"
        f" {1000 * policy.ACK_WAIT_GRANTED:.0f} ms, nothing was typed for"
        f" {screen_policy.UNHURRIED_AFTER_KEY:.0f} second, the loss is below {100 * screen_policy.CALM_LOSS} %",
        f"in none of {screen_policy.UNHURRIED_AGAIN_AFTER} frames after one that was more than"
        f" {screen_policy.UNHURRIED_GROWTH} times as long as the frame before, and more than"
        f" {screen_policy.UNHURRIED_SURPLUS} bytes longer",
        f"Above a loss of {100 * policy.IMPATIENT_ABOVE_LOSS:.0f} % an ACK of two or more packets that are acknowledged"
        f" at once is told twice more, {1000 * policy.COPY_GAP:.0f} ms apart",
        f"up to {input_policy.INPUT_CARRIED_WHOLE} bytes in all: each time whole",
        f"they are {1000 * policy.INITIAL_RTT:.0f} ms and {1000 * policy.INITIAL_RTT / 2:.0f} ms",
        f"that of the last {policy.MINIMUM_RTT_WINDOW:.0f} seconds or more",
        f"at least {1000 * policy.TIMER_GRANULARITY:.0f} ms of it, + {1000 * policy.MAX_ACK_DELAY:.0f} ms",
        f"sent {policy.REORDERING_PACKETS} packets or more after it",
        f"and {int(8 * policy.REORDERING_TIME)}/8 of the larger of the smoothed and the latest round trip have passed",
        f"after {policy.EXPIRY_TIMEOUTS:.0f} probe timeouts, or {policy.EXPIRY_UNMEASURED:.1f} seconds before",
        f"while streams are on their way that takes {policy.EXPIRY_LEAST} seconds at least",
        "two averages over about {} and {} packets".format(*policy.LOSS_MEMORY_PACKETS),
        f"From a loss of {100 * policy.COPIES_ABOVE_LOSS:.0f} % on it leaves in as many copies as let one arrive in"
        f" {100 * policy.ARRIVAL_GOAL:.0f} of 100 cases, {policy.MAX_COPIES} at most, {1000 * policy.COPY_GAP:.0f} ms"
        " apart",
        f"none above a loss of {100 * policy.IMPATIENT_ABOVE_LOSS:.0f} %; then repeats after a fifth",
        f"{1000 * policy.QUICK_REPEAT_FLOOR:.0f} ms at least, each space {policy.QUICK_REPEAT_GROWTH} times the one"
        f" before, up to {1000 * policy.PROBE_INTERVAL:.0f} ms",
        f"INPUT up to {input_policy.INPUT_CARRIED_WHOLE} bytes and a SCREEN_SYMBOL that is a whole message",
        f"repeated every {1000 * policy.OVERDUE_GAP:.0f} ms, later after {100 * policy.OVERDUE_GAP_SHARE:.0f} % of the"
        f" time since then, up to {1000 * policy.PROBE_INTERVAL:.0f} ms, and at no more than {policy.OVERDUE_RATE:,}"
        f" bytes a second; new ones as well, at no more than {policy.SILENT_RATE} once the peer has left a question"
        f" open for {policy.SILENT_AFTER:.0f} second",
        f"as many more as let it arrive in {100 * policy.ARRIVAL_GOAL:.0f} of 100 cases, or in"
        f" {100 * screen_policy.MESSAGE_GOAL:.0f} above a loss of {100 * policy.IMPATIENT_ABOVE_LOSS:.0f} % while none"
        " of it is known to have arrived; more of it follows where losses make it less likely than"
        f" {100 * screen_policy.REFILL_BELOW:.0f} % that it does",
        f"for a probe timeout and {1000 * screen_policy.TIME_TO_SHOW:.0f} ms after the last symbol",
        f"open for longer than {policy.PROBE_EAGERLY_FOR:.0f} seconds repeats after"
        f" {1000 * policy.PROBE_INTERVAL:.0f} ms and a quarter of the seconds beyond that,"
        f" {policy.PROBE_INTERVAL_MAX:.0f} seconds at most, {streams_policy.LONGEST_SILENT_WAIT:.0f} where a stream"
        " waits; after"
        f" {policy.GIVE_UP_SENDING_AFTER:.0f} seconds it says nothing unasked",
        f"Where more than {100 * policy.COPIES_ABOVE_LOSS:.0f} % are lost one question proves nothing",
        f"{policy.MOST_UNANSWERED} at most, of which those that leave at once are one",
        f"once nothing was asked for {policy.RESTS_AFTER} times the probe timeout or"
        f" {1000 * policy.PROBE_INTERVAL:.0f} ms, whichever is longer",
        f"of datagrams of 255 to {policy.FLOOR_MTU} bytes {policy.MTU_BLACK_HOLE_LOSSES} are lost and none that was"
        f" sent later arrives, or {policy.SWALLOWED} of the last {policy.SWALLOWED_OF} are lost",
        f"a chance of {policy.SWALLOWED_CHANCE:.4f} at the loss of what leaves first, counted as"
        f" {policy.LEAST_USUAL_LOSS} to {policy.MOST_USUAL_LOSS}",
        f"It begins with {policy.INITIAL_WINDOW:,} bytes, is at least {policy.MINIMUM_WINDOW_DATAGRAMS} datagrams of"
        f" {policy.BASE_MTU} and at most {policy.MAXIMUM_WINDOW >> 20} MiB",
        f"is within {1000 * policy.TARGET_QUEUE_DELAY:.0f} ms of the least of all",
        f"shrinks to {policy.CONGESTIVE_DECREASE} of itself where a round of {policy.CONGESTIVE_LOSS_SAMPLE} packets or"
        f" more lost {100 * policy.CONGESTIVE_EXCESS_LOSS:.0f} % more",
        f"up to {policy.WHOLE_MESSAGE:,} bytes in flight, while no round of the last {policy.CALM_ROUNDS}, or of the"
        f" first {policy.CALM_ROUNDS_AT_START}, had a queue",
        f"trusted with datagrams of {policy.FLOOR_MTU} bytes",
        f"{policy.BASE_MTU} bytes, then {policy.CEILING_MTU}, then halfway between what passes and what does not, to"
        f" within {policy.MTU_SEARCH_STEP}",
        f"A size of which {policy.MTU_MAX_PROBES} probes are lost does not pass",
        f"After {policy.MTU_BLACK_HOLE_LOSSES} datagrams of more than {policy.FLOOR_MTU} bytes lost in a row",
        f"may go on upwards after {policy.MTU_RAISE_AFTER:.0f} seconds",
        f"waits for it {closing_policy.CLOSE_WAITS_FOR_FRAME:.0f} second at most",
        f"{closing_policy.CLOSE_WAITS_FOR_HISTORY:.0f} seconds at most, asks after half a second for the newest"
        f" {history_policy.NEWEST_FIRST} first",
        f"that is {policy.HEARTBEAT_ANSWERING:g} seconds after the last answer at the earliest, but"
        f" {policy.HEARTBEAT_ANSWERING_MAX:.0f} seconds after the last question at the latest",
        f"where {policy.FLOW_BYTES} bytes of streams came and then none for {policy.FLOW_PAUSE:g} seconds",
        f"is acknowledged for {closing_policy.GOODBYE_PATIENCE:.0f} seconds more",
    ],
)
def test_the_prose_tells_the_codes_timers(text: str) -> None:
    assert sentence(text)


def test_shares_and_counts_that_the_prose_spells_out_are_the_codes() -> None:
    assert policy.QUICK_REPEAT_RTT_SHARE == 1 / 5
    assert policy.ACKNOWLEDGED_AGAIN == 2
    assert policy.UNANSWERED_CHANCE == 1 / 50
    assert closing_policy.CLOSE_FETCHES_NEWEST_AFTER == 1 / 2


def test_the_heartbeats_table_is_the_codes() -> None:
    assert [(seconds, *re.findall(r"\d+", case)) for case, seconds in table("Timing")] == [
        (f"{policy.HEARTBEAT_BUSY:g}", f"{policy.BUSY_FOR:g}"),
        (f"{policy.HEARTBEAT_ACTIVE:g}", f"{policy.ACTIVE_FOR:g}"),
        (f"{policy.HEARTBEAT_IDLE:g}",),
        (f"{policy.PROBE_INTERVAL_MAX:g}", f"{policy.GIVE_UP_SENDING_AFTER:g}"),
    ]


def test_every_frame_has_its_rule_for_being_said_again() -> None:
    ruled = [name for names, _ in table("Acknowledging") for name in names.split(", ")]
    assert sorted(ruled) == sorted(kind.name for kind in FRAMES.types)


def test_what_a_guest_says_in_vain_is_what_readers_have_no_channel_for() -> None:
    counts = sentence("of what it sends ").partition(" count,")[0]
    vain = sentence("only detaches it, and its ").partition(" are acknowledged and change nothing.")[0]
    for told, heard in ((counts, True), (vain, False)):
        named = re.findall(r"\b[A-Z_]{2,}\b", told)
        channels = [each for each in CHANNELS if (each.reader is not None) is heard]
        assert sorted(named) == sorted(kind.name for each in channels for kind in each.typist.takes)


def test_every_kind_of_request_is_listed_with_its_code() -> None:
    written = [(int(kind), name) for name, kind, *_ in table("What streams are for")]
    assert written == [(code, shape.__name__) for code, (shape, _) in requests.KINDS.items()]


def test_every_kind_of_a_programs_records_is_listed_with_its_code() -> None:
    written = [
        (int(kind), name)
        for names, kinds, *_ in table("What a program says")
        for name, kind in zip(names.split(", "), kinds.split(", "), strict=True)
    ]
    assert written == [(kind.value, kind.name) for kind in RecordKind]


def test_every_status_of_an_answer_is_listed_with_its_code() -> None:
    told = ", ".join(f"{each.value} {each.name.lower().replace('_', ' ')}" for each in answers.AnswerStatus)
    assert sentence(told)


def test_every_kind_of_close_is_told_of() -> None:
    told = {kind for kind, *_ in table("Closing")}
    assert told == {kind.name.lower().replace("_", " ") for kind in closing_frames.CloseKind}


def test_powers_of_two_in_the_document_are_the_codes() -> None:
    assert LIMITS.packets == 1 << 20
    assert sealing.WANING == 0.75
    assert sentence("served three quarters of what it may")
    assert header.MAX_PACKET_NUMBER == (1 << 48) - 1
    assert MAX_VARINT == (1 << 62) - 1
    assert {"2^20", "2^48", "2^62"} == set(re.findall(r"2\^\d+", DOCUMENT))


def test_the_lines_shown_are_the_codes() -> None:
    shown = [line.strip() for line in DOCUMENT.splitlines() if line.startswith("    RMOSH-")]
    session = announce.Announce(rmosh.PROTOCOL_VERSION, 60001, bytes(range(8)), bytearray(range(32)))
    assert shown == [
        hello.format_hello(hello.new_hello(entropy=bytes(range(16)))),
        announce.format_announce(session) + " nonce=...",
    ]


def test_the_key_labels_are_written_out() -> None:
    for direction in keys.Direction:
        assert f"`{direction.value}`" in DOCUMENT
    for label in ("", "header ", "connection ids "):
        assert f'"rmosh {rmosh.PROTOCOL_VERSION} {label}"' in DOCUMENT


def test_the_example_is_the_datagram_that_our_client_seals() -> None:
    told = dict(re.findall(r"^(frames|datagram) +([0-9a-f]+)$", DOCUMENT, flags=re.MULTILINE))
    line = re.search(r"^    (RMOSH-ANNOUNCE 2 .*) nonce=\.\.\.$", DOCUMENT, flags=re.MULTILINE)
    assert line is not None
    example = announce.parse_announce(f"{line[1]} nonce={'0' * 32}".encode())
    client = PacketProtection.of_client(example, Random(1).randbytes, now=0.0)
    assert client.seal(1, bytes.fromhex(told["frames"]), now=0.0).hex() == told["datagram"]


def test_the_most_bytes_of_people_are_those_that_every_datagram_has_room_for() -> None:
    (most,) = re.findall(r"long names\s+are cut so that it has at most (\d+) bytes", DOCUMENT)
    assert int(most) == traffic.SMALLEST_ROOM
