"""One UDP port for all sessions of a host: who keeps it, and how a session has its datagrams through it."""
