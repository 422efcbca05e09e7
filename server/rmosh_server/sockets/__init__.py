"""Bytes to and from other processes: UDP for clients, Unix sockets for the same user on this host."""
