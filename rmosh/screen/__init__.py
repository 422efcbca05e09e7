"""What changed between two frames, and its bytes: knows cells, nothing of datagrams."""

from rmosh.screen.message import apply_change, encode_change

__all__ = ["apply_change", "encode_change"]
