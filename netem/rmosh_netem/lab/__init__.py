"""Two network namespaces joined by a bad link: real kernel TCP and UDP for programs that know nothing of it."""

from .backends import BackendName
from .lab import Lab, Side
from .running import Roam

__all__ = ["BackendName", "Lab", "Roam", "Side"]
