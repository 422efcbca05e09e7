"""Sockets, clocks and what the network does."""
