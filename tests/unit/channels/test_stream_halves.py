"""Both halves of a stream against each other: whatever is lost, doubled or late, each byte comes once and in order."""

from hypothesis import given
from hypothesis import strategies as st

from rmosh.channels.streams.credit import ReceivingCredit, SendingCredit
from rmosh.channels.streams.frames import StreamReset
from rmosh.channels.streams.incoming import IncomingHalf
from rmosh.channels.streams.outgoing import OutgoingHalf, StreamPiece

#: What may happen, in any order, each with a number that says to which of the pieces, or how much.
DEEDS = st.lists(
    st.tuples(st.sampled_from(["write", "say", "arrive", "double", "lose", "late", "read"]), st.integers(1, 400)),
    max_size=60,
)


class Halves:
    """One way of a stream, and the pieces on their way."""

    def __init__(self) -> None:
        self.sending, self.receiving = SendingCredit(), ReceivingCredit()
        self.outgoing, self.incoming = OutgoingHalf(self.sending), IncomingHalf(self.receiving)
        self.under_way: list[tuple[StreamPiece, bytes]] = []
        self.given_up: list[tuple[StreamPiece, bytes]] = []
        self.written, self.read = bytearray(), bytearray()

    def do(self, deed: str, number: int) -> None:
        if deed == "write":
            data = bytes([len(self.written) % 251]) * number
            self.outgoing.write(data)
            self.written += data
        elif deed == "say" and (piece := self.outgoing.next_piece(number)) is not None:
            self.under_way.append((piece, bytes(self.outgoing.take(piece))))
        elif deed == "read":
            self.read += self.incoming.read(number)
        elif deed == "late" and self.given_up:
            self._arrive(*self.given_up.pop(number % len(self.given_up)))
        elif deed in ("arrive", "double", "lose") and self.under_way:
            piece, data = self.under_way.pop(number % len(self.under_way))
            if deed == "lose":
                self.outgoing.lost(piece)
                self.given_up.append((piece, data))
                return
            self._arrive(piece, data)
            if deed == "double":
                self._take(piece, data)

    def _arrive(self, piece: StreamPiece, data: bytes) -> None:
        self._take(piece, data)
        self.outgoing.acknowledged(piece)

    def _take(self, piece: StreamPiece, data: bytes) -> None:
        self.incoming.take(piece.start, data, is_last=piece.is_last)

    def come_to_an_end(self) -> None:
        """Lose nothing more."""
        self.outgoing.finish()
        for lost, _ in self.under_way:
            self.outgoing.lost(lost)
        while (piece := self.outgoing.next_piece(300)) is not None:
            self._arrive(piece, bytes(self.outgoing.take(piece)))
        self.read += self.incoming.read(1 << 20)


@given(DEEDS)
def test_every_byte_comes_once_and_in_order_and_both_halves_are_done(deeds: list[tuple[str, int]]) -> None:
    halves = Halves()
    for deed, number in deeds:
        halves.do(deed, number)
        assert halves.written.startswith(halves.read)
    halves.come_to_an_end()
    assert halves.read == halves.written
    assert halves.outgoing.is_done and halves.incoming.is_done
    assert (halves.sending.kept, halves.sending.sent, halves.receiving.pieces) == (0, len(halves.written), 0)


@given(DEEDS)
def test_a_half_that_is_given_up_leaves_nothing_behind(deeds: list[tuple[str, int]]) -> None:
    halves = Halves()
    for deed, number in deeds:
        halves.do(deed, number)
    halves.outgoing.give_up(StreamReset(1))
    halves.incoming.take_reset(halves.outgoing.size, StreamReset(1))
    for piece, data in (*halves.under_way, *halves.given_up):
        halves.incoming.take(piece.start, data, is_last=piece.is_last)
        halves.outgoing.acknowledged(piece)
    assert (halves.sending.kept, halves.receiving.pieces, halves.outgoing.next_piece(100)) == (0, 0, None)
    assert halves.receiving._received == halves.receiving._read == halves.sending.sent
    assert halves.incoming.is_done
