"""A client's core without a terminal: streams and nothing else, as the four verbs."""

from collections.abc import Callable, Sequence

from rmosh.announce import Announce
from rmosh.channels.channel import AnySide
from rmosh.channels.closing.bare_ends import BareCloseAtClient
from rmosh.session.client_contact import ClientContact
from rmosh.session.tunnel_channels import TUNNEL_FRAMES, tunnel_at_client
from rmosh.transport.path import Path


class TunnelClient(ClientContact):
    """One tunnel's client end."""

    def __init__(
        self, announce: Announce, *, paths: Sequence[Path], entropy: Callable[[int], bytes], now: float
    ) -> None:
        """Begin.

        Args:
            announce: not kept; the caller forgets its secret.
        """
        super().__init__(paths=paths, now=now)
        side = AnySide(
            speaks_streams=True,
            walls=self._walls,
            note=self._note,
            want_larger=self._want_larger,
            flowed=self._flowed,
        )
        channels = tunnel_at_client(side, self._tell)
        self._goodbye = channels.of(BareCloseAtClient).sender
        self._connect(announce, channels, TUNNEL_FRAMES, paths, entropy=entropy, now=now)
