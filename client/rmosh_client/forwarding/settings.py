"""What is wanted of forwarding, as plain values: from the command line and the SSH configuration, both evaluated."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from rmosh.lazy_dataclass import dataclass, replace

if TYPE_CHECKING:
    from rmosh_client.forwarding.specification import Flag, Forward

#: Bits that a Unix socket's mode is without. Source: ssh_config(5), StreamLocalBindMask.
DEFAULT_BIND_MASK: Final = 0o177


@dataclass(frozen=True, slots=True)
class ForwardSettings:
    """They are ssh_config(5)'s.

    Attributes:
        local, remote, dynamic: what `-L`, `-R` and `-D` take.
        clears: nothing is forwarded, whoever asks (ClearAllForwardings).
        exits_on_failure: a session that cannot listen is not wanted (ExitOnForwardFailure).
        gateway_ports: what names no bind address listens on all.
        permitted: where the far side's SOCKS may go (PermitRemoteOpen): `host:port` with `*` for any; () for anywhere.
        bind_mask: bits that a Unix socket's mode is without (StreamLocalBindMask).
        unlinks: a file where a Unix socket shall be is removed first (StreamLocalBindUnlink).
    """

    local: tuple[str, ...] = ()
    remote: tuple[str, ...] = ()
    dynamic: tuple[str, ...] = ()
    clears: bool = False
    exits_on_failure: bool = False
    gateway_ports: bool = False
    permitted: tuple[str, ...] = ()
    bind_mask: int = DEFAULT_BIND_MASK
    unlinks: bool = False

    def forwards(self) -> "Iterator[Forward]":
        """Yield what is to be forwarded.

        Raises:
            BootstrapError: one is none.
        """
        from rmosh_client.forwarding.specification import parse_forward  # which most sessions never need

        for flag, texts in self.by_flag():
            for text in texts:
                yield parse_forward(flag, text)

    def by_flag(self) -> "tuple[tuple[Flag, tuple[str, ...]], ...]":
        """Return what each option takes."""
        from rmosh_client.forwarding.specification import Flag

        return (Flag.LOCAL, self.local), (Flag.REMOTE, self.remote), (Flag.DYNAMIC, self.dynamic)

    @property
    def is_wanted(self) -> bool:
        """Whether anything is to be forwarded."""
        return bool(self.local or self.remote or self.dynamic)

    def with_more(self, other: "ForwardSettings") -> "ForwardSettings":
        """Return these with another's forwards before them, unless there are to be none."""
        if self.clears:
            return self
        return replace(
            self,
            local=(*other.local, *self.local),
            remote=(*other.remote, *self.remote),
            dynamic=(*other.dynamic, *self.dynamic),
        )


#: What is so where nobody asks for anything.
NOTHING_FORWARDED: Final = ForwardSettings()
