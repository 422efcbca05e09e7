"""What the traces of both ends of a session tell, and what they never do."""

from collections import Counter
from collections.abc import Callable

import pytest

from rmosh_netem.link import LinkModel
from tests.world.trace_reading import longest_freeze, trace_both
from tests.world.virtual_session import EchoingSession

MakeSession = Callable[..., EchoingSession]

#: Typed and shown; in no figure of a trace.
SECRET = b"correct-horse-battery"


def type_for(session: EchoingSession, seconds: float, text: bytes = b"k") -> None:
    for number in range(round(seconds / 0.1)):
        session.type(text[number % len(text) :][:1])
        session.world.run(0.1)


def test_a_trace_tells_why_a_session_froze_for_three_seconds(make_session: MakeSession) -> None:
    session = make_session(LinkModel(delay=0.05), seed=1)
    type_for(session, 2)
    client, server = trace_both(session)
    began = session.world.now
    type_for(session, 2)
    session.world.black_out(3.0)
    type_for(session, 5)
    assert session.world.run_until(session.converged, limit=10)
    for trace in (client, server):
        freeze = longest_freeze(trace.records)
        print(freeze)
        assert 1800 < freeze.began < 2200
        assert 3000 <= freeze.ended - freeze.began < 3600
        assert freeze.in_flight > 0
        answers = [each["time"] for each in trace.named("transport:packet_received") if each["time"] >= freeze.ended]
        assert freeze.ended == min(answers) < (session.world.now - began) * 1000
    typed = [each["time"] for each in client.named("rmosh:typed")]
    frozen = longest_freeze(client.records)
    assert frozen.unheard != ()
    assert sum(frozen.began < moment < frozen.ended for moment in typed) >= 25
    assert not any(frozen.began + 200 < each["time"] < frozen.ended for each in client.named("rmosh:frame_received"))


def test_every_packet_of_one_end_is_one_that_came_or_was_lost_at_the_other(make_session: MakeSession) -> None:
    session = make_session(LinkModel(delay=0.05, loss=0.2), seed=2)
    client, server = trace_both(session)
    type_for(session, 20)
    session.world.run(5)
    for sender, receiver in ((client, server), (server, client)):
        came = {each["data"]["header"]["packet_number"] for each in receiver.named("transport:packet_received")}
        sent = [each["data"]["header"]["packet_number"] for each in sender.named("transport:packet_sent")]
        acked = {n for each in sender.named("transport:packets_acked") for n in each["data"]["packet_numbers"]}
        lost = {each["data"]["header"]["packet_number"] for each in sender.named("recovery:packet_lost")}
        assert sent == list(range(sent[0], sent[0] + len(sent)))
        assert acked <= came <= set(sent)
        assert len(set(sent) - came) > 10
        assert (
            lost
            >= {
                each["data"]["header"]["packet_number"]
                for each in sender.named("transport:packet_sent")[:-10]
                if each["data"].get("asks", True)
            }
            - came
        )


def test_each_datagram_tells_what_each_channel_put_into_it(make_session: MakeSession) -> None:
    session = make_session(LinkModel(delay=0.05), seed=3)
    client, server = trace_both(session)
    type_for(session, 2)
    up = Counter(
        frame["frame_type"] for each in client.named("transport:packet_sent") for frame in each["data"]["frames"]
    )
    down = Counter(
        frame["frame_type"] for each in client.named("transport:packet_received") for frame in each["data"]["frames"]
    )
    assert {"input", "window", "screen_ack", "ack"} <= set(up)
    assert {"screen_symbol", "echo", "ack"} <= set(down)
    for each in server.named("transport:packet_sent"):
        framed = sum(frame["length"] for frame in each["data"]["frames"])
        assert 0 < each["data"]["raw"]["length"] - framed < 64


def test_roaming_and_a_larger_datagram_are_told(make_session: MakeSession) -> None:
    session = make_session(LinkModel(delay=0.05), seed=4)
    client, server = trace_both(session)
    type_for(session, 1)
    session.world.roam()
    type_for(session, 2)
    session.output(b"\r\n".join(b"line %d" % number * 20 for number in range(2000)))
    session.world.run(5)
    assert [each["data"]["path_remote"]["ip"] for each in server.named("connectivity:path_assigned")] == [
        "client-0",
        "client-1",
    ]
    sizes = [each["data"]["new"] for each in server.named("connectivity:mtu_updated")]
    assert sizes == sorted(sizes) and len(sizes) > 1
    assert any(each["data"].get("is_mtu_probe_packet") for each in server.named("transport:packet_sent"))
    assert client.named("recovery:metrics_updated")[-1]["time"] > 3000


@pytest.mark.parametrize("loss", [0.0, 0.3])
def test_a_trace_has_nothing_of_what_was_typed_or_shown_nor_a_key(loss: float, make_session: MakeSession) -> None:
    session = make_session(LinkModel(delay=0.02, loss=loss), seed=5)
    client, server = trace_both(session)
    session.type(SECRET)
    session.world.run(1)
    session.output(b"\x1b]2;" + SECRET + b"\x07" + b"\r\n".join([SECRET] * 60))
    session.world.run_until(session.converged, limit=20)
    for trace in (client, server):
        text = bytes(trace.written).decode()
        assert trace.named("transport:packet_sent")
        for written in (SECRET.decode(), SECRET.hex(), SECRET[:6].decode(), SECRET[:6].hex()):
            assert written not in text
        strings = {value for record in trace.records for value in strings_in(record)}
        print(sorted(strings))
        assert all(len(value) <= 40 for value in strings)


def strings_in(value: object) -> list[str]:
    if isinstance(value, dict):
        return [each for inner in value.values() for each in strings_in(inner)]
    if isinstance(value, list):
        return [each for inner in value for each in strings_in(inner)]
    return [value] if isinstance(value, str) else []


def test_who_is_told_no_more_is_told_nothing(make_session: MakeSession) -> None:
    session = make_session(LinkModel(delay=0.05), seed=6)
    client, _ = trace_both(session)
    type_for(session, 1)
    session.client.observe(None, now=session.world.now)
    before = bytes(client.written)
    type_for(session, 1)
    assert client.written == before
